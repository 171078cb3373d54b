//! A resource of a type that the host has no table for. What it does nobody here knows, so the
//! grant names it in red; that it is a resource and nothing of Terraform's own is checked all the
//! same.

use std::collections::BTreeSet;

use aegis_document::untrusted;

use super::body::{META_ARGUMENTS, meta_argument};
use super::value::check_text;
use super::view::{View, address};
use crate::capability::Denial;
use crate::capability::terraform::types::reads_files;
use crate::capability::terraform::{TerraformRequest, codes};
use crate::proposal::TerraformBlock;
use crate::template::{Mode, Node};

pub(super) fn check(
    view: &View<'_>,
    block: &TerraformBlock,
    at: &str,
    requests: &mut BTreeSet<TerraformRequest>,
) -> Result<(), Denial> {
    let address = address(Mode::Managed, block);
    if !block.kind.starts_with("aws_") {
        return Err(Denial::forbidden(
            codes::TYPE,
            format!("manage {address}"),
            "it is not a type of the provider hashicorp/aws",
            "propose types of that provider",
        )
        .at(at));
    }
    let at = format!("{at}/body");
    let Some(map) = block.body.as_map() else {
        return Err(Denial::forbidden(
            codes::SHAPE,
            format!("{address}: its body"),
            "the body is not a map",
            "write the arguments as a JSON object",
        )
        .at(at));
    };
    for key in map.keys() {
        let here = aegis_document::pointer::join(&at, key);
        if META_ARGUMENTS.contains(&key.as_str()) {
            return Err(meta_argument(&address, key, &here));
        }
        if reads_files(&block.kind, key) {
            return Err(Denial::forbidden(
                codes::NEVER,
                format!("{address}: {key}"),
                "it names a file of the machine that Terraform runs on",
                "there is no replacement: nothing of that machine is read",
            )
            .at(here));
        }
    }
    deeper(view, &block.body, &address, &at)?;
    requests.insert(TerraformRequest::Unchecked {
        kind: block.kind.clone(),
    });
    Ok(())
}

/// Tokens anywhere, and `dynamic`, which Terraform reads in nested blocks too.
fn deeper(view: &View<'_>, body: &Node, address: &str, at: &str) -> Result<(), Denial> {
    let mut problem = None;
    body.visit(&mut |place| {
        let here = format!("{at}{}", place.pointer);
        let denial = match place.node {
            Node::Map(map) if map.contains_key("dynamic") => {
                Some(meta_argument(address, "dynamic", &here))
            }
            Node::Text(text) => check_text(text, view).err().map(|error| {
                let asked = format!("{address}: {}", untrusted(place.pointer));
                Denial::forbidden(
                    codes::REFERENCE,
                    asked,
                    error.to_string(),
                    "read another value",
                )
                .at(here)
            }),
            _ => None,
        };
        if let Some(denial) = denial {
            problem.get_or_insert(denial);
        }
    });
    problem.map_or(Ok(()), Err)
}
