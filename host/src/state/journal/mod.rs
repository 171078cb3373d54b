//! The write-ahead journal: what a run is about to do, and what came of it.
//!
//! One segment for each run or resumed part of it, one sealed record a line. A record names the one
//! before it, so none can be left out; a last line that is not complete is what a killed process was writing.

mod read;
mod record;
mod write;

pub(super) use read::collect;
pub use read::{RunRecord, runs};
pub(super) use read::{read_all, read_from};
pub use record::{ChangeResult, Event, FileChange, Operation, Phase, Position, Record, RunEnd};
pub(super) use write::Writer;
