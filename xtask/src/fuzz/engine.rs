//! Building the fuzz program and running it.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use super::outcome::{Outcome, Statistics};
use super::{coverage, has_compiler, libfuzzer};
use crate::error::Error;
use crate::process;
use crate::report;
use crate::workspace::{Workspace, create_folder, list, remove_folder};

/// Most bytes of an input: room for every seed, small enough to be mutated well.
const MOST_BYTES: u32 = 16 << 10;
/// Seconds after which one input has taken too long.
const SLOW: u32 = 10;
/// Memory, in MiB, that one process may take.
const MEMORY: u32 = 2048;

/// How long a target runs.
#[derive(Debug, Clone, Copy)]
pub enum Length {
    /// For so many seconds, on from where the last run came to.
    Seconds(u32),
    /// So many inputs from the seeds on, chosen in the same way each time: what a commit passes once, it
    /// passes again.
    Inputs(u32),
}

/// Seconds after which a run of a number of inputs ends all the same.
const PATIENCE: u32 = 30;

impl Length {
    /// Whether optimising the program takes less time than it saves.
    fn is_long(self) -> bool {
        matches!(self, Self::Seconds(_))
    }

    fn arguments(self) -> Vec<String> {
        match self {
            Self::Seconds(seconds) => vec![format!("-max_total_time={seconds}")],
            Self::Inputs(inputs) => vec![
                format!("-runs={inputs}"),
                format!("-max_total_time={PATIENCE}"),
                "-seed=1".to_owned(),
            ],
        }
    }
}

/// The instrumented program.
pub struct Fuzzer {
    program: PathBuf,
    /// Corpora, findings and logs.
    folder: PathBuf,
}

impl Fuzzer {
    /// Builds it for runs of this length.
    pub fn build(workspace: &Workspace, length: Length) -> Result<Self, Error> {
        if !has_compiler() {
            return Err(Error::NoCompiler);
        }
        let engine = libfuzzer::build(workspace)?;
        let mut cargo = process::cargo(workspace);
        cargo.args(["rustc", "--package", "aegis-fuzz", "--bin", "aegis-fuzz"]);
        cargo.args(["--features", "libfuzzer"]);
        if workspace.has_lock_file() {
            cargo.arg("--locked");
        }
        cargo.arg("--").args(engine.linker_arguments());
        coverage::ask(&mut cargo, length.is_long())?;
        process::run(&mut cargo)?;
        Ok(Self {
            program: workspace.target().join("debug/aegis-fuzz"),
            folder: workspace.target().join("fuzz"),
        })
    }

    /// Runs each target, `jobs` at a time. Outcomes are in the order of the targets.
    pub fn run(
        &self,
        targets: &[String],
        length: Length,
        jobs: usize,
    ) -> Result<Vec<Outcome>, Error> {
        let waiting: Mutex<VecDeque<&String>> = Mutex::new(targets.iter().collect());
        let next = || waiting.lock().ok()?.pop_front();
        let work = || {
            let mut outcomes = Vec::new();
            while let Some(target) = next() {
                let outcome = self.run_one(target, length)?;
                report::line(format!("{target}: {}", outcome.verdict()));
                outcomes.push(outcome);
            }
            Ok(outcomes)
        };
        let mut outcomes: Vec<Outcome> = thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
            let results = workers.into_iter().map(|worker| match worker.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            results.collect::<Result<Vec<_>, Error>>()
        })?
        .into_iter()
        .flatten()
        .collect();
        outcomes.sort_by_key(|outcome| targets.iter().position(|name| *name == outcome.target));
        Ok(outcomes)
    }

    fn run_one(&self, target: &str, length: Length) -> Result<Outcome, Error> {
        let corpus = match length {
            Length::Seconds(_) => self.folder.join("corpus").join(target),
            Length::Inputs(_) => {
                let corpus = self.folder.join("brief").join(target);
                remove_folder(&corpus)?;
                corpus
            }
        };
        let findings = self.folder.join("findings").join(target);
        let temporary = self.folder.join("temporary").join(target);
        let logs = self.folder.join("logs");
        for folder in [&corpus, &findings, &temporary, &logs] {
            create_folder(folder)?;
        }
        let log = logs.join(format!("{target}.log"));
        let known = list(&findings)?;
        let mut command = self.command(target);
        command
            .arg(&corpus)
            .arg(format!("-artifact_prefix={}/", findings.display()))
            .args(length.arguments())
            .arg(format!("-max_len={MOST_BYTES}"))
            .args(["-print_final_stats=1", "-detect_leaks=0"])
            .env("AEGIS_FUZZ_CORPUS", &corpus)
            .env("TMPDIR", &temporary)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).map_err(Error::file(&log))?);
        let start = Instant::now();
        let status = command
            .status()
            .map_err(|source| process::start_error(&command, source))?;
        let took = start.elapsed();
        remove_folder(&temporary)?;
        let text = fs::read(&log).map_err(Error::file(&log))?;
        let finding = match status.success() {
            true => None,
            false => self.confirm(target, new_file(&findings, &known)?.unwrap_or(log))?,
        };
        Ok(Outcome {
            target: target.to_owned(),
            took,
            statistics: Statistics::read(&String::from_utf8_lossy(&text)),
            corpus: list(&corpus)?.len(),
            finding,
        })
    }

    /// The program with the limits of one input.
    fn command(&self, target: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(format!("-timeout={SLOW}"))
            .arg(format!("-rss_limit_mb={MEMORY}"))
            .env("AEGIS_FUZZ_TARGET", target);
        command
    }

    /// An input that took too long is tried again on its own: on a machine that was asleep or busy, any does.
    fn confirm(&self, target: &str, input: PathBuf) -> Result<Option<PathBuf>, Error> {
        let name = input.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with("timeout-") || !process::succeeds(self.command(target).arg(&input)) {
            return Ok(Some(input));
        }
        fs::remove_file(&input).map_err(Error::file(&input))?;
        report::line(format!(
            "{target}: an input was slow once and not again; stopped early"
        ));
        Ok(None)
    }

    /// What to do about a finding.
    pub fn advice(&self, outcome: &Outcome) -> Vec<String> {
        let target = &outcome.target;
        let Some(input) = &outcome.finding else {
            return Vec::new();
        };
        vec![
            format!("input    {}", input.display()),
            format!(
                "log      {}",
                self.folder
                    .join("logs")
                    .join(format!("{target}.log"))
                    .display()
            ),
            format!(
                "again    AEGIS_FUZZ_TARGET={target} {} {}",
                self.program.display(),
                input.display()
            ),
            format!(
                "keep it  copy it to fuzz/seeds/{target}/: then `cargo test -p aegis-fuzz` knows it"
            ),
        ]
    }
}

/// The file that was not there before.
fn new_file(folder: &Path, known: &[PathBuf]) -> Result<Option<PathBuf>, Error> {
    let mut files = list(folder)?.into_iter();
    // A slow input that came to its end is no finding.
    Ok(files.find(|file| !known.contains(file) && !file.to_string_lossy().contains("slow-unit-")))
}
