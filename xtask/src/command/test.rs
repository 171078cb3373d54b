//! `cargo xtask test`

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use clap::Args;

use super::build;
use crate::error::Error;
use crate::libtest::{Counts, Reader};
use crate::workspace::Workspace;
use crate::{process, report};

/// Tells the tests of the host where the built plugins are.
const PLUGINS_VARIABLE: &str = "AEGIS_TEST_PLUGINS";

/// Build everything and run every test, documentation's included
///
/// A test that needs something which is not on this machine is counted as skipped and its reason
/// is listed. The last line is `N passed, N failed, N skipped`.
#[derive(Args)]
pub struct Arguments {
    /// Only tests whose name contains this
    #[arg(value_name = "NAME")]
    filter: Option<String>,
}

pub fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), Error> {
    build::everything(workspace)?;
    let outcome = run_tests(workspace, arguments.filter.as_deref())?;
    outcome.print_counts();
    outcome.result
}

/// What the tests came to. The counts are there also where the result is an error.
pub struct Outcome {
    pub counts: Counts,
    pub result: Result<(), Error>,
}

impl Outcome {
    /// The closing line, on stdout. Printed once per command: tools add such lines up.
    pub fn print_counts(&self) {
        println!("\n{}", self.counts);
    }
}

/// Runs the tests of the workspace; what they need must be built. An error means that they were not
/// run, for they did not compile or Cargo did not start.
pub fn run_tests(workspace: &Workspace, filter: Option<&str>) -> Result<Outcome, Error> {
    report::title("tests");
    let mut cargo = process::cargo(workspace);
    cargo
        .args(["test", "--workspace", "--no-fail-fast"])
        .env(PLUGINS_VARIABLE, workspace.built_plugins())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if workspace.has_lock_file() {
        cargo.arg("--locked");
    }
    cargo.args(["--", "--show-output"]).args(filter);

    let (reader, took) = report::timed(|| {
        let mut child = cargo
            .spawn()
            .map_err(|source| process::start_error(&cargo, source))?;
        let mut reader = Reader::default();
        if let Some(stdout) = child.stdout.take() {
            read_lines(BufReader::new(stdout), &mut reader);
        }
        let status = child
            .wait()
            .map_err(|source| process::start_error(&cargo, source))?;
        Ok((reader, process::judge(&cargo, status, &[0])))
    });
    let (reader, ended) = reader?;

    let counts = reader.counts();
    if counts == Counts::default() {
        ended?;
        return Err(Error::Tests("no test was run".to_owned()));
    }
    for (reason, tests) in reader.reasons() {
        println!(
            "{reason} ({tests} {})",
            if *tests == 1 { "test" } else { "tests" }
        );
    }
    report::line(format!("tests took {}", report::duration(took)));
    let result = match ended {
        _ if counts.failed > 0 => Err(Error::Tests(format!("{} failed", counts.failed))),
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    Ok(Outcome { counts, result })
}

/// Shows the lines that are worth it. A test may print what is not UTF-8.
fn read_lines(mut stdout: impl BufRead, reader: &mut Reader) {
    let mut bytes = Vec::new();
    while stdout
        .read_until(b'\n', &mut bytes)
        .is_ok_and(|read| read > 0)
    {
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches(['\n', '\r']);
        if reader.line(line) {
            println!("{line}");
        }
        bytes.clear();
    }
}
