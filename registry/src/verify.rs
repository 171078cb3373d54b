//! From two foreign byte strings to a component that may be compiled.

mod error;
mod expectation;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use aegis_document::{Digest, untrusted};

use crate::package::COMPONENT_MAX;
use crate::statement::{Envelope, SignatureError};
use crate::{Manifest, Metadata, Package, Role, Statement, Trust};

pub use error::{Disagreement, VerifyError};
pub use expectation::{Expectation, HostVersion, Locked, VersionRule};

/// A component that was signed by those who may, and is the one that was asked for.
///
/// It only comes out of [`verify`], and holds the very buffer that was hashed: what is compiled is what
/// was signed.
#[derive(Clone)]
pub struct VerifiedComponent {
    bytes: Arc<[u8]>,
    component: Digest,
    statement: Digest,
    signers: BTreeSet<Digest>,
    metadata: Metadata,
}

/// Verifies a component by its signed statement.
///
/// In this order, so that little is parsed of what is not trusted: size, digest, revocation,
/// envelope, signatures, statement, and only then the component's own metadata, which must agree
/// with what was signed.
pub fn verify(
    bytes: Vec<u8>,
    envelope: &[u8],
    trust: &Trust,
    expected: &Expectation,
) -> Result<VerifiedComponent, VerifyError> {
    if bytes.len() > COMPONENT_MAX {
        return Err(VerifyError::TooLarge {
            actual: bytes.len(),
        });
    }
    let bytes: Arc<[u8]> = bytes.into();
    let component = Digest::of(&bytes);
    if let Some(reason) = trust.revoked_component(&component) {
        return Err(VerifyError::ComponentRevoked {
            component,
            reason: untrusted(reason).to_string(),
        });
    }
    if envelope.is_empty() {
        return Err(VerifyError::Unsigned);
    }
    let statement_digest = Digest::of(envelope);
    if let Some(locked) = &expected.locked {
        locked.check(component, statement_digest)?;
    }
    let envelope = Envelope::<Statement>::parse(envelope).map_err(VerifyError::Envelope)?;
    let (statement, signers) = check_signatures(&envelope, trust, expected)?;
    if statement.component != component {
        return Err(VerifyError::Altered {
            signed: statement.component,
            actual: component,
        });
    }
    expected.check(&statement.manifest)?;
    if let Some(locked) = &expected.locked {
        locked.check_signers(&signers)?;
    }
    let metadata = Package::read(&bytes)?.into_metadata();
    check_agreement(&statement.manifest, &metadata.manifest)?;
    Ok(VerifiedComponent {
        bytes,
        component,
        statement: statement_digest,
        signers,
        metadata,
    })
}

/// The statement, if enough different keys of the expected publisher have signed it. Which keys are tried
/// follows from what was asked for, never from what the envelope says.
fn check_signatures(
    envelope: &Envelope<Statement>,
    trust: &Trust,
    expected: &Expectation,
) -> Result<(Statement, BTreeSet<Digest>), VerifyError> {
    if envelope.signature_count() == 0 {
        return Err(VerifyError::Unsigned);
    }
    let publisher = &expected.plugin.publisher;
    let role = Role::Publisher(publisher.clone());
    match envelope.verify(trust.keys(&role), trust.threshold(&role)) {
        Ok(verified) => {
            let signers = verified.signers().clone();
            Ok((verified.into_document(), signers))
        }
        Err(SignatureError::Document(error)) => Err(VerifyError::Statement(error)),
        Err(SignatureError::Threshold { needed, found }) if found > 0 => {
            Err(VerifyError::TooFewSignatures {
                publisher: publisher.clone(),
                needed,
                found,
            })
        }
        Err(SignatureError::Threshold { .. }) => Err(explain(envelope, trust, &role, expected)),
    }
}

/// Why no signature is that of a trusted key of the publisher. Only the text depends on this.
fn explain(
    envelope: &Envelope<Statement>,
    trust: &Trust,
    role: &Role,
    expected: &Expectation,
) -> VerifyError {
    let publisher = expected.plugin.publisher.clone();
    for (has, ring) in trust.roles() {
        let Some(fingerprint) = envelope.signers_among(ring.keys()).into_iter().next() else {
            continue;
        };
        return match trust.revoked_key(&fingerprint) {
            Some(reason) => VerifyError::KeyRevoked {
                fingerprint,
                reason: untrusted(reason).to_string(),
            },
            None => VerifyError::KeyOfAnother {
                fingerprint,
                has: has.clone(),
                publisher,
            },
        };
    }
    let claimed = envelope.claimed_signers();
    let trusted = trust.keys(role).map(|key| key.fingerprint().to_string());
    if let Some(fingerprint) = trusted.into_iter().find(|text| claimed.contains(text)) {
        return VerifyError::StatementAltered { fingerprint };
    }
    VerifyError::UntrustedKey {
        publisher,
        claimed: claimed.join(", "),
    }
}

/// The metadata section may not say anything else than what was signed.
fn check_agreement(signed: &Manifest, section: &Manifest) -> Result<(), VerifyError> {
    let disagreement = if signed.plugin != section.plugin {
        Disagreement::Name
    } else if signed.version != section.version {
        Disagreement::Version
    } else if signed.kind != section.kind {
        Disagreement::Kind
    } else if signed.contract != section.contract {
        Disagreement::Contract
    } else if signed.minimum_host != section.minimum_host {
        Disagreement::MinimumHost
    } else if signed.capabilities != section.capabilities {
        return Err(VerifyError::CapabilitiesDiffer);
    } else {
        return Ok(());
    };
    Err(VerifyError::MetadataDiffers(disagreement))
}

impl VerifiedComponent {
    /// The component's bytes, the ones that were hashed.
    pub const fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The SHA-256 of the component.
    pub const fn component_digest(&self) -> Digest {
        self.component
    }

    /// The SHA-256 of the envelope.
    pub const fn statement_digest(&self) -> Digest {
        self.statement
    }

    /// The fingerprints of the trusted keys that have signed.
    pub const fn signers(&self) -> &BTreeSet<Digest> {
        &self.signers
    }

    /// What was signed.
    pub const fn manifest(&self) -> &Manifest {
        &self.metadata.manifest
    }

    /// What was signed, and the rest of the metadata, which the component's digest covers.
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl fmt::Debug for VerifiedComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedComponent")
            .field("plugin", &self.manifest().plugin)
            .field("version", &self.manifest().version)
            .field("component", &self.component)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
