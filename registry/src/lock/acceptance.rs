//! An operator's signature under one entry.

use std::collections::BTreeSet;

use aegis_document::{Digest, Identifier, untrusted};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{LockError, LockedPlugin};
use crate::key::Signature;
use crate::statement::{Payload, verifies_detached};
use crate::{Kind, PluginName, PublicKey, Role, Trust};

/// A signature over an entry's [`AcceptedTerms`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acceptance {
    /// Whose it claims to be. Only a hint.
    pub key: Digest,
    /// The signature.
    pub signature: Signature,
}

/// What an operator agrees to: this code, from these signers, in this stack, with this grant.
///
/// Not under the signature are the requirement and the source. They say what may be looked for next and
/// where, and whatever is found there must have the digests that were accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedTerms {
    /// The stack.
    pub stack: Identifier,
    /// The plugin.
    pub plugin: PluginName,
    /// Its version.
    pub version: Version,
    /// Its kind.
    pub kind: Kind,
    /// Its contract.
    pub contract: Version,
    /// The component's digest.
    pub component: Digest,
    /// The statement's digest.
    pub statement: Digest,
    /// The fingerprints of the statement's signers.
    pub signers: BTreeSet<Digest>,
    /// The digest of the grant.
    pub granted: Digest,
}

impl Payload for AcceptedTerms {
    const TYPE: &'static str = "application/vnd.aegis.acceptance.v1+json";
}

/// Checks that enough operators have signed the entry as it stands.
pub(super) fn check(
    entry: &LockedPlugin,
    stack: &Identifier,
    trust: &Trust,
) -> Result<(), LockError> {
    let plugin = || entry.name.clone();
    if let Some(reason) = trust.revoked_component(&entry.component) {
        return Err(LockError::ComponentRevoked {
            plugin: plugin(),
            reason: untrusted(reason).to_string(),
        });
    }
    if entry.acceptances.is_empty() {
        return Err(LockError::NotAccepted(plugin()));
    }
    let terms = entry.terms(stack)?;
    let mut accepted = BTreeSet::new();
    for key in trust.keys(&Role::Operators) {
        for acceptance in &entry.acceptances {
            if verifies_detached(&terms, key, &acceptance.signature)? {
                accepted.insert(key.fingerprint());
            }
        }
    }
    let needed = trust.threshold(&Role::Operators).get();
    if accepted.len() >= needed {
        return Ok(());
    }
    if accepted.is_empty() {
        return Err(explain(entry, trust));
    }
    Err(LockError::TooFewAcceptances {
        plugin: plugin(),
        needed,
        found: accepted.len(),
    })
}

/// Why none of an entry's acceptances counts. Only the text depends on this.
fn explain(entry: &LockedPlugin, trust: &Trust) -> LockError {
    let plugin = entry.name.clone();
    let mut operators = trust.keys(&Role::Operators).map(PublicKey::fingerprint);
    if operators.any(|key| entry.acceptances.iter().any(|a| a.key == key)) {
        return LockError::Edited(plugin);
    }
    for acceptance in &entry.acceptances {
        if let Some(reason) = trust.revoked_key(&acceptance.key) {
            return LockError::KeyRevoked {
                plugin,
                fingerprint: acceptance.key,
                reason: untrusted(reason).to_string(),
            };
        }
    }
    let claimed: Vec<_> = entry
        .acceptances
        .iter()
        .map(|a| a.key.to_string())
        .collect();
    LockError::Stranger {
        plugin,
        claimed: claimed.join(", "),
    }
}
