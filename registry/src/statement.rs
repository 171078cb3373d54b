//! What a publisher signs about a component: an in-toto Statement v1 in a DSSE envelope.

mod envelope;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use aegis_document::Digest;
use serde::{Deserialize, Serialize};

use crate::{Manifest, PluginName};

pub(crate) use envelope::ENVELOPE_MAX;
pub use envelope::{
    Envelope, EnvelopeError, Payload, SignatureError, Verified, sign_detached, verifies_detached,
};

/// The type of the predicate, which versions its fields.
pub const PREDICATE_TYPE: &str = "https://aegis-platform.dev/plugin/v1";

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const SUBJECT_ALGORITHM: &str = "sha256";

/// A publisher's statement about one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Statement {
    /// The SHA-256 of the component's bytes, metadata section included.
    pub component: Digest,
    /// What the publisher says about it. It alone counts; the metadata section must agree.
    pub manifest: Manifest,
}

impl Payload for Statement {
    const TYPE: &'static str = "application/vnd.in-toto+json";
}

/// Why a payload is not a statement about a plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Another type of statement.
    #[error("`_type` is not `{STATEMENT_TYPE}`")]
    Type,
    /// Another type of predicate.
    #[error("`predicateType` is not `{PREDICATE_TYPE}`")]
    PredicateType,
    /// None or several subjects.
    #[error("a statement has exactly one subject, this one has {0}")]
    Subjects(usize),
    /// The subject is another plugin than the predicate.
    #[error("the subject is `{subject}`, the predicate is about `{predicate}`")]
    Names {
        /// The subject's name.
        subject: PluginName,
        /// The predicate's name.
        predicate: PluginName,
    },
    /// The subject has no SHA-256, or other digests too.
    #[error("the subject has exactly one digest, `sha256`, in 64 lower-case hexadecimal digits")]
    SubjectDigest,
}

/// The file of a component's statement: the component's file name and `.dsse.json`.
pub fn beside(component: &Path) -> PathBuf {
    let mut path = OsString::from(component);
    path.push(".dsse.json");
    path.into()
}

/// The in-toto layout.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "_type")]
    statement_type: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Manifest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: PluginName,
    digest: BTreeMap<String, String>,
}

impl From<Statement> for Wire {
    fn from(statement: Statement) -> Self {
        let digest = statement.component.hex();
        Self {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject: vec![Subject {
                name: statement.manifest.plugin.clone(),
                digest: BTreeMap::from([(SUBJECT_ALGORITHM.to_owned(), digest)]),
            }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: statement.manifest,
        }
    }
}

impl TryFrom<Wire> for Statement {
    type Error = StatementError;

    fn try_from(wire: Wire) -> Result<Self, StatementError> {
        if wire.statement_type != STATEMENT_TYPE {
            return Err(StatementError::Type);
        }
        if wire.predicate_type != PREDICATE_TYPE {
            return Err(StatementError::PredicateType);
        }
        let [subject] = wire.subject.as_slice() else {
            return Err(StatementError::Subjects(wire.subject.len()));
        };
        if subject.name != wire.predicate.plugin {
            return Err(StatementError::Names {
                subject: subject.name.clone(),
                predicate: wire.predicate.plugin,
            });
        }
        let component = match subject.digest.get(SUBJECT_ALGORITHM) {
            Some(hex) if subject.digest.len() == 1 => format!("{SUBJECT_ALGORITHM}:{hex}")
                .parse()
                .map_err(|_| StatementError::SubjectDigest)?,
            _ => return Err(StatementError::SubjectDigest),
        };
        Ok(Self {
            component,
            manifest: wire.predicate,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::manifest;

    fn statement() -> Statement {
        Statement {
            component: Digest::of(b"component"),
            manifest: manifest(),
        }
    }

    #[test]
    fn a_statement_has_the_in_toto_layout_and_reads_back() {
        let value = serde_json::to_value(statement()).unwrap();
        assert_eq!(value["_type"], "https://in-toto.io/Statement/v1");
        assert_eq!(value["subject"][0]["name"], "acme/linkerd");
        assert_eq!(
            value["subject"][0]["digest"]["sha256"],
            Digest::of(b"component").hex()
        );
        assert_eq!(value["predicate"]["minimum-host"], "0.1.0");
        let read: Statement = serde_json::from_value(value).unwrap();
        assert_eq!(read, statement());
    }

    #[test]
    fn other_layouts_are_refused() {
        let cases: [(&str, Value, &str); 14] = [
            (
                "/_type",
                json!("https://in-toto.io/Statement/v0.1"),
                "_type",
            ),
            (
                "/predicateType",
                json!("https://slsa.dev/provenance/v1"),
                "predicateType",
            ),
            ("/subject", json!([]), "exactly one subject, this one has 0"),
            (
                "/subject/0/name",
                json!("acme/other"),
                "the subject is `acme/other`",
            ),
            ("/subject/0/name", json!("linkerd"), "publisher/plugin"),
            ("/subject/0/digest", json!({}), "exactly one digest"),
            (
                "/subject/0/digest",
                json!({"sha512": "00"}),
                "exactly one digest",
            ),
            (
                "/subject/0/digest/sha256",
                json!("AA"),
                "exactly one digest",
            ),
            ("/predicate/version", json!("1.0"), "unexpected end"),
            ("/predicate/version", json!("1.0.0+build"), "build metadata"),
            ("/predicate/kind", json!("admin"), "unknown variant"),
            ("/predicate/publisher", json!("Acme"), "a name starts with"),
            (
                "/predicate/capabilities",
                json!(["all"]),
                "a capability is an object",
            ),
            ("/predicate", json!({}), "missing field"),
        ];
        for (pointer, replacement, message) in cases {
            let mut value = serde_json::to_value(statement()).unwrap();
            *value.pointer_mut(pointer).unwrap() = replacement;
            let error = serde_json::from_value::<Statement>(value).unwrap_err();
            assert!(error.to_string().contains(message), "{pointer}: {error}");
        }
    }

    #[test]
    fn unknown_fields_are_refused_everywhere() {
        for pointer in ["", "/subject/0", "/predicate"] {
            let mut value = serde_json::to_value(statement()).unwrap();
            value.pointer_mut(pointer).unwrap()["extra"] = json!(1);
            let error = serde_json::from_value::<Statement>(value).unwrap_err();
            assert!(error.to_string().contains("unknown field"), "{error}");
        }
    }

    #[test]
    fn two_subjects_or_two_digests_are_refused() {
        let mut value = serde_json::to_value(statement()).unwrap();
        let subject = value["subject"][0].clone();
        value["subject"].as_array_mut().unwrap().push(subject);
        assert!(serde_json::from_value::<Statement>(value).is_err());
        let mut value = serde_json::to_value(statement()).unwrap();
        value["subject"][0]["digest"]["sha512"] = json!("00");
        assert!(serde_json::from_value::<Statement>(value).is_err());
    }

    #[test]
    fn the_statement_lies_beside_the_component() {
        assert_eq!(
            beside(Path::new("plugins/a.wasm")),
            Path::new("plugins/a.wasm.dsse.json")
        );
    }
}
