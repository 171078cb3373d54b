//! What the host knows of Terraform types.
//!
//! A type's table says which attributes a body may hold, what setting each of them can do, and
//! which values other blocks may read. What is not in a table is refused: an attribute that the
//! table leaves out is unknown to the host even where the provider knows it. A resource type
//! without a table is opaque and has to be granted by name as `unchecked`; a data source without
//! one cannot be granted.

mod code;
mod data;
mod iam;
mod logs_and_keys;
mod network;
mod s3;
mod schema;
mod secrets;
mod security_group;
#[cfg(test)]
mod tests;
mod unchecked;

pub use schema::{Attribute, Block, Class, Export, ExportFormat, Guard, Shape, TypePolicy};
pub use unchecked::reads_files;

use super::AttributeClass;
use crate::template::Mode;

const RESOURCES: &[&[TypePolicy]] = &[
    network::TYPES,
    security_group::TYPES,
    logs_and_keys::TYPES,
    s3::TYPES,
    iam::TYPES,
    secrets::TYPES,
    code::TYPES,
];

/// The table of a resource type or of a data source.
pub fn policy_of(mode: Mode, name: &str) -> Option<&'static TypePolicy> {
    all(mode).find(|policy| policy.name == name)
}

/// All tables of a mode.
pub fn all(mode: Mode) -> impl Iterator<Item = &'static TypePolicy> {
    let tables: &'static [&'static [TypePolicy]] = match mode {
        Mode::Managed => RESOURCES,
        Mode::Data => &[data::TYPES],
    };
    tables.iter().copied().flatten()
}

/// The attributes of a type, at its top level, that are IAM policies: the host reads them as typed
/// statements and the driver encodes them as JSON text.
pub fn policy_attributes(kind: &str) -> impl Iterator<Item = &'static str> {
    policy_of(Mode::Managed, kind)
        .into_iter()
        .flat_map(|policy| policy.attributes)
        .filter(|attribute| matches!(attribute.class, Class::Policy(_)))
        .map(|attribute| attribute.name)
}

/// Whether an attribute of a type's top level is an IAM policy.
pub fn is_policy(kind: &str, attribute: &str) -> bool {
    policy_attributes(kind).any(|name| name == attribute)
}

/// Whether the type is a role, whose permissions boundary the host sets when the operator demands one.
pub fn takes_boundary(kind: &str) -> bool {
    policy_of(Mode::Managed, kind)
        .is_some_and(|policy| policy.attribute("permissions_boundary").is_some())
}

/// What an attribute can do beyond what its type says, from its full name, `aws_instance.user_data`
/// or `aws_s3_bucket_ownership_controls.rule.object_ownership`. `None` for an attribute that needs
/// no grant of its own, or cannot have one.
pub fn class_of(name: &str) -> Option<AttributeClass> {
    let mut steps = name.split('.');
    let policy = policy_of(Mode::Managed, steps.next()?)?;
    let (mut attributes, mut blocks) = (policy.attributes, policy.blocks);
    let mut step = steps.next()?;
    for next in steps {
        let block = blocks.iter().find(|block| block.name == step)?;
        (attributes, blocks) = (block.attributes, block.blocks);
        step = next;
    }
    match attributes
        .iter()
        .find(|attribute| attribute.name == step)?
        .class
    {
        Class::Guarded(_) => Some(AttributeClass::Power),
        Class::Code => Some(AttributeClass::Code),
        Class::Deputy => Some(AttributeClass::Deputy),
        _ => None,
    }
}
