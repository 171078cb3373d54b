use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::{host, key, name, signed, trust};
use crate::{Role, verify};

fn component() -> VerifiedComponent {
    let (bytes, statement) = signed();
    verify(bytes, &statement, &trust(), &crate::testing::expectation()).unwrap()
}

fn grant() -> Capabilities {
    Capabilities::new(vec![
        json!({"capability": "cluster.apply", "kinds": ["Service"], "namespaces": ["linkerd"]}),
        json!({"capability": "rbac", "rules": [{"verbs": ["get"], "scope": {"cluster": true}}]}),
    ])
    .unwrap()
}

fn linkerd() -> PluginName {
    "acme/linkerd".parse().unwrap()
}

fn entry() -> LockedPlugin {
    LockedPlugin::new(
        &component(),
        "^2.1".parse().unwrap(),
        "folder:plugins".parse().unwrap(),
        grant(),
    )
}

/// A lock with one plugin that operator 3 has accepted.
fn accepted() -> Lock {
    let mut lock = Lock::new(name("shop"));
    lock.insert(entry());
    lock.accept(&linkerd(), &key(3)).unwrap();
    lock
}

fn outcome(text: &str) -> Result<VerifiedLock, LockError> {
    Lock::parse(text.as_bytes())?.verify(&trust())
}

#[test]
fn an_accepted_lock_reads_back_in_the_same_bytes() {
    let lock = accepted();
    let text = lock.to_toml().unwrap();
    let read = Lock::parse(text.as_bytes()).unwrap();
    assert_eq!(read, lock);
    assert_eq!(read.to_toml().unwrap(), text);
    assert_eq!(read.digest().unwrap(), lock.digest().unwrap());
    let verified = read.verify(&trust()).unwrap();
    assert_eq!(verified.plugin(&linkerd()).unwrap().grant, grant());
    assert_eq!(verified.plugins().count(), 1);
}

#[test]
fn the_text_is_one_that_people_can_review() {
    let text = accepted().to_toml().unwrap();
    for line in [
        "version = 1",
        "stack = \"shop\"",
        "[[plugin]]",
        "name = \"acme/linkerd\"",
        "requirement = \"^2.1\"",
        "version = \"2.1.3\"",
        "source = \"folder:plugins\"",
        "kind = \"security\"",
        "[[plugin.grant]]",
        "kinds = [\"Service\"]",
        "[[plugin.grant.rules]]",
        "[plugin.grant.rules.scope]",
        "[[plugin.acceptance]]",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
}

#[test]
fn order_and_comments_do_not_change_the_digest() {
    let mut lock = accepted();
    let mut second = entry();
    second.name = "acme/a".parse().unwrap();
    lock.insert(second);
    let text = lock.to_toml().unwrap();
    let starts: Vec<_> = text.match_indices("[[plugin]]").map(|(at, _)| at).collect();
    let (head, one, two) = (
        &text[..starts[0]],
        &text[starts[0]..starts[1]],
        &text[starts[1]..],
    );
    let swapped = format!("# A note.\n{head}{two}\n{one}");
    let read = Lock::parse(swapped.as_bytes()).unwrap();
    assert_eq!(read.digest().unwrap(), lock.digest().unwrap());
    assert_eq!(read.to_toml().unwrap(), text);
}

#[test]
fn every_edited_field_is_refused() {
    let good = accepted().to_toml().unwrap();
    assert!(outcome(&good).is_ok());
    let component = component();
    let other = Digest::of(b"other").to_string();
    let digest = |digest: Digest| digest.to_string();
    let granted = digest(grant().digest().unwrap());
    let signer = digest(key(1).public().fingerprint());
    let cases = [
        ("version = 1\n", "version = 2\n", "use a newer Aegis"),
        (
            "stack = \"shop\"",
            "stack = \"prod\"",
            "accepted for another stack",
        ),
        (
            "name = \"acme/linkerd\"",
            "name = \"acme/linkerd2\"",
            "was edited after",
        ),
        (
            "requirement = \"^2.1\"",
            "requirement = \"^2.2\"",
            "does not satisfy",
        ),
        (
            "version = \"2.1.3\"",
            "version = \"2.1.4\"",
            "was edited after",
        ),
        (
            "kind = \"security\"",
            "kind = \"gitops\"",
            "was edited after",
        ),
        (
            "contract = \"0.1.0\"",
            "contract = \"0.2.0\"",
            "was edited after",
        ),
        (
            &digest(component.component_digest()),
            &other,
            "was edited after",
        ),
        (
            &digest(component.statement_digest()),
            &other,
            "was edited after",
        ),
        (&signer, &other, "was edited after"),
        (&granted, &other, "the grant of `acme/linkerd` was edited"),
        (
            "[\"linkerd\"]",
            "[\"linkerd\", \"kube-system\"]",
            "the grant of `acme/linkerd` was edited",
        ),
        (
            "cluster = true",
            "cluster = false",
            "the grant of `acme/linkerd` was edited",
        ),
        (
            "source = \"folder:plugins\"",
            "source = \"https://evil\"",
            "a source is written",
        ),
        (
            "kind = \"security\"",
            "kind = \"security\"\nextra = 1",
            "unknown field",
        ),
        (
            "kind = \"security\"",
            "kind = \"security\"\nkind = \"security\"",
            "duplicate key",
        ),
        (
            "stack = \"shop\"",
            "stack = \"shop\"\nextra = 1",
            "unknown field",
        ),
        ("signature = \"", "signature = \"AAAA", "is not a signature"),
        ("cluster = true", "cluster = 1.0", "a number is whole"),
        ("cluster = true", "cluster = 1979-05-27", "is not valid"),
    ];
    for (from, to, message) in cases {
        assert!(good.contains(from), "{from}");
        let error = outcome(&good.replacen(from, to, 1))
            .unwrap_err()
            .to_string();
        assert!(error.contains(message), "{to}: {error}");
    }
}

#[test]
fn a_grant_edited_together_with_its_digest_is_refused() {
    let wider = Capabilities::new(vec![json!({"capability": "everything"})]).unwrap();
    let mut lock = accepted();
    lock.plugins.get_mut(&linkerd()).unwrap().grant = wider;
    let error = outcome(&lock.to_toml().unwrap()).unwrap_err();
    assert!(matches!(error, LockError::Edited(_)), "{error}");
}

#[test]
fn an_acceptance_that_was_altered_is_refused() {
    let mut lock = accepted();
    let entry = lock.plugins.get_mut(&linkerd()).unwrap();
    for at in 0..64 {
        entry.acceptances[0].signature[at] ^= 1;
        let altered = acceptance::check(entry, &name("shop"), &trust());
        assert!(matches!(altered, Err(LockError::Edited(_))), "byte {at}");
        entry.acceptances[0].signature[at] ^= 1;
    }
    assert!(acceptance::check(entry, &name("shop"), &trust()).is_ok());
    // The named key is only a hint.
    entry.acceptances[0].key = Digest::of(b"nobody");
    assert!(acceptance::check(entry, &name("shop"), &trust()).is_ok());
}

#[test]
fn an_entry_that_no_operator_accepted_is_refused() {
    let mut lock = Lock::new(name("shop"));
    lock.insert(entry());
    let error = lock.clone().verify(&trust()).unwrap_err();
    assert!(matches!(error, LockError::NotAccepted(_)));
    for number in [1, 2, 9] {
        let mut lock = lock.clone();
        lock.accept(&linkerd(), &key(number)).unwrap();
        let error = lock.verify(&trust()).unwrap_err();
        assert!(matches!(error, LockError::Stranger { .. }), "{error}");
    }
    let mut revoked = trust();
    let fingerprint = key(3).public().fingerprint();
    revoked.revoke_key(fingerprint, "left").unwrap();
    let error = accepted().verify(&revoked).unwrap_err();
    assert!(matches!(error, LockError::KeyRevoked { .. }), "{error}");
}

#[test]
fn as_many_operators_accept_as_trust_says() {
    let mut trust = trust();
    trust.add(Role::Operators, key(5).public()).unwrap();
    let two = 2.try_into().unwrap();
    trust.set_threshold(&Role::Operators, two).unwrap();
    let mut lock = accepted();
    lock.accept(&linkerd(), &key(3)).unwrap();
    assert!(matches!(
        lock.clone().verify(&trust),
        Err(LockError::TooFewAcceptances {
            needed: 2,
            found: 1,
            ..
        })
    ));
    lock.accept(&linkerd(), &key(5)).unwrap();
    let text = lock.to_toml().unwrap();
    let read = Lock::parse(text.as_bytes()).unwrap();
    assert_eq!(read, lock);
    read.verify(&trust).unwrap();
}

#[test]
fn a_revoked_component_is_refused() {
    let mut trust = trust();
    let component = component().component_digest();
    trust.revoke_component(component, "CVE").unwrap();
    assert!(matches!(
        accepted().verify(&trust),
        Err(LockError::ComponentRevoked { .. })
    ));
}

#[test]
fn two_entries_of_one_name_are_refused() {
    let text = accepted().to_toml().unwrap();
    let (head, entry) = text.split_at(text.find("[[plugin]]").unwrap());
    let error = outcome(&format!("{head}{entry}\n{entry}")).unwrap_err();
    assert!(matches!(error, LockError::Twice(_)), "{error}");
}

#[test]
fn a_replaced_entry_is_accepted_anew() {
    let mut lock = accepted();
    let old = lock.insert(entry()).unwrap();
    assert_eq!(old.acceptances.len(), 1);
    assert!(matches!(
        lock.clone().verify(&trust()),
        Err(LockError::NotAccepted(_))
    ));
    assert!(lock.remove(&linkerd()).is_some());
    assert!(matches!(
        lock.accept(&linkerd(), &key(3)),
        Err(LockError::NotLocked(_))
    ));
    assert!(matches!(
        lock.verify(&trust()).unwrap().plugin(&linkerd()),
        Err(LockError::NotLocked(_))
    ));
}

#[test]
fn the_locked_component_is_what_the_entry_expects() {
    let (bytes, statement) = signed();
    let expected = entry().expectation(host());
    verify(bytes.clone(), &statement, &trust(), &expected).unwrap();
    assert!(verify(bytes[1..].to_vec(), &statement, &trust(), &expected).is_err());
}

#[test]
fn a_lock_is_saved_and_loaded_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aegis.lock");
    accepted().save(&path).unwrap();
    assert_eq!(Lock::load(&path).unwrap(), accepted());
    let text = std::fs::read_to_string(&path).unwrap();
    for length in 0..text.trim_end().len() {
        assert!(outcome(&text[..length]).map_or(true, |lock| lock.plugins().count() == 0));
    }
}

proptest! {
    #[test]
    fn no_text_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Lock::parse(&bytes).is_err());
    }

    #[test]
    fn a_damaged_lock_is_the_same_lock_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let good = accepted();
        let mut bytes = good.to_toml().unwrap().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(lock) = Lock::parse(&bytes).and_then(|lock| lock.verify(&trust())) {
            let (read, original) = (lock.plugins().next(), good.plugins().values().next());
            if let (Some(read), Some(original)) = (read, original) {
                prop_assert_eq!(&read.grant, &original.grant);
                prop_assert_eq!(read.component, original.component);
                prop_assert_eq!(&read.version, &original.version);
            }
        }
    }
}
