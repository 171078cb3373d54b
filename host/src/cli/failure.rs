//! How a command ends when it does not do what it was asked.

use aegis_document::shown_path;
use std::process::ExitCode;

use crate::library::LibraryError;
use crate::plan::planner::PlanFailure;
use crate::stack::{Diagnostic, Problems};
use crate::state::StateError;

/// The exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    Error,
    /// Changes are pending, or findings stand at or above the threshold.
    Pending,
    /// Refused by trust or capability.
    Refused,
    /// Interrupted, and can be resumed.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Error => 1,
            Exit::Pending => 2,
            Exit::Refused => 3,
            Exit::Interrupted => 4,
        })
    }
}

impl Exit {
    /// The exit of a library's code.
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Done,
            2 => Self::Pending,
            3 => Self::Refused,
            4 => Self::Interrupted,
            _ => Self::Error,
        }
    }
}

/// A problem of any part of the library.
pub type Problem = Box<dyn miette::Diagnostic + Send + Sync + 'static>;

/// Problems, and the exit code that follows from them.
#[derive(Debug)]
pub struct Failure {
    pub problems: Vec<Problem>,
    pub exit: Exit,
}

pub const USAGE: &str = "AEG0001";
pub const FILE: &str = "AEG0002";
pub const HOME: &str = "AEG0003";
pub const OUTPUT: &str = "AEG0004";

impl Failure {
    pub fn new(problem: impl miette::Diagnostic + Send + Sync + 'static) -> Self {
        Self {
            problems: vec![Box::new(problem)],
            exit: Exit::Error,
        }
    }

    pub fn refused(problem: impl miette::Diagnostic + Send + Sync + 'static) -> Self {
        Self {
            problems: vec![Box::new(problem)],
            exit: Exit::Refused,
        }
    }

    /// A file that cannot be read or written.
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(Diagnostic::new(
            FILE,
            format!("{}: {error}", shown_path(path)),
        ))
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::new(diagnostic)
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let mut diagnostics: Vec<Diagnostic> = problems.iter().cloned().collect();
        if problems.omitted() > 0
            && let Some(last) = diagnostics.last_mut()
        {
            let more = format!("{} more problems are not shown", problems.omitted());
            last.help = Some(
                last.help
                    .take()
                    .map_or(more.clone(), |help| format!("{help}; {more}")),
            );
        }
        Self {
            problems: boxed(diagnostics),
            exit: Exit::Error,
        }
    }
}

fn boxed(diagnostics: Vec<Diagnostic>) -> Vec<Problem> {
    diagnostics
        .into_iter()
        .map(|diagnostic| Box::new(diagnostic) as Problem)
        .collect()
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::new(error)
    }
}

impl From<LibraryError> for Failure {
    fn from(error: LibraryError) -> Self {
        let mut diagnostic = Diagnostic::new(error.code(), error.to_string());
        diagnostic.help = error.help();
        match error {
            LibraryError::Canonical(_) | LibraryError::HostVersion => Self::new(diagnostic),
            _ => Self::refused(diagnostic),
        }
    }
}

impl From<PlanFailure> for Failure {
    fn from(failure: PlanFailure) -> Self {
        let exit = Exit::from_code(failure.exit_code());
        let mut diagnostics = failure.diagnostics;
        diagnostics.extend(failure.denials.into_iter().map(|(id, denial)| {
            let place = match (&denial.change, &denial.pointer) {
                (Some(change), Some(pointer)) => {
                    let pointer = aegis_document::untrusted(pointer);
                    format!(", change `{change}` at {pointer}")
                }
                (Some(change), None) => format!(", change `{change}`"),
                _ => String::new(),
            };
            Diagnostic::new(denial.code, format!("{id}{place}: {denial}")).help(denial.help)
        }));
        Self {
            problems: boxed(diagnostics),
            exit,
        }
    }
}

/// Wraps an error of a library that has no code of its own.
pub fn plain(code: &'static str, error: &impl std::fmt::Display) -> Failure {
    Failure::new(Diagnostic::new(code, error.to_string()))
}

/// Wraps a refusal of a library that has no code of its own.
pub fn refusal(code: &'static str, error: &impl std::fmt::Display) -> Failure {
    Failure::refused(Diagnostic::new(code, error.to_string()))
}
