//! `aegis.lock`.

use std::collections::BTreeSet;

use aegis_document::Digest;
use aegis_registry::lock::LockedPlugin;
use aegis_registry::{Capabilities, Kind, Lock, PluginName};
use semver::Version;
use serde_json::json;

use crate::authentic::{identifier, with_keys};
use crate::check;

pub(super) fn made() -> Vec<Vec<u8>> {
    let mut lock = Lock::new(identifier("shop"));
    let grant = vec![
        json!({"capability": "pods", "images": ["registry.example.com/*"], "level": "restricted", "nested": [[1, true], {"a": {"b": -3}}]}),
        json!({"capability": "facts", "provides": ["mesh.east-west-address"]}),
    ];
    for (name, grant) in [("acme/linkerd", grant), ("acme/plain", Vec::new())] {
        let name: PluginName = name.parse().expect("a name");
        lock.insert(LockedPlugin {
            name: name.clone(),
            requirement: "^2.1".parse().expect("a requirement"),
            version: Version::new(2, 1, 3),
            source: "folder:plugins".parse().expect("a source"),
            kind: Kind::Security,
            contract: Version::new(0, 1, 0),
            component: Digest::of("component"),
            statement: Digest::of("statement"),
            signers: BTreeSet::from([Digest::of("key")]),
            grant: Capabilities::new(grant).expect("a grant"),
            acceptances: Vec::new(),
        });
        with_keys(|keys| lock.accept(&name, &keys.operator)).expect("an acceptance");
    }
    let text = lock.to_toml().expect("a lock file");
    let empty = Lock::new(identifier("shop"))
        .to_toml()
        .expect("a lock file");
    vec![text.into_bytes(), empty.into_bytes()]
}

pub(super) fn run(input: &[u8]) {
    let lock = match Lock::parse(input) {
        Ok(lock) => lock,
        Err(error) => return check::refused(&error),
    };
    let printed = lock.to_toml().expect("what was read is printed");
    let again = Lock::parse(printed.as_bytes()).expect("what is printed is read");
    assert_eq!(again, lock);
    assert_eq!(again.to_toml().ok(), Some(printed));
    assert_eq!(again.digest().ok(), lock.digest().ok());

    with_keys(|keys| {
        if let Err(error) = lock.clone().verify(&keys.trust) {
            check::refused(&error);
        }
        // Accepted as it stands, it verifies; with one bit flipped, what an operator signs is the same or it does not.
        let mut accepted = lock.clone();
        for name in lock.plugins().keys() {
            let taken = accepted.accept(name, &keys.operator);
            taken.expect("an entry is accepted");
        }
        if accepted.clone().verify(&keys.trust).is_err() {
            return;
        }
        let text = accepted.to_toml().expect("it is printed");
        let flipped = check::flipped(text.as_bytes(), input);
        let verified = Lock::parse(&flipped).and_then(|lock| lock.verify(&keys.trust));
        let Ok(verified) = verified else { return };
        for entry in verified.plugins() {
            let signed = accepted.plugins().get(&entry.name).expect("a known name");
            // Requirement and source are not signed: they say where to look for what was.
            let covered = |entry: &LockedPlugin| LockedPlugin {
                requirement: semver::VersionReq::STAR,
                source: signed.source.clone(),
                acceptances: Vec::new(),
                ..entry.clone()
            };
            assert_eq!(covered(entry), covered(signed));
            assert_eq!(verified.lock().stack(), accepted.stack());
        }
    });
}
