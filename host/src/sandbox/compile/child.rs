//! The compiling process.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, setrlimit};
use wasmtime::Engine;

use super::super::engine;
use super::super::error::root_cause;
use super::{COMPONENT_MAX, CompileLimits};

/// How the child ends, as the parent reads it.
pub(super) const EXIT_REFUSED: u8 = 10;
pub(super) const EXIT_FAILED: u8 = 11;

/// The environment variable with the limits: CPU seconds and bytes of address space.
pub(super) const LIMITS_VARIABLE: &str = "AEGIS_COMPILE_LIMITS";

/// Where the kernel counts memory: only Linux limits the address space.
const MEMORY: Resource = if cfg!(target_os = "linux") {
    Resource::As
} else {
    Resource::Data
};

/// The whole life of a compiling process: takes its limits, reads a component from standard input, writes
/// the artifact to standard output, or a reason to standard error.
///
/// `aegis internal-compile` calls this before anything else, and calls nothing else.
pub fn compile_child_main() -> ExitCode {
    match compile_child(
        child_limits(),
        &mut io::stdin().lock(),
        &mut io::stdout().lock(),
    ) {
        Ok(()) => ExitCode::SUCCESS,
        Err(ended) => ExitCode::from(ended.report()),
    }
}

/// Why there is no artifact.
pub(in crate::sandbox) enum Ended {
    /// The component cannot be compiled.
    Refused(String),
    /// Something else went wrong.
    Failed(String),
}

impl Ended {
    /// Tells the parent why, and with which exit code.
    pub(in crate::sandbox) fn report(&self) -> u8 {
        let (reason, code) = match self {
            Self::Refused(reason) => (reason, EXIT_REFUSED),
            Self::Failed(reason) => (reason, EXIT_FAILED),
        };
        // Nobody may be reading; the exit code says the same.
        let _ = writeln!(io::stderr(), "{reason}");
        code
    }
}

/// The limits that the parent asks for.
pub(in crate::sandbox) fn child_limits() -> CompileLimits {
    limits(std::env::var(LIMITS_VARIABLE).ok().as_deref())
}

/// Reads limits, never more than the default ones.
fn limits(text: Option<&str>) -> CompileLimits {
    let most = CompileLimits::DEFAULT;
    let mut numbers = text
        .unwrap_or_default()
        .split(',')
        .map(|number| number.parse::<u64>());
    match (numbers.next(), numbers.next()) {
        (Some(Ok(cpu_seconds)), Some(Ok(memory))) => CompileLimits {
            cpu_seconds: cpu_seconds.min(most.cpu_seconds),
            memory: memory.min(most.memory),
            ..most
        },
        _ => most,
    }
}

pub(in crate::sandbox) fn compile_child(
    limits: CompileLimits,
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> Result<(), Ended> {
    confine(limits).map_err(|error| Ended::Failed(format!("the limits cannot be set: {error}")))?;
    let mut component = Vec::new();
    input
        .take(COMPONENT_MAX as u64 + 1)
        .read_to_end(&mut component)
        .map_err(|error| Ended::Failed(format!("the component cannot be read: {error}")))?;
    if component.len() > COMPONENT_MAX {
        return Err(Ended::Refused(format!(
            "it is larger than {COMPONENT_MAX} bytes"
        )));
    }
    let engine =
        Engine::new(&engine::config()).map_err(|error| Ended::Failed(root_cause(&error)))?;
    let artifact = engine
        .precompile_component(&component)
        .map_err(|error| Ended::Refused(root_cause(&error)))?;
    output
        .write_all(&artifact)
        .and_then(|()| output.flush())
        .map_err(|error| Ended::Failed(format!("the artifact cannot be written: {error}")))
}

/// Takes the limits, which hold for this process from here on and cannot be raised again.
fn confine(limits: CompileLimits) -> io::Result<()> {
    let set = |resource, value| {
        setrlimit(
            resource,
            Rlimit {
                current: Some(value),
                maximum: Some(value),
            },
        )
        .map_err(io::Error::from)
    };
    // A killed parent leaves no compiler behind.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    set(MEMORY, limits.memory)?;
    set(Resource::Cpu, limits.cpu_seconds)?;
    // A crash of the compiler on a hostile component leaves no image of the process, and no file at all.
    set(Resource::Core, 0)?;
    set(Resource::Fsize, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_can_be_lowered_and_not_raised() {
        let most = CompileLimits::DEFAULT;
        assert_eq!(
            limits(Some("5,1000")),
            CompileLimits {
                cpu_seconds: 5,
                memory: 1000,
                ..most
            }
        );
        for text in [
            None,
            Some(""),
            Some("x,y"),
            Some("5"),
            Some("99999999999,99999999999999"),
        ] {
            assert_eq!(limits(text), most, "{text:?}");
        }
    }
}
