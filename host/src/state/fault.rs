//! Where a process can be killed.
//!
//! A run passes named points; a test stops it at one of them without any tidying up, as a power cut
//! would, and then looks whether a resumed run comes to the same end.

use crate::driver::tree::TreePath;

/// A moment between two effects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultPoint {
    /// Before the journal record with this number is written.
    BeforeRecord(u64),
    /// It is on disk.
    AfterRecord(u64),
    BeforeHead(u64),
    /// The head with this serial is on disk.
    AfterHead(u64),
    /// A file's content is on disk, under a temporary name.
    FileStaged(TreePath),
    /// A file was written or removed.
    FileChanged(TreePath),
}

/// Decides whether the process dies at a point.
pub trait Faults: Send + Sync {
    fn dies_at(&self, point: &FaultPoint) -> bool;
}

/// What runs outside of tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFaults;

impl Faults for NoFaults {
    fn dies_at(&self, _: &FaultPoint) -> bool {
        false
    }
}
