//! `trust.toml`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use aegis_document::{Digest, Identifier};
use serde::{Deserialize, Serialize};

use super::{Keyring, Role, Trust, TrustError, checked};
use crate::{PublicKey, toml_text};

pub(super) const VERSION: u32 = 1;
pub(super) const FILE_MAX: usize = 1 << 20;

const HEADER: &str = "\
# Whose signatures count. Change it with `aegis trust`; keep it out of every repository.

";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustFile {
    version: u32,
    #[serde(default)]
    operators: Ring,
    #[serde(default)]
    approvers: Ring,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    publisher: BTreeMap<Identifier, Ring>,
    #[serde(default, skip_serializing_if = "Revoked::is_empty")]
    revoked: Revoked,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ring {
    #[serde(default = "one")]
    threshold: NonZeroUsize,
    keys: Vec<PublicKey>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoked {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    key: Vec<RevokedKey>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    component: Vec<RevokedComponent>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokedKey {
    fingerprint: Digest,
    reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokedComponent {
    digest: Digest,
    reason: String,
}

const fn one() -> NonZeroUsize {
    NonZeroUsize::MIN
}

impl Default for Ring {
    fn default() -> Self {
        Self {
            threshold: one(),
            keys: Vec::new(),
        }
    }
}

impl Revoked {
    const fn is_empty(&self) -> bool {
        self.key.is_empty() && self.component.is_empty()
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Trust, TrustError> {
    let file: TrustFile = toml_text::read(bytes, FILE_MAX)?;
    if file.version != VERSION {
        return Err(TrustError::Version(file.version));
    }
    let mut trust = Trust::default();
    let people = [
        (Role::Operators, file.operators),
        (Role::Approvers, file.approvers),
    ];
    let publishers = file.publisher.into_iter();
    let publishers = publishers.map(|(name, ring)| (Role::Publisher(name), ring));
    for (role, ring) in people.into_iter().chain(publishers) {
        fill(&mut trust, role, ring)?;
    }
    for RevokedKey {
        fingerprint,
        reason,
    } in file.revoked.key
    {
        revoke(&mut trust.revoked_keys, fingerprint, &reason)?;
    }
    for RevokedComponent { digest, reason } in file.revoked.component {
        revoke(&mut trust.revoked_components, digest, &reason)?;
    }
    Ok(trust)
}

fn fill(trust: &mut Trust, role: Role, ring: Ring) -> Result<(), TrustError> {
    if ring.keys.is_empty() && ring.threshold == one() {
        return Ok(());
    }
    for key in ring.keys {
        let fingerprint = key.fingerprint();
        if !trust.insert(role.clone(), key)? {
            return Err(TrustError::Twice { fingerprint, role });
        }
    }
    trust.set_threshold(&role, ring.threshold)
}

fn revoke(
    revoked: &mut BTreeMap<Digest, String>,
    digest: Digest,
    reason: &str,
) -> Result<(), TrustError> {
    match revoked.insert(digest, checked(reason)?) {
        None => Ok(()),
        Some(_) => Err(TrustError::RevokedTwice(digest)),
    }
}

pub(super) fn print(trust: &Trust) -> Result<String, TrustError> {
    let mut file = TrustFile {
        version: VERSION,
        operators: Ring::default(),
        approvers: Ring::default(),
        publisher: BTreeMap::new(),
        revoked: Revoked::default(),
    };
    for (role, keyring) in &trust.rings {
        let ring = Ring::from(keyring);
        match role {
            Role::Operators => file.operators = ring,
            Role::Approvers => file.approvers = ring,
            Role::Publisher(name) => {
                file.publisher.insert(name.clone(), ring);
            }
        }
    }
    for (fingerprint, reason) in &trust.revoked_keys {
        file.revoked.key.push(RevokedKey {
            fingerprint: *fingerprint,
            reason: reason.clone(),
        });
    }
    for (digest, reason) in &trust.revoked_components {
        file.revoked.component.push(RevokedComponent {
            digest: *digest,
            reason: reason.clone(),
        });
    }
    Ok(format!("{HEADER}{}", toml::to_string_pretty(&file)?))
}

impl From<&Keyring> for Ring {
    fn from(keyring: &Keyring) -> Self {
        Self {
            threshold: keyring.threshold(),
            keys: keyring.keys().cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{key, name, trust};

    fn full() -> Trust {
        let mut trust = trust();
        let acme = Role::Publisher(name("acme"));
        trust.add(acme.clone(), key(4).public()).unwrap();
        trust
            .set_threshold(&acme, NonZeroUsize::new(2).unwrap())
            .unwrap();
        let dotted = Role::Publisher(name("a.b"));
        trust.add(dotted, key(5).public()).unwrap();
        trust.add(Role::Approvers, key(3).public()).unwrap();
        trust
            .revoke_key(key(5).public().fingerprint(), "stolen")
            .unwrap();
        trust
            .revoke_component(Digest::of(b"x"), "CVE-2026-0001 \"quoted\"\n")
            .unwrap();
        trust
    }

    #[test]
    fn trust_reads_back_and_prints_the_same_bytes() {
        for trust in [Trust::default(), trust(), full()] {
            let text = trust.to_toml().unwrap();
            let read = Trust::parse(text.as_bytes()).unwrap();
            assert_eq!(read, trust);
            assert_eq!(read.to_toml().unwrap(), text);
        }
    }

    #[test]
    fn other_files_are_refused() {
        let good = full().to_toml().unwrap();
        let one = key(1).public();
        let two = key(2).public();
        let cases = [
            (
                good.replace("version = 1", "version = 2"),
                "use a newer Aegis",
            ),
            (good.replace("version = 1", ""), "missing field"),
            (
                good.replace("version = 1", "version = 1\nextra = 1"),
                "unknown field",
            ),
            (
                good.replace("threshold = 2", "threshold = 3"),
                "would need 3 signatures",
            ),
            (good.replace("threshold = 2", "threshold = 0"), "nonzero"),
            (
                good.replace("threshold = 2", "threshold = 2\nmore = 1"),
                "unknown field",
            ),
            (
                good.replace(&two.to_string(), &one.to_string()),
                "use a key of its own",
            ),
            (
                good.replace("[publisher.acme]", "[publisher.ACME]"),
                "a name starts",
            ),
            (
                good.replace("reason = \"stolen\"", "reason = \"\""),
                "a revocation has a reason",
            ),
            (
                format!("version = 1\n[operators]\nkeys = [\"{one}\", \"{one}\"]\n"),
                "stands twice",
            ),
            (
                "version = 1\n[operators]\nthreshold = 2\nkeys = []\n".to_owned(),
                "would need 2",
            ),
            ("version = 1\nversion = 1\n".to_owned(), "duplicate key"),
        ];
        for (text, message) in cases {
            let error = Trust::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(message), "{message}: {error}");
        }
    }

    #[test]
    fn a_revoked_key_may_stay_listed() {
        let trust = full();
        let dotted = Role::Publisher(name("a.b"));
        assert_eq!(trust.keys(&dotted).count(), 0);
        assert_eq!(trust.roles()[&dotted].keys().count(), 1);
    }

    proptest! {
        #[test]
        fn no_text_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Trust::parse(&bytes);
        }

        #[test]
        fn no_damage_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = full().to_toml().unwrap().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = Trust::parse(&bytes);
        }
    }
}
