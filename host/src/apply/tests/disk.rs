//! A disk that takes nothing more in the middle of a run: what is there stays, and once there is room the run goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use miette::Diagnostic as _;
use serde_json::json;

use super::super::*;
use super::crash::{after, prepared};
use super::world::*;
use crate::state::*;

/// How much of a refused journal record is on the disk.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Torn {
    Nothing,
    Half,
    /// All of it, and the disk did not say so.
    Whole,
}

/// A store that takes so many writes and no more.
struct Full {
    inner: LocalStore,
    left: AtomicUsize,
    torn: Torn,
    /// Whether there is room again after the first refusal.
    once: bool,
}

impl Full {
    fn new(world: &World, left: usize, torn: Torn) -> Self {
        Self {
            inner: LocalStore::beside(&world.stack()),
            left: AtomicUsize::new(left),
            torn,
            once: false,
        }
    }

    /// An error when there is no room for a write.
    fn take(&self) -> Result<(), StoreError> {
        let take = |left: usize| match left {
            0 if self.once => Some(usize::MAX),
            left => left.checked_sub(1),
        };
        match self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
        {
            Ok(left) if left > 0 => Ok(()),
            _ => Err(StoreError::Folder(FolderError::Io {
                action: "write",
                path: "x".to_owned(),
                source: std::io::ErrorKind::StorageFull.into(),
            })),
        }
    }
}

impl Store for Full {
    fn get(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }

    fn put(&self, key: Key, bytes: &[u8], condition: Condition) -> Result<(), StoreError> {
        self.take()?;
        self.inner.put(key, bytes, condition)
    }

    // A full disk lets files go.
    fn remove(&self, key: Key, condition: Condition) -> Result<(), StoreError> {
        self.inner.remove(key, condition)
    }

    fn list(&self, kind: KeyKind) -> Result<Vec<Key>, StoreError> {
        self.inner.list(kind)
    }

    fn append(&self, segment: u64, line: &[u8], first: bool) -> Result<(), StoreError> {
        let Err(error) = self.take() else {
            return self.inner.append(segment, line, first);
        };
        match self.torn {
            Torn::Nothing => {}
            Torn::Half => self.inner.append(segment, &line[..line.len() / 2], first)?,
            Torn::Whole => self.inner.append(segment, line, first)?,
        }
        Err(error)
    }

    fn place(&self) -> String {
        self.inner.place()
    }
}

/// What has to hold of an error: a code, a next step, and the exit code that says whether the run can be resumed.
fn check_error(error: &ApplyError, unfinished: bool, at: &str) {
    let text = |part: Option<Box<dyn std::fmt::Display + '_>>| part.unwrap().to_string();
    let (code, help) = (text(error.code()), text(error.help()));
    assert!(help.contains("disk has room"), "{at}: {help}");
    match code.as_str() {
        "AEG0501" => assert_eq!(error.exit_code(), 1, "{at}: {error}"),
        "AEG0575" => {
            // Where all of the last record is there, nobody but the journal knows that the run has ended.
            assert!(unfinished || at.contains("Whole"), "{at}: {error}");
            assert_eq!(error.exit_code(), 4, "{at}: {error}");
            assert!(help.contains("aegis apply --resume"), "{at}: {help}");
        }
        other => panic!("{at}: {other}: {error}"),
    }
}

#[test]
fn a_disk_that_is_full_at_any_write_loses_nothing() {
    let (whole, plan) = prepared();
    let counted = Arc::new(Full::new(&whole, usize::MAX, Torn::Nothing));
    let mut context = whole.context.clone();
    context.ledger.store = Arc::clone(&counted) as Arc<dyn Store>;
    assert_eq!(apply(&plan, &context).unwrap().exit_code(), 0);
    let writes = usize::MAX - counted.left.load(Ordering::SeqCst);
    assert!(writes > 25, "{writes}");
    let (files, state) = (whole.files(), comparable(&whole.state().unwrap()));

    for (torn, once) in [
        (Torn::Nothing, false),
        (Torn::Half, true),
        (Torn::Whole, true),
    ] {
        for left in 0..writes {
            let at = format!("write {left}, {torn:?} of a record, once: {once}");
            let (world, plan) = prepared();
            let mut context = world.context.clone();
            context.ledger.store = Arc::new(Full {
                once,
                ..Full::new(&world, left, torn)
            });
            let error = match apply(&plan, &context) {
                Err(error) => error,
                Ok(outcome) => panic!("{at}: {outcome:?}"),
            };
            // Nobody has to know which process this was.
            assert!(LeaseRecord::read(world.store()).unwrap().is_none(), "{at}");
            let unfinished = world.state().unwrap().unfinished().is_some();
            check_error(&error, unfinished, &at);
            let outcome = if unfinished {
                resume(&world.context).unwrap()
            } else if world.runs().unwrap().len() == 1 {
                world.apply(&plan).unwrap()
            } else {
                // Everything was done, and only the end of it not confirmed.
                assert_eq!(torn, Torn::Whole, "{at}");
                assert_eq!(world.files(), files, "{at}");
                continue;
            };
            assert_eq!(outcome.exit_code(), 0, "{at}: {outcome:?}");
            assert_eq!(world.files(), files, "{at}");
            assert_eq!(comparable(&world.state().unwrap()), state, "{at}");
            assert!(world.plan(&after()).body.is_empty(), "{at}");
        }
    }
}

#[test]
fn an_import_that_finds_the_disk_full_is_whole_or_not_there() {
    for torn in [Torn::Nothing, Torn::Half, Torn::Whole] {
        for left in 0.. {
            let at = format!("write {left}, {torn:?} of a record");
            let world = World::new();
            world.converge(&[stage("use1/a").fact("x", "text", None)]);
            let mut context = world.context.ledger.clone();
            context.store = Arc::new(Full::new(&world, left, torn));
            let values = [(name("x"), json!("v"))].into();
            let id = instance("use1/a");
            let Err(error) = import_facts(context, &id, &values) else {
                assert!(left > 4, "{at}");
                break;
            };
            assert!(matches!(error, StateError::Store { .. }), "{at}: {error}");
            assert!(LeaseRecord::read(world.store()).unwrap().is_none(), "{at}");
            if world.state().unwrap().unfinished().is_some() {
                assert_eq!(resume(&world.context).unwrap().exit_code(), 0, "{at}");
            }
            // As often as it takes, it comes to the same value.
            import_facts(world.context.ledger.clone(), &id, &values).unwrap();
            let state = world.state().unwrap();
            let fact = &state.instance(&id).unwrap().facts[&name("x")];
            assert_eq!(fact.value, Some(json!("v")), "{at}");
        }
    }
}

#[test]
fn a_folder_that_vanishes_in_the_middle_is_not_taken_for_a_new_one() {
    // State: the journal that the run began is gone, so it begins no other.
    let (world, plan) = prepared();
    let state = world.stack().join(".aegis");
    let aside = world.home().join("aside");
    let mut context = world.context.clone();
    let (from, to) = (state.clone(), aside.clone());
    context.ledger.faults = Arc::new(DiesWhen(move |point: &FaultPoint| {
        if *point == FaultPoint::FileChanged(path("net/one.txt")) {
            std::fs::rename(&from, &to).unwrap();
        }
        false
    }));
    let error = apply(&plan, &context).unwrap_err();
    let code = error.code().unwrap().to_string();
    assert_eq!(
        (code.as_str(), error.exit_code()),
        ("AEG0575", 4),
        "{error}"
    );
    // Nothing is planned or applied over it, and brought back it goes on.
    let marker = world.context.tree.marker().unwrap().unwrap();
    assert!(marker.check(&world.state().unwrap()).is_err());
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::rename(&aside, &state).unwrap();
    assert_eq!(resume(&world.context).unwrap().exit_code(), 0);
    assert!(world.plan(&after()).body.is_empty());

    // The tree: what had been written is missing, and the next plan mends it.
    let (world, plan) = prepared();
    let mut context = world.context.clone();
    let tree = world.tree();
    context.ledger.faults = Arc::new(DiesWhen(move |point: &FaultPoint| {
        if *point == FaultPoint::FileChanged(path("net/one.txt")) {
            std::fs::remove_dir_all(&tree).unwrap();
        }
        false
    }));
    let outcome = apply(&plan, &context).unwrap();
    assert_ne!(outcome.exit_code(), 4, "{outcome:?}");
    world.converge(&after());
    let (whole, plan) = prepared();
    whole.apply(&plan).unwrap();
    assert_eq!(world.files(), whole.files());
}
