//! What keeps a run from starting or a change from being made.

use std::os::unix::fs::symlink;
use std::sync::Arc;

use aegis_document::Digest;

use super::super::*;
use super::world::*;
use crate::driver::document::Document;
use crate::plan::*;
use crate::proposal::{Control, ControlScope, Finding, Outcome as Judgement, Severity};
use crate::state::*;

fn code(error: &ApplyError) -> String {
    miette::Diagnostic::code(error).unwrap().to_string()
}

fn one() -> [Stage; 1] {
    [stage("a").file("a.txt", "1")]
}

#[test]
fn a_plan_fits_one_stack_one_lock_one_policy_and_one_state() {
    for (change, expected) in [
        (
            (|context| context.expected.stack.name = name("other")) as fn(&mut ApplyContext),
            "AEG0562",
        ),
        (
            |context| context.expected.stack.resolved = Digest::of("x"),
            "AEG0563",
        ),
        (
            |context| context.expected.stack.settings = Digest::of("x"),
            "AEG0563",
        ),
        (|context| context.expected.lock = Digest::of("x"), "AEG0564"),
        (
            |context| context.expected.policy.block_at = Severity::High,
            "AEG0565",
        ),
        (|context| context.expected.policy.approvals = 1, "AEG0565"),
    ] {
        let mut world = World::new();
        let plan = world.plan(&one());
        change(&mut world.context);
        let error = world.apply(&plan).unwrap_err();
        assert_eq!(code(&error), expected);
        assert!(!world.tree().exists());
        assert!(!world.stack().join(".aegis").exists());
    }
    let world = World::new();
    let first = world.plan(&one());
    world.converge(&one());
    assert_eq!(code(&world.apply(&first).unwrap_err()), "AEG0569");
}

#[test]
fn an_altered_plan_is_refused() {
    let world = World::new();
    let mut plan = world.plan(&one());
    plan.body.policy.approvals = 7;
    assert_eq!(code(&world.apply(&plan).unwrap_err()), "AEG0570");
    let mut plan = world.plan(&one());
    plan.format = "aegis.plan/2".into();
    assert_eq!(code(&world.apply(&plan).unwrap_err()), "AEG0561");
    for change in [
        (|body: &mut Body| body.mode = Mode::Handover) as fn(&mut Body),
        |body| body.instances[0].changes[0].driver = DriverKind::Kubernetes,
        |body| body.instances[0].changes[0].action = ChangeAction::Replace,
    ] {
        assert_eq!(
            code(&world.apply(&world.plan_with(&one(), change)).unwrap_err()),
            "AEG0561"
        );
    }
}

#[test]
fn approvals_are_counted_and_used_once() {
    let mut world = World::new();
    world.context.expected.policy.approvals = 2;
    world.context.approvals.insert("alice".into());
    let plan = world.plan(&one());
    let error = world.apply(&plan).unwrap_err();
    assert_eq!((code(&error).as_str(), error.exit_code()), ("AEG0566", 3));
    world.context.approvals.insert("bob".into());
    assert_eq!(world.apply(&plan).unwrap().exit_code(), 0);
    let update = world.plan(&[stage("a").file("a.txt", "2")]);
    assert_eq!(world.apply(&update).unwrap().exit_code(), 0);
    // Back to the state from before the second plan, its approvals do not come back.
    world.write("a.txt", "1");
    let error = world.apply(&update).unwrap_err();
    assert_eq!((code(&error).as_str(), error.exit_code()), ("AEG0572", 3));
}

#[test]
fn approvals_are_used_once_even_when_state_and_tree_are_removed() {
    let mut world = World::new();
    world.context.expected.policy.approvals = 1;
    world.context.approvals.insert("alice".into());
    let plan = world.plan(&one());
    assert_eq!(world.apply(&plan).unwrap().exit_code(), 0);
    std::fs::remove_dir_all(world.stack().join(".aegis")).unwrap();
    std::fs::remove_dir_all(world.tree()).unwrap();
    let error = world.apply(&plan).unwrap_err();
    assert_eq!((code(&error).as_str(), error.exit_code()), ("AEG0572", 3));
    assert!(!world.tree().exists());
    // Another machine, which has seen nothing of it, has the journal to look at and no more.
    std::fs::remove_dir_all(world.home().join("private/state/used")).unwrap();
    assert_eq!(world.apply(&plan).unwrap().exit_code(), 0);
}

#[test]
fn the_operators_trust_may_ask_for_more_approvals_than_policy() {
    let mut world = World::new();
    world.context.least_approvals = 2;
    world.context.approvals.insert("alice".into());
    let plan = world.plan(&one());
    let error = world.apply(&plan).unwrap_err();
    assert_eq!((code(&error).as_str(), error.exit_code()), ("AEG0566", 3));
    world.context.approvals.insert("bob".into());
    assert_eq!(world.apply(&plan).unwrap().exit_code(), 0);
}

#[test]
fn a_plan_from_elsewhere_is_applied_only_with_an_approval() {
    let mut world = World::new();
    world.context.made_here = false;
    let plan = world.plan(&one());
    let error = world.apply(&plan).unwrap_err();
    assert_eq!((code(&error).as_str(), error.exit_code()), ("AEG0574", 3));
    assert!(!world.stack().join(".aegis").exists());
    world.context.approvals.insert("alice".into());
    assert_eq!(world.apply(&plan).unwrap().exit_code(), 0);
}

struct Panics;

impl Reauthorize for Panics {
    fn reauthorize(
        &self,
        instance: &InstanceId,
        _: &PlannedChange,
        _: Option<&Document>,
    ) -> Result<(), Refusal> {
        assert!(instance.stage.as_str() != "a", "a fault of the program");
        Ok(())
    }
}

#[test]
fn a_worker_that_panics_ends_the_run_and_the_run_can_be_resumed() {
    let mut world = World::new();
    world.context.reauthorize = Arc::new(Panics);
    world.context.parallelism = 4.try_into().unwrap();
    let plan = world.plan(&[
        stage("a").file("a.txt", "1"),
        stage("b").file("b.txt", "1").needs("a"),
        stage("c").file("c.txt", "1").needs("b"),
    ]);
    let error = world.apply(&plan).unwrap_err();
    assert_eq!((code(&error).as_str(), error.exit_code()), ("AEG0573", 4));
    world.context.reauthorize = Arc::new(AllowAll);
    assert_eq!(resume(&world.context).unwrap().exit_code(), 0);
    assert_eq!(world.paths(), ["a.txt", "b.txt", "c.txt"]);
}

fn found(outcome: Judgement, severity: Severity, exception: Option<&str>) -> PlannedFinding {
    PlannedFinding {
        instance: instance("checks"),
        control: Control {
            id: name("encrypted"),
            title: "t".into(),
            frameworks: Vec::new(),
            severity,
            scope: ControlScope::Plan,
            remediation: "r".into(),
        }
        .into(),
        finding: Finding {
            control: name("encrypted"),
            outcome,
            document: None,
            cluster: None,
            pointer: None,
            message: "not \u{1b}[2Jencrypted".into(),
            evidence: None,
            feedback: None,
        },
        exception: exception.map(str::to_owned),
    }
}

#[test]
fn open_findings_and_missing_controls_block() {
    let mut world = World::new();
    for (finding, blocks) in [
        (found(Judgement::Fail, Severity::Medium, None), true),
        (found(Judgement::Fail, Severity::Low, None), false),
        (found(Judgement::Fail, Severity::High, Some("x")), false),
        (found(Judgement::Pass, Severity::High, None), false),
    ] {
        let plan = world.plan_with(&one(), |body| body.findings.push(finding));
        match world.apply(&plan) {
            Ok(_) => assert!(!blocks),
            Err(error) => {
                assert!(blocks || code(&error) == "AEG0569");
                assert!(!error.to_string().contains('\u{1b}'));
            }
        }
    }
    world
        .context
        .expected
        .policy
        .required
        .push("encrypted".into());
    let missing = world.plan(&one());
    let error = world.apply(&missing).unwrap_err();
    assert_eq!((code(&error).as_str(), error.exit_code()), ("AEG0567", 2));
}

#[test]
fn an_exception_ends_with_its_day() {
    for (expires, valid) in [("2026-11-24", true), ("2026-11-23", false), ("soon", false)] {
        let world = World::new();
        let plan = world.plan_with(&one(), |body| {
            body.exceptions.push(AppliedException {
                control: "encrypted".into(),
                document: None,
                reason: "r".into(),
                owner: "o".into(),
                expires: expires.into(),
            });
        });
        match world.apply(&plan) {
            Ok(_) => assert!(valid, "{expires}"),
            Err(error) => assert!(!valid && code(&error) == "AEG0568", "{expires}"),
        }
    }
}

#[test]
fn policy_can_refuse_changes_that_are_not_exact() {
    let mut world = World::new();
    world.context.expected.policy.structural = StructuralRule::Refuse;
    let stages = [
        stage("use1/a").fact("x", "text", None).file("a.txt", "1"),
        stage("use1/b").file("b.txt", "@{use1/x}").needs("use1/a"),
    ];
    let outcome = world.apply(&world.plan(&stages)).unwrap();
    assert_eq!(outcome.exit_code(), 2);
    assert!(matches!(
        outcome.instances[&instance("use1/b")],
        InstanceOutcome::Refused { .. }
    ));
    assert_eq!(world.paths(), ["a.txt"]);
}

struct DenySecret;

impl Reauthorize for DenySecret {
    fn reauthorize(
        &self,
        _: &InstanceId,
        _: &PlannedChange,
        document: Option<&Document>,
    ) -> Result<(), Refusal> {
        match document {
            Some(Document::File(text)) if text.as_literal() == Some("evil") => Err(Refusal {
                code: "AEG0301".into(),
                message: "no".into(),
                help: None,
            }),
            _ => Ok(()),
        }
    }
}

#[test]
fn what_a_fact_makes_of_a_document_is_authorised_again() {
    let mut world = World::new();
    world.context.reauthorize = Arc::new(DenySecret);
    let stages = [
        stage("use1/a").fact("x", "text", Some(serde_json::json!("evil"))),
        stage("use1/b")
            .file("ok.txt", "fine")
            .file("x.txt", "@{use1/x}")
            .needs("use1/a"),
    ];
    let outcome = world.apply(&world.plan(&stages)).unwrap();
    assert_eq!(outcome.exit_code(), 3);
    assert!(matches!(
        outcome.instances[&instance("use1/b")],
        InstanceOutcome::Denied { .. }
    ));
    assert!(world.paths().is_empty());
}

#[test]
fn a_file_that_aegis_did_not_write_is_never_overwritten() {
    let world = World::new();
    let plan = world.plan(&[stage("a").file("a.txt", "1").file("b.txt", "1")]);
    std::fs::create_dir_all(world.tree()).unwrap();
    world.write("a.txt", "theirs");
    let outcome = world.apply(&plan).unwrap();
    assert_eq!(outcome.exit_code(), 2);
    assert_eq!(world.read("a.txt"), "theirs");
    assert_eq!(world.paths(), ["a.txt"]);
}

#[test]
fn links_in_the_tree_are_not_followed() {
    let world = World::new();
    let outside = world.home().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("file"), "theirs").unwrap();
    std::fs::create_dir_all(world.tree()).unwrap();
    for (path, target, link) in [
        ("a.txt", outside.join("file"), "a.txt"),
        ("x/a.txt", outside.clone(), "x"),
        ("dangling.txt", outside.join("new"), "dangling.txt"),
    ] {
        let plan = world.plan(&[stage("a").file(path, "1")]);
        symlink(&target, world.tree().join(link)).unwrap();
        let outcome = world.apply(&plan).unwrap();
        assert_eq!(outcome.exit_code(), 2, "{path}: {outcome:?}");
        std::fs::remove_file(world.tree().join(link)).unwrap();
    }
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(
        std::fs::read_to_string(outside.join("file")).unwrap(),
        "theirs"
    );
}

#[test]
fn a_link_that_appears_after_the_first_apply_is_not_followed() {
    let world = World::new();
    world.converge(&[stage("a").file("x/a.txt", "1")]);
    let plan = world.plan(&[stage("a").file("x/a.txt", "2")]);
    let outside = world.home().join("outside");
    std::fs::rename(world.tree().join("x"), &outside).unwrap();
    symlink(&outside, world.tree().join("x")).unwrap();
    assert_eq!(world.apply(&plan).unwrap().exit_code(), 2);
    assert_eq!(std::fs::read_to_string(outside.join("a.txt")).unwrap(), "1");
}

#[test]
fn a_folder_that_cannot_be_written_fails_and_can_be_tried_again() {
    let world = World::new();
    let plan = world.plan(&[
        stage("a").file("x/a.txt", "1"),
        stage("b").file("b.txt", "1").needs("a"),
    ]);
    // A file in the place of the tree's root: not even root may make folders in it.
    std::fs::write(world.tree(), "").unwrap();
    let error = world.apply(&plan).unwrap_err();
    assert_eq!((code(&error).as_str(), error.exit_code()), ("AEG0541", 1));
    std::fs::remove_file(world.tree()).unwrap();
    let outcome = match world.apply(&plan) {
        Err(ApplyError::State(StateError::Unfinished { .. })) => resume(&world.context).unwrap(),
        outcome => outcome.unwrap(),
    };
    assert_eq!(outcome.exit_code(), 0);
    assert_eq!(world.paths(), ["b.txt", "x/a.txt"]);
}

#[test]
fn a_read_only_tree_fails_the_instance_and_nothing_else() {
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: needs a user who is not root");
        return;
    }
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.converge(&[stage("a").file("x/a.txt", "1")]);
    let plan = world.plan(&[
        stage("a").file("x/a.txt", "2"),
        stage("b").file("b.txt", "1"),
    ]);
    let folder = world.tree().join("x");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let outcome = world.apply(&plan).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(outcome.exit_code(), 1);
    assert!(outcome.instances[&instance("b")].is_done());
    assert_eq!(world.read("x/a.txt"), "1");
}

#[test]
fn two_applies_at_once_are_one() {
    let world = World::new();
    let plan = world.plan(&one());
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(|| world.apply(&plan));
        (world.apply(&plan), other.join().unwrap())
    });
    let done = [&first, &second]
        .into_iter()
        .filter(|result| {
            result
                .as_ref()
                .is_ok_and(|outcome| outcome.exit_code() == 0)
        })
        .count();
    assert_eq!(done, 1, "{first:?} {second:?}");
    assert_eq!(world.paths(), ["a.txt"]);
    let held = Lease::acquire(
        &world.context.ledger.store,
        Operation::Apply,
        None,
        "somebody",
    )
    .unwrap();
    let error = world
        .apply(&world.plan(&[stage("a").file("a.txt", "2")]))
        .unwrap_err();
    assert_eq!(code(&error), "AEG0512");
    held.release().unwrap();
}

#[test]
fn an_instance_that_came_and_went_is_not_brought_back_by_an_old_plan() {
    let world = World::new();
    world.converge(&one());
    let old = world.plan(&[stage("a").file("a.txt", "1"), stage("b").file("b.txt", "1")]);
    world.converge(&[stage("a").file("a.txt", "1"), stage("b").file("b.txt", "1")]);
    world.converge(&one());
    let outcome = world.apply(&old).unwrap();
    assert_eq!(outcome.exit_code(), 2);
    assert!(matches!(
        outcome.instances[&instance("b")],
        InstanceOutcome::Stale { .. }
    ));
    assert_eq!(world.paths(), ["a.txt"]);
}

#[test]
fn changes_that_come_after_each_other_are_an_error() {
    let world = World::new();
    let stages = [stage("a").file("a.txt", "1").file("b.txt", "1")];
    let ordered = world.plan_with(&stages, |body| {
        body.instances[0].changes[0]
            .after
            .push(identity("file/b.txt"));
    });
    assert_eq!(world.apply(&ordered).unwrap().exit_code(), 0);
    let world = World::new();
    let cycle = world.plan_with(&stages, |body| {
        body.instances[0].changes[0]
            .after
            .push(identity("file/b.txt"));
        body.instances[0].changes[1]
            .after
            .push(identity("file/a.txt"));
    });
    assert_eq!(world.apply(&cycle).unwrap().exit_code(), 1);
    assert!(world.paths().is_empty());
}

#[test]
fn a_tree_whose_state_is_gone_is_not_written_a_second_time() {
    let world = World::new();
    world.converge(&one());
    std::fs::remove_dir_all(world.stack().join(".aegis")).unwrap();
    let marker = world.context.tree.marker().unwrap().unwrap();
    assert!(matches!(
        marker.check(&world.state().unwrap()),
        Err(StateError::Lost { .. })
    ));
    let fresh = World::new();
    let plan = fresh.plan(&[stage("z").file("z.txt", "1")]);
    let error = world.apply(&plan).unwrap_err();
    assert_eq!(code(&error), "AEG0519");
    assert_eq!(world.paths(), ["a.txt"]);
}

#[test]
fn a_tree_of_another_stack_is_refused() {
    let world = World::new();
    let other = World::new();
    world.converge(&one());
    other.converge(&[stage("b").file("b.txt", "1")]);
    let plan = world.plan(&[stage("a").file("a.txt", "2")]);
    std::fs::copy(
        other.tree().join(".aegis/inventory.json"),
        world.tree().join(".aegis/inventory.json"),
    )
    .unwrap();
    assert_eq!(code(&world.apply(&plan).unwrap_err()), "AEG0520");
    assert_eq!(world.read("a.txt"), "1");
}
