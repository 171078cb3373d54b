//! Debian's `rustc-web`: a recent Rust that carries the standard library as source.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Release, Toolchain};
use crate::{process, report};

/// What is installed where nothing else works: 145 MB to fetch, 810 MB on disk.
pub const PACKAGES: [&str; 4] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "libstd-rust-web-dev",
];

/// Whether Debian's package manager is here.
pub fn is_debian() -> bool {
    process::succeeds(Command::new("apt-get").arg("--version"))
        && process::succeeds(Command::new("dpkg-query").arg("--version"))
}

/// Those of [`PACKAGES`] that are not installed.
pub fn missing_packages() -> Vec<&'static str> {
    PACKAGES
        .into_iter()
        .filter(|package| !is_installed(package))
        .collect()
}

fn is_installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat=${db:Status-Status}", package]);
    process::answer(&mut query).is_some_and(|status| status == "installed")
}

/// The toolchain of the installed packages.
pub fn find() -> Result<Toolchain, String> {
    let rustc = program_of("rustc-web", "rustc")?;
    let cargo = program_of("cargo-web", "cargo")?;
    let release = Release::of(Command::new(&rustc))
        .ok_or_else(|| format!("{} does not say its version", rustc.display()))?;
    if !release.is_new_enough() {
        return Err(format!(
            "rustc-web is {}, {} or later is needed",
            release.text,
            env!("CARGO_PKG_RUST_VERSION")
        ));
    }
    if !has_standard_library_source(&rustc) {
        return Err("rust-web-src has no library/Cargo.toml where rustc-web looks".to_owned());
    }
    let linker = rust_lld()
        .or_else(|| wasm_ld(&release))
        .ok_or_else(|| match release.llvm {
            Some(llvm) => format!("no linker for WebAssembly; the package lld-{llvm} has one"),
            None => "no linker for WebAssembly; Debian's lld packages have one".to_owned(),
        })?;
    Ok(Toolchain::Debian {
        release: release.text,
        cargo,
        rustc,
        linker,
    })
}

/// Installs the packages, and a linker where there is none.
pub fn install() -> Result<Toolchain, String> {
    let missing = missing_packages();
    if !missing.is_empty() {
        apt_get(&["update"])?;
        apt_get_install(&missing)?;
    }
    let rustc = program_of("rustc-web", "rustc")?;
    if let Some(release) = Release::of(Command::new(rustc))
        && let Some(llvm) = release.llvm
        && rust_lld().is_none()
        && wasm_ld(&release).is_none()
    {
        apt_get(&["update"])?;
        apt_get_install(&[&format!("lld-{llvm}")])?;
    }
    find()
}

fn apt_get_install(packages: &[&str]) -> Result<(), String> {
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(packages);
    apt_get(&arguments)
}

/// Runs `apt-get`, as root through `sudo` where need be.
fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let is_root =
        process::answer(Command::new("id").arg("-u")).is_some_and(|user| user.trim() == "0");
    let mut command = if is_root {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        if !io::stdin().is_terminal() {
            // Nobody is there to type a password.
            sudo.arg("--non-interactive");
        }
        sudo.arg("env");
        sudo
    };
    command
        .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"])
        .args(["-o", "DPkg::Lock::Timeout=120"])
        .args(arguments);
    report::line(format!("running `apt-get {}`", arguments.join(" ")));
    process::output(&mut command)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// The program of that name in a package, wherever the package put it. A package may also hold
/// wrappers of the same name (`/usr/share/cargo/bin/cargo`); the shortest path is the program.
fn program_of(package: &str, name: &str) -> Result<PathBuf, String> {
    let listing =
        process::answer(Command::new("dpkg").args(["--listfiles", package])).unwrap_or_default();
    candidates(&listing, name)
        .into_iter()
        .find(|path| {
            let mut version = Command::new(path);
            version
                .env_remove("LD_LIBRARY_PATH")
                .env_remove("RUSTUP_TOOLCHAIN")
                .arg("--version");
            process::succeeds(&mut version)
        })
        .ok_or_else(|| format!("the package {package} holds no working `{name}`"))
}

fn candidates(listing: &str, name: &str) -> Vec<PathBuf> {
    let mut paths: Vec<&str> = listing
        .lines()
        .filter(|line| line.ends_with(&format!("/bin/{name}")))
        .collect();
    paths.sort_by_key(|path| path.len());
    paths.into_iter().map(PathBuf::from).collect()
}

/// Whether the standard library's source lies where Cargo's `build-std` looks for it.
pub fn has_standard_library_source(rustc: &Path) -> bool {
    let mut sysroot = Command::new(rustc);
    sysroot
        .env_remove("LD_LIBRARY_PATH")
        .args(["--print", "sysroot"]);
    process::answer(&mut sysroot).is_some_and(|folder| {
        Path::new(folder.trim())
            .join("lib/rustlib/src/rust/library/Cargo.toml")
            .is_file()
    })
}

/// The linker that comes with the Rust in use, where rustup installed it.
fn rust_lld() -> Option<PathBuf> {
    let sysroot = process::answer(Command::new("rustc").args(["--print", "sysroot"]))?;
    let host = Release::of(Command::new("rustc"))?.host;
    let path = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    path.is_file().then_some(path)
}

/// Debian's own linker, of the LLVM that this compiler is built on: an older one cannot read what
/// the compiler writes.
fn wasm_ld(release: &Release) -> Option<PathBuf> {
    let llvm = release.llvm?;
    program_of(&format!("lld-{llvm}"), &format!("wasm-ld-{llvm}"))
        .or_else(|_| program_of(&format!("lld-{llvm}"), "wasm-ld"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_comes_before_a_wrapper_of_its_name() {
        let listing = "/.\n/usr/share/cargo/bin/cargo\n/usr/bin/cargo\n/usr/share/doc/cargo\n";
        assert_eq!(
            candidates(listing, "cargo"),
            [
                PathBuf::from("/usr/bin/cargo"),
                PathBuf::from("/usr/share/cargo/bin/cargo")
            ]
        );
        assert!(candidates(listing, "rustc").is_empty());
    }
}
