//! What most commands begin with: the operator's home, the stack file and its plugins.

use std::path::{Path, PathBuf};

use aegis_document::Identifier;

use super::args::Global;
use super::failure::{Failure, HOME, USAGE};
use crate::catalogue::Catalogue;
use crate::driver::tree::TreeTarget;
use crate::home::Home;
use crate::library::Library;
use crate::plan::planner::{StageSet, plugin_names};
use crate::sandbox::Compiler;
use crate::stack::{self, Diagnostic, Stack};

pub const CATALOGUE: &str = "AEG0005";
pub const RUNTIME: &str = "AEG0006";

/// The operator's folders.
pub fn home() -> Result<Home, Failure> {
    Home::find(|name| std::env::var_os(name).map(PathBuf::from)).map_err(|error| {
        Failure::new(
            Diagnostic::new(HOME, error.to_string()).help("set AEGIS_HOME to a folder of yours"),
        )
    })
}

/// A stack file and where things lie around it.
pub struct Project {
    pub stack: Stack,
    pub name: Identifier,
    /// The folder of the stack file.
    pub folder: PathBuf,
}

impl Project {
    pub fn open(global: &Global) -> Result<Self, Failure> {
        let stack = stack::load(&global.file)?;
        let folder = folder_of(&global.file);
        let name = Identifier::new(&stack.name)
            .map_err(|error| Failure::new(Diagnostic::new(USAGE, error.to_string())))?;
        Ok(Self {
            stack,
            name,
            folder,
        })
    }

    pub fn lock_file(&self) -> PathBuf {
        lock_file(&self.folder)
    }

    /// The folder that the tree target writes.
    pub fn tree(&self) -> PathBuf {
        self.folder.join(&self.stack.tree)
    }

    /// The tree target, which follows no link below the stack's folder.
    pub fn tree_target(&self) -> TreeTarget {
        TreeTarget::inside(&self.folder, &self.stack.tree)
    }

    /// Where a plan goes unless the operator says otherwise.
    pub fn plan_file(&self) -> PathBuf {
        plan_file(&self.folder)
    }

    /// The plan that was named, or the usual one.
    pub fn plan_path(&self, named: Option<&Path>) -> PathBuf {
        named.map_or_else(|| self.plan_file(), Path::to_owned)
    }

    /// Verifies and loads the plugins of all stages that are on.
    pub fn load(&self, home: &Home) -> Result<Loaded, Failure> {
        let library = Library::open(
            home,
            &self.name,
            &self.lock_file(),
            Compiler::this_program().map_err(crate::library::LibraryError::from)?,
        )?;
        let names = plugin_names(&self.stack)?;
        let plugins = library.load(&names)?;
        let stages = StageSet::new(&self.stack, &plugins)?;
        let catalogue = Catalogue::load(&home.catalogue_file())
            .map_err(|error| Failure::new(Diagnostic::new(CATALOGUE, error.to_string())))?;
        Ok(Loaded {
            library,
            stages,
            catalogue,
        })
    }
}

/// The plugins of a stack, ready to be called.
pub struct Loaded {
    pub library: Library,
    pub stages: StageSet,
    pub catalogue: Catalogue,
}

/// The lock file of the stack in a folder.
pub fn lock_file(folder: &Path) -> PathBuf {
    folder.join("aegis.lock")
}

/// Where the plan of the stack in a folder goes unless the operator says otherwise.
pub fn plan_file(folder: &Path) -> PathBuf {
    folder.join(".aegis").join("plan.json")
}

/// The folder that a file lies in.
pub fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Drives timeouts and reads; the plugins themselves run on threads of the planner.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Diagnostic::new(
                RUNTIME,
                format!("the runtime does not start: {error}"),
            ))
        })
}

/// How many things are done at the same time: what was asked for, or one for each processor.
pub fn parallelism(asked: Option<usize>) -> Result<usize, Failure> {
    match asked {
        Some(0) => Err(Failure::new(Diagnostic::new(
            USAGE,
            "--parallelism must be at least 1",
        ))),
        Some(number) => Ok(number),
        None => Ok(crate::parallel::processors()),
    }
}
