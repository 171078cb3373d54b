//! What can go wrong, in the words that the person at the terminal reads.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of a command of `cargo xtask`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read, written or listed.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },

    /// A program could not be started.
    #[error("cannot start `{command}`: {source}")]
    Start { command: String, source: io::Error },

    /// A program ended with an exit code other than the expected ones.
    #[error("`{command}` ended with {ended}; expected {expected}")]
    Ended {
        command: String,
        ended: String,
        expected: String,
    },

    /// No way to compile for WebAssembly was found.
    #[error("{0}")]
    NoToolchain(String),

    /// A core module could not be turned into a component.
    #[error("plugin {plugin}: its module is not a component of Aegis: {reason}")]
    Component { plugin: String, reason: String },

    /// A file does not have the content that is needed here.
    #[error("{}: {reason}", path.display())]
    Content { path: PathBuf, reason: String },

    /// No folder of that name lies in `plugins/`.
    #[error("there is no plugin `{name}`; there are: {known}")]
    UnknownPlugin { name: String, known: String },

    /// Pages, links or the table of contents of the book disagree.
    #[error("the book has {count} mistakes:\n{list}")]
    Book { count: usize, list: String },

    /// Tests failed, or a test program did not run to its end.
    #[error("{0}")]
    Tests(String),

    /// No file of that name lies in `fuzz/src/targets`.
    #[error("there is no fuzz target `{name}`; there are: {known}")]
    UnknownTarget { name: String, known: String },

    /// libFuzzer cannot be compiled.
    #[error("fuzzing needs a C++ compiler; install g++ or clang")]
    NoCompiler,

    /// Inputs broke a claim of a fuzz target.
    #[error("{0} fuzz targets have a finding")]
    Findings(usize),

    /// A step of continuous integration failed.
    #[error("step `{step}` failed: {source}")]
    Step { step: String, source: Box<Error> },
}

impl Error {
    /// An input or output error on `path`.
    pub fn file(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { path, source }
    }

    /// A file whose content is not what is needed.
    pub fn content(path: impl AsRef<Path>, reason: impl Into<String>) -> Self {
        Self::Content {
            path: path.as_ref().to_owned(),
            reason: reason.into(),
        }
    }
}
