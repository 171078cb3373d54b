//! Putting values in the place of tokens.

use std::collections::BTreeMap;

use aegis_document::{pointer, untrusted};
use serde_json::Value;

use super::node::Node;
use super::text::Segment;
use super::token::{FactToken, Token};
use crate::fact::{FactRef, Format};

/// The facts that are known when a document is bound, each with its format.
#[derive(Clone, Debug, Default)]
pub struct Binding {
    values: BTreeMap<FactRef, (Format, Value)>,
}

/// Why a value could not be put in the place of a token. The value itself is never shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    #[error(
        "{} at {}: the fact has no value there",
        untrusted(token),
        untrusted(place)
    )]
    NoValue { token: String, place: String },
    #[error(
        "{} at {}: a value of format {format} can only be a whole string, not a part of one",
        untrusted(token),
        untrusted(place)
    )]
    NotEmbeddable {
        token: String,
        place: String,
        format: Format,
    },
    #[error(
        "{} at {}: the value holds characters that could change the document around it",
        untrusted(token),
        untrusted(place)
    )]
    UnsafeText { token: String, place: String },
}

impl Binding {
    /// Adds a fact. The caller has checked the value against the format.
    pub fn insert(&mut self, fact: FactRef, format: Format, value: Value) {
        self.values.insert(fact, (format, value));
    }

    pub fn get(&self, fact: &FactRef) -> Option<(&Format, &Value)> {
        self.values.get(fact).map(|(format, value)| (format, value))
    }

    /// Replaces every token whose fact is known; other tokens stay. A whole token becomes the typed
    /// value, an embedded one is text. The result is never scanned for tokens again.
    pub fn bind(&self, node: &Node) -> Result<Node, BindError> {
        self.bind_at(node, &mut String::new())
    }

    /// Whether no fact is known.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn bind_at(&self, node: &Node, at: &mut String) -> Result<Node, BindError> {
        let here = at.len();
        Ok(match node {
            Node::Text(text) => {
                if let Some(Token::Fact(token)) = text.as_token() {
                    return match self.lookup(token, at)? {
                        Some((_, value)) => Ok(Node::literal(value.clone())),
                        None => Ok(node.clone()),
                    };
                }
                Node::Text(text.try_map(|segment| self.embed(segment, at))?)
            }
            Node::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    pointer::push_index(at, index);
                    list.push(self.bind_at(item, at)?);
                    at.truncate(here);
                }
                Node::List(list)
            }
            Node::Map(entries) => {
                let mut map = BTreeMap::new();
                for (key, item) in entries {
                    pointer::push(at, key);
                    map.insert(key.clone(), self.bind_at(item, at)?);
                    at.truncate(here);
                }
                Node::Map(map)
            }
            scalar => scalar.clone(),
        })
    }

    fn lookup(&self, token: &FactToken, at: &str) -> Result<Option<(&Format, &Value)>, BindError> {
        let Some((format, value)) = self.get(&token.fact) else {
            return Ok(None);
        };
        match (format.at(&token.pointer), value.pointer(&token.pointer)) {
            (Some(format), Some(value)) => Ok(Some((format, value))),
            _ => Err(BindError::NoValue {
                token: token.to_string(),
                place: at.to_owned(),
            }),
        }
    }

    fn embed(&self, segment: &Segment, at: &str) -> Result<Segment, BindError> {
        let Segment::Token(Token::Fact(token)) = segment else {
            return Ok(segment.clone());
        };
        let Some((format, value)) = self.lookup(token, at)? else {
            return Ok(segment.clone());
        };
        let (token, place) = (token.to_string(), at.to_owned());
        if !format.embeddable() {
            return Err(BindError::NotEmbeddable {
                token,
                place,
                format: format.clone(),
            });
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(BindError::UnsafeText { token, place }),
        };
        // The formats exclude these characters already; this is the second wall.
        let safe = |b: u8| b.is_ascii_alphanumeric() || b"._:/+=~-".contains(&b);
        if !text.is_empty() && text.bytes().all(safe) && format.check(value).is_ok() {
            Ok(Segment::Literal(text))
        } else {
            Err(BindError::UnsafeText { token, place })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn binding(entries: &[(&str, &str, Value)]) -> Binding {
        let mut binding = Binding::default();
        for (fact, format, value) in entries {
            binding.insert(
                fact.parse().unwrap(),
                format.parse().unwrap(),
                value.clone(),
            );
        }
        binding
    }

    fn bind(binding: &Binding, value: Value) -> Result<Value, BindError> {
        binding
            .bind(&Node::parse(&value).unwrap())
            .map(|node| node.to_source())
    }

    #[test]
    fn a_whole_token_becomes_the_typed_value() {
        let known = binding(&[
            ("u/zones", "map<aws-id>", json!({"a": "subnet-1"})),
            ("n", "port", json!(443)),
        ]);
        assert_eq!(
            bind(
                &known,
                json!(["@{u/zones}", "@{u/zones#/a}", "@{n}", "p:@{n}", "@{other}"])
            ),
            Ok(json!([{"a": "subnet-1"}, "subnet-1", 443, "p:443", "@{other}"]))
        );
    }

    #[test]
    fn a_value_that_looks_like_a_token_stays_a_value() {
        let known = binding(&[
            ("t", "text", json!("@{secret}")),
            ("secret", "text", json!("s3cret")),
        ]);
        assert_eq!(bind(&known, json!("@{t}")), Ok(json!("@@{secret}")));
    }

    #[test]
    fn text_is_never_embedded() {
        let known = binding(&[("t", "text", json!("harmless"))]);
        assert!(matches!(
            bind(&known, json!("a@{t}")),
            Err(BindError::NotEmbeddable { .. })
        ));
    }

    #[test]
    fn a_forged_value_is_stopped_at_the_second_wall() {
        for value in [
            "a\",\"Principal\":\"*",
            "${file(\"x\")}",
            "a b",
            "a\nb",
            "@{x}",
            "",
        ] {
            let known = binding(&[("id", "aws-id", json!(value))]);
            let error = bind(&known, json!("x-@{id}")).unwrap_err();
            assert!(matches!(error, BindError::UnsafeText { .. }), "{value}");
            assert!(value.is_empty() || !error.to_string().contains(value));
        }
    }

    #[test]
    fn a_pointer_into_nothing_is_an_error() {
        let known = binding(&[("m", "map<aws-id>", json!({"a": "b"}))]);
        assert!(matches!(
            bind(&known, json!("@{m#/z}")),
            Err(BindError::NoValue { .. })
        ));
    }
}
