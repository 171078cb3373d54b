//! Facts: named, typed values that join stages.

mod format;
mod name;

pub use format::{Format, FormatError, MisfitError};
pub use name::{FactRef, FactRefError};
