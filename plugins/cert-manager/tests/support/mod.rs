//! What the tests of plugins that propose Kubernetes objects and releases read them with.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod chart;
pub mod definitions;
pub mod manifest;
pub mod yaml;

use std::path::PathBuf;

use aegis_plugin::kubernetes::Object;
use serde_json::{Value, json};

/// A folder of the corpora, when it is on the machine: below `$AEGIS_CORPORA`, or beside the repository.
pub fn corpus(name: &str) -> Option<PathBuf> {
    let corpora = std::env::var_os("AEGIS_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"),
        PathBuf::from,
    );
    let folder = corpora.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: needs the corpus `{name}`");
    None
}

/// The whole object, as an API server gets it.
pub fn document(object: &Object) -> Value {
    let mut document: Value = serde_json::from_str(&object.body).unwrap();
    let api_version = if object.group.is_empty() {
        object.version.clone()
    } else {
        format!("{}/{}", object.group, object.version)
    };
    document["apiVersion"] = api_version.into();
    document["kind"] = object.kind.clone().into();
    document["metadata"] = json!({ "name": object.metadata.name });
    if let Some(namespace) = &object.metadata.namespace {
        document["metadata"]["namespace"] = namespace.clone().into();
    }
    document
}
