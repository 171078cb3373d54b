//! A call of an operator's adapter.

use aegis_document::Identifier;

use super::error::DocumentError;
use super::fields::{Fields, map_of_some, no_key_twice, optional_text, templated_map};
use crate::proposal::ToolCall;
use crate::template::Node;

/// The call with its holes and inputs in order; a name that stands twice is an error.
pub(super) fn sorted(call: &ToolCall) -> Result<ToolCall, DocumentError> {
    let mut call = call.clone();
    call.holes.sort_by(|left, right| left.0.cmp(&right.0));
    call.inputs.sort_by(|left, right| left.0.cmp(&right.0));
    no_key_twice(&call.holes)?;
    no_key_twice(&call.inputs)?;
    Ok(call)
}

pub(super) fn to_node(call: &ToolCall) -> Node {
    let names = |names: &[Identifier]| {
        Node::List(names.iter().map(|name| Node::text(name.as_str())).collect())
    };
    map_of_some([
        ("adapter", Node::text(call.adapter.as_str())),
        ("holes", Node::Map(call.holes.iter().cloned().collect())),
        ("inputs", templated_map(&call.inputs)),
        ("stdin-secrets", names(&call.stdin_secrets)),
        ("idempotent", Node::Bool(call.idempotent)),
        (
            "probe",
            optional_text(call.probe.as_ref().map(Identifier::as_str)),
        ),
        (
            "undo",
            optional_text(call.undo.as_ref().map(Identifier::as_str)),
        ),
    ])
}

pub(super) fn from_node(adapter: &Identifier, node: Node) -> Result<ToolCall, DocumentError> {
    let mut fields = Fields::of(node, "")?;
    let call = ToolCall {
        adapter: fields.identifier("adapter")?,
        holes: fields.entries_of("holes")?.into_iter().collect(),
        inputs: fields.templated_map("inputs")?,
        stdin_secrets: fields.identifiers("stdin-secrets")?,
        idempotent: fields.boolean("idempotent")?,
        probe: fields.optional_identifier("probe")?,
        undo: fields.optional_identifier("undo")?,
    };
    fields.end()?;
    if call.adapter != *adapter {
        return Err(DocumentError::form("/adapter", format!("`{adapter}`")));
    }
    Ok(call)
}
