//! Inert text in the Git tree.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::grant::Grant;
use super::path::{self, PathPattern};
use super::sorted::Sorted;
use super::{Reach, Request, Risk, words};

/// `file`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FileGrant {
    pub globs: Sorted<PathPattern>,
}

/// Writing one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileRequest {
    pub path: String,
}

impl FileRequest {
    pub const fn risk(&self) -> Risk {
        Risk::Plain
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        None
    }
}

impl fmt::Display for FileRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "write the file {} into the Git tree",
            untrusted(&self.path)
        )
    }
}

impl Grant for FileGrant {
    fn covers(&self, request: &Request, _: Reach<'_>) -> bool {
        let Request::File(request) = request else {
            return false;
        };
        path::check(&request.path).is_ok()
            && self.globs.iter().any(|glob| glob.matches(&request.path))
    }

    fn describe(&self) -> String {
        format!(
            "write the files {} into the Git tree",
            words::list(self.globs.iter())
        )
    }

    fn risk(&self) -> Risk {
        Risk::Plain
    }
}
