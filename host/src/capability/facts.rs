//! Facts that a stage requires and provides.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::cluster::is_empty;
use super::grant::Grant;
use super::sorted::Patterns;
use super::{Reach, Request, Risk, words};

/// `facts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FactsGrant {
    /// Names of facts that the stage may read or use. Secret ones have to be exact.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub requires: Patterns,
    /// Names of facts that the stage may decide. They have to be exact: who provides `mesh.root-ca`
    /// decides whom the mesh trusts.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub provides: Patterns,
    /// Exact names in the operator's store that facts may be filled from.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub external: Patterns,
}

/// One fact of a stage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactRequest {
    /// Reading its value or using its token.
    Require { name: Identifier, secret: bool },
    /// Deciding what it is.
    Provide { name: Identifier, secret: bool },
    /// Having the host read it from the operator's store, under a name that the plugin chose.
    External { name: Identifier, source: String },
}

impl FactRequest {
    pub const fn risk(&self) -> Risk {
        match self {
            Self::Require { secret: false, .. } => Risk::Plain,
            Self::External { .. } => Risk::Deputy,
            _ => Risk::Power,
        }
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        None
    }
}

impl fmt::Display for FactRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |secret: &bool| if *secret { "secret " } else { "" };
        match self {
            Self::Require { name, secret } => write!(f, "use the {}fact {name}", word(secret)),
            Self::Provide { name, secret } => write!(f, "provide the {}fact {name}", word(secret)),
            Self::External { name, source } => {
                write!(
                    f,
                    "fill the fact {name} from {} of the operator's store",
                    untrusted(source)
                )
            }
        }
    }
}

impl Grant for FactsGrant {
    fn covers(&self, request: &Request, _: Reach<'_>) -> bool {
        let Request::Facts(request) = request else {
            return false;
        };
        let risk = request.risk();
        match request {
            FactRequest::Require { name, .. } => self.requires.covers(name.as_str(), risk),
            FactRequest::Provide { name, .. } => self.provides.covers(name.as_str(), risk),
            FactRequest::External { source, .. } => self.external.covers(source, risk),
        }
    }

    fn describe(&self) -> String {
        let mut parts = Vec::new();
        if !self.requires.is_empty() {
            parts.push(format!("use the facts {}", words::patterns(&self.requires)));
        }
        if !self.provides.is_empty() {
            parts.push(format!(
                "decide the facts {}",
                words::list(self.provides.iter())
            ));
        }
        if !self.external.is_empty() {
            parts.push(format!(
                "have {} read from the operator's store",
                words::list(self.external.iter())
            ));
        }
        words::list(parts)
    }

    fn risk(&self) -> Risk {
        match (self.external.is_empty(), self.provides.is_empty()) {
            (false, _) => Risk::Deputy,
            (true, false) => Risk::Power,
            (true, true) => Risk::Plain,
        }
    }
}
