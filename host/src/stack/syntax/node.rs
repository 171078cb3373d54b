//! The tree that the reader builds.

use std::collections::BTreeMap;

use serde_json::{Map, Number};

use super::position::{Span, Spanned};
use super::scalar::{Scalar, Typed};

/// A node of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: Value,
    pub span: Span,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Entries in the order of the file; keys are unique.
    Map(Vec<Entry>),
    List(Vec<Node>),
    Scalar(Scalar),
}

/// One `key: value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: Spanned<String>,
    pub value: Node,
}

impl Node {
    /// What the node is, for messages: `a map`, `the text "on"`, `nothing`.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Map(_) => "a map".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Scalar(scalar) => match scalar.typed {
                Typed::Null => "nothing".to_owned(),
                Typed::Bool(_) => format!("the boolean {}", scalar.raw),
                Typed::Int(_) | Typed::Float(_) | Typed::OddNumber(_) => {
                    format!("the number {}", scalar.raw)
                }
                Typed::Text => "text".to_owned(),
            },
        }
    }

    /// The text of a scalar that cannot mean anything but text.
    pub fn plain_text(&self) -> Option<Spanned<String>> {
        match &self.value {
            Value::Scalar(scalar) if scalar.typed == Typed::Text => {
                Some(Spanned::new(scalar.raw.clone(), self.span))
            }
            _ => None,
        }
    }

    /// True for an empty plain scalar, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.typed == Typed::Null)
    }

    /// The node as JSON. A number that is no number to every reader is left as text; whoever takes
    /// free JSON from the file reports it (see [`Node::visit`]).
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Map(entries) => serde_json::Value::Object(object(entries)),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Scalar(scalar) => match scalar.typed {
                Typed::Null => serde_json::Value::Null,
                Typed::Bool(value) => value.into(),
                Typed::Int(value) => value.into(),
                Typed::Float(value) => number(value),
                Typed::OddNumber(_) | Typed::Text => scalar.raw.clone().into(),
            },
        }
    }

    /// Calls `each` for this node and everything below it, in the order of the file. The depth is
    /// bounded by the reader.
    pub fn visit<'n>(&'n self, each: &mut impl FnMut(&'n Node)) {
        each(self);
        match &self.value {
            Value::Map(entries) => entries.iter().for_each(|entry| entry.value.visit(each)),
            Value::List(items) => items.iter().for_each(|item| item.visit(each)),
            Value::Scalar(_) => {}
        }
    }
}

/// JSON does not tell 1.0 from 1, so neither may what reads it: whole numbers become integers.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the value is whole and within the bounds of i64"
)]
fn number(value: f64) -> serde_json::Value {
    const MOST_EXACT: f64 = 9_007_199_254_740_991.0;
    if value.fract() == 0.0 && value.abs() <= MOST_EXACT {
        return (value as i64).into();
    }
    // The reader has no floats that are not finite.
    Number::from_f64(value).map_or(serde_json::Value::Null, serde_json::Value::Number)
}

/// A map's entries as a JSON object.
pub(crate) fn object(entries: &[Entry]) -> Map<String, serde_json::Value> {
    entries
        .iter()
        .map(|entry| (entry.key.value.clone(), entry.value.to_json()))
        .collect()
}

/// Where each value of a JSON document was written, by RFC 6901 pointer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpanMap(BTreeMap<String, Span>);

impl SpanMap {
    /// The places of a node and of everything below it; the node itself is the empty pointer.
    /// An entry is found at its value when that is a scalar, else at its key: a stretch of many
    /// lines helps nobody.
    pub fn of(node: &Node) -> Self {
        let mut places = BTreeMap::new();
        places.insert(String::new(), node.span);
        collect(node, "", &mut places);
        Self(places)
    }

    /// The place of a pointer, or of its nearest ancestor that was written in the file.
    pub fn nearest(&self, pointer: &str) -> Option<Span> {
        self.nearest_child(pointer).or_else(|| self.get(""))
    }

    /// Like [`SpanMap::nearest`], but never the place of the whole document.
    pub(crate) fn nearest_child(&self, pointer: &str) -> Option<Span> {
        let mut pointer = pointer;
        while !pointer.is_empty() {
            if let Some(span) = self.get(pointer) {
                return Some(span);
            }
            pointer = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        None
    }

    /// The place of exactly this pointer.
    pub fn get(&self, pointer: &str) -> Option<Span> {
        self.0.get(pointer).copied()
    }
}

fn collect(node: &Node, pointer: &str, places: &mut BTreeMap<String, Span>) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                let pointer = format!("{pointer}/{}", escape(&entry.key.value));
                let span = match entry.value.value {
                    Value::Scalar(_) if entry.value.span.len > 0 => entry.value.span,
                    _ => entry.key.span,
                };
                places.insert(pointer.clone(), span);
                collect(&entry.value, &pointer, places);
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                places.insert(pointer.clone(), item.span);
                collect(item, &pointer, places);
            }
        }
        Value::Scalar(_) => {}
    }
}

/// One reference token of an RFC 6901 pointer.
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
