//! Writing.

use aegis_document::{Digest, canonical_bytes};

use super::record::{Position, Record};
use crate::state::error::StateError;
use crate::state::seal::{StateKey, Subject};
use crate::state::store::{Key, KeyKind, Store};

/// Appends to one segment.
#[derive(Debug)]
pub(in crate::state) struct Writer {
    segment: u64,
    last: Option<Position>,
    /// Whether the segment is there.
    begun: bool,
    /// A record was refused by the disk, and nobody knows how much of it is there. Whatever came behind half a record
    /// would be taken for a part of it.
    broken: bool,
}

impl Writer {
    /// A new segment behind all others. `last` is the last record there is.
    pub(in crate::state) fn open(
        store: &dyn Store,
        last: Option<Position>,
    ) -> Result<Self, StateError> {
        let segments = store
            .list(KeyKind::Journal)
            .map_err(|error| StateError::store(&store.place(), error))?;
        let highest = match segments.last() {
            Some(Key::Journal(number)) => *number,
            _ => 0,
        };
        Ok(Self {
            segment: highest + 1,
            last,
            begun: false,
            broken: false,
        })
    }

    pub(in crate::state) const fn last(&self) -> Option<Position> {
        self.last
    }

    /// Number and predecessor of the next record.
    pub(in crate::state) fn next(&self) -> (u64, Option<Digest>) {
        self.last
            .map_or((1, None), |last| (last.seq + 1, Some(last.hash)))
    }

    /// Seals and appends a record; it is on disk when this returns. After a record that could not be written there is
    /// no other: the next part of the run begins a segment of its own.
    pub(in crate::state) fn append(
        &mut self,
        store: &dyn Store,
        key: &StateKey,
        record: &Record,
    ) -> Result<Position, StateError> {
        let value = serde_json::to_value(record)
            .map_err(|error| StateError::malformed("a journal record", error))?;
        let sealed = key
            .seal(Subject::Record, value)
            .map_err(|_| StateError::malformed("a journal record", "it has no canonical form"))?;
        let mut line = canonical_bytes(&sealed)
            .map_err(|error| StateError::malformed("a journal record", error))?;
        let hash = Digest::of(&line);
        line.push(b'\n');
        if self.broken {
            return Err(StateError::JournalEnded);
        }
        if let Err(error) = store.append(self.segment, &line, !self.begun) {
            self.broken = true;
            return Err(StateError::store(&store.place(), error));
        }
        self.begun = true;
        let position = Position {
            segment: self.segment,
            seq: record.seq,
            hash,
        };
        self.last = Some(position);
        Ok(position)
    }
}
