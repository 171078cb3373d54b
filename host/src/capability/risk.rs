//! How much harm a granted thing can do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The class of a request. The order is the order in which approvers see them, last first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Does what it says and nothing else. The only class that a wildcard reaches.
    Plain,
    /// Changes what others may do: roles, admission, secrets, exposure.
    Power,
    /// Text that something else runs: an image, a script, a chart.
    Code,
    /// Makes a more powerful party act: impersonation, tokens of others, provisioned stacks.
    Deputy,
    /// The host has no policy for its fields: anything may be in it.
    Opaque,
}

impl Risk {
    /// The word that people see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Power => "power",
            Self::Code => "code",
            Self::Deputy => "deputy",
            Self::Opaque => "opaque",
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
