//! What a run does when nothing goes wrong, or something is not as it was.

use serde_json::json;

use super::super::{InstanceOutcome, Progress};
use super::world::*;
use crate::plan::{ChangeAction, InstanceStatus, Mode};
use crate::state::{InstanceProgress, RunEnd};

#[test]
fn a_first_apply_writes_the_tree_and_a_second_plan_is_empty() {
    let world = World::new();
    let stages = [
        stage("a").file("docs/a.txt", "one\n"),
        stage("use1/b").file("docs/b.txt", "two\n").needs("a"),
    ];
    let outcome = world.converge(&stages);
    assert_eq!(world.paths(), ["docs/a.txt", "docs/b.txt"]);
    assert_eq!(outcome.instances.len(), 2);
    let state = world.state().unwrap();
    assert_eq!(state.lineage(), Some(outcome.lineage.as_str()));
    assert_eq!(
        state.instance(&instance("a")).unwrap().progress,
        InstanceProgress::Written
    );

    let again = world.plan(&stages);
    assert!(again.body.is_empty());
    let before = std::fs::read(world.stack().join(".aegis/state/head.json")).unwrap();
    assert_eq!(world.apply(&again).unwrap().exit_code(), 0);
    assert_eq!(
        std::fs::read(world.stack().join(".aegis/state/head.json")).unwrap(),
        before
    );
    let ends: Vec<_> = world
        .runs()
        .unwrap()
        .into_iter()
        .map(|run| run.ended.unwrap().1)
        .collect();
    assert_eq!(ends, [RunEnd::Complete, RunEnd::Complete]);
}

#[test]
fn a_changed_document_changes_its_file_and_raises_one_serial() {
    let world = World::new();
    let a = |text: &str| {
        [
            stage("a").file("a.txt", text),
            stage("b").file("b.txt", "b"),
        ]
    };
    world.converge(&a("one"));
    let before = world.state().unwrap().serials();
    let plan = world.plan(&a("two"));
    let actions: Vec<ChangeAction> = plan
        .body
        .changes()
        .map(|(_, change)| change.action)
        .collect();
    assert_eq!(actions, [ChangeAction::Update, ChangeAction::Noop]);
    assert_eq!(world.apply(&plan).unwrap().exit_code(), 0);
    assert_eq!(world.read("a.txt"), "two");
    let after = world.state().unwrap().serials();
    assert_eq!(after[&instance("a")], before[&instance("a")] + 1);
    assert_eq!(after[&instance("b")], before[&instance("b")]);
}

#[test]
fn what_nobody_wants_any_more_is_removed_with_its_folder() {
    let world = World::new();
    world.converge(&[stage("a").file("x/one.txt", "1").file("x/two.txt", "2")]);
    world.converge(&[stage("a").file("x/one.txt", "1")]);
    assert_eq!(world.paths(), ["x/one.txt"]);
    world.converge(&[stage("a")]);
    assert!(world.files().is_empty(), "{:?}", world.files());
    assert!(world.state().unwrap().inventory().is_empty());
}

#[test]
fn a_stage_that_is_gone_leaves_only_its_serial() {
    let world = World::new();
    world.converge(&[
        stage("a").file("a.txt", "1"),
        stage("b").file("b.txt", "1").needs("a"),
    ]);
    world.converge(&[stage("a").file("a.txt", "1")]);
    let state = world.state().unwrap();
    assert_eq!(
        state.instance(&instance("b")).unwrap().progress,
        InstanceProgress::Removed
    );
    assert_eq!(state.instances().count(), 1);
    assert_eq!(state.serials()[&instance("b")], 2);
    assert_eq!(world.paths(), ["a.txt"]);
    assert!(world.plan(&[stage("a").file("a.txt", "1")]).body.is_empty());
}

#[test]
fn removals_come_last_and_dependants_go_first() {
    let world = World::new();
    world.converge(&[
        stage("base").file("base.txt", "1"),
        stage("middle").file("middle.txt", "1").needs("base"),
        stage("top").file("top.txt", "1").needs("middle"),
    ]);
    world.events.0.lock().unwrap().clear();
    world.converge(&[stage("other").file("other.txt", "1")]);
    let finished: Vec<String> = world
        .events
        .0
        .lock()
        .unwrap()
        .iter()
        .filter_map(|event| match event {
            Progress::ChangeFinished { identity, .. } => Some(identity.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(
        finished,
        [
            "file/other.txt",
            "file/top.txt",
            "file/middle.txt",
            "file/base.txt"
        ]
    );
}

#[test]
fn another_stage_takes_over_without_a_deletion() {
    let world = World::new();
    world.converge(&[stage("a").file("shared.txt", "1").file("own.txt", "1")]);
    let stages = [
        stage("a").file("own.txt", "1"),
        stage("b").file("shared.txt", "2"),
    ];
    let plan = world.plan(&stages);
    let actions: Vec<ChangeAction> = plan
        .body
        .changes()
        .map(|(_, change)| change.action)
        .collect();
    assert_eq!(actions, [ChangeAction::Noop, ChangeAction::Transfer]);
    assert_eq!(world.apply(&plan).unwrap().exit_code(), 0);
    assert_eq!(world.read("shared.txt"), "2");
    let state = world.state().unwrap();
    assert_eq!(
        state.owner_of(&identity("file/shared.txt")).unwrap().0,
        &instance("b")
    );
    assert_eq!(state.instance(&instance("a")).unwrap().inventory.len(), 1);
    assert!(world.plan(&stages).body.is_empty());
}

#[test]
fn a_document_becomes_final_when_its_fact_is_imported() {
    let world = World::new();
    let stages = [
        stage("use1/network").fact("network.vpc-id", "aws-id", None),
        stage("use1/cluster")
            .file("vpc.txt", "vpc: @{use1/network.vpc-id}\n")
            .needs("use1/network"),
    ];
    let outcome = world.converge(&stages);
    assert_eq!(world.paths(), ["vpc.txt.aegis"]);
    assert_eq!(world.read("vpc.txt.aegis"), "vpc: @{use1/network.vpc-id}\n");
    assert_eq!(outcome.waiting.len(), 1);
    assert!(world.plan(&stages).body.is_empty());

    assert!(
        world
            .import("use1/network", json!({"network.vpc-id": "not an id"}))
            .is_err()
    );
    assert!(
        world
            .import("use1/network", json!({"network.other": "x"}))
            .is_err()
    );
    assert!(
        world
            .import("use1/nothing", json!({"network.vpc-id": "vpc-1"}))
            .is_err()
    );
    let imported = world
        .import("use1/network", json!({"network.vpc-id": "vpc-1"}))
        .unwrap();
    assert_eq!(imported.changed.len(), 1);
    assert_eq!(
        world
            .import("use1/network", json!({"network.vpc-id": "vpc-1"}))
            .unwrap()
            .unchanged
            .len(),
        1
    );

    let outcome = world.converge(&stages);
    assert_eq!(world.paths(), ["vpc.txt"]);
    assert_eq!(world.read("vpc.txt"), "vpc: vpc-1\n");
    assert!(outcome.waiting.is_empty());
    assert!(world.plan(&stages).body.is_empty());
}

#[test]
fn the_last_final_file_stays_while_a_new_document_waits() {
    let world = World::new();
    world.converge(&[
        stage("use1/a").fact("x", "text", None),
        stage("use1/b").file("b.txt", "old"),
    ]);
    let waiting = [
        stage("use1/a").fact("x", "text", None),
        stage("use1/b").file("b.txt", "@{use1/x}").needs("use1/a"),
    ];
    world.converge(&waiting);
    assert_eq!(world.paths(), ["b.txt", "b.txt.aegis"]);
    assert_eq!(world.read("b.txt"), "old");
    world.import("use1/a", json!({"x": "new"})).unwrap();
    world.converge(&waiting);
    assert_eq!(world.paths(), ["b.txt"]);
    assert_eq!(world.read("b.txt"), "new");
}

#[test]
fn a_fact_that_came_in_after_the_plan_is_bound_at_apply() {
    let world = World::new();
    let first = [stage("use1/a").fact("x", "text", None)];
    world.converge(&first);
    let stages = [
        stage("use1/a").fact("x", "text", None),
        stage("use1/b").file("b.txt", "@{use1/x}").needs("use1/a"),
    ];
    let plan = world.plan(&stages);
    world.import("use1/a", json!({"x": "late"})).unwrap();
    let outcome = world.apply(&plan).unwrap();
    assert_eq!(outcome.exit_code(), 0, "{outcome:?}");
    assert_eq!(world.read("b.txt"), "late");
    // The import is not undone by a plan from before it.
    assert!(world.plan(&stages).body.is_empty());
}

#[test]
fn a_fact_that_changed_after_the_plan_makes_its_users_stale() {
    let world = World::new();
    let stages = |text: &str| {
        [
            stage("use1/a").fact("x", "text", None),
            stage("use1/b").file("b.txt", text).needs("use1/a"),
        ]
    };
    world.converge(&stages("nothing"));
    world.import("use1/a", json!({"x": "one"})).unwrap();
    let plan = world.plan(&stages("@{use1/x}"));
    world.import("use1/a", json!({"x": "two"})).unwrap();
    let outcome = world.apply(&plan).unwrap();
    assert_eq!(outcome.exit_code(), 2);
    assert!(
        matches!(
            outcome.instances[&instance("use1/b")],
            InstanceOutcome::Stale { .. }
        ),
        "{outcome:?}"
    );
    assert_eq!(world.read("b.txt"), "nothing");
}

#[test]
fn a_value_fact_is_known_to_state_before_its_users_start() {
    let world = World::new();
    let stages = |value: &str| {
        [
            stage("use1/a").fact("x", "text", Some(json!(value))),
            stage("use1/b").file("b.txt", "@{use1/x}").needs("use1/a"),
        ]
    };
    world.converge(&stages("one"));
    assert_eq!(world.read("b.txt"), "one");
    world.converge(&stages("two"));
    assert_eq!(world.read("b.txt"), "two");
    let state = world.state().unwrap();
    assert_eq!(
        state.instance(&instance("use1/a")).unwrap().facts[&name("x")].value,
        Some(json!("two"))
    );
}

#[test]
fn an_edited_file_is_drift_and_is_mended() {
    let world = World::new();
    let stages = [stage("a").file("a.txt", "ours")];
    world.converge(&stages);
    world.write("a.txt", "theirs");
    world.converge(&stages);
    assert_eq!(world.read("a.txt"), "ours");
    std::fs::remove_dir_all(world.tree().join("a.txt"))
        .unwrap_or_else(|_| std::fs::remove_file(world.tree().join("a.txt")).unwrap());
    world.converge(&stages);
    assert_eq!(world.read("a.txt"), "ours");
}

#[test]
fn an_edit_after_the_plan_makes_the_change_stale() {
    let world = World::new();
    world.converge(&[
        stage("a").file("a.txt", "one"),
        stage("b").file("b.txt", "1").needs("a"),
    ]);
    let update = [
        stage("a").file("a.txt", "two"),
        stage("b").file("b.txt", "2").needs("a"),
    ];
    let plan = world.plan(&update);
    world.write("a.txt", "edited");
    let outcome = world.apply(&plan).unwrap();
    assert_eq!(outcome.exit_code(), 2);
    assert!(matches!(
        outcome.instances[&instance("a")],
        InstanceOutcome::Stale { .. }
    ));
    assert!(matches!(
        outcome.instances[&instance("b")],
        InstanceOutcome::Skipped { .. }
    ));
    assert_eq!(
        (world.read("a.txt"), world.read("b.txt")),
        ("edited".into(), "1".into())
    );
    // Also when the edit was seen, and then edited again.
    let plan = world.plan(&update);
    world.write("a.txt", "edited again");
    assert_eq!(world.apply(&plan).unwrap().exit_code(), 2);
    assert_eq!(world.read("a.txt"), "edited again");
    world.converge(&update);
}

#[test]
fn a_vanished_tree_is_noticed_and_written_again() {
    let world = World::new();
    let stages = [stage("a").file("x/a.txt", "1")];
    world.converge(&stages);
    let plan = world.plan(&[stage("a").file("x/a.txt", "2")]);
    std::fs::remove_dir_all(world.tree()).unwrap();
    assert_eq!(world.apply(&plan).unwrap().exit_code(), 2);
    world.converge(&stages);
    assert_eq!(world.read("x/a.txt"), "1");
}

#[test]
fn a_change_that_was_made_by_somebody_else_already_is_none() {
    let world = World::new();
    let plan = world.plan(&[stage("a").file("a.txt", "1")]);
    std::fs::create_dir_all(world.tree()).unwrap();
    world.write("a.txt", "1");
    assert_eq!(world.apply(&plan).unwrap().exit_code(), 0);
    assert!(world.plan(&[stage("a").file("a.txt", "1")]).body.is_empty());
}

#[test]
fn deferred_and_blocked_instances_are_left_for_another_plan() {
    let world = World::new();
    world.converge(&[
        stage("a").file("a.txt", "1"),
        stage("c").file("c.txt", "1").needs("a"),
    ]);
    let stages = [
        stage("a")
            .file("a.txt", "2")
            .held(InstanceStatus::Blocked("it does not answer".into())),
        stage("b")
            .file("b.txt", "1")
            .held(InstanceStatus::Deferred("waits for x".into())),
        stage("c").file("c.txt", "2").needs("a"),
        stage("d").file("d.txt", "1").needs("b"),
    ];
    let outcome = world.apply(&world.plan(&stages)).unwrap();
    assert_eq!(outcome.exit_code(), 2);
    assert!(matches!(
        outcome.instances[&instance("d")],
        InstanceOutcome::Skipped { .. }
    ));
    // What stands on something that exists but does not answer goes on.
    assert!(outcome.instances[&instance("c")].is_done());
    assert_eq!(
        (world.read("a.txt"), world.read("c.txt")),
        ("1".into(), "2".into())
    );
    assert_eq!(world.paths(), ["a.txt", "c.txt"]);
}

#[test]
fn many_instances_are_worked_on_at_a_time_in_the_order_of_the_graph() {
    let mut world = World::new();
    world.context.parallelism = std::num::NonZeroUsize::new(4).unwrap();
    let mut stages = vec![
        stage("base")
            .file("base.txt", "1")
            .fact("x", "text", Some(json!("v"))),
    ];
    for index in 0..20 {
        let id = format!("c{index}");
        stages.push(
            stage(&id)
                .file(&format!("{id}/one.txt"), "@{x}")
                .file(&format!("{id}/two.txt"), "2")
                .needs("base"),
        );
    }
    let outcome = world.converge(&stages);
    assert_eq!(outcome.instances.len(), 21);
    assert_eq!(world.paths().len(), 41);
    assert_eq!(world.read("c7/one.txt"), "v");
    let events = world.events.0.lock().unwrap();
    let base = events.iter().position(|event| matches!(event, Progress::InstanceFinished { instance, .. } if instance.stage == *"base"));
    let other = events.iter().position(|event| matches!(event, Progress::InstanceStarted { instance, .. } if instance.stage != *"base"));
    assert!(base < other);
}

#[test]
fn a_destroy_leaves_nothing_but_serials_and_an_old_plan_does_not_bring_it_back() {
    let world = World::new();
    let stages = [
        stage("a")
            .file("a.txt", "1")
            .fact("x", "text", Some(json!("v"))),
        stage("use1/b").file("b/b.txt", "@{x}").needs("a"),
    ];
    world.converge(&stages);
    let old = world.plan(&[stage("a").file("a.txt", "2")]);
    let destroy = world.plan_with(&[], |body| body.mode = Mode::Destroy);
    assert_eq!(world.apply(&destroy).unwrap().exit_code(), 0);
    assert!(world.files().is_empty(), "{:?}", world.files());
    let state = world.state().unwrap();
    assert_eq!(state.instances().count(), 0);
    assert_eq!(state.facts().count(), 0);
    assert_eq!(state.serials().len(), 2);
    let outcome = world.apply(&old).unwrap();
    assert_eq!(outcome.exit_code(), 2, "{outcome:?}");
    assert!(world.files().is_empty());
    world.converge(&stages);
    assert_eq!(world.paths(), ["a.txt", "b/b.txt"]);
}
