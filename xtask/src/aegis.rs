//! The command line of `aegis`, as far as it is used here. Names of commands and options, and the
//! places of files under `AEGIS_HOME`, are written in this file only.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The publisher of the plugins of this repository.
pub const PUBLISHER: &str = "aegis";

/// An `aegis` program and the operator's home that it works with.
pub struct Aegis {
    program: PathBuf,
    home: PathBuf,
}

impl Aegis {
    pub fn new(program: impl Into<PathBuf>, home: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            home: home.into(),
        }
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Public half of a key of this home.
    pub fn public_key(&self, name: &str) -> PathBuf {
        self.home
            .join("data")
            .join("keys")
            .join(format!("{name}.pub"))
    }

    /// Compiled code of plugins that were used; it can be removed at any time.
    pub fn compiled_code(&self) -> PathBuf {
        self.home.join("cache").join("code")
    }

    pub fn generate_key(&self, name: &str) -> Command {
        self.command(["key", "generate", "--name", name])
    }

    /// Starts a trust file with a key of the operator's own, which is made.
    pub fn start_trust(&self, key: &str) -> Command {
        self.command(["trust", "init", "--key", key])
    }

    /// Joins component and manifest into one package.
    pub fn package(&self, component: &Path, manifest: &Path, output: &Path) -> Command {
        let mut command = self.command(["plugin", "package"]);
        command
            .arg(component)
            .arg("--manifest")
            .arg(manifest)
            .arg("--out")
            .arg(output);
        command
    }

    /// Writes a signed statement about a package beside it.
    pub fn sign(&self, package: &Path, key: &str) -> Command {
        let mut command = self.command(["plugin", "sign"]);
        command.arg(package).args(["--key", key]);
        command
    }

    pub fn trust(&self, publisher: &str, public_key: &Path) -> Command {
        let mut command = self.command(["trust", "add", publisher, "--key-file"]);
        command.arg(public_key);
        command
    }

    /// Adds a plugin to the stack in the current folder and grants what it asks for.
    pub fn add_plugin(&self, publisher: &str, name: &str, from: &Path) -> Command {
        let mut command = self.command(["plugin", "add", &format!("{publisher}/{name}"), "--from"]);
        command.arg(from).arg("--accept");
        command
    }

    pub fn plan(&self) -> Command {
        self.command(["plan"])
    }

    /// A plan whose exit code is 2 if it holds changes and 0 if it is empty.
    pub fn plan_with_exit_code(&self) -> Command {
        self.command(["plan", "--detailed-exitcode"])
    }

    pub fn apply(&self) -> Command {
        self.command(["apply"])
    }

    /// Imports what `terraform output -json` wrote as facts of one stage, of one cluster or of the stack.
    pub fn import_facts(&self, stage: &str, cluster: Option<&str>, file: &Path) -> Command {
        let mut command = self.command(["facts", "import", "--stage", stage]);
        if let Some(cluster) = cluster {
            command.args(["--cluster", cluster]);
        }
        command.arg(file);
        command
    }

    pub fn validate(&self) -> Command {
        self.command(["validate"])
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.program);
        command.env("AEGIS_HOME", &self.home).args(arguments);
        command
    }
}
