//! Whose signatures count for what. It lies in the operator's configuration, never in a repository.
//!
//! A key belongs to one publisher's name space, or to the people who operate the stack, never to
//! both and never to two name spaces. Revoked keys and components stay refused whatever else says
//! otherwise.

mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;

use aegis_document::{Digest, Identifier, untrusted};

use crate::toml_text::TomlError;
use crate::{FileError, PublicKey, file};

/// What a key may sign.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Statements about the plugins of this name space.
    Publisher(Identifier),
    /// Acceptances of plugins and their grants.
    Operators,
    /// Approvals of plans.
    Approvers,
}

/// The keys of one role, and how many different ones of them must sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyring {
    keys: BTreeSet<PublicKey>,
    threshold: NonZeroUsize,
}

/// Keys by role, and what was revoked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    rings: BTreeMap<Role, Keyring>,
    revoked_keys: BTreeMap<Digest, String>,
    revoked_components: BTreeMap<Digest, String>,
}

/// Why trust was not read, changed or written.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file was not read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Not TOML with the fields it must have.
    #[error("the trust file cannot be read: {0}")]
    Toml(#[from] TomlError),
    /// A later version of Aegis wrote it.
    #[error("the trust file has version {0}, this version reads {version}; use a newer Aegis", version = text::VERSION)]
    Version(u32),
    /// The key has another role already.
    #[error(
        "the key {fingerprint} is trusted for {has} already and cannot be for {wanted} too; use a key of its own"
    )]
    TwoRoles {
        /// The key.
        fingerprint: Digest,
        /// The role it has.
        has: Role,
        /// The role it was to get.
        wanted: Role,
    },
    /// The same key twice in one role.
    #[error("the key {fingerprint} stands twice among the keys of {role}; remove one")]
    Twice {
        /// The key.
        fingerprint: Digest,
        /// The role.
        role: Role,
    },
    /// The key is revoked.
    #[error("the key {fingerprint} is revoked ({reason}); use another key")]
    Revoked {
        /// The key.
        fingerprint: Digest,
        /// Why, safe to show.
        reason: String,
    },
    /// Something is revoked twice.
    #[error("{0} is revoked twice; remove one of the lines")]
    RevokedTwice(Digest),
    /// A threshold that no set of signatures can reach.
    #[error("{role} would need {threshold} signatures but has {keys} keys; add keys first")]
    Threshold {
        /// The role.
        role: Role,
        /// The threshold.
        threshold: usize,
        /// The number of keys.
        keys: usize,
    },
    /// A revocation without a reason, or with a very long one.
    #[error("a revocation has a reason of 1 to {max} bytes", max = Trust::REASON_MAX)]
    Reason,
    /// A role with more keys than are tried.
    #[error("{0} would have more than {max} keys", max = Trust::KEYS_MAX)]
    TooManyKeys(Role),
    /// The file could not be written as text.
    #[error("the trust cannot be written as TOML: {0}")]
    Write(#[from] toml::ser::Error),
}

impl Trust {
    /// The longest reason of a revocation, in bytes.
    pub const REASON_MAX: usize = 500;
    /// The most keys of one role: every one is tried on every signature.
    pub const KEYS_MAX: usize = 64;

    /// Reads `trust.toml`. A file that others can change is refused.
    pub fn load(path: &Path) -> Result<Self, TrustError> {
        Self::parse(&file::read_own(path, text::FILE_MAX)?)
    }

    /// Reads the text of a trust file.
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustError> {
        text::parse(bytes)
    }

    /// The text of the trust file: sorted, the same bytes for the same trust.
    pub fn to_toml(&self) -> Result<String, TrustError> {
        text::print(self)
    }

    /// Replaces the file as a whole.
    pub fn save(&self, path: &Path) -> Result<(), TrustError> {
        Ok(file::replace(path, self.to_toml()?.as_bytes())?)
    }

    /// Trusts a key for a role. A key that has the role already changes nothing.
    pub fn add(&mut self, role: Role, key: PublicKey) -> Result<(), TrustError> {
        let fingerprint = key.fingerprint();
        if let Some(reason) = self.revoked_key(&fingerprint) {
            return Err(TrustError::Revoked {
                fingerprint,
                reason: untrusted(reason).to_string(),
            });
        }
        self.insert(role, key).map(|_| ())
    }

    /// Adds a key to a ring and says whether it was not there.
    fn insert(&mut self, role: Role, key: PublicKey) -> Result<bool, TrustError> {
        let other = self.roles_of(&key).find(|has| !has.joins(&role)).cloned();
        if let Some(has) = other {
            return Err(TrustError::TwoRoles {
                fingerprint: key.fingerprint(),
                has,
                wanted: role,
            });
        }
        let ring = self.rings.entry(role.clone()).or_default();
        if ring.keys.len() >= Self::KEYS_MAX && !ring.keys.contains(&key) {
            return Err(TrustError::TooManyKeys(role));
        }
        Ok(ring.keys.insert(key))
    }

    /// Says how many different keys of a role must sign.
    pub fn set_threshold(
        &mut self,
        role: &Role,
        threshold: NonZeroUsize,
    ) -> Result<(), TrustError> {
        let keys = self.rings.get(role).map_or(0, |ring| ring.keys.len());
        match self.rings.get_mut(role) {
            Some(ring) if threshold.get() <= keys => {
                ring.threshold = threshold;
                Ok(())
            }
            _ => Err(TrustError::Threshold {
                role: role.clone(),
                threshold: threshold.get(),
                keys,
            }),
        }
    }

    /// Refuses a key from now on, for every role.
    pub fn revoke_key(&mut self, fingerprint: Digest, reason: &str) -> Result<(), TrustError> {
        self.revoked_keys.insert(fingerprint, checked(reason)?);
        Ok(())
    }

    /// Refuses a component from now on, whoever signed it.
    pub fn revoke_component(&mut self, component: Digest, reason: &str) -> Result<(), TrustError> {
        self.revoked_components.insert(component, checked(reason)?);
        Ok(())
    }

    /// Why a key is revoked, if it is.
    pub fn revoked_key(&self, fingerprint: &Digest) -> Option<&str> {
        self.revoked_keys.get(fingerprint).map(String::as_str)
    }

    /// Why a component is revoked, if it is.
    pub fn revoked_component(&self, component: &Digest) -> Option<&str> {
        self.revoked_components.get(component).map(String::as_str)
    }

    /// The keys of a role whose signatures count: revoked ones are left out.
    pub fn keys(&self, role: &Role) -> impl Iterator<Item = &PublicKey> {
        let ring = self.rings.get(role);
        ring.into_iter()
            .flat_map(Keyring::keys)
            .filter(|key| self.revoked_key(&key.fingerprint()).is_none())
    }

    /// How many different keys of a role must sign. One for a role without keys, which nothing
    /// can satisfy.
    pub fn threshold(&self, role: &Role) -> NonZeroUsize {
        self.rings
            .get(role)
            .map_or(NonZeroUsize::MIN, Keyring::threshold)
    }

    /// All roles with their keys, revoked ones included.
    pub const fn roles(&self) -> &BTreeMap<Role, Keyring> {
        &self.rings
    }

    /// The revoked keys by fingerprint, with the reasons. Reasons are foreign text.
    pub const fn revoked_keys(&self) -> &BTreeMap<Digest, String> {
        &self.revoked_keys
    }

    /// The revoked components by digest, with the reasons. Reasons are foreign text.
    pub const fn revoked_components(&self) -> &BTreeMap<Digest, String> {
        &self.revoked_components
    }

    /// The roles of a key, revoked or not.
    pub fn roles_of(&self, key: &PublicKey) -> impl Iterator<Item = &Role> {
        let rings = self.rings.iter();
        rings
            .filter(|(_, ring)| ring.keys.contains(key))
            .map(|(role, _)| role)
    }
}

impl Role {
    /// Whether one key may have both roles. Whoever accepts plugins may also approve plans; a
    /// publisher may do neither.
    fn joins(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Publisher(one), Self::Publisher(two)) => one == two,
            (Self::Publisher(_), _) | (_, Self::Publisher(_)) => false,
            (Self::Operators | Self::Approvers, Self::Operators | Self::Approvers) => true,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Publisher(publisher) => write!(f, "the publisher `{publisher}`"),
            Self::Operators => f.write_str("the operators"),
            Self::Approvers => f.write_str("the approvers"),
        }
    }
}

impl Keyring {
    /// The keys, revoked ones included, in a fixed order.
    pub fn keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys.iter()
    }

    /// How many different keys must sign.
    pub const fn threshold(&self) -> NonZeroUsize {
        self.threshold
    }
}

impl Default for Keyring {
    fn default() -> Self {
        Self {
            keys: BTreeSet::new(),
            threshold: NonZeroUsize::MIN,
        }
    }
}

fn checked(reason: &str) -> Result<String, TrustError> {
    if reason.trim().is_empty() || reason.len() > Trust::REASON_MAX {
        return Err(TrustError::Reason);
    }
    Ok(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{key, name, trust};

    fn acme() -> Role {
        Role::Publisher(name("acme"))
    }

    fn at_least(threshold: usize) -> NonZeroUsize {
        NonZeroUsize::new(threshold).unwrap()
    }

    #[test]
    fn a_key_has_one_name_space() {
        let mut trust = trust();
        for (role, number) in [
            (Role::Publisher(name("other")), 1),
            (Role::Operators, 1),
            (Role::Approvers, 1),
            (acme(), 2),
            (acme(), 3),
        ] {
            let error = trust.add(role.clone(), key(number).public()).unwrap_err();
            assert!(matches!(error, TrustError::TwoRoles { .. }), "{role}");
        }
        trust.add(acme(), key(1).public()).unwrap();
        trust.add(Role::Approvers, key(3).public()).unwrap();
        assert_eq!(trust.keys(&acme()).count(), 1);
    }

    #[test]
    fn a_threshold_is_one_that_can_be_reached() {
        let mut trust = trust();
        assert!(matches!(
            trust.set_threshold(&acme(), at_least(2)),
            Err(TrustError::Threshold { keys: 1, .. })
        ));
        trust.add(acme(), key(4).public()).unwrap();
        trust.set_threshold(&acme(), at_least(2)).unwrap();
        assert_eq!(trust.threshold(&acme()), at_least(2));
        let nobody = Role::Publisher(name("nobody"));
        assert!(trust.set_threshold(&nobody, at_least(1)).is_err());
        assert_eq!(trust.keys(&nobody).count(), 0);
    }

    #[test]
    fn a_revoked_key_counts_for_nothing_and_does_not_come_back() {
        let mut trust = trust();
        let fingerprint = key(1).public().fingerprint();
        trust.revoke_key(fingerprint, "laptop stolen").unwrap();
        assert_eq!(trust.keys(&acme()).count(), 0);
        assert_eq!(trust.revoked_key(&fingerprint), Some("laptop stolen"));
        assert!(matches!(
            trust.add(acme(), key(1).public()),
            Err(TrustError::Revoked { .. })
        ));
        for reason in ["", " ", &"x".repeat(501)] {
            assert!(matches!(
                trust.revoke_component(Digest::of(b"x"), reason),
                Err(TrustError::Reason)
            ));
        }
    }

    #[test]
    fn the_number_of_keys_is_bounded() {
        let mut trust = Trust::default();
        for number in 0..64 {
            trust.add(acme(), key(number).public()).unwrap();
        }
        trust.add(acme(), key(63).public()).unwrap();
        assert!(matches!(
            trust.add(acme(), key(64).public()),
            Err(TrustError::TooManyKeys(_))
        ));
    }

    #[test]
    fn trust_that_others_can_change_is_not_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.toml");
        trust().save(&path).unwrap();
        assert_eq!(Trust::load(&path).unwrap(), trust());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(matches!(
            Trust::load(&path),
            Err(TrustError::File(FileError::Changeable { .. }))
        ));
    }
}
