//! The documents of a plan, and values that may not be known yet.

use std::collections::BTreeMap;

use aegis_plugin::cidr::{Block, BlockError};
use aegis_plugin::{DocumentInfo, DocumentKind, Failure, ValidationHost};
use serde_json::Value;

/// One document.
#[derive(Debug)]
pub struct Document {
    pub info: DocumentInfo,
    pub body: Value,
}

/// What a plan has to judge, before any of it is read.
#[derive(Debug)]
pub struct Contents {
    /// The documents that the controls look at: those of each cluster together, those of the stack first.
    parts: BTreeMap<Option<String>, Vec<DocumentInfo>>,
    /// Stages without documents in this plan, with the reason.
    pub missing: Vec<String>,
}

/// The documents of one cluster, or those of the stack. A plan of many clusters is judged part by part, so that
/// never more than one of them is in memory.
#[derive(Debug)]
pub struct Part {
    documents: Vec<Document>,
}

impl Contents {
    pub fn of(host: &impl ValidationHost) -> Result<Self, Failure> {
        let list = host
            .list_documents()
            .map_err(|error| error.into_failure("the list of documents"))?;
        let mut parts: BTreeMap<Option<String>, Vec<DocumentInfo>> = BTreeMap::new();
        for info in list {
            let wanted = matches!(
                info.kind,
                DocumentKind::Terraform
                    | DocumentKind::KopsCluster
                    | DocumentKind::KopsInstanceGroup
            );
            if wanted {
                parts.entry(info.cluster.clone()).or_default().push(info);
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
        Ok(Self { parts, missing })
    }

    /// Reads part after part.
    pub fn parts(
        &mut self,
        host: &impl ValidationHost,
    ) -> impl Iterator<Item = Result<Part, Failure>> {
        std::mem::take(&mut self.parts)
            .into_values()
            .map(|list| Part::read(list, host))
    }
}

impl Part {
    fn read(list: Vec<DocumentInfo>, host: &impl ValidationHost) -> Result<Self, Failure> {
        let documents = list.into_iter().map(|info| {
            let body = host
                .document(&info.identity)
                .map_err(|error| error.into_failure(&info.identity))?;
            Ok(Document { info, body })
        });
        Ok(Self {
            documents: documents.collect::<Result<_, _>>()?,
        })
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

/// Whether a block lets in the internet: all of it, or so much that a few such blocks are all of it, which
/// is wider than 8 bits of IPv4 or 16 bits of IPv6.
pub fn is_world(value: &Value) -> bool {
    let block = match value.as_str().unwrap_or_default().parse::<Block>() {
        Ok(block) | Err(BlockError::HostBits(block)) => block,
        Err(BlockError::Form) => return false,
    };
    block.prefix() < if block.is_v4() { 8 } else { 16 } && !block.is_private()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_internet_that_is_most_of_it_is_the_world() {
        for (network, world) in [
            ("0.0.0.0/0", true),
            ("0.0.0.0/1", true),
            ("128.0.0.0/1", true),
            ("1.2.3.4/0", true),
            ("::/0", true),
            ("8000::/1", true),
            ("10.0.0.0/8", false),
            ("fd00::/8", false),
            ("203.0.113.0/24", false),
            ("2001:db8::/32", false),
            ("pl-0123", false),
        ] {
            assert_eq!(is_world(&Value::from(network)), world, "{network}");
        }
        assert!(!is_world(&Value::Null));
    }
}
