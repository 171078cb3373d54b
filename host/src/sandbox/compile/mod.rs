//! From a component to native code.
//!
//! Compiling is the one thing that happens to foreign bytes before any limit of the sandbox holds, and no thread can
//! be stopped in the middle of it. So it is done by a child process with limits of its own, which can be
//! killed, and what comes out of it is cached.

mod child;
mod parent;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use wasmtime::Engine;

use super::error::{LoadError, root_cause};

pub use child::compile_child_main;
#[cfg(test)]
pub(super) use child::{child_limits, compile_child};
pub(super) use parent::compile_in_child;

/// The largest component that is compiled, in bytes. The registry refuses larger packages already; this is the
/// second wall.
pub const COMPONENT_MAX: usize = 32 << 20;

/// The largest artifact that is taken from the child, in bytes.
const ARTIFACT_MAX: usize = 512 << 20;

/// The hidden argument with which the host runs itself as a compiler.
pub const CHILD_ARGUMENT: &str = "internal-compile";

/// What a compiling process may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileLimits {
    /// Wall clock. A large component, a Python interpreter of 20 MiB, takes about a quarter of it on an old machine.
    pub time: Duration,
    /// CPU time in seconds, kept by the kernel, also when the parent is gone.
    pub cpu_seconds: u64,
    /// Address space in bytes.
    pub memory: u64,
}

impl CompileLimits {
    /// 120 s, 90 s of CPU, 3 GiB.
    pub const DEFAULT: Self = Self {
        time: Duration::from_secs(120),
        cpu_seconds: 90,
        memory: 3 << 30,
    };
}

/// How components are compiled.
#[derive(Clone, Debug)]
pub enum Compiler {
    /// In a child process.
    Child {
        program: PathBuf,
        arguments: Vec<OsString>,
        limits: CompileLimits,
    },
    /// In this process: for tests of components that they made themselves.
    InProcess,
}

impl Compiler {
    /// This program, run again with [`CHILD_ARGUMENT`].
    pub fn this_program() -> Result<Self, LoadError> {
        // On Linux the running file itself, even if another one has been put in its place since.
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe().map_err(|error| LoadError::Compiler {
                reason: error.to_string(),
            })?
        };
        Ok(Self::Child {
            program,
            arguments: vec![CHILD_ARGUMENT.into()],
            limits: CompileLimits::DEFAULT,
        })
    }

    /// The artifact of a component, for [`super::engine::config`].
    pub(super) fn compile(&self, engine: &Engine, component: &[u8]) -> Result<Vec<u8>, LoadError> {
        if component.len() > COMPONENT_MAX {
            return Err(LoadError::TooLarge {
                actual: component.len(),
                limit: COMPONENT_MAX,
            });
        }
        match self {
            Self::Child {
                program,
                arguments,
                limits,
            } => compile_in_child(program, arguments, *limits, component),
            Self::InProcess => {
                engine
                    .precompile_component(component)
                    .map_err(|error| LoadError::NotAComponent {
                        reason: root_cause(&error),
                    })
            }
        }
    }
}
