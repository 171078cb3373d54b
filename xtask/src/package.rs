//! From components to signed packages, with the `aegis` that was just built.

use std::path::PathBuf;

use crate::aegis::{Aegis, PUBLISHER};
use crate::component;
use crate::error::Error;
use crate::process;
use crate::workspace::{Plugin, Workspace, create_folder};

/// The home of the publisher's key on this machine: made by the first build, never leaves `target`.
pub fn publisher(workspace: &Workspace) -> Aegis {
    Aegis::new(
        workspace.aegis("debug"),
        workspace.memory().join("publisher"),
    )
}

/// Where a plugin's package lies; its statement is beside it.
pub fn file(workspace: &Workspace, plugin: &Plugin) -> PathBuf {
    workspace
        .built_plugins()
        .join(format!("{}.wasm", plugin.name))
}

/// Makes the publisher's key if there is none.
pub fn ensure_key(workspace: &Workspace) -> Result<(), Error> {
    let publisher = publisher(workspace);
    if publisher.public_key(PUBLISHER).is_file() {
        return Ok(());
    }
    create_folder(publisher.home())?;
    process::output(&mut publisher.generate_key(PUBLISHER)).map(drop)
}

/// Packages and signs one plugin.
pub fn make(workspace: &Workspace, plugin: &Plugin) -> Result<(), Error> {
    let publisher = publisher(workspace);
    let package = file(workspace, plugin);
    if !plugin.manifest().is_file() {
        return Err(Error::content(
            plugin.manifest(),
            "missing: it says what the plugin is and what it asks for",
        ));
    }
    process::output(&mut publisher.package(
        &component::file(workspace, plugin),
        &plugin.manifest(),
        &package,
    ))?;
    process::output(&mut publisher.sign(&package, PUBLISHER)).map(drop)
}
