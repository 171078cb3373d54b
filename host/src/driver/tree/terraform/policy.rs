//! IAM policies: proposed as JSON values, passed to AWS as JSON text.
//!
//! The text is written here. A string that holds a reference is encoded by Terraform once the reference has
//! a value, so no value, whatever it is, can end its string and add a statement.

use aegis_document::pointer;
use serde_json::Value;

use super::error::TerraformError;
use super::template::{self, Place};
use super::value::Printer;
use crate::template::Node;

/// The attribute's value as a template that yields JSON text.
pub(super) fn document(
    node: &Node,
    printer: &Printer<'_>,
    at: &str,
) -> Result<Value, TerraformError> {
    let mut out = String::new();
    print(node, printer, at, &mut out)?;
    Ok(Value::String(out))
}

fn print(
    node: &Node,
    printer: &Printer<'_>,
    at: &str,
    out: &mut String,
) -> Result<(), TerraformError> {
    match node {
        Node::Text(text) if text.as_literal().is_none() => {
            let pieces = printer.pieces(text, at)?;
            match pieces.as_slice() {
                [template::Piece::Reference(expression)] => {
                    out.push_str(&format!("${{jsonencode({expression})}}"))
                }
                pieces => {
                    let quoted = template::print(pieces, Place::Quoted);
                    out.push_str(&format!("${{jsonencode(\"{quoted}\")}}"));
                }
            }
        }
        Node::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                print(item, printer, &format!("{at}/{index}"), out)?;
            }
            out.push(']');
        }
        Node::Map(entries) => {
            out.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                literal(&Node::text(key.as_str()), printer, at, out)?;
                out.push(':');
                print(item, printer, &pointer::join(at, key), out)?;
            }
            out.push('}');
        }
        scalar => literal(scalar, printer, at, out)?,
    }
    Ok(())
}

/// A scalar without references: its JSON text, escaped as a part of the template.
///
/// The text of a scalar ends in a quote, digit or letter, so it never joins what comes after it.
fn literal(
    scalar: &Node,
    printer: &Printer<'_>,
    at: &str,
    out: &mut String,
) -> Result<(), TerraformError> {
    if let Node::Text(text) = scalar {
        // The check of what Terraform keeps.
        printer.pieces(text, at)?;
    }
    let value = scalar.to_literal().unwrap_or(Value::Null);
    out.push_str(&template::escaped(&value.to_string()));
    Ok(())
}
