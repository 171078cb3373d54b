//! The sandbox.
pub mod codes;
mod engine;
mod error;
mod limits;
mod link;
mod v0_1_0;
pub use error::{CallError, Fault, LoadError};
