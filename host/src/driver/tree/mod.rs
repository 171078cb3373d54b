//! The tree: a folder for Git that holds everything as files.
//!
//! [`render`] turns a document into files, purely; [`TreeTarget`] compares them with what is on disk and with what
//! state recorded, and writes them.

mod application;
mod committed;
mod compare;
mod error;
mod kubernetes;
mod layout;
mod marker;
mod path;
mod release;
mod render;
mod strangers;
mod target;
mod terraform;
mod tool;
mod workflow;
pub mod yaml;

pub use error::TreeError;
pub use marker::Marker;
pub use path::{Claims, Clash, PathError, TreePath, WAITING_ENDING};
pub use render::{
    FactShape, Places, RenderContext, RenderError, Rendered, Shapes, TreeFile, render, render_bound,
};
pub use target::{Conflict, Desired, Difference, Drift, DriftKind, Observation, TreeTarget};
pub use terraform::TerraformError;

#[cfg(test)]
mod tests;
