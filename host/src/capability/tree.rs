//! Reading the Git tree.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::grant::Grant;
use super::path::{self, PathPattern};
use super::sorted::Sorted;
use super::{Reach, Request, Risk, words};

/// `tree.read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TreeGrant {
    pub paths: Sorted<PathPattern>,
}

/// Reading a file or listing a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeRequest {
    /// Empty for the tree's root folder.
    pub path: String,
}

impl TreeRequest {
    pub const fn risk(&self) -> Risk {
        Risk::Plain
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        None
    }
}

impl fmt::Display for TreeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "the root folder"
        } else {
            &self.path
        };
        write!(f, "read {} of the Git tree", untrusted(path))
    }
}

impl Grant for TreeGrant {
    fn covers(&self, request: &Request, _: Reach<'_>) -> bool {
        let Request::Tree(request) = request else {
            return false;
        };
        let is_path = request.path.is_empty() || path::check(&request.path).is_ok();
        is_path
            && self
                .paths
                .iter()
                .any(|pattern| pattern.matches(&request.path))
    }

    fn describe(&self) -> String {
        format!("read {} of the Git tree", words::list(self.paths.iter()))
    }

    fn risk(&self) -> Risk {
        Risk::Plain
    }
}
