//! Reading and checking.

use std::collections::BTreeSet;

use aegis_document::{Digest, Identifier, Limits};
use serde_json::Value;

use super::record::{Event, Operation, Position, Record, RunEnd};
use crate::state::error::StateError;
use crate::state::load;
use crate::state::operator::OperatorFolder;
use crate::state::seal::{StateKey, Subject};
use crate::state::store::{Key, KeyKind, Store};

/// Bytes of one record.
const MOST_BYTES: usize = 64 << 20;

/// A checked record and where it stands.
pub(in crate::state) type Placed = (Record, Position);

/// All records from a segment on, in order.
pub(in crate::state) fn read_from(
    store: &dyn Store,
    key: &StateKey,
    first: u64,
) -> Result<Vec<Placed>, StateError> {
    let place = store.place();
    let segments = store
        .list(KeyKind::Journal)
        .map_err(|error| StateError::store(&place, error))?;
    let mut records: Vec<Placed> = Vec::new();
    for segment in segments {
        let Key::Journal(number) = segment else {
            continue;
        };
        if number < first {
            continue;
        }
        let bytes = store
            .get(segment)
            .map_err(|error| StateError::store(&place, error))?
            .unwrap_or_default();
        for line in complete_lines(&bytes) {
            let last = records.last().map(|(_, position)| *position);
            let record = check(key, line, last)?;
            let position = Position {
                segment: number,
                seq: record.seq,
                hash: Digest::of(line),
            };
            records.push((record, position));
        }
    }
    Ok(records)
}

pub(in crate::state) fn read_all(
    store: &dyn Store,
    key: &StateKey,
) -> Result<Vec<Placed>, StateError> {
    let records = read_from(store, key, 0)?;
    match records.first() {
        Some((record, _)) if record.seq != 1 || record.previous.is_some() => {
            Err(StateError::JournalTruncated {
                found: 0,
                known: record.seq,
            })
        }
        _ => Ok(records),
    }
}

/// The lines that end; what stands behind the last line end is half a record.
fn complete_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split_inclusive(|b| *b == b'\n')
        .filter_map(|line| line.strip_suffix(b"\n"))
}

fn check(key: &StateKey, line: &[u8], last: Option<Position>) -> Result<Record, StateError> {
    // The number to name when a record does not even say its own.
    let expected = last.map_or(1, |last| last.seq + 1);
    let altered = |seq: u64| StateError::JournalAltered { seq };
    let limits = Limits {
        bytes: MOST_BYTES,
        ..Limits::LARGE
    };
    let value = aegis_document::read(line, limits).map_err(|_| altered(expected))?;
    let seq = value.get("seq").and_then(Value::as_u64).unwrap_or(expected);
    let value = key.open(Subject::Record, value).map_err(|_| altered(seq))?;
    let record: Record = serde_json::from_value(value).map_err(|error| StateError::Newer {
        what: format!(
            "record {seq} of the journal: {}",
            aegis_document::untrusted(&error.to_string())
        ),
        needed: "the version that wrote it".to_owned(),
    })?;
    match last {
        Some(last) if record.seq != last.seq + 1 || record.previous != Some(last.hash) => {
            Err(altered(record.seq))
        }
        _ => Ok(record),
    }
}

/// A run, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    pub run: String,
    pub operation: Operation,
    pub plan: Option<Digest>,
    pub actor: String,
    pub began: String,
    /// `None` for a run that can be resumed.
    pub ended: Option<(String, RunEnd)>,
    pub approvals: BTreeSet<String>,
}

/// Every run in the journal, oldest first.
pub fn runs(
    store: &dyn Store,
    operator: &OperatorFolder,
    stack: &Identifier,
) -> Result<Vec<RunRecord>, StateError> {
    let state = load::load(store, operator, stack)?;
    let Some(lineage) = state.lineage() else {
        return Ok(Vec::new());
    };
    let key = operator.key(lineage)?;
    Ok(collect(&read_all(store, &key)?))
}

pub(in crate::state) fn collect(records: &[Placed]) -> Vec<RunRecord> {
    let mut runs: Vec<RunRecord> = Vec::new();
    for (record, _) in records {
        match &record.event {
            Event::Begin {
                operation,
                plan,
                approvals,
                resumed: false,
            } => runs.push(RunRecord {
                run: record.run.clone(),
                operation: *operation,
                plan: *plan,
                actor: record.actor.clone(),
                began: record.time.clone(),
                ended: None,
                approvals: approvals.clone(),
            }),
            Event::End { end } => {
                if let Some(run) = runs.iter_mut().rfind(|run| run.run == record.run) {
                    run.ended = Some((record.time.clone(), *end));
                }
            }
            _ => {}
        }
    }
    runs
}
