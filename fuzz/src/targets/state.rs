//! State: the head, and the state of each instance that it names by digest.
//!
//! An input is the head without its seal, and after lines of `---` the instances in the order of the
//! head. Digests and seal are put in, so that what lies behind them is reached.

use aegis_document::{Digest, Limits, read};
use aegis_host::state::{InstanceState, Key, State, StateError, document, load};
use serde_json::{Map, Value, json};

use crate::authentic::{self, LINEAGE, Sealed, identifier, with_operator};
use crate::check;
use crate::store::Memory;

pub(super) fn run(input: &[u8]) {
    let (head, _) = check::halves(input);
    // Without the key nothing is believed.
    let unsealed = Memory([(Key::Head, head.to_vec())].into());
    match open(&unsealed) {
        Ok(state) => panic!("believed without a seal: {state:?}"),
        Err(error) => check::refused(&error),
    }
    if let Some(instance) = read(head, Limits::EMBEDDED).ok().and_then(typed) {
        check::reads_back(&instance);
    }
    let Some(store) = sealed(input) else { return };
    for key in store.0.keys() {
        if let Key::Document(digest) = key
            && let Err(error) = document(&store, digest)
        {
            check::refused(&error);
        }
    }
    match open(&store) {
        Ok(state) => {
            believed(&state);
            altered(&store, &state, input);
        }
        Err(error) => check::refused(&error),
    }
}

/// The store that an input means.
fn sealed(input: &[u8]) -> Option<Memory> {
    let (head, mut rest) = check::halves(input);
    let Ok(Value::Object(mut head)) = read(head, Limits::EMBEDDED) else {
        return None;
    };
    let mut store = Memory::default();
    let names: Vec<String> = match head.get("instances") {
        Some(Value::Object(instances)) => instances.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let mut instances = Map::new();
    for name in names {
        let (instance, others) = check::halves(rest);
        rest = others;
        let digest = Digest::of(instance);
        instances.insert(name, json!(digest));
        store.0.insert(Key::Instance(digest), instance.to_vec());
        store.0.insert(Key::Document(digest), instance.to_vec());
    }
    head.insert("instances".to_owned(), Value::Object(instances));
    head.insert("lineage".to_owned(), json!(LINEAGE));
    let head = authentic::seal(Sealed::Head, &mut head);
    store.0.insert(Key::Head, head);
    Some(store)
}

fn typed(value: Value) -> Option<InstanceState> {
    serde_json::from_value(value).ok()
}

fn open(store: &Memory) -> Result<State, StateError> {
    with_operator(|operator| load(store, operator, &identifier("shop")))
}

fn believed(state: &State) {
    let head = state.head().expect("a state that was written has a head");
    check::reads_back(head);
    assert_eq!(head.instances.len(), state.serials().len());
    for id in head.instances.keys() {
        let instance = state.instance(id).expect("every instance is there");
        assert_eq!(&instance.id, id);
        check::reads_back(instance);
    }
    // One owner for each identity, whoever asks.
    for (identity, (owner, _)) in state.inventory() {
        assert!(state.entry_of(owner, identity).is_some());
        assert!(state.owner_of(identity).is_some());
    }
}

/// With one bit flipped anywhere the state is refused, or is the same: in hexadecimal digits the case is no
/// difference.
fn altered(store: &Memory, state: &State, input: &[u8]) {
    let mut store = store.clone();
    // Mostly in the head: an instance that was changed is read three times, with pauses.
    let number = usize::from(Digest::of(input).as_bytes()[31]);
    let objects = store.0.len();
    let chosen = if number < 16 { number % objects } else { 0 };
    let Some(bytes) = store.0.values_mut().nth(chosen) else {
        return;
    };
    *bytes = check::flipped(bytes, input);
    match open(&store) {
        Ok(other) => {
            assert_eq!(other.head(), state.head());
            assert_eq!(other.serials(), state.serials());
            assert!(other.instances().eq(state.instances()));
        }
        Err(error) => check::refused(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_is_a_state() {
        let seed = include_bytes!("../../seeds/state/two-instances.txt");
        let state = open(&sealed(seed).expect("a store")).expect("a state");
        assert_eq!(state.serials().len(), 2);
        assert_eq!(state.facts().count(), 2);
    }
}
