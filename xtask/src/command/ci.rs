//! `cargo xtask ci`

use std::fs;
use std::process::Command;
use std::time::Duration;

use clap::Args;

use super::test::{self, Outcome};
use super::{build, demo, fuzz};
use crate::error::Error;
use crate::workspace::Workspace;
use crate::{book, process, report};

/// Run every check that a change must pass
///
/// Formatting, lints, build, tests, a moment of fuzzing, documentation, the book, the demonstration,
/// and licences and sources of dependencies where cargo-deny is installed. Stops at the first step
/// that fails.
#[derive(Args)]
pub struct Arguments {}

pub fn run(workspace: &Workspace, _arguments: &Arguments) -> Result<(), Error> {
    let mut steps = Steps::default();
    let mut outcome = None;
    let result = all(workspace, &mut steps, &mut outcome);
    steps.summary();
    if let Some(outcome) = outcome {
        outcome.print_counts();
    }
    result
}

fn all(
    workspace: &Workspace,
    steps: &mut Steps,
    outcome: &mut Option<Outcome>,
) -> Result<(), Error> {
    steps.run("formatting", || formatting(workspace))?;
    steps.run("lints", || lints(workspace))?;
    steps.run("build", || build::everything(workspace))?;
    steps.run("tests", || {
        let outcome = outcome.insert(test::run_tests(workspace, None)?);
        std::mem::replace(&mut outcome.result, Ok(()))
    })?;
    steps.run("fuzzing", || fuzz::briefly(workspace))?;
    steps.run("documentation", || documentation(workspace))?;
    steps.run("book", || the_book(workspace))?;
    steps.run("demonstration", || demo::show(workspace))?;
    steps.run("dependencies", || dependencies(workspace))
}

fn formatting(workspace: &Workspace) -> Result<(), Error> {
    process::run(process::cargo(workspace).args(["fmt", "--all", "--check"]))
}

fn lints(workspace: &Workspace) -> Result<(), Error> {
    let mut clippy = process::cargo(workspace);
    clippy.args(["clippy", "--workspace", "--all-targets", "--locked"]);
    process::run(clippy.args(["--", "--deny", "warnings"]))
}

fn documentation(workspace: &Workspace) -> Result<(), Error> {
    let mut doc = process::cargo(workspace);
    doc.args(["doc", "--no-deps", "--workspace", "--locked"])
        .env("RUSTDOCFLAGS", "--deny warnings");
    process::run(&mut doc)
}

fn the_book(workspace: &Workspace) -> Result<(), Error> {
    let checked = book::check(workspace)?;
    report::line(format!("{} pages, {} links", checked.pages, checked.links));
    if !process::succeeds(Command::new("mdbook").arg("--version")) {
        report::line("not rendered: needs mdbook");
        return Ok(());
    }
    let mut mdbook = Command::new("mdbook");
    mdbook
        .current_dir(workspace.root())
        .args(["build", "docs", "--dest-dir"])
        .arg(workspace.target().join("book"));
    process::run(&mut mdbook)
}

fn dependencies(workspace: &Workspace) -> Result<(), Error> {
    if !process::succeeds(process::cargo(workspace).args(["deny", "--version"])) {
        report::line("skipped: needs cargo-deny");
        return Ok(());
    }
    let settings = workspace.path("deny.toml");
    fs::metadata(&settings).map_err(Error::file(&settings))?;
    let mut deny = process::cargo(workspace);
    process::run(deny.args([
        "deny",
        "--workspace",
        "check",
        "licenses",
        "bans",
        "sources",
    ]))
}

/// The steps that were run, with their times.
#[derive(Default)]
struct Steps {
    done: Vec<(&'static str, Duration, bool)>,
}

impl Steps {
    fn run(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        report::title(&format!("step: {name}"));
        let (result, took) = report::timed(work);
        self.done.push((name, took, result.is_ok()));
        result.map_err(|source| Error::Step {
            step: name.to_owned(),
            source: Box::new(source),
        })
    }

    fn summary(&self) {
        report::title("steps");
        for (name, took, good) in &self.done {
            report::line(format!(
                "{name:<16} {:>12}  {}",
                report::duration(*took),
                if *good { "ok" } else { "FAILED" }
            ));
        }
        let total = self.done.iter().map(|(_, took, _)| *took).sum();
        report::line(format!("{:<16} {:>12}", "all", report::duration(total)));
    }
}
