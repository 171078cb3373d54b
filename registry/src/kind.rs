//! The four kinds of plugin.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a plugin may do at most. Each kind is one WIT world of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Proposes cloud resources and clusters.
    Provisioning,
    /// Proposes what secures a cluster.
    Security,
    /// Proposes what is delivered through Git.
    Gitops,
    /// Judges, and proposes nothing.
    Validation,
}

/// Why a text is not a kind of plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the kinds of plugin are `provisioning`, `security`, `gitops` and `validation`")]
pub struct KindError;

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::Provisioning,
        Self::Security,
        Self::Gitops,
        Self::Validation,
    ];

    /// The name of the kind and of its WIT world.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Security => "security",
            Self::Gitops => "gitops",
            Self::Validation => "validation",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Self, KindError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(KindError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_in_text_and_json() {
        for kind in Kind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!("Security".parse::<Kind>(), Err(KindError));
    }
}
