//! `trust.toml`.

use aegis_document::Digest;
use aegis_registry::Trust;

use crate::authentic::with_keys;
use crate::check;

pub(super) fn made() -> Vec<Vec<u8>> {
    let mut trust = with_keys(|keys| keys.trust.clone());
    let empty = Trust::default();
    trust
        .revoke_key(Digest::of("key"), "laptop stolen")
        .expect("a reason");
    trust
        .revoke_component(Digest::of("component"), "CVE \"quoted\"\n")
        .expect("a reason");
    [trust, empty]
        .iter()
        .map(|trust| trust.to_toml().expect("a trust file").into_bytes())
        .collect()
}

pub(super) fn run(input: &[u8]) {
    let trust = match Trust::parse(input) {
        Ok(trust) => trust,
        Err(error) => return check::refused(&error),
    };
    let printed = trust.to_toml().expect("what was read is printed");
    let again = Trust::parse(printed.as_bytes()).expect("what is printed is read");
    assert_eq!(again, trust);
    assert_eq!(again.to_toml().ok(), Some(printed));
    for (role, ring) in trust.roles() {
        check::shown(role);
        // Whoever is revoked counts for nothing, and a threshold can be reached by somebody.
        assert!(ring.threshold().get() <= ring.keys().count());
        for key in trust.keys(role) {
            assert_eq!(trust.revoked_key(&key.fingerprint()), None);
        }
    }
}
