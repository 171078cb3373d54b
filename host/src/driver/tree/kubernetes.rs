//! Kubernetes and kOps objects as YAML.

use serde_json::Value;

use super::yaml::Yaml;

/// The first line of every YAML file that a person might want to edit.
const HEADER: &str =
    "# Written by aegis. Edits are reported as drift and undone by the next apply.\n";

/// An object, or chart values, as a file.
pub(super) fn print(object: Value) -> Vec<u8> {
    with_header(&Yaml::from_json(object))
}

pub(super) fn with_header(yaml: &Yaml) -> Vec<u8> {
    format!("{HEADER}{}", yaml.print()).into_bytes()
}
