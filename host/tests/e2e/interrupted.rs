//! An apply can end at any moment and is gone on with as if it had not.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::desk::{Desk, SMALL};
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

/// Lets a process run in short steps until the journal has so many records, and stops it there.
fn step_to(desk: &Desk, child: &mut Child, wanted: usize) -> bool {
    let id = child.id();
    let stopped = || {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let state = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.chars().next());
        matches!(state, Some('T' | 'Z') | None)
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    // Until it begins to write, it may run.
    while records(desk) == 0 && child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "the apply hangs");
    }
    loop {
        signal(child, rustix::process::Signal::STOP);
        while !stopped() {
            assert!(Instant::now() < deadline, "it does not stop");
        }
        if records(desk) >= wanted || child.try_wait().unwrap().is_some() {
            return child.try_wait().unwrap().is_none();
        }
        signal(child, rustix::process::Signal::CONT);
        let step = Instant::now();
        while step.elapsed() < Duration::from_micros(50) {}
    }
}

#[test]
fn killed_after_any_record_it_comes_to_the_same_end() {
    let Some(desk) = Desk::with_stack(SMALL) else {
        return;
    };
    desk.ok(&["plan", "--quiet"]);
    let calm = desk.twin();
    calm.ok(&["apply", "--quiet"]);
    let last = records(&calm);
    assert!(last > 8, "{last}");

    let mut open: std::collections::BTreeSet<usize> = (1..last).collect();
    // A process that is stopped can have been a record further than was asked for, so some take several tries.
    for _ in 0..10 {
        for wanted in open.clone() {
            let desk = desk.twin();
            let mut child = start(&desk, &["apply", "--quiet", "--parallelism", "1"]);
            let running = step_to(&desk, &mut child, wanted);
            signal(&child, rustix::process::Signal::KILL);
            end(child, "a killed apply");
            let reached = records(&desk);
            if !running || !open.remove(&reached) {
                continue;
            }
            desk.run(&["status"])
                .exits(4)
                .shows(&["aegis apply --resume"]);
            desk.ok(&["apply", "--resume", "--quiet"]);
            same(&desk, &calm);
        }
    }
    assert!(open.is_empty(), "never killed after the records {open:?}");
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
