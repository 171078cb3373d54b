//! A body against the table of its type.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::{pointer, untrusted};

use super::view::{View, address};
use crate::capability::Denial;
use crate::capability::terraform::types::{Attribute, Block, TypePolicy};
use crate::capability::terraform::{TerraformRequest, codes};
use crate::proposal::TerraformBlock;
use crate::template::{Mode, Node};

/// Arguments that mean something to Terraform itself, whatever the type.
pub(super) const META_ARGUMENTS: &[&str] = &[
    "//",
    "connection",
    "count",
    "depends_on",
    "dynamic",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
];

/// One block while it is checked.
pub(super) struct Body<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) block: &'a TerraformBlock,
    pub(super) address: String,
    mode: Mode,
    at: String,
    requests: &'a mut BTreeSet<TerraformRequest>,
}

/// Where in a body: the dotted name that a grant uses, and the pointer.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) name: String,
    pub(super) pointer: String,
}

impl Spot {
    fn argument(&self, key: &str) -> Self {
        let dot = if self.name.is_empty() { "" } else { "." };
        Self {
            name: format!("{}{dot}{key}", self.name),
            pointer: pointer::join(&self.pointer, key),
        }
    }

    pub(super) fn item(&self, index: usize) -> Self {
        Self {
            name: self.name.clone(),
            pointer: format!("{}/{index}", self.pointer),
        }
    }
}

impl<'a> Body<'a> {
    pub(super) fn new(
        view: &'a View<'a>,
        mode: Mode,
        block: &'a TerraformBlock,
        at: &str,
        requests: &'a mut BTreeSet<TerraformRequest>,
    ) -> Self {
        Self {
            view,
            block,
            address: address(mode, block),
            mode,
            at: format!("{at}/body"),
            requests,
        }
    }

    /// Checks the body and adds what it implies.
    pub(super) fn check(mut self, policy: &TypePolicy) -> Result<(), Denial> {
        let kind = policy.name.to_owned();
        self.request(match self.mode {
            Mode::Managed => TerraformRequest::Resource {
                kind,
                risk: policy.risk,
            },
            Mode::Data => TerraformRequest::Data { kind },
        });
        let spot = Spot {
            name: String::new(),
            pointer: self.at.clone(),
        };
        let Some(map) = self.block.body.as_map() else {
            return Err(self.denied(
                codes::SHAPE,
                &spot,
                "the body is not a map",
                "write the arguments as a JSON object",
            ));
        };
        self.fields(policy.attributes, policy.blocks, map, &spot)
    }

    fn fields(
        &mut self,
        attributes: &'static [Attribute],
        blocks: &'static [Block],
        map: &BTreeMap<String, Node>,
        spot: &Spot,
    ) -> Result<(), Denial> {
        for (key, node) in map {
            let spot = spot.argument(key);
            if let Some(attribute) = attributes.iter().find(|attribute| attribute.name == key) {
                self.attribute(attribute, node, &spot)?;
            } else if let Some(block) = blocks.iter().find(|block| block.name == key) {
                self.nested(block, node, &spot)?;
            } else {
                return Err(self.unknown(key, &spot));
            }
        }
        let attributes = attributes
            .iter()
            .filter(|attribute| attribute.required)
            .map(|attribute| attribute.name);
        let blocks = blocks
            .iter()
            .filter(|block| block.required)
            .map(|block| block.name);
        match attributes
            .chain(blocks)
            .find(|name| !map.contains_key(*name))
        {
            Some(name) => Err(self.denied(
                codes::ARGUMENT,
                &spot.argument(name),
                "it is missing, and what Terraform would take instead is not what anybody approved",
                "state it",
            )),
            None => Ok(()),
        }
    }

    fn nested(&mut self, block: &'static Block, node: &Node, spot: &Spot) -> Result<(), Denial> {
        let wrong = "a block is a map, or a list of maps";
        match node {
            Node::Map(map) => self.fields(block.attributes, block.blocks, map, spot),
            Node::List(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    let spot = spot.item(index);
                    match item.as_map() {
                        Some(map) => self.fields(block.attributes, block.blocks, map, &spot)?,
                        None => {
                            return Err(self.denied(
                                codes::SHAPE,
                                &spot,
                                wrong,
                                "write it as a JSON object",
                            ));
                        }
                    }
                }
                Ok(())
            }
            _ => Err(self.denied(
                codes::SHAPE,
                spot,
                wrong,
                "write it as a JSON object, or leave it out",
            )),
        }
    }

    fn unknown(&self, key: &str, spot: &Spot) -> Denial {
        if META_ARGUMENTS.contains(&key) {
            return meta_argument(&self.address, key, &spot.pointer);
        }
        self.denied(
            codes::ARGUMENT,
            spot,
            "the host's rules for the type do not have it",
            "leave it out; parts of a resource are often resources of their own",
        )
    }

    pub(super) fn request(&mut self, request: TerraformRequest) {
        self.requests.insert(request);
    }

    pub(super) fn denied(
        &self,
        code: &'static str,
        spot: &Spot,
        reason: impl Into<String>,
        help: impl Into<String>,
    ) -> Denial {
        let name = if spot.name.is_empty() {
            "its body".to_owned()
        } else {
            untrusted(&spot.name).to_string()
        };
        Denial::forbidden(code, format!("{}: {name}", self.address), reason, help).at(&spot.pointer)
    }
}

/// The refusal of a meta-argument.
pub(super) fn meta_argument(address: &str, key: &str, at: &str) -> Denial {
    let help = match key {
        "depends_on" | "lifecycle" => "use the field of the contract of that name",
        "count" | "for_each" | "dynamic" => "propose each resource and block by itself",
        "provider" => "a root has one provider, which the host configures",
        "//" => "leave it out",
        _ => "there is no replacement: nothing is run while Terraform applies",
    };
    Denial::forbidden(
        codes::META_ARGUMENT,
        format!("{address}: {key}"),
        "a body holds arguments of its type only, and this one means something to Terraform itself",
        help,
    )
    .at(at)
}
