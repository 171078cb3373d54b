//! A JSON document whose strings may hold tokens.

use std::collections::BTreeMap;

use aegis_document::pointer;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};

use super::text::{TemplateError, Templated};
use super::token::Token;

/// A document. Keys are always literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(Templated),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
}

/// Where a node stands and what it is, as [`Node::visit`] tells it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// JSON pointer from the document's root.
    pub pointer: &'a str,
    pub node: &'a Node,
}

/// Why a document was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    #[error("{at}: {error}", at = root(pointer))]
    Text {
        pointer: String,
        error: TemplateError,
    },
    #[error("{at}: a token cannot stand in a key", at = root(pointer))]
    TokenInKey { pointer: String },
    #[error("{at}: two keys are equal once `@@{{` is read as `@{{`", at = root(pointer))]
    EqualKeys { pointer: String },
}

fn root(pointer: &str) -> String {
    if pointer.is_empty() {
        "the document".to_owned()
    } else {
        aegis_document::untrusted(pointer).to_string()
    }
}

impl Node {
    /// Reads a plugin's document: every string and key is parsed for tokens, once and here.
    pub fn parse(value: &Value) -> Result<Self, NodeError> {
        Self::parse_at(value, "")
    }

    fn parse_at(value: &Value, at: &str) -> Result<Self, NodeError> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => {
                Self::Text(Templated::parse(text).map_err(|error| NodeError::Text {
                    pointer: at.to_owned(),
                    error,
                })?)
            }
            Value::Array(items) => Self::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| Self::parse_at(item, &format!("{at}/{index}")))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(entries) => {
                let mut map = BTreeMap::new();
                for (key, item) in entries {
                    let here = pointer::join(at, key);
                    let parsed = Templated::parse(key).map_err(|error| NodeError::Text {
                        pointer: here.clone(),
                        error,
                    })?;
                    let Some(literal) = parsed.as_literal() else {
                        return Err(NodeError::TokenInKey { pointer: here });
                    };
                    let item = Self::parse_at(item, &here)?;
                    if map.insert(literal.to_owned(), item).is_some() {
                        return Err(NodeError::EqualKeys { pointer: here });
                    }
                }
                Self::Map(map)
            }
        })
    }

    /// Wraps a value that holds no tokens, whatever its strings look like.
    pub fn literal(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(Templated::literal(text)),
            Value::Array(items) => Self::List(items.into_iter().map(Self::literal).collect()),
            Value::Object(entries) => Self::Map(
                entries
                    .into_iter()
                    .map(|(key, item)| (key, Self::literal(item)))
                    .collect(),
            ),
        }
    }

    /// A text without tokens.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Templated::literal(text))
    }

    /// The document in source form, tokens as text: what a plan stores and digests. [`Node::parse`] reads it back.
    pub fn to_source(&self) -> Value {
        self.to_value(&mut |text| Value::String(text.to_string()), &|key| {
            key.replace("@{", "@@{")
        })
    }

    /// The document as plain JSON, or `None` while a token is left in it.
    pub fn to_literal(&self) -> Option<Value> {
        let mut complete = true;
        let value = self.to_value(
            &mut |text| {
                text.as_literal().map_or_else(
                    || {
                        complete = false;
                        Value::Null
                    },
                    |text| Value::String(text.to_owned()),
                )
            },
            &str::to_owned,
        );
        complete.then_some(value)
    }

    /// The document as JSON, with a printer for strings and one for keys.
    pub fn to_value(
        &self,
        text: &mut dyn FnMut(&Templated) -> Value,
        key: &dyn Fn(&str) -> String,
    ) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(templated) => text(templated),
            Self::List(items) => {
                Value::Array(items.iter().map(|item| item.to_value(text, key)).collect())
            }
            Self::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(name, item)| (key(name), item.to_value(text, key)))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// The child of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// The node that a JSON pointer names.
    pub fn at(&self, pointer: &str) -> Option<&Self> {
        pointer::tokens(pointer)?
            .iter()
            .try_fold(self, |node, token| match node {
                Self::Map(entries) => entries.get(token),
                Self::List(items) => token
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index)),
                _ => None,
            })
    }

    pub fn as_map(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<&Templated> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text, when it is one without tokens.
    pub fn as_str(&self) -> Option<&str> {
        self.as_text()?.as_literal()
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// Calls `visit` for this node and everything below it, parents first.
    pub fn visit(&self, visit: &mut dyn FnMut(Place<'_>)) {
        self.visit_at("", visit);
    }

    fn visit_at(&self, at: &str, visit: &mut dyn FnMut(Place<'_>)) {
        visit(Place {
            pointer: at,
            node: self,
        });
        match self {
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.visit_at(&format!("{at}/{index}"), visit);
                }
            }
            Self::Map(entries) => {
                for (key, item) in entries {
                    item.visit_at(&pointer::join(at, key), visit);
                }
            }
            _ => {}
        }
    }

    /// Calls `visit` for every token, without working out where it stands.
    pub fn for_each_token<'a>(&'a self, visit: &mut dyn FnMut(&'a Token)) {
        match self {
            Self::Text(text) => text.tokens().for_each(visit),
            Self::List(items) => items.iter().for_each(|item| item.for_each_token(visit)),
            Self::Map(entries) => entries.values().for_each(|item| item.for_each_token(visit)),
            _ => {}
        }
    }

    /// Whether any token is left.
    pub fn has_tokens(&self) -> bool {
        match self {
            Self::Text(text) => text.tokens().next().is_some(),
            Self::List(items) => items.iter().any(Self::has_tokens),
            Self::Map(entries) => entries.values().any(Self::has_tokens),
            _ => false,
        }
    }
}

/// In source form.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_source().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::parse(&value).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_reads_back_from_its_source_form() {
        let value =
            json!({"a": ["@{x}", "@@{x}", 1, 1.5, null, true], "b@@{": {"c": "p@{u/x#/y}s"}});
        let node = Node::parse(&value).unwrap();
        assert_eq!(node.to_source(), value);
        assert_eq!(Node::parse(&node.to_source()), Ok(node));
    }

    #[test]
    fn a_token_in_a_key_is_refused() {
        let error = Node::parse(&json!({"tags": {"@{x}": 1}})).unwrap_err();
        assert_eq!(
            error,
            NodeError::TokenInKey {
                pointer: "/tags/@{x}".into()
            }
        );
        assert!(Node::parse(&json!({"@{": 1})).is_err());
    }

    #[test]
    fn a_literal_value_never_becomes_a_token() {
        let node = Node::literal(json!({"a": "@{x}"}));
        assert!(!node.has_tokens());
        assert_eq!(node.to_literal(), Some(json!({"a": "@{x}"})));
        assert_eq!(node.to_source(), json!({"a": "@@{x}"}));
    }

    #[test]
    fn places_are_told_by_pointer() {
        let node = Node::parse(&json!({"a/b": [1, "x"]})).unwrap();
        let mut seen = Vec::new();
        node.visit(&mut |place| seen.push(place.pointer.to_owned()));
        assert_eq!(seen, ["", "/a~1b", "/a~1b/0", "/a~1b/1"]);
        assert_eq!(node.at("/a~1b/1").and_then(Node::as_str), Some("x"));
    }
}
