//! The standard library for WebAssembly that belongs to the Rust in use.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Release, TARGET, Toolchain};
use crate::process;

/// Enough for a download of 25 MB on a slow line; a machine without network fails at once.
const ADD_LIMIT: Duration = Duration::from_secs(120);

fn rustc() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// The Rust in use, if it is new enough and has the target's standard library.
pub fn find() -> Option<Toolchain> {
    let folder = process::answer(rustc().args(["--print", "target-libdir", "--target", TARGET]))?;
    if !holds_standard_library(Path::new(folder.trim())) {
        return None;
    }
    let release = Release::of(rustc())?;
    release.is_new_enough().then_some(Toolchain::Target {
        release: release.text,
    })
}

/// Debian makes the folder for targets whose library it does not ship, so the file is what counts.
fn holds_standard_library(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

pub fn has_rustup() -> bool {
    process::succeeds(Command::new("rustup").arg("--version"))
}

/// Adds the target with rustup.
pub fn add() -> Result<Toolchain, String> {
    let mut rustup = Command::new("rustup");
    rustup
        .args(["target", "add", TARGET])
        .env("RUSTUP_MAX_RETRIES", "0");
    process::succeeds_within(&mut rustup, ADD_LIMIT)?;
    find().ok_or_else(|| "rustup added it, but rustc does not see it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn an_empty_folder_is_no_standard_library() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(!holds_standard_library(&folder.path().join("missing")));
        assert!(!holds_standard_library(folder.path()));
        fs::write(folder.path().join("libstd-0a1b.rlib"), "").expect("a file");
        assert!(holds_standard_library(folder.path()));
    }
}
