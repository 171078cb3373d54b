//! Resources, data sources and outputs.

use aegis_document::untrusted;
use serde_json::{Map, Value, json};

use super::error::TerraformError;
use super::policy;
use super::value::Printer;
use crate::capability::terraform::types;
use crate::driver::document::TerraformDocument;
use crate::proposal::{Lifecycle, TerraformBlock};
use crate::template::Node;

/// Arguments that change what a block is: how often it exists, who makes it, what runs beside it.
const META_ARGUMENTS: [&str; 8] = [
    "connection",
    "count",
    "depends_on",
    "dynamic",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
];

pub(super) fn resources(
    document: &TerraformDocument,
    printer: &Printer<'_>,
) -> Result<Map<String, Value>, TerraformError> {
    blocks(&document.resources, printer)
}

pub(super) fn data(
    document: &TerraformDocument,
    printer: &Printer<'_>,
) -> Result<Map<String, Value>, TerraformError> {
    blocks(&document.data, printer)
}

pub(super) fn outputs(
    document: &TerraformDocument,
    printer: &Printer<'_>,
) -> Result<Map<String, Value>, TerraformError> {
    let mut outputs = Map::new();
    for output in &document.outputs {
        let name = named(&output.name)?;
        let mut block = Map::new();
        if output.sensitive {
            block.insert("sensitive".into(), true.into());
        }
        block.insert(
            "value".into(),
            printer.value(&output.value, &format!("output.{name}"))?,
        );
        if outputs
            .insert(name.to_owned(), Value::Object(block))
            .is_some()
        {
            return Err(TerraformError::Twice(format!("output.{name}")));
        }
    }
    Ok(outputs)
}

/// Labels are objects, type by type and name by name; an array in their place would be another block.
fn blocks(
    blocks: &[TerraformBlock],
    printer: &Printer<'_>,
) -> Result<Map<String, Value>, TerraformError> {
    let mut types: Map<String, Value> = Map::new();
    for block in blocks {
        let (kind, name) = (named(&block.kind)?, named(&block.name)?);
        let body = Value::Object(body(block, printer)?);
        let named = types.entry(kind).or_insert_with(|| json!({}));
        let twice = named
            .as_object_mut()
            .is_none_or(|named| named.insert(name.to_owned(), body).is_some());
        if twice {
            return Err(TerraformError::Twice(format!("{kind}.{name}")));
        }
    }
    Ok(types)
}

fn body(
    block: &TerraformBlock,
    printer: &Printer<'_>,
) -> Result<Map<String, Value>, TerraformError> {
    let at = format!("{}.{}", block.kind, block.name);
    let mut body = Map::new();
    for (argument, value) in block.body.as_map().into_iter().flatten() {
        let place = format!("{at}/{argument}");
        if META_ARGUMENTS.contains(&argument.as_str()) {
            return Err(TerraformError::MetaArgument {
                block: at,
                name: argument.clone(),
            });
        }
        no_dynamic_block(value, &at)?;
        let printed = if is_policy(&block.kind, argument, value) {
            policy::document(value, printer, &place)?
        } else {
            printer.value(value, &place)?
        };
        body.insert(named(argument)?.to_owned(), printed);
    }
    if !block.depends_on.is_empty() {
        let addresses: Vec<&str> = block
            .depends_on
            .iter()
            .map(|address| dotted(address))
            .collect::<Result<_, _>>()?;
        body.insert("depends_on".into(), json!(addresses));
    }
    if let Some(lifecycle) = lifecycle(&block.lifecycle)? {
        body.insert("lifecycle".into(), lifecycle);
    }
    Ok(body)
}

/// A policy is proposed as a JSON value and passed as JSON text. Of a type without a table, an argument that
/// is named and looks like one is one: as a map it would not be accepted.
fn is_policy(kind: &str, argument: &str, value: &Node) -> bool {
    let named = argument == "policy" || argument.ends_with("_policy");
    value.as_text().is_none()
        && (types::is_policy(kind, argument) || (named && value.get("Statement").is_some()))
}

/// A nested block named `dynamic` makes blocks from expressions. A plain map with a text under that
/// key (a tag) is not one.
fn no_dynamic_block(value: &Node, at: &str) -> Result<(), TerraformError> {
    let mut found = false;
    value.visit(&mut |place| {
        found |= place
            .node
            .get("dynamic")
            .is_some_and(|inner| inner.as_map().is_some() || inner.as_list().is_some());
    });
    if found {
        return Err(TerraformError::MetaArgument {
            block: at.to_owned(),
            name: "dynamic".to_owned(),
        });
    }
    Ok(())
}

fn lifecycle(lifecycle: &Lifecycle) -> Result<Option<Value>, TerraformError> {
    let mut block = Map::new();
    if lifecycle.create_before_destroy {
        block.insert("create_before_destroy".into(), true.into());
    }
    if lifecycle.prevent_destroy {
        block.insert("prevent_destroy".into(), true.into());
    }
    if !lifecycle.ignore_changes.is_empty() {
        let paths: Vec<&str> = lifecycle
            .ignore_changes
            .iter()
            .map(|path| dotted(path))
            .collect::<Result<_, _>>()?;
        block.insert("ignore_changes".into(), json!(paths));
    }
    Ok((!block.is_empty()).then_some(Value::Object(block)))
}

/// A name that Terraform takes, ASCII only.
fn named(name: &str) -> Result<&str, TerraformError> {
    let starts = name
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    if starts
        && name.len() <= 128
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    {
        Ok(name)
    } else {
        Err(TerraformError::Name(untrusted(name).to_string()))
    }
}

/// An address or a path of attributes. Terraform parses these strings as expressions.
fn dotted(path: &str) -> Result<&str, TerraformError> {
    path.split('.')
        .try_for_each(|part| named(part).map(|_| ()))?;
    Ok(path)
}
