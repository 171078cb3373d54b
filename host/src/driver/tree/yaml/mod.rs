//! Printing YAML that every reader reads alike.
//!
//! YAML 1.1 readers (Helm, many controllers) and YAML 1.2 readers disagree about `no`, `0o17`, `1e3` and
//! dates, so every scalar and key that any of them could take for something else than text is
//! quoted. Anchors, tags, folding and flow collections are not used.

mod print;
mod scalar;

use serde_json::{Number, Value};

/// A YAML document.
#[derive(Clone, Debug, PartialEq)]
pub enum Yaml {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    /// A text with a comment for people behind it. Characters that could end the comment are left out.
    Noted {
        text: String,
        note: String,
    },
    List(Vec<Yaml>),
    /// In this order.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// From JSON, with the keys that people look for first in front and the others sorted.
    pub fn from_json(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from_json).collect()),
            Value::Object(entries) => {
                let mut sorted: Vec<(String, Self)> = entries
                    .into_iter()
                    .map(|(key, item)| (key, Self::from_json(item)))
                    .collect();
                // They come sorted by key, and stay so within a rank.
                sorted.sort_by_key(|(key, _)| rank(key));
                Self::Map(sorted)
            }
        }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A map in the order given.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
        )
    }

    /// The text of the document, ending in a new line.
    pub fn print(&self) -> String {
        print::document(self)
    }
}

const FIRST_KEYS: [&str; 6] = [
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "namespace",
    "spec",
];

fn rank(key: &str) -> usize {
    FIRST_KEYS
        .iter()
        .position(|first| *first == key)
        .unwrap_or(FIRST_KEYS.len())
}

#[cfg(test)]
pub(super) mod tests;
