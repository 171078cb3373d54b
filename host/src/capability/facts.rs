//! Facts that a stage requires and provides.

use std::fmt;

use aegis_document::Identifier;
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
}

/// Which way a fact goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactFlow {
    Require,
    Provide,
}

/// One fact of a stage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactRequest {
    pub name: Identifier,
    pub flow: FactFlow,
    pub secret: bool,
}

impl FactRequest {
    pub const fn risk(&self) -> Risk {
        match (self.flow, self.secret) {
            (FactFlow::Require, false) => Risk::Plain,
            _ => Risk::Power,
        }
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        None
    }
}

impl fmt::Display for FactRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.flow {
            FactFlow::Require => "use",
            FactFlow::Provide => "provide",
        };
        let secret = if self.secret { "secret " } else { "" };
        write!(f, "{verb} the {secret}fact {}", self.name)
    }
}

impl Grant for FactsGrant {
    fn covers(&self, request: &Request, _: Reach<'_>) -> bool {
        let Request::Facts(request) = request else { return false };
        let patterns = match request.flow {
            FactFlow::Require => &self.requires,
            FactFlow::Provide => &self.provides,
        };
        patterns.covers(request.name.as_str(), request.risk())
    }

    fn describe(&self) -> String {
        match (self.requires.is_empty(), self.provides.is_empty()) {
            (true, _) => format!("decide the facts {}", words::list(self.provides.iter())),
            (false, true) => format!("use the facts {}", words::patterns(&self.requires)),
            (false, false) => format!(
                "use the facts {} and decide the facts {}",
                words::patterns(&self.requires),
                words::list(self.provides.iter())
            ),
        }
    }

    fn risk(&self) -> Risk {
        if self.provides.is_empty() { Risk::Plain } else { Risk::Power }
    }
}
