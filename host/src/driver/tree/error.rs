//! Why the tree was not read or written.

use miette::Diagnostic;

use super::path::TreePath;
use crate::state::FolderError;

#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum TreeError {
    #[error("the tree in {place}: {source}")]
    #[diagnostic(
        code(AEG0541),
        help(
            "check that the folder exists, that no symbolic link stands in its place, that you may read and write it, and that the disk has room"
        )
    )]
    Folder { place: String, source: FolderError },

    #[error("`{path}` in the tree: {what}")]
    #[diagnostic(
        code(AEG0542),
        help(
            "move the file away, or remove it, and plan again; Aegis never overwrites what it did not write"
        )
    )]
    Conflict { path: TreePath, what: String },

    #[error("`{path}` was changed while it was being written")]
    #[diagnostic(code(AEG0543), help("somebody else works in the tree; plan again"))]
    Changed { path: TreePath },

    #[error("the marker of the tree, `{path}`, is malformed: {why}")]
    #[diagnostic(
        code(AEG0544),
        help("restore it from version control; it says which state the tree belongs to")
    )]
    Marker { path: TreePath, why: String },

    /// A test stands in for a process that is killed here.
    #[error("killed at {0}")]
    #[diagnostic(code(AEG0526), help("`aegis apply --resume` goes on"))]
    Killed(String),
}

impl TreeError {
    /// The error with its code and next step, for where it is a part of an outcome and no diagnostic of its own.
    pub fn in_words(&self) -> String {
        let text = |part: Option<Box<dyn std::fmt::Display + '_>>| {
            part.map(|part| part.to_string()).unwrap_or_default()
        };
        format!("{self} ({}): {}", text(self.code()), text(self.help()))
    }
}
