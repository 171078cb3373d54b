//! From a core module to a component.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wit_component::ComponentEncoder;

use crate::digest::sha256;
use crate::error::Error;
use crate::workspace::{Plugin, Workspace, create_folder};

/// Goes into the record of an encoding, so that another encoder encodes again.
const ENCODER: &str = "wit-component 0.263";

/// A plugin's component, which lies at [`file()`].
pub struct Component {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub digest: String,
    /// False where an earlier run had made it of the same module.
    pub is_new: bool,
}

/// What a component was made of and what it was, in `target/xtask/components/NAME.json`.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    encoder: String,
    module: String,
    component: String,
}

/// Makes `target/plugins/NAME.component.wasm` of a plugin's core module, unless it is there already.
pub fn encode(workspace: &Workspace, plugin: &Plugin, module: &Path) -> Result<Component, Error> {
    let path = file(workspace, plugin);
    let bytes = fs::read(module).map_err(Error::file(module))?;
    let module_digest = sha256(&bytes);

    if let Some(component) = earlier(workspace, plugin, &module_digest) {
        return Ok(component);
    }
    let component = to_component(&bytes).map_err(|reason| Error::Component {
        plugin: plugin.name.clone(),
        reason,
    })?;
    let record = Record {
        encoder: ENCODER.to_owned(),
        module: module_digest,
        component: sha256(&component),
    };
    create_folder(&workspace.built_plugins())?;
    fs::write(&path, &component).map_err(Error::file(&path))?;
    keep(workspace, plugin, &record)?;
    Ok(Component {
        size: component.len() as u64,
        digest: record.component,
        is_new: true,
    })
}

/// Where a plugin's component lies.
pub fn file(workspace: &Workspace, plugin: &Plugin) -> PathBuf {
    workspace
        .built_plugins()
        .join(format!("{}.component.wasm", plugin.name))
}

/// The component that an earlier run made of this module with this encoder, if it is untouched.
fn earlier(workspace: &Workspace, plugin: &Plugin, module: &str) -> Option<Component> {
    let record: Record =
        serde_json::from_slice(&fs::read(record_file(workspace, plugin)).ok()?).ok()?;
    let bytes = fs::read(file(workspace, plugin)).ok()?;
    let found = Record {
        encoder: ENCODER.to_owned(),
        module: module.to_owned(),
        component: sha256(&bytes),
    };
    (record == found).then_some(Component {
        size: bytes.len() as u64,
        digest: found.component,
        is_new: false,
    })
}

fn keep(workspace: &Workspace, plugin: &Plugin, record: &Record) -> Result<(), Error> {
    let path = record_file(workspace, plugin);
    create_folder(&records(workspace))?;
    let text = serde_json::to_string_pretty(record)
        .map_err(|error| Error::content(&path, error.to_string()))?;
    fs::write(&path, text).map_err(Error::file(&path))
}

fn records(workspace: &Workspace) -> PathBuf {
    workspace.memory().join("components")
}

fn record_file(workspace: &Workspace, plugin: &Plugin) -> PathBuf {
    records(workspace).join(format!("{}.json", plugin.name))
}

/// The module carries its world in a custom section, which `wit-bindgen` wrote. No adapter is
/// given: a module that imports anything but the interfaces of its world is refused here.
fn to_component(module: &[u8]) -> Result<Vec<u8>, String> {
    ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| format!("{error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A core module with nothing in it: magic number and version.
    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    fn plugin() -> Plugin {
        Plugin {
            name: "sample".to_owned(),
            folder: PathBuf::from("plugins/sample"),
        }
    }

    #[test]
    fn what_is_no_module_is_refused_with_the_name_of_its_plugin() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = Workspace::at(folder.path());
        let module = folder.path().join("sample.wasm");
        fs::write(&module, b"not a module").expect("a file");
        let error = encode(&workspace, &plugin(), &module)
            .err()
            .expect("refused");
        assert!(error.to_string().starts_with("plugin sample: "), "{error}");
    }

    #[test]
    fn a_component_is_made_again_only_when_its_module_or_itself_has_changed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = Workspace::at(folder.path());
        let module = folder.path().join("sample.wasm");
        fs::write(&module, EMPTY).expect("a module");

        let first = encode(&workspace, &plugin(), &module).expect("a component");
        assert!(first.is_new);
        let second = encode(&workspace, &plugin(), &module).expect("a component");
        assert!(!second.is_new);
        assert_eq!(first.digest, second.digest);

        fs::write(file(&workspace, &plugin()), b"touched").expect("a change");
        let third = encode(&workspace, &plugin(), &module).expect("a component");
        assert!(third.is_new);
        assert_eq!(first.digest, third.digest);

        // A custom section without a name and content: another module of the same meaning.
        fs::write(&module, [EMPTY, &[0, 1, 0]].concat()).expect("a module");
        assert!(
            encode(&workspace, &plugin(), &module)
                .expect("a component")
                .is_new
        );
    }
}
