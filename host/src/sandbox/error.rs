//! Why a plugin was not loaded, and why a call of it gave no answer.

use std::fmt;
use std::time::Duration;

use aegis_document::untrusted;

use super::codes;
use super::link::LinkError;
use crate::proposal::Kind;

/// Why a plugin was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the sandbox cannot start: {reason}")]
    Engine { reason: String },
    #[error("the component has {actual} bytes; at most {limit} are compiled")]
    TooLarge { actual: usize, limit: usize },
    /// The reason is the compiler's, with foreign names in it: escaped.
    #[error("this is not a component that can be compiled: {reason}")]
    NotAComponent { reason: String },
    #[error("compiling took more than {} s", limit.as_secs())]
    CompileTime { limit: Duration },
    #[error("compiling took more than {} MiB of memory", limit >> 20)]
    CompileMemory { limit: u64 },
    #[error("the compiling process failed: {reason}")]
    Compiler { reason: String },
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl LoadError {
    pub(super) fn engine(error: wasmtime::Error) -> Self {
        Self::Engine {
            reason: root_cause(&error),
        }
    }

    /// Stable, `AEG` and four digits.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Engine { .. } => codes::ENGINE,
            Self::TooLarge { .. } => codes::COMPONENT_SIZE,
            Self::NotAComponent { .. } => codes::NOT_A_COMPONENT,
            Self::CompileTime { .. } => codes::COMPILE_TIME,
            Self::CompileMemory { .. } => codes::COMPILE_MEMORY,
            Self::Compiler { .. } => codes::COMPILER,
            Self::Link(_) => codes::LINK,
        }
    }

    /// What an operator can do.
    pub fn help(&self) -> String {
        match self {
            Self::Engine { .. } => {
                "this build of aegis needs a 64-bit Linux or macOS that lets a process map executable memory".into()
            }
            Self::TooLarge { .. } => "ask the publisher for a release build without debug information".into(),
            Self::NotAComponent { .. } => {
                "ask the publisher which aegis the plugin was made for; a core module has to be turned into a component first"
                    .into()
            }
            Self::CompileTime { .. } | Self::CompileMemory { .. } => {
                "no honest plugin takes that much: report it to the publisher and do not raise the limit".into()
            }
            Self::Compiler { .. } => "run it again; if it stays, `aegis doctor` checks what the compiling process needs".into(),
            Self::Link(error) => error.help(),
        }
    }
}

/// A call that gave no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{plugin}: {function}: {fault}")]
pub struct CallError {
    /// `publisher/name`, as the caller named it.
    pub plugin: String,
    /// The function that was called, for example `plan`.
    pub function: &'static str,
    pub fault: Fault,
}

/// What went wrong in a call. No variant holds a value of the request or of a document, as those may be secret.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    #[error("the plugin stopped itself: it came to a point that its author declared impossible")]
    Panic,
    #[error("the plugin was stopped: {0}")]
    Trap(String),
    #[error("the plugin called itself too deeply")]
    Stack,
    #[error("the plugin asked for more than {} MiB of memory", limit >> 20)]
    Memory { limit: usize },
    #[error("the plugin asked for more than {limit} {what}")]
    Instances { what: &'static str, limit: usize },
    #[error("no answer after {}{}", seconds(*limit), Waiting(*waiting))]
    Time {
        limit: Duration,
        /// The host function that it waited for; `None` when it was computing.
        waiting: Option<&'static str>,
    },
    #[error("the answer is larger than {} KiB", limit >> 10)]
    AnswerSize { limit: usize },
    #[error("the answer has more than {limit} parts")]
    AnswerNodes { limit: usize },
    #[error("the plugin called the host more than {limit} times")]
    HostCalls { limit: usize },
    #[error("the plugin read more than {} KiB", limit >> 10)]
    ReadBytes { limit: usize },
    #[error("the plugin wrote more than {messages} log messages or {} KiB of them", bytes >> 10)]
    Log { messages: usize, bytes: usize },
    #[error("the answer breaks the calling convention: {0}")]
    Convention(String),
    #[error("{at}: {problem}")]
    Malformed {
        /// Where in the answer, for example `changes[3].resources[0].body`.
        at: String,
        /// What is wrong, foreign text escaped.
        problem: String,
    },
    #[error("what the plugin says about itself differs from its signed metadata{}", Place(.0))]
    Descriptor(
        /// A JSON pointer into the descriptor.
        String,
    ),
    #[error("{asked} is not a question for a {kind} plugin")]
    WrongKind { asked: &'static str, kind: Kind },
    #[error("the request could not be made: {0}")]
    Request(String),
}

/// ` at /a/b`, or nothing for the whole.
struct Place<'a>(&'a str);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, " at {}", self.0)
        }
    }
}

fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}

struct Waiting(Option<&'static str>);

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(function) => write!(f, ", waiting for the host's {function}"),
            None => Ok(()),
        }
    }
}

impl Fault {
    /// Stable, `AEG` and four digits.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Panic => codes::PANIC,
            Self::Trap(_) => codes::TRAP,
            Self::Stack => codes::STACK,
            Self::Memory { .. } | Self::Instances { .. } => codes::MEMORY,
            Self::Time { .. } => codes::TIME,
            Self::AnswerSize { .. } => codes::ANSWER_SIZE,
            Self::AnswerNodes { .. } => codes::ANSWER_NODES,
            Self::HostCalls { .. } => codes::HOST_CALLS,
            Self::ReadBytes { .. } => codes::READ_BYTES,
            Self::Log { .. } => codes::LOG,
            Self::Convention(_) => codes::CONVENTION,
            Self::Malformed { .. } => codes::MALFORMED,
            Self::Descriptor(_) => codes::DESCRIPTOR,
            Self::WrongKind { .. } => codes::WRONG_KIND,
            Self::Request(_) => codes::REQUEST,
        }
    }

    /// What an operator can do.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Panic
            | Self::Trap(_)
            | Self::Stack
            | Self::Convention(_)
            | Self::Malformed { .. } => {
                "this is a fault of the plugin: go back to the version before (`aegis plugin update --downgrade`) and report it to the publisher with `-v` output"
            }
            Self::Memory { .. }
            | Self::Instances { .. }
            | Self::AnswerSize { .. }
            | Self::AnswerNodes { .. } => {
                "if the stack is unusually large, split the stage; otherwise report it to the publisher"
            }
            Self::Time {
                waiting: Some(_), ..
            } => "check that the target answers (`aegis doctor`), then run it again",
            Self::Time { waiting: None, .. } => {
                "run it again on an idle machine; if it stays, report it to the publisher"
            }
            Self::HostCalls { .. } | Self::ReadBytes { .. } | Self::Log { .. } => {
                "report it to the publisher: an honest plugin stays far below this limit"
            }
            Self::Descriptor(_) => {
                "do not use this version: its publisher signed something else than it shows; report it"
            }
            Self::WrongKind { .. } | Self::Request(_) => {
                "this is a fault of aegis: please report it"
            }
        }
    }
}

impl CallError {
    /// Stable, `AEG` and four digits.
    pub const fn code(&self) -> &'static str {
        self.fault.code()
    }

    /// What an operator can do.
    pub const fn help(&self) -> &'static str {
        self.fault.help()
    }
}

impl miette::Diagnostic for LoadError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code()))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.help()))
    }
}

impl miette::Diagnostic for CallError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code()))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.help()))
    }
}

/// The innermost message of a Wasmtime error, one line, escaped, at most 300 characters. The outer ones
/// are addresses and frames, which say nothing to an operator.
pub(super) fn root_cause(error: &wasmtime::Error) -> String {
    let text = error.root_cause().to_string();
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(300).collect();
    untrusted(&short).to_string()
}
