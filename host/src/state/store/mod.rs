//! Where state lies.

mod local;

use std::fmt;

use aegis_document::Digest;

use super::folder::FolderError;

pub use local::LocalStore;

/// Objects under keys, with conditional writes: what a folder and an object store have in common.
///
/// Nothing that comes out of a store is trusted; callers check seals and digests.
pub trait Store: Send + Sync {
    /// An object's content, `None` when there is none.
    fn get(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError>;

    /// Writes an object; it is durable when this returns. [`StoreError::Changed`] when the condition does
    /// not hold, and then nothing was written.
    fn put(&self, key: Key, bytes: &[u8], condition: Condition) -> Result<(), StoreError>;

    /// Removes an object, under the same rules. Removing nothing is no error with [`Condition::Always`].
    fn remove(&self, key: Key, condition: Condition) -> Result<(), StoreError>;

    /// The keys of one kind, sorted.
    fn list(&self, kind: KeyKind) -> Result<Vec<Key>, StoreError>;

    /// Appends a line to a segment of the journal; durable when this returns. Only the first one makes the segment: a
    /// journal that vanished in between is not begun anew.
    fn append(&self, segment: u64, line: &[u8], first: bool) -> Result<(), StoreError>;

    /// The place for messages, for example `.aegis`.
    fn place(&self) -> String;
}

/// The name of an object. Closed, so that no text becomes a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Head,
    Lease,
    /// State of an instance, by content.
    Instance(Digest),
    /// An applied document, by content.
    Document(Digest),
    /// A plan, by the digest of its body.
    Plan(Digest),
    /// A segment of the journal, from 1.
    Journal(u64),
}

/// Keys that can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    Instance,
    Document,
    Plan,
    Journal,
}

/// When a write takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    Always,
    /// There is no object yet.
    Absent,
    /// The object has this content.
    Is(Digest),
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("the object was changed in between")]
    Changed,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("the head"),
            Self::Lease => f.write_str("the lease"),
            Self::Instance(digest) => write!(f, "instance state {}", digest.short()),
            Self::Document(digest) => write!(f, "document {}", digest.short()),
            Self::Plan(digest) => write!(f, "plan {}", digest.short()),
            Self::Journal(segment) => write!(f, "journal segment {segment}"),
        }
    }
}
