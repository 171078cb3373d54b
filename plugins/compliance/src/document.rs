//! The documents of a plan, and values that may not be known yet.

use aegis_plugin::{DocumentInfo, DocumentKind, Failure, ValidationHost};
use serde_json::Value;

/// One document.
#[derive(Debug)]
pub struct Document {
    pub info: DocumentInfo,
    pub body: Value,
}

/// Everything that there is to judge.
#[derive(Debug)]
pub struct Plan {
    documents: Vec<Document>,
    /// Stages without documents in this plan, with the reason.
    pub missing: Vec<String>,
}

impl Plan {
    /// Reads the documents that the controls look at.
    pub fn read(host: &impl ValidationHost) -> Result<Self, Failure> {
        let list = host
            .list_documents()
            .map_err(|error| error.into_failure("the list of documents"))?;
        let mut documents = Vec::new();
        for info in list {
            let wanted = matches!(
                info.kind,
                DocumentKind::Terraform
                    | DocumentKind::KopsCluster
                    | DocumentKind::KopsInstanceGroup
            );
            if wanted {
                let body = host
                    .document(&info.identity)
                    .map_err(|error| error.into_failure(&info.identity))?;
                documents.push(Document { info, body });
            }
        }
        let missing = host
            .missing_stages()
            .map_err(|error| error.into_failure("the list of missing stages"))?
            .into_iter()
            .map(|stage| match stage.cluster {
                Some(cluster) => format!("{cluster}/{}: {}", stage.stage, stage.reason),
                None => format!("{}: {}", stage.stage, stage.reason),
            })
            .collect();
        Ok(Self { documents, missing })
    }

    /// The documents of one kind, sorted by identity.
    pub fn of(&self, kind: DocumentKind) -> impl Iterator<Item = &Document> {
        self.documents
            .iter()
            .filter(move |document| document.info.kind == kind)
    }
}

impl Document {
    /// The value at a pointer; `Null` when there is none.
    pub fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The elements of the list at a pointer.
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.at(pointer).as_array().map_or(&[], Vec::as_slice)
    }
}

/// Whether a value holds a token, so that it is not known yet. `@@{` is a literal `@{`.
pub fn unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => text.replace("@@{", "").contains("@{"),
        Value::Array(items) => items.iter().any(unknown),
        Value::Object(entries) => entries.values().any(unknown),
        _ => false,
    }
}

/// Whether a CIDR block is the whole Internet.
pub fn is_world(value: &Value) -> bool {
    matches!(value.as_str(), Some("0.0.0.0/0" | "::/0"))
}
