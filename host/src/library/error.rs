//! Why plugins were not loaded.

use std::path::PathBuf;

use aegis_document::canonical::CanonicalError;
use aegis_document::{Identifier, shown_path, untrusted};
use aegis_registry::{LockError, PluginName, SourceError, TrustError, VerifyError};

use crate::capability::CapabilityError;
use crate::sandbox::LoadError;

/// Every variant but the last two is a refusal: exit code 3.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("there is no trust file at {}", shown_path(path))]
    NoTrust { path: PathBuf },
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error("there is no lock file at {}", shown_path(path))]
    NoLock { path: PathBuf },
    #[error("the lock file is for the stack `{found}`, and this is `{expected}`")]
    OtherStack {
        expected: Identifier,
        found: Identifier,
    },
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error("{plugin}: the capabilities are not understood: {error}")]
    Capabilities {
        plugin: PluginName,
        error: CapabilityError,
    },
    #[error("{plugin}: the descriptor in the package is not understood: {}", untrusted(&error.to_string()))]
    Descriptor {
        plugin: PluginName,
        error: serde_json::Error,
    },
    #[error(
        "{plugin}: the descriptor in the package names another plugin, version or kind than the signed statement"
    )]
    DescriptorDisagrees { plugin: PluginName },
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    #[error("this build has a version that is not semantic")]
    HostVersion,
}

impl LibraryError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoTrust { .. } => "AEG0601",
            Self::Trust(_) => "AEG0602",
            Self::NoLock { .. } => "AEG0603",
            Self::OtherStack { .. } => "AEG0604",
            Self::Lock(_) => "AEG0605",
            Self::Source(_) => "AEG0606",
            Self::Verify(_) => "AEG0607",
            Self::Capabilities { .. } => "AEG0608",
            Self::Descriptor { .. } => "AEG0609",
            Self::DescriptorDisagrees { .. } => "AEG0610",
            Self::Load(error) => error.code(),
            Self::Canonical(_) => "AEG0611",
            Self::HostVersion => "AEG0612",
        }
    }

    /// What to do, where the message does not say it already.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoTrust { .. } => {
                "say whom you trust: `aegis trust init` makes you an operator, then `aegis trust add PUBLISHER --key-file FILE`".into()
            }
            Self::NoLock { .. } => {
                "add the plugins that the stack uses: `aegis plugin add PUBLISHER/PLUGIN --from FOLDER`".into()
            }
            Self::OtherStack { .. } => {
                "a lock file belongs to one stack; add the plugins anew: `aegis plugin add PUBLISHER/PLUGIN --from FOLDER`".into()
            }
            Self::Capabilities { .. } | Self::Descriptor { .. } | Self::DescriptorDisagrees { .. } => {
                "the plugin was made for another version of Aegis or was packaged wrongly; ask its publisher".into()
            }
            Self::Load(error) => error.help(),
            _ => return None,
        })
    }
}
