//! Compiling plugins to core WebAssembly modules.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::process;
use crate::toolchain::{TARGET, Toolchain};
use crate::workspace::{Plugin, Workspace};

/// Cargo's settings for a plugin: quick, one unit, nothing but code. They are given in the
/// environment because the `release` profile of the workspace is the host's.
const PROFILE: [(&str, &str); 7] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_STRIP", "symbols"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "false"),
];

/// Compiles one plugin and returns the file of its core module.
///
/// One plugin at a time: Cargo joins the features that the packages of one build ask of a
/// dependency, and each kind of plugin asks for the SDK's interfaces of its kind only.
pub fn compile(
    workspace: &Workspace,
    toolchain: &Toolchain,
    plugin: &Plugin,
) -> Result<PathBuf, Error> {
    let target = workspace.wasm_target();
    let module = target
        .join(TARGET)
        .join("release")
        .join(plugin.module_file());
    let mut build = cargo_build(workspace, toolchain, &target);
    build.args(["--package", &plugin.package()]);
    if workspace.has_lock_file() {
        build.arg("--locked");
    }
    if module.is_file() {
        // The first build takes long enough that Cargo's progress is welcome; later ones do not.
        build.arg("--quiet");
    }
    process::run(&mut build)?;
    Ok(module)
}

/// Cargo, building modules as those of plugins are built, into a target folder; which, is for the caller
/// to add.
pub fn cargo_build(workspace: &Workspace, toolchain: &Toolchain, target: &Path) -> Command {
    let mut build = toolchain.cargo_build(workspace);
    build
        .arg("--release")
        .envs(PROFILE)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(workspace, target))
        .env_remove("RUSTFLAGS");
    build
}

/// Compiler flags that keep this machine's folders out of the module: the same source gives the
/// same bytes wherever the checkout and Cargo's home lie. Cargo's encoding separates flags with the
/// unit separator, so that a folder's name may hold spaces.
fn flags(workspace: &Workspace, target: &Path) -> OsString {
    let mut places = vec![
        (workspace.root().to_owned(), "/aegis"),
        (target.to_owned(), "/aegis/target"),
    ];
    // The compiler takes the last prefix that fits.
    places.extend(cargo_home().map(|home| (home, "/cargo")));
    encode(&places)
}

fn encode(places: &[(PathBuf, &str)]) -> OsString {
    let mut flags = OsString::new();
    for (folder, name) in places {
        if !flags.is_empty() {
            flags.push("\u{1f}");
        }
        flags.push("--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    flags
}

fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_space_stays_one_flag() {
        let places = [
            (PathBuf::from("/home/a person/aegis"), "/aegis"),
            (PathBuf::from("/home/a person/.cargo"), "/cargo"),
        ];
        assert_eq!(
            encode(&places),
            "--remap-path-prefix=/home/a person/aegis=/aegis\u{1f}\
             --remap-path-prefix=/home/a person/.cargo=/cargo"
        );
    }
}
