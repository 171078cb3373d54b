//! The operator's adapters.

use std::fmt;

use aegis_document::Identifier;
use serde::{Deserialize, Serialize};

use super::grant::Grant;
use super::sorted::Patterns;
use super::{Reach, Request, Risk, words};

/// `tool`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ToolGrant {
    /// Exact names of adapters.
    pub adapters: Patterns,
}

/// Calling one adapter: to do a thing, to ask whether it was done, or to take it back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToolRequest {
    pub adapter: Identifier,
}

impl ToolRequest {
    /// Code: the operator wrote it, the plugin fills in its arguments.
    pub const fn risk(&self) -> Risk {
        Risk::Code
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        None
    }
}

impl fmt::Display for ToolRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call the tool {}", self.adapter)
    }
}

impl Grant for ToolGrant {
    fn covers(&self, request: &Request, _: Reach<'_>) -> bool {
        let Request::Tool(request) = request else {
            return false;
        };
        self.adapters
            .covers(request.adapter.as_str(), request.risk())
    }

    fn describe(&self) -> String {
        format!("call the tools {}", words::list(self.adapters.iter()))
    }

    fn risk(&self) -> Risk {
        Risk::Code
    }
}
