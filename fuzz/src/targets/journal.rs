//! The journal: records a line, in segments.
//!
//! An input is one record a line, without seal and place; a line of `---` begins another segment.

use aegis_document::{Digest, Limits, read};
use aegis_host::state::{Head, Key, RunRecord, StateError, runs};
use serde_json::{Map, Value, json};

use crate::authentic::{self, LINEAGE, Sealed, identifier, with_operator};
use crate::check;
use crate::store::Memory;

pub(super) fn run(input: &[u8]) {
    // As it stands: no line is believed without a seal.
    let mut raw = store_with_head();
    raw.0.insert(Key::Journal(1), input.to_vec());
    match read_runs(&raw) {
        Ok(runs) => assert_eq!(runs, [], "believed without a seal"),
        Err(error) => check::refused(&error),
    }

    let Some((store, records)) = sealed(input) else {
        return;
    };
    let all = match read_runs(&store) {
        Ok(all) => all,
        Err(error) => return check::refused(&error),
    };
    // One bit flipped: refused, or the same, or without the record that was being written.
    let mut altered = store.clone();
    let segments = altered.0.len() - 1;
    let number = usize::from(Digest::of(input).as_bytes()[31]);
    let of_journal = altered
        .0
        .iter_mut()
        .filter(|(key, _)| matches!(key, Key::Journal(_)));
    let Some((_, bytes)) = of_journal.skip(number % segments.max(1)).take(1).next() else {
        return;
    };
    *bytes = check::flipped(bytes, input);
    match read_runs(&altered) {
        Ok(found) if found == all => {}
        Ok(found) => {
            let (shorter, _) = put(&records[..records.len() - 1]);
            let expected = read_runs(&shorter).expect("a beginning of a journal is one");
            assert_eq!(found, expected);
        }
        Err(error) => check::refused(&error),
    }
}

fn read_runs(store: &Memory) -> Result<Vec<RunRecord>, StateError> {
    with_operator(|operator| runs(store, operator, &identifier("shop")))
}

/// A record and the segment that it is in.
type Placed = (u64, Map<String, Value>);

/// The records with numbers, predecessors and seals.
fn sealed(input: &[u8]) -> Option<(Memory, Vec<Placed>)> {
    let mut segment = 1;
    let mut records = Vec::new();
    for line in input.split(|byte| *byte == b'\n') {
        if line == b"---" {
            segment += 1;
            continue;
        }
        if let Ok(Value::Object(record)) = read(line, Limits::SMALL) {
            records.push((segment, record));
        }
    }
    (!records.is_empty()).then(|| put(&records))
}

fn put(records: &[Placed]) -> (Memory, Vec<Placed>) {
    let mut store = store_with_head();
    let mut previous = Value::Null;
    for (index, (segment, record)) in records.iter().enumerate() {
        let mut record = record.clone();
        record.insert("seq".to_owned(), json!(index + 1));
        record.insert("previous".to_owned(), previous);
        let line = authentic::seal(Sealed::Record, &mut record);
        previous = json!(Digest::of(&line));
        let lines = store.0.entry(Key::Journal(*segment)).or_default();
        lines.extend_from_slice(&line);
        lines.push(b'\n');
    }
    (store, records.to_vec())
}

fn store_with_head() -> Memory {
    let head = json!({
        "format": Head::FORMAT, "lineage": LINEAGE, "serial": 1, "stack": "shop", "min-host": "0.1.0",
        "instances": {}, "clusters": {}, "journal": null,
    });
    let mut head = head.as_object().cloned().unwrap_or_default();
    Memory([(Key::Head, authentic::seal(Sealed::Head, &mut head))].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_is_a_journal() {
        let seed = include_bytes!("../../seeds/journal/runs.jsonl");
        let (store, records) = sealed(seed).expect("records");
        let runs = read_runs(&store).expect("a journal");
        assert_eq!((runs.len(), records.len()), (2, 12));
        assert!(runs[0].ended.is_some() && runs[1].ended.is_none());
    }
}
