//! Why there is no document.

use aegis_document::{Identifier, untrusted};

use crate::template::{BindError, NodeError};

/// Why a change has no document, or a stored document was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Which form is expected is the same for all versions of a stored format; a plan of another format
    /// is refused before.
    #[error("the document is malformed at {}: {expected} is expected", if pointer.is_empty() { "its root".to_owned() } else { untrusted(pointer).to_string() })]
    Form { pointer: String, expected: String },
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("a change of this kind must say which cluster it is for")]
    NoCluster,
    #[error("the stack has no cluster `{0}`")]
    UnknownCluster(Identifier),
    #[error("`{field}` of the kOps cluster is set from the stack file and cannot be proposed")]
    KopsHostField { field: String },
    #[error("`{field}` cannot stand in the body of an object: it has a place of its own")]
    ObjectField { field: String },
    #[error("the chart catalogue has no entry `{0}`")]
    UnknownChart(Identifier),
    #[error("`{name}` stands twice")]
    Twice { name: String },
}

impl DocumentError {
    pub(super) fn form(pointer: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Form {
            pointer: pointer.into(),
            expected: expected.into(),
        }
    }
}
