//! Inert text in the Git tree.

pub use crate::bindings::shared::changes::TextFile;

impl TextFile {
    /// A file at a path of the tree.
    pub fn new(path: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            content: content.into(),
        }
    }
}
