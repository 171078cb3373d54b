//! Compiling with coverage instrumentation, without a nightly compiler.
//!
//! Cargo asks a wrapper for every compilation of a crate of the workspace, and takes what comes out of it
//! for something else than what the plain compiler makes. So only the workspace is instrumented, the
//! dependencies are those of every other build, and no build throws away what another made. The
//! wrapper is this program.

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::error::Error;

/// Set for the wrapper.
const ASKED: &str = "AEGIS_XTASK_COVERAGE";

/// What libFuzzer looks at: a counter for each edge of the control flow, the places of the counters, and
/// the operands of comparisons (`SanitizerCoverage` in Clang's documentation).
const FLAGS: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Makes Cargo compile the workspace with instrumentation. Dependencies are optimised in any case.
pub fn ask(cargo: &mut Command, optimised: bool) -> Result<(), Error> {
    let wrapper = env::current_exe().map_err(Error::file("the running program"))?;
    cargo
        .env("RUSTC_WORKSPACE_WRAPPER", wrapper)
        .env(ASKED, "1");
    if optimised {
        cargo.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    }
    Ok(())
}

/// Compiles, if Cargo started this program as the wrapper: the arguments are the compiler and its arguments.
pub fn compile_if_asked() -> Option<ExitCode> {
    env::var_os(ASKED)?;
    let mut arguments = env::args_os().skip(1);
    let status = compiler(arguments.next()?, arguments).status();
    Some(match status.map(|status| status.code()) {
        Ok(Some(0)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn compiler(rustc: OsString, arguments: impl Iterator<Item = OsString>) -> Command {
    let mut compiler = Command::new(rustc);
    compiler.args(arguments).args(FLAGS).env_remove(ASKED);
    compiler
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::shown;

    #[test]
    fn the_wrapper_adds_flags_and_nothing_else() {
        let arguments = ["--crate-name", "x"].map(OsString::from).into_iter();
        let command = shown(&compiler("/opt/rustc".into(), arguments));
        assert!(command.starts_with("rustc --crate-name x -Cpasses=sancov-module "));
        assert_eq!(command.matches("-sanitizer-coverage-").count(), 4);
    }
}
