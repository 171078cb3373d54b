//! Why a component may not run, and what to do.

use std::fmt;

use aegis_document::{Digest, Identifier};
use semver::Version;

use crate::package::{COMPONENT_MAX, PackageError};
use crate::statement::EnvelopeError;
use crate::{Kind, PluginName, Role};

/// Why a component was refused.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Larger than what is read.
    #[error("the component has {actual} bytes; at most {COMPONENT_MAX} are read")]
    TooLarge {
        /// The size in bytes.
        actual: usize,
    },
    /// There is no signature.
    #[error(
        "the component is not signed, and nothing unsigned runs; sign it with `aegis plugin sign`, or get its `.dsse.json` file from the publisher"
    )]
    Unsigned,
    /// The envelope is damaged or of another kind.
    #[error(
        "the statement beside the component cannot be used: {0}; get it from the publisher again"
    )]
    Envelope(#[source] EnvelopeError),
    /// The envelope is signed and its statement is not one about a plugin.
    #[error(
        "the statement is signed and is none about a plugin: {0}; the publisher has to sign the component again"
    )]
    Statement(#[source] EnvelopeError),
    /// Changed after it was signed.
    #[error(
        "the component was altered after it was signed: {signed} was signed, this is {actual}; get it from the publisher again"
    )]
    Altered {
        /// The digest that was signed.
        signed: Digest,
        /// The digest of the bytes.
        actual: Digest,
    },
    /// A trusted key is named as the signer, and has not signed these bytes.
    #[error(
        "the statement was altered after {fingerprint} signed it; get it from the publisher again"
    )]
    StatementAltered {
        /// The fingerprint of the key that is named.
        fingerprint: String,
    },
    /// Signed by somebody unknown.
    #[error(
        "no trusted key of `{publisher}` has signed the component; it names as its signer {claimed}. If that is a key of `{publisher}`, get it over a safe way and run `aegis trust add {publisher} --key KEY`"
    )]
    UntrustedKey {
        /// The publisher.
        publisher: Identifier,
        /// Whose signatures they claim to be, safe to show.
        claimed: String,
    },
    /// Signed by somebody known, for somebody else.
    #[error(
        "the component is signed by {fingerprint}, which is trusted for {has} and not for `{publisher}`; a key signs in its own name space only"
    )]
    KeyOfAnother {
        /// The signer's fingerprint.
        fingerprint: Digest,
        /// What the key is trusted for.
        has: Role,
        /// The publisher.
        publisher: Identifier,
    },
    /// Signed by a key that is revoked.
    #[error(
        "the component is signed by {fingerprint}, which is revoked ({reason}); get a version that another key has signed"
    )]
    KeyRevoked {
        /// The signer's fingerprint.
        fingerprint: Digest,
        /// Why it is revoked, safe to show.
        reason: String,
    },
    /// Not enough different keys.
    #[error(
        "{found} trusted keys of `{publisher}` have signed the component, {needed} different ones must; ask the publisher for the other signatures"
    )]
    TooFewSignatures {
        /// The publisher.
        publisher: Identifier,
        /// How many different keys must have signed.
        needed: usize,
        /// How many have.
        found: usize,
    },
    /// The component is revoked.
    #[error(
        "the component {component} is revoked ({reason}); choose another version with `aegis plugin update`"
    )]
    ComponentRevoked {
        /// Its digest.
        component: Digest,
        /// Why, safe to show.
        reason: String,
    },
    /// Another component than the locked one.
    #[error(
        "the lock file pins the component {locked}, this is {found}; restore it, or accept the new one with `aegis plugin update`"
    )]
    NotTheLockedComponent {
        /// The digest in the lock file.
        locked: Digest,
        /// The digest of the bytes.
        found: Digest,
    },
    /// Another statement than the locked one.
    #[error(
        "the lock file pins the statement {locked}, this is {found}; restore it, or accept the new one with `aegis plugin update`"
    )]
    NotTheLockedStatement {
        /// The digest in the lock file.
        locked: Digest,
        /// The digest of the envelope.
        found: Digest,
    },
    /// Signed by a key that was not accepted.
    #[error(
        "the component is signed by {fingerprint}, which is not among the signers in the lock file; accept it with `aegis plugin update`"
    )]
    NotTheLockedSigner {
        /// The signer's fingerprint.
        fingerprint: Digest,
    },
    /// Another plugin.
    #[error("`{expected}` is wanted, the component is signed as `{found}`")]
    WrongPlugin {
        /// The wanted plugin.
        expected: PluginName,
        /// The signed plugin.
        found: PluginName,
    },
    /// Another version.
    #[error(
        "version `{expected}` is wanted, the component is signed as {found}; choose a version with `aegis plugin update`"
    )]
    WrongVersion {
        /// The wanted versions.
        expected: String,
        /// The signed version.
        found: Version,
    },
    /// Another kind.
    #[error(
        "a {expected} plugin is wanted, the component is signed as a {found} plugin; use it in a stage of that kind"
    )]
    WrongKind {
        /// The wanted kind.
        expected: Kind,
        /// The signed kind.
        found: Kind,
    },
    /// Another contract.
    #[error(
        "the plugin is written against contract {needs}, this host has {has}; use a host that has it, or another version of the plugin"
    )]
    WrongContract {
        /// The plugin's contract.
        needs: Version,
        /// The host's contracts.
        has: String,
    },
    /// The host is too old.
    #[error(
        "the plugin needs Aegis {needs} or later, this is {has}; update Aegis, or use an older version of the plugin"
    )]
    NeedsNewerHost {
        /// The oldest host that can run it.
        needs: Version,
        /// This host.
        has: Version,
    },
    /// The signed component is not a package.
    #[error("the component is signed and cannot be used: {0}")]
    Package(#[from] PackageError),
    /// The metadata section asks for something else than what was signed.
    #[error(
        "the capabilities in the component's metadata are not those that were signed; the publisher has to package and sign it again"
    )]
    CapabilitiesDiffer,
    /// The metadata section says something else than what was signed.
    #[error(
        "the {0} in the component's metadata is not what was signed; the publisher has to package and sign it again"
    )]
    MetadataDiffers(Disagreement),
}

/// What metadata section and statement disagree about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disagreement {
    /// Publisher or plugin.
    Name,
    /// The plugin's version.
    Version,
    /// The kind.
    Kind,
    /// The version of the contract.
    Contract,
    /// The oldest host.
    MinimumHost,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "name",
            Self::Version => "version",
            Self::Kind => "kind",
            Self::Contract => "contract",
            Self::MinimumHost => "minimum host",
        })
    }
}
