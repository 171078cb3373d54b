//! `cargo xtask build`

use clap::Args;

use super::setup;
use crate::error::Error;
use crate::toolchain::Toolchain;
use crate::workspace::{Plugin, Workspace};
use crate::{component, package, process, report, wasm};

/// Build the `aegis` program and every plugin
///
/// Leaves target/debug/aegis and, for each folder of plugins/, in target/plugins:
/// NAME.component.wasm, the signed package NAME.wasm and its statement. The packages are signed with
/// a key that is made on this machine and stays under target/xtask. What has not changed is not
/// built again.
#[derive(Args)]
pub struct Arguments {
    /// Only these plugins; without a name, all of them
    #[arg(value_name = "PLUGIN")]
    plugins: Vec<String>,

    /// Stop after the components: no `aegis`, no packages
    #[arg(long)]
    components: bool,
}

pub fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), Error> {
    let plugins = workspace.chosen_plugins(&arguments.plugins)?;
    let toolchain = setup::ensure(workspace)?;
    build(workspace, &toolchain, &plugins, !arguments.components)
}

/// The whole build as a part of another command.
pub fn everything(workspace: &Workspace) -> Result<(), Error> {
    let toolchain = setup::ensure(workspace)?;
    build(workspace, &toolchain, &workspace.plugins()?, true)
}

fn build(
    workspace: &Workspace,
    toolchain: &Toolchain,
    plugins: &[Plugin],
    with_host: bool,
) -> Result<(), Error> {
    let (result, took) = report::timed(|| {
        if with_host {
            host(workspace)?;
        }
        components(workspace, toolchain, plugins)?;
        if with_host {
            packages(workspace, plugins)?;
        }
        Ok(())
    });
    if result.is_ok() {
        report::line(format!("built in {}", report::duration(took)));
    }
    result
}

fn host(workspace: &Workspace) -> Result<(), Error> {
    report::title("host");
    let mut build = process::cargo(workspace);
    build.args(["build", "--package", "aegis-host", "--bin", "aegis"]);
    if workspace.has_lock_file() {
        build.arg("--locked");
    }
    process::run(&mut build)
}

fn components(
    workspace: &Workspace,
    toolchain: &Toolchain,
    plugins: &[Plugin],
) -> Result<(), Error> {
    report::title(&format!("plugins ({})", plugins.len()));
    for plugin in plugins {
        let (component, took) = report::timed(|| {
            let module = wasm::compile(workspace, toolchain, plugin)?;
            component::encode(workspace, plugin, &module)
        });
        let component = component?;
        report::line(format!(
            "{:<16} {:>9} {:>9}  sha256:{}  {}",
            plugin.name,
            report::duration(took),
            report::size(component.size),
            component.digest.get(..12).unwrap_or(&component.digest),
            if component.is_new {
                "built"
            } else {
                "unchanged"
            },
        ));
    }
    Ok(())
}

fn packages(workspace: &Workspace, plugins: &[Plugin]) -> Result<(), Error> {
    report::title("packages");
    package::ensure_key(workspace)?;
    let (result, took) = report::timed(|| {
        plugins
            .iter()
            .try_for_each(|plugin| package::make(workspace, plugin))
    });
    result?;
    report::line(format!(
        "{} signed in {}: {}",
        plugins.len(),
        report::duration(took),
        workspace.shown(&workspace.built_plugins())
    ));
    Ok(())
}
