//! Reading the documents of a plan.

use std::fmt;

use aegis_document::Identifier;
use serde::{Deserialize, Serialize};

use super::grant::Grant;
use super::sorted::Sorted;
use super::{Reach, Request, Risk, words};

/// The kinds of documents that a plan holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    Terraform,
    KopsCluster,
    KopsInstanceGroup,
    Kubernetes,
    Release,
    Application,
    Workflow,
    File,
    Tool,
}

impl DocumentKind {
    /// The kind's name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terraform => "terraform",
            Self::KopsCluster => "kops-cluster",
            Self::KopsInstanceGroup => "kops-instance-group",
            Self::Kubernetes => "kubernetes",
            Self::Release => "release",
            Self::Application => "application",
            Self::Workflow => "workflow",
            Self::File => "file",
            Self::Tool => "tool",
        }
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// `documents.read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DocumentsGrant {
    pub kinds: Sorted<DocumentKind>,
}

/// Reading documents of one kind, of every stage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentsRequest {
    pub kind: DocumentKind,
}

impl DocumentsRequest {
    /// Plain: secrets are masked before a plugin sees a document.
    pub const fn risk(&self) -> Risk {
        Risk::Plain
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        None
    }
}

impl fmt::Display for DocumentsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read the plan's {} documents", self.kind)
    }
}

impl Grant for DocumentsGrant {
    fn covers(&self, request: &Request, _: Reach<'_>) -> bool {
        let Request::Documents(request) = request else {
            return false;
        };
        self.kinds.contains(&request.kind)
    }

    fn describe(&self) -> String {
        format!(
            "read the plan's documents of the kinds {}",
            words::list(self.kinds.iter())
        )
    }

    fn risk(&self) -> Risk {
        Risk::Plain
    }
}
