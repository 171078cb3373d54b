//! An apply can end at any moment, and what others do to tree and state in between is noticed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::desk::Desk;
use crate::ended::Ended;
use crate::world;

/// A stack with so many clusters that its apply takes a while.
fn large(clusters: u8) -> Option<Desk> {
    let clusters: String = (0..clusters)
        .map(|number| {
            format!("  c{number}: {{region: us-east-1, zones: 3, cidr: 10.{number}.0.0/16}}\n")
        })
        .collect();
    let desk = Desk::with_stack(&format!(
        "aegis: 1\nname: shop\ndomain: shop.example.com\naccount: \"111122223333\"\npreset: standard\n\
         clusters:\n{clusters}git: {{repository: \"https://github.com/example/shop\", branch: main}}\n"
    ))?;
    desk.ok(&["plan", "--quiet"]);
    Some(desk)
}

fn start(desk: &Desk, arguments: &[&str]) -> Child {
    let mut command = desk.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn end(child: Child, command: &str) -> Ended {
    Ended::new(command.to_owned(), child.wait_with_output().unwrap())
}

fn signal(child: &Child, signal: rustix::process::Signal) {
    let id = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    rustix::process::kill_process(id.unwrap(), signal).unwrap();
}

/// How many records the journal has.
fn records(desk: &Desk) -> usize {
    let segments = world::files_below(&desk.stack().join(".aegis/journal"));
    let lines = segments.iter().map(|segment| {
        let text = std::fs::read(segment).unwrap_or_default();
        text.iter().filter(|byte| **byte == b'\n').count()
    });
    lines.sum()
}

/// The newest part of the journal.
fn newest(desk: &Desk) -> PathBuf {
    let segments = world::files_below(&desk.stack().join(".aegis/journal"));
    segments.into_iter().next_back().unwrap()
}

/// Waits until the journal has so many records or the process has ended; says whether it still runs.
fn wait_for(desk: &Desk, child: &mut Child, wanted: usize) -> bool {
    let deadline = Instant::now() + Duration::from_secs(60);
    while records(desk) < wanted {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(Instant::now() < deadline, "the apply hangs");
        std::thread::sleep(Duration::from_micros(200));
    }
    child.try_wait().unwrap().is_none()
}

/// What state says, without what differs from run to run.
fn state(desk: &Desk) -> Value {
    let mut status = desk.json(&["status"]);
    status.as_object_mut().unwrap().remove("lineage").unwrap();
    assert_eq!(status["unfinished"], Value::Null);
    status
}

fn same(desk: &Desk, other: &Desk) {
    let (files, others) = (desk.files(), other.files());
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&files), names(&others));
    for (name, content) in files {
        assert!(others[&name] == content, "{name} differs");
    }
    assert_eq!(state(desk), state(other));
    for desk in [desk, other] {
        // Nothing is left over: no draft, no lease.
        let left = world::files_below(&desk.stack());
        assert!(
            !left.iter().any(|file| file.ends_with("lease.json")),
            "the lease is left"
        );
        desk.run(&["plan", "--detailed-exitcode"]).exits(0);
    }
}

#[test]
fn an_apply_that_is_killed_again_and_again_ends_as_if_it_had_not_been() {
    let Some(desk) = large(5) else { return };
    let calm = desk.checkout();
    calm.ok(&["apply", "--quiet"]);

    let mut kills = 0;
    let mut child = start(&desk, &["apply", "--quiet"]);
    // From the first record on, in growing steps: within a file, between two instances, near the end.
    for step in [1, 2, 3, 5, 9, 20, 33, 50, 71] {
        let wanted = records(&desk) + step;
        if !wait_for(&desk, &mut child, wanted) {
            break;
        }
        signal(&child, rustix::process::Signal::KILL);
        let killed = end(child, "a killed apply");
        assert_eq!(killed.code, None, "{killed}");
        kills += 1;
        let status = desk.run(&["status"]).exits(4);
        status.shows(&["aegis apply --resume"]);
        child = start(&desk, &["apply", "--resume", "--quiet"]);
    }
    end(child, "aegis apply --resume").exits(0);
    assert!(kills >= 5, "only {kills} kills");
    same(&desk, &calm);
    // No document was begun twice without need: what had an outcome was never begun again.
    let mut done = std::collections::BTreeSet::new();
    for record in desk.journal() {
        let Some(changes) = record["changes"].as_object() else {
            continue;
        };
        for identity in changes.keys() {
            match record["kind"].as_str().unwrap() {
                "intent" => assert!(!done.contains(identity), "{identity} was done twice"),
                "outcome" => drop(done.insert(identity.clone())),
                _ => {}
            }
        }
    }
}

#[test]
fn after_a_kill_nothing_but_resuming_goes_on() {
    let Some(desk) = large(3) else { return };
    let mut child = start(&desk, &["apply"]);
    assert!(wait_for(&desk, &mut child, 20));
    signal(&child, rustix::process::Signal::KILL);
    end(child, "a killed apply");
    let refused = desk.run(&["apply"]);
    assert!(matches!(refused.code, Some(1 | 4)), "{refused}");
    refused.says(&["--resume"]);
    desk.ok(&["apply", "--resume"]);
    desk.run(&["apply", "--resume"])
        .exits(1)
        .says(&["no apply was interrupted"]);
}

#[test]
fn a_run_that_was_given_up_is_taken_on_by_the_next_plan() {
    let Some(desk) = large(2) else { return };
    let calm = desk.checkout();
    calm.ok(&["apply", "--quiet"]);
    desk.run(&["unlock", "--abandon"]).exits(1);
    let mut child = start(&desk, &["apply"]);
    assert!(wait_for(&desk, &mut child, 40));
    signal(&child, rustix::process::Signal::KILL);
    end(child, "a killed apply");
    desk.ok(&["unlock", "--abandon"]);
    desk.run(&["apply", "--resume"])
        .exits(1)
        .says(&["no apply was interrupted"]);
    desk.ok(&["status"]);
    desk.plan_and_apply();
    assert!(desk.files() == calm.files(), "the trees differ");
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_lease_is_ended_by_its_id() {
    let Some(desk) = large(2) else { return };
    let mut child = start(&desk, &["apply"]);
    assert!(wait_for(&desk, &mut child, 10));
    signal(&child, rustix::process::Signal::KILL);
    end(child, "a killed apply");
    let lease: Value = serde_json::from_str(&desk.read(".aegis/lease.json")).unwrap();
    let id = lease["id"].as_str().unwrap();
    let other = desk.run(&["unlock", "nothing"]).exits(1);
    other.says(&["no lease `nothing`", id]);
    desk.run(&["unlock", id]).exits(0).shows(&[id, "tester"]);
    desk.ok(&["apply", "--resume"]);
}

#[test]
fn an_interrupt_ends_what_is_in_flight_and_can_be_resumed() {
    let Some(desk) = large(3) else { return };
    let calm = desk.checkout();
    calm.ok(&["apply", "--quiet"]);
    for interrupt in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let resumed = !desk.journal().is_empty();
        let command: &[&str] = if resumed {
            &["apply", "--resume"]
        } else {
            &["apply"]
        };
        let wanted = records(&desk) + 30;
        let mut child = start(&desk, command);
        assert!(wait_for(&desk, &mut child, wanted));
        signal(&child, interrupt);
        let stopped = end(child, "an interrupted apply").exits(4);
        stopped
            .says(&["stopping after what is in flight"])
            .shows(&["aegis apply --resume"]);
        // Everything that was begun has ended.
        let mut open = std::collections::BTreeSet::new();
        for record in desk.journal() {
            for identity in record["changes"]
                .as_object()
                .into_iter()
                .flat_map(|changes| changes.keys())
            {
                match record["kind"].as_str().unwrap() {
                    "intent" => drop(open.insert(identity.clone())),
                    "outcome" => drop(open.remove(identity)),
                    _ => {}
                }
            }
        }
        assert_eq!(open.len(), 0, "{open:?}");
        desk.run(&["status"]).exits(4);
    }
    desk.ok(&["apply", "--resume"]);
    same(&desk, &calm);
}

#[test]
fn of_two_applies_at_once_one_is_told_who_is_at_work() {
    let Some(desk) = large(3) else { return };
    let mut first = start(&desk, &["apply"]);
    assert!(wait_for(&desk, &mut first, 5));
    let second = desk.run(&["apply"]).exits(1);
    second.says(&[
        "AEG0512",
        "tester",
        &format!("process {}", first.id()),
        "aegis unlock",
    ]);
    let import = desk.import("c0", "network", Path::new("aegis.yaml"));
    assert_eq!(import.code, Some(1), "{import}");
    // A plan only reads.
    desk.ok(&["plan", "--quiet", "--out", "other.json"]);
    end(first, "aegis apply").exits(0);
}

#[test]
fn a_lease_that_is_not_there_cannot_be_ended() {
    let Some(desk) = Desk::applied() else { return };
    desk.run(&["unlock", "nothing"])
        .exits(1)
        .says(&["AEG0514", "no lease `nothing`"]);
}

#[test]
fn a_plan_is_applied_once() {
    let Some(desk) = Desk::accepted() else { return };
    desk.ok(&["plan", "--quiet"]);
    desk.ok(&["apply"]);
    let before = desk.files();
    let again = desk.run(&["apply"]).exits(1);
    again.says(&["AEG0569", "before anything was applied", "aegis plan"]);
    assert!(desk.files() == before);
}

// ---- what others do to the tree ----------------------------------------------------------------

/// Some document of the tree.
const DOCUMENT: &str = "clusters/use1/certificates";

fn some_file(desk: &Desk) -> String {
    let files = desk.files();
    let found = files
        .keys()
        .find(|name| name.contains("use1") && name.ends_with("default-deny.yaml"));
    found
        .unwrap_or_else(|| panic!("{DOCUMENT}: {:?}", files.keys()))
        .clone()
}

#[test]
fn an_edited_or_removed_document_is_drift_and_mended() {
    let Some(desk) = Desk::complete() else { return };
    let good = desk.files();
    let file = desk.tree().join(some_file(&desk));
    let damages: [&dyn Fn(); 2] = [
        &|| std::fs::write(&file, "kind: Nothing\n").unwrap(),
        &|| std::fs::remove_file(&file).unwrap(),
    ];
    for damage in damages {
        damage();
        desk.run(&["plan", "--detailed-exitcode"]).exits(2);
        let plan = desk.plan();
        let changes: Vec<Value> = plan["body"]["instances"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|instance| instance["changes"].as_array().unwrap().clone())
            .filter(|change| change["action"] != "noop")
            .collect();
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert_eq!(changes[0]["cause"], "drift");
        desk.ok(&["apply"]);
        assert!(desk.files() == good, "the tree is not as it was");
        desk.run(&["plan", "--detailed-exitcode"]).exits(0);
    }
}

#[test]
fn a_document_that_was_edited_after_the_plan_is_left_alone() {
    let Some(desk) = Desk::complete() else { return };
    let name = some_file(&desk);
    let file = desk.tree().join(&name);
    std::fs::write(&file, "kind: First\n").unwrap();
    desk.ok(&["plan", "--quiet"]);
    std::fs::write(&file, "kind: Second\n").unwrap();
    let stale = desk.run(&["apply"]).exits(2);
    stale.shows(&["changed since the plan was made", "aegis plan"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kind: Second\n");
}

#[test]
fn the_tree_as_a_whole_comes_back() {
    let Some(desk) = Desk::complete() else { return };
    let good = desk.files();
    std::fs::remove_dir_all(desk.tree()).unwrap();
    desk.run(&["plan", "--detailed-exitcode"]).exits(2);
    desk.ok(&["apply"]);
    assert!(desk.files() == good, "the tree is not as it was");
}

#[test]
fn a_file_of_somebody_else_is_not_overwritten() {
    let Some(done) = Desk::applied() else { return };
    let name = some_file(&done);
    let Some(desk) = Desk::accepted() else { return };
    let file = desk.tree().join(&name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "mine: true\n").unwrap();
    let refused = desk.run(&["plan"]).exits(1);
    let last = file.file_name().unwrap().to_str().unwrap();
    refused.says(&["AEG0707", last]);
    std::fs::remove_file(&file).unwrap();

    // Also where it comes between plan and apply.
    desk.ok(&["plan", "--quiet"]);
    std::fs::write(&file, "mine: true\n").unwrap();
    let stale = desk.run(&["apply"]).exits(2);
    stale.shows(&[last]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine: true\n");
}

#[test]
fn a_link_in_the_tree_leads_nowhere() {
    let Some(desk) = Desk::accepted() else { return };
    desk.ok(&["plan", "--quiet"]);
    let outside = desk.stack().parent().unwrap().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::create_dir_all(desk.tree()).unwrap();
    std::os::unix::fs::symlink(&outside, desk.tree().join("clusters")).unwrap();
    let refused = desk.run(&["apply"]);
    assert!(matches!(refused.code, Some(1 | 2)), "{refused}");
    assert!(
        world::files_below(&outside).is_empty(),
        "it wrote outside of the tree"
    );
    let refused = desk.run(&["plan"]);
    assert_eq!(refused.code, Some(1), "{refused}");
}

// ---- what others do to the state ---------------------------------------------------------------

/// Every command that uses state ends with this code of an error.
#[track_caller]
fn broken(desk: &Desk, code: &str) {
    let tree = desk.files();
    for command in [&["plan"][..], &["apply"], &["status"]] {
        // An apply may see the plan's lack of fit first.
        desk.run(command).exits(1).says(&[code]);
    }
    assert!(desk.files() == tree);
}

#[test]
fn edited_state_is_refused() {
    let Some(desk) = Desk::complete() else { return };
    desk.ok(&["plan", "--quiet"]);
    let folder = desk.stack().join(".aegis");
    let first = |below: &str| world::files_below(&folder.join(below)).remove(0);
    let cases = [
        (folder.join("state/head.json"), "AEG0502"),
        (first("state/instances"), "AEG0503"),
        (newest(&desk), "AEG0504"),
    ];
    for (file, code) in cases {
        let good = std::fs::read(&file).unwrap();
        let text = String::from_utf8(good.clone()).unwrap();
        let at = text.rfind(|c: char| c.is_ascii_digit()).unwrap();
        let mut edited = good.clone();
        edited[at] = if edited[at] == b'1' { b'2' } else { b'1' };
        std::fs::write(&file, edited).unwrap();
        broken(&desk, code);
        std::fs::write(&file, good).unwrap();
    }
    desk.ok(&["apply"]);
}

#[test]
fn a_journal_whose_end_is_cut_off_is_refused() {
    let Some(desk) = Desk::complete() else { return };
    let file = newest(&desk);
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let shorter: String = lines[..lines.len() - 1]
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(&file, shorter).unwrap();
    desk.run(&["plan"]).exits(1).says(&["AEG0505"]);
}

#[test]
fn state_from_before_is_refused() {
    let Some(desk) = Desk::applied() else { return };
    let folder = desk.stack().join(".aegis");
    let before = desk.stack().join("before");
    world::copy(&folder, &before);
    desk.import_outputs();
    desk.plan_and_apply();
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::rename(&before, &folder).unwrap();
    broken(&desk, "AEG0506");
}

#[test]
fn lost_state_is_not_taken_for_a_new_stack() {
    let Some(desk) = Desk::complete() else { return };
    std::fs::remove_dir_all(desk.stack().join(".aegis/state")).unwrap();
    let refused = desk.run(&["plan"]).exits(1);
    refused.says(&["restore `.aegis"]);
    std::fs::remove_dir_all(desk.stack().join(".aegis")).unwrap();
    desk.run(&["plan"])
        .exits(1)
        .says(&["another lineage", "restore `.aegis`"]);
}

#[test]
fn state_of_another_operator_needs_its_key() {
    let Some(desk) = Desk::complete() else { return };
    std::fs::remove_dir_all(desk.home().join("data/private/state")).unwrap();
    let refused = desk.run(&["plan"]).exits(1);
    refused.says(&["AEG0509", "copy the file"]);
}

#[test]
fn an_operator_whose_files_lie_in_the_repository_is_refused() {
    let Some(desk) = Desk::accepted() else { return };
    let inside = desk.stack().join("home");
    world::copy(desk.home(), &inside);
    let mut command = desk.command(&["plan"]);
    let output = command.env("AEGIS_HOME", &inside).output().unwrap();
    Ended::new("aegis plan".to_owned(), output)
        .exits(1)
        .says(&["AEG0511", "AEGIS_HOME"]);
}
