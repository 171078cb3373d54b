//! `cargo xtask fuzz`

use std::thread;

use clap::Args;

use crate::error::Error;
use crate::fuzz::{self, Fuzzer, Length, Outcome};
use crate::report;
use crate::workspace::Workspace;

/// Look for inputs that break the parsers of foreign bytes
///
/// Runs the targets of fuzz/src/targets under libFuzzer, guided by coverage, each for a stated time. The
/// corpus of a target stays under target/fuzz and is used again. An input that breaks a claim is written
/// to target/fuzz/findings, and the command fails. Needs a C++ compiler.
#[derive(Args)]
pub struct Arguments {
    /// Only these targets; without a name, all of them
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,

    /// Seconds for each target
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,

    /// Inputs for each target, from the seeds on and the same ones each time, instead of a time
    #[arg(long, value_name = "N", conflicts_with = "seconds", value_parser = clap::value_parser!(u32).range(1..))]
    inputs: Option<u32>,

    /// Targets that run at the same time [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

/// Inputs for each target in continuous integration: a few seconds.
const BRIEF: Length = Length::Inputs(2000);

pub fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), Error> {
    let targets = fuzz::chosen_targets(workspace, &arguments.targets)?;
    let jobs = arguments.jobs.map_or_else(cores, usize::from);
    let length = arguments
        .inputs
        .map_or(Length::Seconds(arguments.seconds), Length::Inputs);
    fuzz_targets(workspace, &targets, length, jobs)
}

/// Every target for a moment, where there is a C++ compiler.
pub fn briefly(workspace: &Workspace) -> Result<(), Error> {
    if !fuzz::has_compiler() {
        report::line("skipped: needs a C++ compiler");
        return Ok(());
    }
    let targets = fuzz::chosen_targets(workspace, &[])?;
    fuzz_targets(workspace, &targets, BRIEF, cores())
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn fuzz_targets(
    workspace: &Workspace,
    targets: &[String],
    length: Length,
    jobs: usize,
) -> Result<(), Error> {
    report::title("fuzz targets, instrumented");
    let (fuzzer, took) = report::timed(|| Fuzzer::build(workspace, length));
    let fuzzer = fuzzer?;
    report::line(format!("built in {}", report::duration(took)));

    let each = match length {
        Length::Seconds(seconds) => format!("{seconds} s"),
        Length::Inputs(inputs) => format!("{inputs} inputs"),
    };
    report::title(&format!(
        "fuzzing: {} targets, {each} each, {jobs} at a time",
        targets.len()
    ));
    let outcomes = fuzzer.run(targets, length, jobs)?;
    eprint!("\n{}", fuzz::table(&outcomes));
    let findings: Vec<&Outcome> = outcomes
        .iter()
        .filter(|outcome| outcome.finding.is_some())
        .collect();
    for outcome in &findings {
        report::title(&format!("finding: {}", outcome.target));
        for line in fuzzer.advice(outcome) {
            report::line(line);
        }
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(Error::Findings(count)),
    }
}
