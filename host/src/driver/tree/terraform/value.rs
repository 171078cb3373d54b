//! Values of a body.

use aegis_document::pointer;
use serde_json::{Map, Value};

use super::error::TerraformError;
use super::reference::References;
use super::template::{self, Piece, Place};
use crate::template::{Node, Segment, Templated};

/// Prints values whose tokens become references.
pub(super) struct Printer<'a> {
    references: &'a References<'a>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(references: &'a References<'a>) -> Self {
        Self { references }
    }

    /// A value as Terraform's JSON syntax. `at` is its place, for messages.
    pub(super) fn value(&self, node: &Node, at: &str) -> Result<Value, TerraformError> {
        Ok(match node {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Number(number) => Value::Number(number.clone()),
            Node::Text(text) => template::print(&self.pieces(text, at)?, Place::Bare).into(),
            Node::List(items) => {
                let item =
                    |(index, item): (usize, &Node)| self.value(item, &format!("{at}/{index}"));
                Value::Array(
                    items
                        .iter()
                        .enumerate()
                        .map(item)
                        .collect::<Result<_, _>>()?,
                )
            }
            Node::Map(entries) => {
                let mut map = Map::new();
                for (key, item) in entries {
                    let place = pointer::join(at, key);
                    map.insert(self.key(key, &place)?, self.value(item, &place)?);
                }
                Value::Object(map)
            }
        })
    }

    /// A key: always literal. `//` is a comment to Terraform, so what stands under it would be authorised
    /// and then not take effect.
    fn key(&self, key: &str, at: &str) -> Result<String, TerraformError> {
        if key == "//" || !keeps(key) {
            return Err(TerraformError::Text(at.to_owned()));
        }
        Ok(template::escaped(key))
    }

    pub(super) fn pieces(&self, text: &Templated, at: &str) -> Result<Vec<Piece>, TerraformError> {
        let embedded = text.segments().len() > 1;
        let piece = |segment: &Segment| match segment {
            Segment::Literal(text) if keeps(text) => Ok(Piece::Literal(text.clone())),
            Segment::Literal(_) => Err(TerraformError::Text(at.to_owned())),
            Segment::Token(token) => Ok(Piece::Reference(
                self.references.expression(token, embedded)?,
            )),
        };
        text.segments().iter().map(piece).collect()
    }
}

/// Whether Terraform keeps a text as it is: it brings strings into normal form C. The display form of
/// foreign text differs exactly where a text is not in that form, or holds what is not shown.
fn keeps(text: &str) -> bool {
    text.is_ascii()
        || text
            .split(['\n', '\t'])
            .all(|line| aegis_document::untrusted(line).to_string() == line)
}
