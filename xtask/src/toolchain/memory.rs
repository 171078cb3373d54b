//! The toolchain that an earlier run found, kept in `target/xtask/toolchain.json`.

use std::fs;
use std::path::PathBuf;

use super::Toolchain;
use crate::error::Error;
use crate::workspace::{Workspace, create_folder};

fn file(workspace: &Workspace) -> PathBuf {
    workspace.memory().join("toolchain.json")
}

/// What was found before. A file that is missing or not understood is nothing.
pub fn recall(workspace: &Workspace) -> Option<Toolchain> {
    let bytes = fs::read(file(workspace)).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Keeps what was found.
pub fn keep(workspace: &Workspace, toolchain: &Toolchain) -> Result<(), Error> {
    create_folder(&workspace.memory())?;
    let path = file(workspace);
    let text = serde_json::to_string_pretty(toolchain)
        .map_err(|error| Error::content(&path, error.to_string()))?;
    fs::write(&path, text).map_err(Error::file(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_is_recalled_as_it_was_kept() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = Workspace::at(folder.path());
        let toolchain = Toolchain::Debian {
            release: "1.96.0".to_owned(),
            cargo: "/usr/bin/cargo".into(),
            rustc: "/usr/bin/rustc".into(),
            linker: "/usr/bin/wasm-ld-22".into(),
        };
        assert_eq!(recall(&workspace), None);
        keep(&workspace, &toolchain).expect("kept");
        assert_eq!(recall(&workspace), Some(toolchain));
        fs::write(file(&workspace), "{").expect("a broken file");
        assert_eq!(recall(&workspace), None);
    }
}
