//! What was asked for.

use std::collections::BTreeSet;

use aegis_document::Digest;
use semver::{Version, VersionReq};

use super::VerifyError;
use crate::{Kind, Manifest, PluginName};

/// What a component must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Publisher and plugin.
    pub plugin: PluginName,
    /// Which versions will do.
    pub version: VersionRule,
    /// The kind, where it is known already.
    pub kind: Option<Kind>,
    /// The host that is to run it.
    pub host: HostVersion,
    /// What the lock file pins.
    pub locked: Option<Locked>,
}

/// Which versions will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionRule {
    /// Every version: to inspect a file.
    Any,
    /// This one.
    Exactly(Version),
    /// Those that satisfy a requirement, as cargo understands it.
    Matching(VersionReq),
}

/// What the running host is and has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostVersion {
    /// Its version.
    pub version: Version,
    /// The versions of the plugin contract that it has.
    pub contracts: BTreeSet<Version>,
}

/// The digests and signers of a lock file's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// The component's digest.
    pub component: Digest,
    /// The envelope's digest.
    pub statement: Digest,
    /// The fingerprints of the keys that had signed when the plugin was accepted.
    pub signers: BTreeSet<Digest>,
}

impl Expectation {
    pub(super) fn check(&self, signed: &Manifest) -> Result<(), VerifyError> {
        if signed.plugin != self.plugin {
            return Err(VerifyError::WrongPlugin {
                expected: self.plugin.clone(),
                found: signed.plugin.clone(),
            });
        }
        if !self.version.allows(&signed.version) {
            return Err(VerifyError::WrongVersion {
                expected: self.version.to_string(),
                found: signed.version.clone(),
            });
        }
        if let Some(expected) = self.kind.filter(|kind| *kind != signed.kind) {
            return Err(VerifyError::WrongKind {
                expected,
                found: signed.kind,
            });
        }
        if signed.minimum_host > self.host.version {
            return Err(VerifyError::NeedsNewerHost {
                needs: signed.minimum_host.clone(),
                has: self.host.version.clone(),
            });
        }
        if !self.host.contracts.contains(&signed.contract) {
            let has: Vec<_> = self.host.contracts.iter().map(Version::to_string).collect();
            return Err(VerifyError::WrongContract {
                needs: signed.contract.clone(),
                has: has.join(", "),
            });
        }
        Ok(())
    }
}

impl VersionRule {
    /// Whether a version will do.
    pub fn allows(&self, version: &Version) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(exact) => exact == version,
            Self::Matching(requirement) => requirement.matches(version),
        }
    }
}

impl std::fmt::Display for VersionRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exactly(version) => write!(f, "={version}"),
            Self::Matching(requirement) => write!(f, "{requirement}"),
        }
    }
}

impl Locked {
    pub(super) fn check(&self, component: Digest, statement: Digest) -> Result<(), VerifyError> {
        if component != self.component {
            return Err(VerifyError::NotTheLockedComponent {
                locked: self.component,
                found: component,
            });
        }
        if statement != self.statement {
            return Err(VerifyError::NotTheLockedStatement {
                locked: self.statement,
                found: statement,
            });
        }
        Ok(())
    }

    /// A key that was not among the signers at the acceptance was not accepted.
    pub(super) fn check_signers(&self, signers: &BTreeSet<Digest>) -> Result<(), VerifyError> {
        match signers.difference(&self.signers).next() {
            None => Ok(()),
            Some(fingerprint) => Err(VerifyError::NotTheLockedSigner {
                fingerprint: *fingerprint,
            }),
        }
    }
}
