//! A JSON document whose strings may hold tokens.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aegis_document::pointer;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};

use super::text::{TemplateError, Templated};
use super::token::Token;
use crate::fact::FactRef;

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
        Self::read(value.clone())
    }

    /// [`Node::parse`] without copies of what is literal.
    pub fn read(value: Value) -> Result<Self, NodeError> {
        Self::read_at(value, &mut String::new())
    }

    fn read_at(value: Value, at: &mut String) -> Result<Self, NodeError> {
        let parse = |text: String, at: &str| {
            Templated::read(text).map_err(|error| NodeError::Text {
                pointer: at.to_owned(),
                error,
            })
        };
        let here = at.len();
        Ok(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(parse(text, at)?),
            Value::Array(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    pointer::push_index(at, index);
                    list.push(Self::read_at(item, at)?);
                    at.truncate(here);
                }
                Self::List(list)
            }
            Value::Object(entries) => {
                let mut map = BTreeMap::new();
                for (key, item) in entries {
                    pointer::push(at, &key);
                    let Ok(literal) = parse(key, at)?.into_literal() else {
                        return Err(NodeError::TokenInKey {
                            pointer: at.clone(),
                        });
                    };
                    let item = Self::read_at(item, at)?;
                    if map.insert(literal, item).is_some() {
                        return Err(NodeError::EqualKeys {
                            pointer: at.clone(),
                        });
                    }
                    at.truncate(here);
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
            source_key(key).into_owned()
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

    /// [`Node::to_literal`] without copies; the document comes back as it was while a token is left in it.
    pub fn into_literal(self) -> Result<Value, Self> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => Value::String(text.into_literal().map_err(Self::Text)?),
            whole if whole.has_tokens() => return Err(whole),
            Self::List(items) => {
                let items = items.into_iter().map(Self::into_literal);
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Self::Map(entries) => {
                let entries = entries
                    .into_iter()
                    .map(|(key, item)| Ok((key, item.into_literal()?)));
                Value::Object(entries.collect::<Result<_, _>>()?)
            }
        })
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
        self.visit_at(&mut String::new(), visit);
    }

    fn visit_at(&self, at: &mut String, visit: &mut dyn FnMut(Place<'_>)) {
        visit(Place {
            pointer: at,
            node: self,
        });
        let here = at.len();
        match self {
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    pointer::push_index(at, index);
                    item.visit_at(at, visit);
                    at.truncate(here);
                }
            }
            Self::Map(entries) => {
                for (key, item) in entries {
                    pointer::push(at, key);
                    item.visit_at(at, visit);
                    at.truncate(here);
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

    /// The facts that its tokens name.
    pub fn facts(&self) -> BTreeSet<FactRef> {
        let mut facts = BTreeSet::new();
        self.for_each_token(&mut |token| {
            if let Token::Fact(token) = token {
                facts.insert(token.fact.clone());
            }
        });
        facts
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

/// In source form: what [`Node::to_source`] gives, without making it first.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => match text.as_literal() {
                Some(literal) if !literal.contains(OPENING) => serializer.serialize_str(literal),
                _ => serializer.collect_str(text),
            },
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(key, item)| (source_key(key), item)))
            }
        }
    }
}

/// What begins a token, and is written with one more `@` where it means itself.
const OPENING: &str = "@{";

fn source_key(key: &str) -> Cow<'_, str> {
    if key.contains(OPENING) {
        Cow::Owned(key.replace(OPENING, "@@{"))
    } else {
        Cow::Borrowed(key)
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
        assert_eq!(serde_json::to_value(&node).unwrap(), value);
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
        assert_eq!(node.into_literal(), Ok(json!({"a": "@{x}"})));
        let node = Node::parse(&json!({"a": "@{x}"})).unwrap();
        assert_eq!(node.clone().into_literal(), Err(node));
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
