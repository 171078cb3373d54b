//! Capabilities: what a plugin asks for, what an operator grants.

use aegis_document::{Limits, read};
use aegis_host::capability::CapabilitySet;
use aegis_registry::Capabilities;
use serde_json::Value;

use crate::check;

/// What the first-party plugins ask for.
pub(super) fn made() -> Vec<Vec<u8>> {
    let plugins = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    ["argocd", "cert-manager", "kops", "terraform"]
        .iter()
        .map(|plugin| {
            let file = plugins.join(plugin).join("plugin.toml");
            let text = std::fs::read_to_string(file).expect("a manifest");
            let manifest: aegis_host::library::workshop::ManifestFile =
                toml::from_str(&text).expect("a manifest");
            Value::Array(manifest.capability).to_string().into_bytes()
        })
        .collect()
}

pub(super) fn run(input: &[u8]) {
    let Ok(value) = read(input, Limits::SMALL) else {
        return;
    };
    match CapabilitySet::parse(&value) {
        Ok(set) => {
            let written = set.to_value();
            let again = CapabilitySet::parse(&written).expect("what was read is written");
            assert_eq!(again, set);
            assert_eq!(again.to_value(), written);
            assert_eq!(again.digest().ok(), set.digest().ok());
            let _ = set.risk();
        }
        Err(error) => check::refused(&error),
    }
    if let Value::Array(list) = value {
        match Capabilities::new(list) {
            Ok(capabilities) => check::reads_back(&capabilities),
            Err(error) => check::refused(&error),
        }
    }
}
