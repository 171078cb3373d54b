//! Killed at any point, a run comes to the same end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::super::*;
use super::world::*;
use crate::plan::Plan;
use crate::state::*;

/// A state that has been, and a plan that creates, changes, takes over, removes and waits.
fn before() -> Vec<Stage> {
    vec![
        stage("use1/network")
            .fact("vpc", "aws-id", None)
            .file("net/one.txt", "1")
            .file("net/two.txt", "1"),
        stage("use1/old")
            .file("old/x.txt", "1")
            .file("old/moved.txt", "1")
            .needs("use1/network"),
        stage("use1/top").file("top/x.txt", "1").needs("use1/old"),
    ]
}

pub(super) fn after() -> Vec<Stage> {
    vec![
        stage("use1/network")
            .fact("vpc", "aws-id", None)
            .fact("name", "text", Some(json!("n")))
            .file("net/one.txt", "2")
            .file("net/three.txt", "1"),
        stage("use1/mesh")
            .file("old/moved.txt", "2")
            .file("mesh/vpc.txt", "@{use1/vpc}")
            .file("mesh/name.txt", "@{use1/name}")
            .needs("use1/network"),
    ]
}

pub(super) fn prepared() -> (World, Plan) {
    let world = World::new();
    world.converge(&before());
    let plan = world.plan(&after());
    (world, plan)
}

/// Resumes until the run is over.
fn finish(world: &World) {
    match resume(&world.context) {
        Ok(outcome) => assert_eq!(outcome.exit_code(), 0, "{outcome:?}"),
        // It had ended, or had not begun.
        Err(ApplyError::State(StateError::NothingToResume)) => {}
        Err(error) => panic!("{error}"),
    }
}

/// Kills the n-th passed point, resumes, and compares with a run that was never killed.
#[test]
fn killed_at_every_point_and_resumed_it_comes_to_the_same_end() {
    let (whole, plan) = prepared();
    let passed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&passed);
    let mut context = whole.context.clone();
    context.ledger.faults = Arc::new(DiesWhen(move |_: &FaultPoint| {
        counter.fetch_add(1, Ordering::SeqCst);
        false
    }));
    assert_eq!(apply(&plan, &context).unwrap().exit_code(), 0);
    let points = passed.load(Ordering::SeqCst);
    assert!(points > 40, "{points}");
    let (files, state) = (whole.files(), comparable(&whole.state().unwrap()));

    for point in 0..points {
        let (world, plan) = prepared();
        let left = AtomicUsize::new(point);
        let mut context = world.context.clone();
        context.ledger.faults = Arc::new(DiesWhen(move |_: &FaultPoint| {
            left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_err()
        }));
        let error = apply(&plan, &context).unwrap_err();
        assert_eq!(error.exit_code(), 4, "{point}: {error}");
        finish(&world);
        let begun = world.runs().unwrap().len() == 2;
        if !begun {
            // Nothing had been written yet; the plan still fits.
            assert_eq!(world.apply(&plan).unwrap().exit_code(), 0, "{point}");
        }
        assert_eq!(world.files(), files, "{point}");
        assert_eq!(comparable(&world.state().unwrap()), state, "{point}");
        assert!(world.plan(&after()).body.is_empty(), "{point}");
    }
}

/// In a large stack several instances share a head; what is ahead of it comes back from the journal.
#[test]
fn killed_in_a_large_stack_it_comes_to_the_same_end() {
    let stages: Vec<Stage> = (0..150)
        .map(|index| {
            let id = format!("s{index:03}");
            stage(&id)
                .fact("x", "text", Some(json!(id)))
                .file(&format!("{id}.txt"), &id)
        })
        .collect();
    let whole = World::new();
    whole.converge(&stages);
    for point in [30, 301, 499, 700, 731] {
        let world = World::new();
        let plan = world.plan(&stages);
        let left = AtomicUsize::new(point);
        let mut context = world.context.clone();
        context.ledger.faults = Arc::new(DiesWhen(move |_: &FaultPoint| {
            left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_err()
        }));
        apply(&plan, &context).unwrap_err();
        finish(&world);
        assert_eq!(world.files(), whole.files(), "{point}");
        let states = [&world, &whole].map(|world| comparable(&world.state().unwrap()));
        assert_eq!(states[0], states[1], "{point}");
    }
}

/// The resumed run is killed as well, again and again.
#[test]
fn killed_over_and_over_it_still_arrives() {
    let (whole, plan) = prepared();
    assert_eq!(whole.apply(&plan).unwrap().exit_code(), 0);
    let (world, plan) = prepared();
    let mut context = world.context.clone();
    let dying = |after: usize| {
        let left = AtomicUsize::new(after);
        Arc::new(DiesWhen(move |_: &FaultPoint| {
            left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_err()
        }))
    };
    context.ledger.faults = dying(4);
    apply(&plan, &context).unwrap_err();
    let mut rounds = 0;
    loop {
        rounds += 1;
        assert!(rounds < 100);
        context.ledger.faults = dying(7);
        match resume(&context) {
            Ok(outcome) => {
                assert_eq!(outcome.exit_code(), 0);
                break;
            }
            Err(ApplyError::State(StateError::NothingToResume)) => break,
            Err(error) => assert_eq!(error.exit_code(), 4, "{error}"),
        }
    }
    assert!(rounds > 3, "{rounds}");
    assert_eq!(world.files(), whole.files());
    assert_eq!(
        comparable(&world.state().unwrap()),
        comparable(&whole.state().unwrap())
    );
}

/// Stops in the middle of the two files of one instance.
fn killed_between_files(world: &World, plan: &Plan, file: &str) {
    let mut context = world.context.clone();
    let file = path(file);
    context.ledger.faults = Arc::new(DiesWhen(move |point: &FaultPoint| {
        *point == FaultPoint::FileStaged(file.clone())
    }));
    apply(plan, &context).unwrap_err();
}

#[test]
fn a_new_run_waits_until_the_last_one_is_finished_or_given_up() {
    let (world, plan) = prepared();
    killed_between_files(&world, &plan, "net/three.txt");
    let error = world.apply(&world.plan(&after())).unwrap_err();
    assert!(
        matches!(error, ApplyError::State(StateError::Unfinished { .. })),
        "{error}"
    );
    assert!(
        world
            .import("use1/network", json!({"vpc": "vpc-1"}))
            .is_err()
    );
    let run = abandon(world.context.ledger.clone()).unwrap();
    let known = world.runs().unwrap();
    assert_eq!(
        known.last().unwrap().ended.as_ref().unwrap().1,
        RunEnd::Abandoned
    );
    assert_eq!(known.last().unwrap().run, run);
    // What the abandoned run did is drift or there already: the next plan mends it.
    world.converge(&after());
    assert!(world.plan(&after()).body.is_empty());
}

#[test]
fn a_file_that_somebody_wrote_in_between_is_a_question() {
    for (answer, content) in [(Assumption::Done, "theirs"), (Assumption::Redo, "2")] {
        let (mut world, plan) = prepared();
        killed_between_files(&world, &plan, "net/one.txt");
        world.write("net/one.txt", "theirs");
        let outcome = resume(&world.context).unwrap();
        assert_eq!(outcome.exit_code(), 4);
        match &outcome.instances[&instance("use1/network")] {
            InstanceOutcome::Unknown { identity, path } => {
                assert_eq!(
                    (identity.to_string(), path.as_str()),
                    ("file/net/one.txt".into(), "net/one.txt")
                );
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(world.read("net/one.txt"), "theirs");
        world
            .context
            .assume
            .insert(identity("file/net/one.txt"), answer);
        let outcome = resume(&world.context).unwrap();
        assert_eq!(outcome.exit_code(), 0, "{outcome:?}");
        assert_eq!(world.read("net/one.txt"), content);
    }
}

#[test]
fn a_stopped_run_finishes_what_is_in_flight_and_goes_on_later() {
    let (whole, plan) = prepared();
    assert_eq!(whole.apply(&plan).unwrap().exit_code(), 0);
    let (world, plan) = prepared();
    let mut context = world.context.clone();
    context.cancel = Cancel::default();
    let signal = context.cancel.clone();
    context.ledger.faults = Arc::new(DiesWhen(move |point: &FaultPoint| {
        if matches!(point, FaultPoint::FileChanged(_)) {
            signal.cancel();
        }
        false
    }));
    let outcome = apply(&plan, &context).unwrap();
    assert_eq!(outcome.exit_code(), 4, "{outcome:?}");
    assert!(
        outcome
            .instances
            .values()
            .any(|outcome| *outcome == InstanceOutcome::Interrupted)
    );
    assert!(world.state().unwrap().unfinished().is_some());
    // The lease was given back: nobody has to take it over.
    assert!(LeaseRecord::read(world.store()).unwrap().is_none());
    assert_eq!(resume(&world.context).unwrap().exit_code(), 0);
    assert_eq!(world.files(), whole.files());
    assert_eq!(
        comparable(&world.state().unwrap()),
        comparable(&whole.state().unwrap())
    );
}

#[test]
fn a_resumed_run_is_checked_like_a_new_one() {
    let (mut world, plan) = prepared();
    killed_between_files(&world, &plan, "net/three.txt");
    world.context.expected.lock = aegis_document::Digest::of("other grants");
    assert!(matches!(
        resume(&world.context),
        Err(ApplyError::LockChanged)
    ));
    world.context.expected.lock = plan.body.lock;
    // The plan in the store is not what was begun.
    let stored = world
        .stack()
        .join(".aegis/plans")
        .join(format!("{}.json", plan.digest.hex()));
    let bytes = std::fs::read(&stored).unwrap();
    std::fs::write(&stored, world.plan(&before()).to_bytes().unwrap()).unwrap();
    assert!(matches!(
        resume(&world.context),
        Err(ApplyError::StoredPlan(_))
    ));
    std::fs::remove_file(&stored).unwrap();
    assert!(matches!(
        resume(&world.context),
        Err(ApplyError::StoredPlan(_))
    ));
    std::fs::write(&stored, bytes).unwrap();
    assert_eq!(resume(&world.context).unwrap().exit_code(), 0);
}

#[test]
fn a_failed_change_leaves_nothing_unaccounted_for() {
    let world = World::new();
    let plan = world.plan(&[stage("a")
        .file("a.txt", "1")
        .file("b/b.txt", "1")
        .file("c.txt", "1")]);
    let mut context = world.context.clone();
    let tree = world.tree();
    context.ledger.faults = Arc::new(DiesWhen(move |point: &FaultPoint| {
        // Somebody puts a file into the way while the run goes on.
        if *point == FaultPoint::FileChanged(path("a.txt")) {
            std::fs::write(tree.join("b"), "in the way").unwrap();
        }
        false
    }));
    let outcome = apply(&plan, &context).unwrap();
    assert_eq!(outcome.exit_code(), 1, "{outcome:?}");
    let state = world.state().unwrap();
    let recorded = state.instance(&instance("a")).unwrap();
    assert_eq!(recorded.progress, InstanceProgress::Failed);
    assert_eq!(
        recorded
            .inventory
            .keys()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["file/a.txt"]
    );
    assert_eq!(world.paths(), ["a.txt", "b"]);
    std::fs::remove_file(world.tree().join("b")).unwrap();
    world.converge(&[stage("a")
        .file("a.txt", "1")
        .file("b/b.txt", "1")
        .file("c.txt", "1")]);
}
