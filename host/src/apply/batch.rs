//! The order of changes within a pass.

use std::collections::{BTreeMap, BTreeSet};

use super::prepare::Prepared;
use crate::plan::Identity;

/// Changes that share one intent and one outcome in the journal: each of them can be done again without harm, so
/// one flush to the disk is enough for all.
const LARGEST: usize = 256;

/// Splits a pass into batches, each of changes whose predecessors are in batches before it. `Err` with one of the
/// changes that wait for each other.
pub(super) fn batches<'a, 'p>(
    prepared: &'a [Prepared<'p>],
) -> Result<Vec<Vec<&'a Prepared<'p>>>, Identity> {
    let here: BTreeSet<&Identity> = prepared
        .iter()
        .map(|ready| &ready.change.identity)
        .collect();
    let mut left: BTreeMap<&Identity, &Prepared<'p>> = prepared
        .iter()
        .map(|ready| (&ready.change.identity, ready))
        .collect();
    let mut batches = Vec::new();
    while !left.is_empty() {
        let waits = |ready: &&Prepared<'p>| {
            ready
                .change
                .after
                .iter()
                .any(|before| here.contains(before) && left.contains_key(before))
        };
        let next: Vec<&Prepared<'p>> = left
            .values()
            .copied()
            .filter(|ready| !waits(ready))
            .collect();
        if next.is_empty() {
            let stuck = left.keys().next().map(|identity| (*identity).clone());
            return stuck.map_or(Ok(batches), Err);
        }
        for ready in &next {
            left.remove(&ready.change.identity);
        }
        batches.extend(next.chunks(LARGEST).map(<[_]>::to_vec));
    }
    Ok(batches)
}
