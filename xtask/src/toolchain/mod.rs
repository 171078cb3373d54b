//! The compiler for `wasm32-unknown-unknown`: which one it is, and how it is found or installed.
//!
//! That target, and not a WASI one, because a plugin must import nothing but Aegis' own interfaces.

mod debian;
mod decide;
mod memory;
mod target;

use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

pub use decide::Choice;

use crate::error::Error;
use crate::workspace::Workspace;
use crate::{process, report};
use decide::{Machine, Step};

/// The target that plugins are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler for [`TARGET`] that is on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Toolchain {
    /// The Rust that compiles the host also has the target's standard library.
    Target {
        /// Release of the compiler: `1.95.0`.
        release: String,
    },
    /// Debian's packages, which carry the standard library as source only: it is compiled along.
    Debian {
        release: String,
        cargo: PathBuf,
        rustc: PathBuf,
        linker: PathBuf,
    },
}

impl Toolchain {
    /// One line for people.
    pub fn describe(&self) -> String {
        match self {
            Self::Target { release } => {
                format!("rustc {release} with its own standard library for {TARGET}")
            }
            Self::Debian {
                release,
                rustc,
                linker,
                ..
            } => format!(
                "Debian's rustc {release} ({}), compiling the standard library along, linked by {}",
                rustc.display(),
                linker.display()
            ),
        }
    }

    /// `cargo build --target wasm32-unknown-unknown` with this toolchain, in the checkout; what to
    /// build is for the caller to add.
    pub fn cargo_build(&self, workspace: &Workspace) -> Command {
        let mut build = match self {
            Self::Target { .. } => {
                let mut cargo = process::cargo(workspace);
                cargo.arg("build");
                cargo
            }
            Self::Debian {
                cargo,
                rustc,
                linker,
                ..
            } => {
                let mut command = Command::new(cargo);
                process::forget_own_package(&mut command);
                command
                    .current_dir(workspace.root())
                    // Set for the Rust that runs this program; Debian's has its own libraries.
                    .env_remove("LD_LIBRARY_PATH")
                    .env_remove("RUSTUP_TOOLCHAIN")
                    .env("RUSTC", rustc)
                    // `build-std` is not stable; nothing else unstable is used.
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                    .args(["build", "-Zbuild-std=std,panic_abort"]);
                command
            }
        };
        build.args(["--target", TARGET]);
        build
    }

    /// Whether it is still there, and still of the release that was found.
    fn is_valid(&self) -> bool {
        match self {
            Self::Target { .. } => target::find().as_ref() == Some(self),
            Self::Debian {
                release,
                cargo,
                rustc,
                linker,
            } => {
                cargo.is_file()
                    && linker.is_file()
                    && debian::has_standard_library_source(rustc)
                    && Release::of(Command::new(rustc))
                        .is_some_and(|found| found.is_new_enough() && found.text == *release)
            }
        }
    }
}

/// Returns the toolchain found by an earlier run, or finds or installs one and says what it did.
///
/// `choice` other than [`Choice::Any`] forgets what was found. Nothing is installed unless
/// `may_install`.
pub fn obtain(
    workspace: &Workspace,
    choice: Choice,
    may_install: bool,
) -> Result<Toolchain, Error> {
    if choice == Choice::Any
        && let Some(toolchain) = memory::recall(workspace)
        && toolchain.is_valid()
    {
        return Ok(toolchain);
    }
    let toolchain = find_or_install(choice, may_install)?;
    memory::keep(workspace, &toolchain)?;
    Ok(toolchain)
}

fn find_or_install(choice: Choice, may_install: bool) -> Result<Toolchain, Error> {
    let mut failures: Vec<(Step, String)> = Vec::new();
    loop {
        let tried: Vec<Step> = failures.iter().map(|(step, _)| *step).collect();
        let step = decide::next(&look(), choice, may_install, &tried);
        let outcome = match step {
            Step::UseTarget => {
                target::find().ok_or_else(|| "its standard library has gone".to_owned())
            }
            Step::AddTarget => {
                report::line(format!("running `rustup target add {TARGET}`"));
                target::add()
            }
            Step::UseDebian => debian::find(),
            Step::InstallDebian => debian::install(),
            Step::GiveUp => return Err(Error::NoToolchain(advice(&failures))),
        };
        match outcome {
            Ok(toolchain) => {
                report::line(format!("taken: {}", step.name()));
                return Ok(toolchain);
            }
            Err(reason) => {
                report::line(format!("{}: {reason}", step.name()));
                failures.push((step, reason));
            }
        }
    }
}

/// What is on this machine now. Looked at again before each step, for a step may change it.
fn look() -> Machine {
    Machine {
        target: target::find().is_some(),
        rustup: target::has_rustup(),
        debian_packages: debian::is_debian() && debian::missing_packages().is_empty(),
        apt: debian::is_debian(),
    }
}

fn advice(failures: &[(Step, String)]) -> String {
    let mut text = format!("found no way to compile for {TARGET}\n");
    for (step, reason) in failures {
        text.push_str(&format!("  tried {}: {reason}\n", step.name()));
    }
    text.push_str(&format!(
        "do one of these, then try again:\n  \
         rustup target add {TARGET}\n  \
         apt-get install --no-install-recommends {}   (Debian, as root)",
        debian::PACKAGES.join(" ")
    ));
    text
}

/// What `rustc -vV` says.
#[derive(Debug, PartialEq, Eq)]
struct Release {
    /// `1.96.0`.
    text: String,
    /// The platform that it runs on: `x86_64-unknown-linux-gnu`.
    host: String,
    /// Major version of its LLVM.
    llvm: Option<u32>,
}

impl Release {
    fn of(mut rustc: Command) -> Option<Self> {
        let answer = process::answer(rustc.env_remove("LD_LIBRARY_PATH").arg("-vV"))?;
        Self::parse(&answer)
    }

    fn parse(answer: &str) -> Option<Self> {
        let field = |name: &str| {
            answer
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        Some(Self {
            text: field("release")?.to_owned(),
            host: field("host")?.to_owned(),
            llvm: field("LLVM version").and_then(|text| text.split('.').next()?.parse().ok()),
        })
    }

    /// Not older than the workspace's `rust-version`.
    fn is_new_enough(&self) -> bool {
        let needed = numbers(env!("CARGO_PKG_RUST_VERSION"));
        numbers(&self.text) >= needed
    }
}

/// Major and minor number of a release.
fn numbers(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)\n\
        binary: rustc\ncommit-hash: ac68faa2\nhost: x86_64-unknown-linux-gnu\n\
        release: 1.96.0\nLLVM version: 22.1.8\n";

    #[test]
    fn a_compiler_says_its_release_host_and_llvm() {
        assert_eq!(
            Release::parse(ANSWER),
            Some(Release {
                text: "1.96.0".to_owned(),
                host: "x86_64-unknown-linux-gnu".to_owned(),
                llvm: Some(22),
            })
        );
        assert_eq!(Release::parse("gcc 12.2"), None);
    }

    #[test]
    fn a_compiler_older_than_the_workspace_asks_for_is_refused() {
        for (release, expected) in [
            ("1.95.0", true),
            ("1.96.1-nightly", true),
            ("2.0.0", true),
            ("1.94.9", false),
            ("1.9.0", false),
            ("unknown", false),
        ] {
            let release = Release {
                text: release.to_owned(),
                host: String::new(),
                llvm: None,
            };
            assert_eq!(release.is_new_enough(), expected, "{}", release.text);
        }
    }

    #[test]
    fn without_a_toolchain_the_reasons_and_the_remedies_are_named() {
        let text = advice(&[(Step::AddTarget, "could not download".to_owned())]);
        for part in [
            "tried rustup target add: could not download",
            "rustup target add wasm32-unknown-unknown",
            "rust-web-src",
        ] {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
    }
}
