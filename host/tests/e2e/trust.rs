//! Nothing runs that was not signed by somebody trusted and accepted by an operator, and nothing does more than it was
//! granted. Whatever is refused here ends with exit code 3 and a next step.

use std::path::PathBuf;

use aegis_document::Digest;
use aegis_registry::{Capabilities, Lock, PluginName, Trust};
use serde_json::Value;

use crate::desk::Desk;
use crate::world;

fn name(text: &str) -> PluginName {
    text.parse().unwrap()
}

/// Every command that would run a plugin of the stack is refused with these words.
#[track_caller]
fn refused_everywhere(desk: &Desk, words: &[&str]) {
    for command in [&["plan"][..], &["validate"], &["graph"], &["facts", "list"]] {
        desk.run(command).exits(3).says(words);
    }
    assert!(desk.files().is_empty());
}

/// Changes a package at a place that is given as a part of its length.
fn flip(file: PathBuf, part: f64) {
    let mut bytes = std::fs::read(&file).unwrap();
    let last = bytes.len() - 1;
    let at = (last as f64 * part) as usize;
    bytes[at] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

// ---- whose code it is -------------------------------------------------------------------------

#[test]
fn without_trust_nothing_is_accepted() {
    let Some(desk) = Desk::empty("two-clusters") else {
        return;
    };
    desk.ok(&["key", "generate", "--name", "operator"]);
    desk.add("aegis/kops")
        .exits(3)
        .says(&["AEG0601", "no trust file", "aegis trust"]);
    desk.ok(&["trust", "init"]);
    desk.add("aegis/kops")
        .exits(3)
        .says(&["no trusted key of `aegis`", "aegis trust add aegis"]);
    assert!(!desk.lock_file().exists());
}

#[test]
fn without_an_acceptance_nothing_runs() {
    let Some(desk) = Desk::trusting() else { return };
    refused_everywhere(&desk, &["AEG0603", "no lock file", "aegis plugin add"]);
    desk.add("aegis/kops").exits(0);
    refused_everywhere(&desk, &["is not in the lock file", "aegis plugin add"]);
    // Nobody is asked where there is no terminal.
    let asked = desk.run(&["plugin", "add", "aegis/terraform", "--from", "../plugins"]);
    asked
        .exits(3)
        .says(&["no terminal", "aegis plugin inspect", "--accept"]);
}

#[test]
fn what_is_not_signed_is_neither_accepted_nor_run() {
    let Some(desk) = Desk::accepted() else { return };
    std::fs::remove_file(world::statement(&desk.package("kops"))).unwrap();
    desk.run(&["plan"]).exits(3);
    desk.add("aegis/kops").exits(1).says(&["aegis/kops"]);
    let verified = desk.run(&["plugin", "verify", "../plugins/kops.wasm"]);
    verified
        .exits(3)
        .says(&["not signed", "nothing unsigned runs"]);
}

#[test]
fn a_package_with_one_bit_altered_is_refused() {
    let Some(desk) = Desk::accepted() else { return };
    let package = desk.package("cert-manager");
    let good = std::fs::read(&package).unwrap();
    // The header, the code, the metadata at the end.
    for part in [0.0, 0.00001, 0.25, 0.5, 0.75, 0.99, 1.0] {
        flip(package.clone(), part);
        let refused = desk.run(&["plan"]).exits(3);
        refused.says(&["the lock file pins the component", "restore it"]);
        let verified = desk.run(&["plugin", "verify", package.to_str().unwrap()]);
        assert!(matches!(verified.code, Some(1 | 3)), "{part}: {verified}");
        assert!(desk.add("aegis/cert-manager").code != Some(0), "{part}");
        std::fs::write(&package, &good).unwrap();
    }
    desk.ok(&["plan"]);
}

#[test]
fn a_statement_with_one_bit_altered_is_refused() {
    let Some(desk) = Desk::accepted() else { return };
    let statement = world::statement(&desk.package("cert-manager"));
    let good = std::fs::read(&statement).unwrap();
    for part in [0.01, 0.2, 0.4, 0.6, 0.8, 0.95] {
        flip(statement.clone(), part);
        let refused = desk.run(&["plan"]);
        assert_eq!(refused.code, Some(3), "{part}: {refused}");
        std::fs::write(&statement, &good).unwrap();
    }
    desk.ok(&["plan"]);
}

#[test]
fn what_a_stranger_signed_is_refused() {
    let Some(desk) = Desk::accepted() else { return };
    desk.ok(&["key", "generate", "--name", "stranger"]);
    let package = desk.package("kops");
    std::fs::remove_file(world::statement(&package)).unwrap();
    desk.ok(&[
        "plugin",
        "sign",
        package.to_str().unwrap(),
        "--key",
        "stranger",
    ]);
    desk.run(&["plan"]).exits(3);
    let words = ["no trusted key of `aegis`", "aegis trust add aegis"];
    desk.add("aegis/kops").exits(3).says(&words);
    desk.run(&["plugin", "verify", package.to_str().unwrap()])
        .exits(3)
        .says(&words);

    // Somebody trusted, but for another name space.
    let key = desk.home().join("data/keys/stranger.pub");
    desk.ok(&["trust", "add", "acme", "--key-file", key.to_str().unwrap()]);
    desk.add("aegis/kops")
        .exits(3)
        .says(&["its own name space"]);
}

#[test]
fn the_signers_of_the_lock_file_stay_the_only_ones() {
    let Some(desk) = Desk::accepted() else { return };
    // Another trusted key of the same publisher signs the same component.
    desk.ok(&["key", "generate", "--name", "second"]);
    let key = desk.home().join("data/keys/second.pub");
    desk.ok(&["trust", "add", "aegis", "--key-file", key.to_str().unwrap()]);
    let package = desk.package("kops");
    std::fs::remove_file(world::statement(&package)).unwrap();
    desk.ok(&[
        "plugin",
        "sign",
        package.to_str().unwrap(),
        "--key",
        "second",
    ]);
    desk.run(&["plan"])
        .exits(3)
        .says(&["the lock file pins the statement"]);
    desk.add("aegis/kops").exits(0);
    desk.ok(&["plan"]);
}

#[test]
fn a_revoked_key_or_component_does_not_run_any_more() {
    let Some(desk) = Desk::accepted() else { return };
    let path = desk.trust_file();
    let good = Trust::load(&path).unwrap();
    let lock = Lock::load(&desk.lock_file()).unwrap();
    let kops = &lock.plugins()[&name("aegis/kops")];
    let operator = desk.key("operator").public().fingerprint();
    let publisher = *kops.signers.first().unwrap();
    type Revoke<'a> = &'a dyn Fn(&mut Trust);
    let cases: [(&str, Revoke<'_>); 3] = [
        ("component", &|trust| {
            trust.revoke_component(kops.component, "CVE-1").unwrap()
        }),
        ("publisher", &|trust| {
            trust.revoke_key(publisher, "stolen").unwrap()
        }),
        ("operator", &|trust| {
            trust.revoke_key(operator, "left").unwrap()
        }),
    ];
    for (what, revoke) in cases {
        let mut trust = good.clone();
        revoke(&mut trust);
        trust.save(&path).unwrap();
        let refused = desk.run(&["plan"]);
        assert_eq!(refused.code, Some(3), "{what}: {refused}");
        refused.says(&["revoked"]);
    }
    good.save(&path).unwrap();
    desk.ok(&["plan"]);
}

#[test]
fn a_trust_file_that_others_can_change_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(desk) = Desk::accepted() else { return };
    let mode = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(desk.trust_file(), permissions).unwrap();
    };
    mode(0o666);
    desk.run(&["plan"]).exits(3).says(&["trust.toml"]);
    mode(0o600);
    desk.ok(&["plan"]);
}

// ---- what an operator accepted -----------------------------------------------------------------

#[test]
fn an_edited_lock_file_is_refused() {
    let Some(desk) = Desk::accepted() else { return };
    let good = desk.read("aegis.lock");
    let other = Digest::of(b"other").to_string();
    let line = |field: &str| {
        let line = good.lines().find(|line| line.starts_with(field));
        line.unwrap().to_owned()
    };
    let cases = [
        (
            "stack = \"shop\"".to_owned(),
            "stack = \"store\"".to_owned(),
            "the lock file is for the stack",
        ),
        (
            "max-resources = 200".to_owned(),
            "max-resources = 900".to_owned(),
            "was edited in the lock file",
        ),
        (
            "scope = \"cluster\"".to_owned(),
            "scope = \"namespaced\"".to_owned(),
            "was edited in the lock file",
        ),
        (
            line("component = "),
            format!("component = \"{other}\""),
            "was edited after",
        ),
        (
            line("statement = "),
            format!("statement = \"{other}\""),
            "was edited after",
        ),
        (
            line("signature = "),
            "signature = \"AAAA\"".to_owned(),
            "is not a signature",
        ),
        (
            "kind = \"gitops\"".to_owned(),
            "kind = \"provisioning\"".to_owned(),
            "was edited after",
        ),
        (
            "version = \"0.1.0\"".to_owned(),
            "version = \"0.2.0\"".to_owned(),
            "was edited after",
        ),
        (
            "[[plugin.acceptance]]".to_owned(),
            "[[plugin.accepted]]".to_owned(),
            "aegis.lock",
        ),
    ];
    for (from, to, words) in cases {
        assert!(good.contains(&from), "{from}");
        desk.write("aegis.lock", good.replacen(&from, &to, 1));
        let refused = desk.run(&["plan"]);
        assert_eq!(refused.code, Some(3), "{to}: {refused}");
        if words != "aegis.lock" {
            refused.says(&[words]);
        }
    }
    desk.write("aegis.lock", &good);
    desk.ok(&["plan"]);
}

#[test]
fn a_lock_file_without_acceptances_is_refused() {
    let Some(desk) = Desk::accepted() else { return };
    let text = desk.read("aegis.lock");
    let mut kept = String::new();
    let mut dropping = false;
    for line in text.lines() {
        if line.starts_with('[') {
            dropping = line == "[[plugin.acceptance]]";
        }
        if !dropping {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    desk.write("aegis.lock", kept);
    refused_everywhere(&desk, &["no operator has accepted"]);
}

#[test]
fn the_lock_file_of_another_stack_is_refused() {
    let Some(desk) = Desk::accepted() else { return };
    desk.edit("\nname: shop", "\nname: store");
    refused_everywhere(&desk, &["AEG0604", "`shop`", "`store`", "aegis plugin add"]);
    // Also where the name in the file is made to fit: it is under every signature.
    let text = desk.read("aegis.lock");
    desk.write(
        "aegis.lock",
        text.replacen("stack = \"shop\"", "stack = \"store\"", 1),
    );
    refused_everywhere(&desk, &["accepted for another stack"]);
}

#[test]
fn an_acceptance_by_somebody_who_is_no_operator_is_refused() {
    let Some(desk) = Desk::accepted() else { return };
    desk.ok(&["key", "generate", "--name", "visitor"]);
    let command = [
        "plugin",
        "add",
        "aegis/kops",
        "--from",
        "../plugins",
        "--accept",
        "--key",
        "visitor",
    ];
    let before = desk.read("aegis.lock");
    desk.run(&command)
        .exits(3)
        .says(&["the key `visitor` is no operator's"]);
    assert_eq!(desk.read("aegis.lock"), before);
    // Also where the signature came into the lock file by another way.
    desk.accept_as("visitor", |lock| {
        let names: Vec<PluginName> = lock.plugins().keys().cloned().collect();
        for name in names {
            let mut entry = lock.plugins()[&name].clone();
            entry.acceptances.clear();
            lock.insert(entry);
        }
    });
    refused_everywhere(
        &desk,
        &["which is no operator's key", "an operator has to accept it"],
    );
}

// ---- what it may do ----------------------------------------------------------------------------

/// Grants less to a plugin and has the operator accept that.
fn trim(desk: &Desk, plugin: &str, keep: impl Fn(&Value) -> bool) {
    desk.accept_changed(|lock| {
        let mut entry = lock.plugins()[&name(plugin)].clone();
        let all: Vec<Value> = entry.grant.into();
        let kept: Vec<Value> = all.iter().filter(|line| keep(line)).cloned().collect();
        assert!(kept.len() < all.len(), "nothing was taken away");
        entry.grant = Capabilities::new(kept).unwrap();
        lock.insert(entry);
    });
}

#[test]
fn a_proposal_outside_of_the_grant_is_refused_as_a_whole() {
    let Some(desk) = Desk::accepted() else { return };
    trim(&desk, "aegis/cert-manager", |line| {
        line["kinds"] != serde_json::json!(["ClusterIssuer"])
    });
    let refused = desk.run(&["plan"]).exits(3);
    refused.says(&[
        "use1/certificates",
        "euw1/certificates",
        "ClusterIssuer",
        "grant",
    ]);
    assert!(!desk.plan_file().exists());
    let problems = desk.run_json(&["plan"]).exits(3).problems();
    assert!(
        problems
            .iter()
            .all(|problem| problem["help"].is_string() && problem["code"].is_string())
    );
}

#[test]
fn a_grant_beyond_what_was_signed_gives_nothing() {
    let Some(desk) = Desk::accepted() else { return };
    trim(&desk, "aegis/compliance", |_| false);
    desk.accept_changed(|lock| {
        let mut entry = lock.plugins()[&name("aegis/compliance")].clone();
        let everything =
            serde_json::json!({"capability": "documents.read", "kinds": ["kubernetes"]});
        entry.grant = Capabilities::new(vec![everything]).unwrap();
        lock.insert(entry);
    });
    // It asked for Terraform's and kOps' documents and has been given others: it sees neither.
    let ended = desk.run(&["plan"]);
    let plan = desk.plan_file().exists().then(|| desk.plan());
    let evaluated = plan.is_some_and(|plan| {
        let findings = plan["body"]["findings"]["list"].as_array().unwrap();
        findings
            .iter()
            .any(|found| matches!(found["finding"]["outcome"].as_str(), Some("pass" | "fail")))
    });
    assert!(ended.code == Some(3) || !evaluated, "{ended}");
}

#[test]
fn a_plan_is_not_applied_with_less_than_it_was_made_with() {
    let Some(desk) = Desk::accepted() else { return };
    desk.ok(&["plan", "--quiet"]);
    trim(&desk, "aegis/cert-manager", |line| {
        line["kinds"] != serde_json::json!(["ClusterIssuer"])
    });
    desk.run(&["apply"])
        .exits(1)
        .says(&["AEG0564", "what is granted"]);
    assert!(desk.files().is_empty());
}

// ---- compiled code -----------------------------------------------------------------------------

#[test]
fn compiled_code_that_was_altered_is_not_run_and_compiled_again() {
    let Some(desk) = Desk::accepted() else { return };
    desk.ok(&["plan", "--quiet"]);
    let plan = std::fs::read(desk.plan_file()).unwrap();
    let entries = world::files_below(&desk.home().join("cache/code"));
    assert_eq!(entries.len(), world::PLUGINS.len());
    let good: Vec<Vec<u8>> = entries
        .iter()
        .map(|entry| std::fs::read(entry).unwrap())
        .collect();
    // Each entry in another way.
    let mut flipped = good[0].clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let damaged = [
        flipped,
        good[1][..good[1].len() - 1].to_vec(),
        Vec::new(),
        // The code of another plugin, whole and with a MAC that was made with the right key.
        good[4].clone(),
        b"\x7fELF".to_vec(),
    ];
    for (entry, damaged) in entries.iter().zip(damaged) {
        std::fs::write(entry, damaged).unwrap();
    }
    std::fs::remove_file(desk.plan_file()).unwrap();
    let ended = desk.run(&["plan"]).exits(0);
    assert_eq!(
        ended.err.matches("compiled again").count(),
        entries.len(),
        "{ended}"
    );
    assert!(std::fs::read(desk.plan_file()).unwrap() == plan);
    for (entry, good) in entries.iter().zip(&good) {
        assert!(
            std::fs::read(entry).unwrap() == *good,
            "{} is not mended",
            entry.display()
        );
    }
}

#[test]
fn compiled_code_under_another_key_is_not_run() {
    let Some(desk) = Desk::accepted() else { return };
    desk.ok(&["plan", "--quiet"]);
    std::fs::remove_file(desk.home().join("data/private/code-cache.key")).unwrap();
    desk.run(&["plan"]).exits(0).says(&["compiled again"]);
    // From now on it is used.
    let again = desk.run(&["plan"]).exits(0);
    assert!(!again.err.contains("compiled again"), "{again}");
}
