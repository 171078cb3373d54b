//! Why a lock file is not used, and what to do.

use aegis_document::Digest;
use aegis_document::canonical::CanonicalError;
use semver::{Version, VersionReq};

use crate::toml_text::TomlError;
use crate::{CapabilityError, FileError, PluginName};

/// Why a lock file was not read, changed or accepted.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The file was not read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Not TOML with the fields it must have.
    #[error("the lock file cannot be read: {0}; restore it from version control")]
    Toml(#[from] TomlError),
    /// A later version of Aegis wrote it.
    #[error("the lock file has version {0}, this version reads {version}; use a newer Aegis", version = super::text::VERSION)]
    Version(u32),
    /// Two entries of one name.
    #[error(
        "the lock file has two entries for `{0}`; remove one, or restore the file from version control"
    )]
    Twice(PluginName),
    /// The grant holds what a grant cannot hold.
    #[error("the grant of `{plugin}` is not valid: {problem}; restore it from version control")]
    Grant {
        /// The plugin.
        plugin: PluginName,
        /// What is wrong.
        problem: CapabilityError,
    },
    /// The grant is not the one whose digest stands beside it.
    #[error(
        "the grant of `{0}` was edited in the lock file; restore it, or review it and accept it with `aegis plugin update`"
    )]
    GrantEdited(PluginName),
    /// A signature is not base64 of 64 bytes.
    #[error(
        "an acceptance of `{0}` is not a signature; accept the plugin again with `aegis plugin update`"
    )]
    Signature(PluginName),
    /// The chosen version is not one that is allowed.
    #[error(
        "`{plugin}` is locked at {version}, which does not satisfy `{requirement}`; choose a version with `aegis plugin update`"
    )]
    Requirement {
        /// The plugin.
        plugin: PluginName,
        /// What is allowed.
        requirement: VersionReq,
        /// What was chosen.
        version: Version,
    },
    /// No operator has signed the entry.
    #[error(
        "no operator has accepted `{0}`; review what it asks for and accept it with `aegis plugin update`"
    )]
    NotAccepted(PluginName),
    /// An operator has signed something else than what stands there.
    #[error(
        "the entry of `{0}` was edited after an operator accepted it, or was accepted for another stack; restore it, or review it and accept it with `aegis plugin update`"
    )]
    Edited(PluginName),
    /// Somebody has signed who is no operator.
    #[error(
        "`{plugin}` was accepted by {claimed}, which is no operator's key; an operator has to accept it with `aegis plugin update`"
    )]
    Stranger {
        /// The plugin.
        plugin: PluginName,
        /// The fingerprints that the acceptances name.
        claimed: String,
    },
    /// The operator's key is revoked.
    #[error(
        "`{plugin}` was accepted by {fingerprint}, which is revoked ({reason}); accept it again with `aegis plugin update`"
    )]
    KeyRevoked {
        /// The plugin.
        plugin: PluginName,
        /// The key.
        fingerprint: Digest,
        /// Why, safe to show.
        reason: String,
    },
    /// Not enough operators.
    #[error(
        "{found} operators have accepted `{plugin}`, {needed} must; another one has to accept it with `aegis plugin update`"
    )]
    TooFewAcceptances {
        /// The plugin.
        plugin: PluginName,
        /// How many different operators must accept.
        needed: usize,
        /// How many have.
        found: usize,
    },
    /// The component is revoked.
    #[error(
        "`{plugin}` is locked at a component that is revoked ({reason}); choose another version with `aegis plugin update`"
    )]
    ComponentRevoked {
        /// The plugin.
        plugin: PluginName,
        /// Why, safe to show.
        reason: String,
    },
    /// There is no such entry.
    #[error("`{0}` is not in the lock file; add it with `aegis plugin add {0} --from FOLDER`")]
    NotLocked(PluginName),
    /// What is to be signed has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// The file could not be written as text.
    #[error("the lock cannot be written as TOML: {0}")]
    Write(#[from] toml::ser::Error),
}
