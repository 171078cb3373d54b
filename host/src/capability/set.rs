//! A list of capabilities: what a plugin asks for, or what an operator granted.

use std::sync::Arc;

use aegis_document::{CanonicalError, Digest, digest_of, untrusted};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::codes;
use super::{Capability, Reach, Request, Risk};

/// Capabilities in their canonical order, each once. Clones share the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CapabilitySet {
    lines: Arc<[Capability]>,
}

/// Why a list of capabilities was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum CapabilityError {
    #[error("capabilities are a list of maps, each with the key `capability`{}", index.map(|index| format!(" (entry {index})")).unwrap_or_default())]
    #[diagnostic(
        code("AEG0300"),
        help("write each as {{\"capability\": \"cluster.read\", …}}")
    )]
    NotAList { index: Option<usize> },
    #[error("entry {index}: there is no capability `{name}`")]
    #[diagnostic(
        code("AEG0301"),
        help("{}the capabilities are {}", nearest.map(|name| format!("did you mean `{name}`? ")).unwrap_or_default(), Capability::NAMES.join(", "))
    )]
    Unknown {
        index: usize,
        name: String,
        nearest: Option<&'static str>,
    },
    #[error("entry {index} ({name}){}: {message}", if pointer.is_empty() { String::new() } else { format!(", at {pointer}") })]
    #[diagnostic(code("AEG0302"))]
    Malformed {
        index: usize,
        name: &'static str,
        pointer: String,
        message: String,
    },
    #[error("{count} capabilities are more than anybody can judge; at most {limit} are read", limit = CapabilitySet::MAX)]
    #[diagnostic(code("AEG0303"), help("join lines that differ in one field only"))]
    TooMany { count: usize },
}

impl CapabilityError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAList { .. } => codes::NOT_A_LIST,
            Self::Unknown { .. } => codes::UNKNOWN_CAPABILITY,
            Self::Malformed { .. } => codes::MALFORMED_CAPABILITY,
            Self::TooMany { .. } => codes::TOO_MANY,
        }
    }
}

impl CapabilitySet {
    /// The most lines of one list.
    pub const MAX: usize = 512;

    /// Reads a JSON list. `Null` is the empty list.
    pub fn parse(value: &Value) -> Result<Self, CapabilityError> {
        let entries = match value {
            Value::Null => &[][..],
            Value::Array(entries) => entries,
            _ => return Err(CapabilityError::NotAList { index: None }),
        };
        if entries.len() > Self::MAX {
            return Err(CapabilityError::TooMany {
                count: entries.len(),
            });
        }
        let lines = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| parse_line(index, entry))
            .collect::<Result<_, _>>()?;
        Ok(Self::new(lines))
    }

    /// Puts lines into their canonical order: by name, then by canonical text. Equal lines become one.
    pub fn new(lines: Vec<Capability>) -> Self {
        let mut keyed: Vec<(String, Capability)> = lines
            .into_iter()
            .map(|line| (serde_json::to_string(&line).unwrap_or_default(), line))
            .collect();
        keyed.sort_by(|(left, _), (right, _)| left.cmp(right));
        keyed.dedup_by(|(_, left), (_, right)| left == right);
        Self {
            lines: keyed.into_iter().map(|(_, line)| line).collect(),
        }
    }

    /// The lines, in canonical order: [`Decision::Allowed`](super::Decision::Allowed) counts them from 0.
    pub fn entries(&self) -> &[Capability] {
        &self.lines
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The first line that allows the request.
    pub fn covering(&self, request: &Request, reach: Reach<'_>) -> Option<usize> {
        self.lines
            .iter()
            .position(|line| line.covers(request, reach))
    }

    /// The highest class of risk in the list; `Plain` when it is empty.
    pub fn risk(&self) -> Risk {
        self.lines
            .iter()
            .map(Capability::risk)
            .max()
            .unwrap_or(Risk::Plain)
    }

    /// The list as JSON; [`CapabilitySet::parse`] reads it back.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self.entries()).unwrap_or_default()
    }

    /// The digest of the canonical JSON form.
    pub fn digest(&self) -> Result<Digest, CanonicalError> {
        digest_of(&self.entries())
    }
}

fn parse_line(index: usize, entry: &Value) -> Result<Capability, CapabilityError> {
    let not_a_line = CapabilityError::NotAList { index: Some(index) };
    let Value::Object(fields) = entry else {
        return Err(not_a_line);
    };
    let mut fields = fields.clone();
    let Some(Value::String(name)) = fields.remove("capability") else {
        return Err(not_a_line);
    };
    let Some(known) = Capability::NAMES
        .iter()
        .copied()
        .find(|known| *known == name)
    else {
        return Err(unknown(index, &name));
    };
    let malformed = |pointer: String, message: String| CapabilityError::Malformed {
        index,
        name: known,
        pointer,
        message,
    };
    let line = match Capability::decode(&name, Value::Object(fields)) {
        Some(Ok(line)) => line,
        Some(Err(error)) => {
            let pointer = pointer_of(error.path());
            return Err(malformed(
                pointer,
                untrusted(&error.into_inner().to_string()).to_string(),
            ));
        }
        None => return Err(unknown(index, &name)),
    };
    match line.grant().problem() {
        Some(problem) => Err(malformed(
            problem.pointer.to_owned(),
            problem.message.to_owned(),
        )),
        None => Ok(line),
    }
}

fn unknown(index: usize, name: &str) -> CapabilityError {
    let shown: String = name.chars().take(80).collect();
    // One slip in a short name, two in a longer one.
    let nearest = Capability::NAMES
        .iter()
        .copied()
        .map(|known| (strsim::osa_distance(&shown, known), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(4))
        .min()
        .map(|(_, known)| known);
    CapabilityError::Unknown {
        index,
        name: untrusted(&shown).to_string(),
        nearest,
    }
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;

    path.iter()
        .fold(String::new(), |pointer, segment| match segment {
            Segment::Seq { index } => format!("{pointer}/{index}"),
            Segment::Map { key } => {
                aegis_document::pointer::join(&pointer, &untrusted(key).to_string())
            }
            Segment::Enum { .. } | Segment::Unknown => pointer,
        })
}

impl Serialize for CapabilitySet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CapabilitySet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::parse(&value).map_err(serde::de::Error::custom)
    }
}
