//! What others do to the tree and to the state is noticed, and never taken for what Aegis did.

use std::path::PathBuf;

use serde_json::Value;

use crate::desk::Desk;
use crate::ended::Ended;
use crate::world;

/// The newest part of the journal.
fn newest(desk: &Desk) -> PathBuf {
    let segments = world::files_below(&desk.stack().join(".aegis/journal"));
    segments.into_iter().next_back().unwrap()
}

// ---- the tree -----------------------------------------------------------------------------------

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

// ---- the state ---------------------------------------------------------------

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
fn a_record_that_somebody_else_wrote_is_refused() {
    let Some(desk) = Desk::complete() else { return };
    desk.ok(&["plan", "--quiet"]);
    let file = newest(&desk);
    let good = std::fs::read_to_string(&file).unwrap();
    let last = good.lines().last().unwrap();
    let intent = good
        .lines()
        .find(|line| line.contains("\"kind\":\"intent\""));
    // The end of the run taken back, and something begun without an end.
    for forged in [last, intent.unwrap(), "{}", "nonsense"] {
        std::fs::write(&file, format!("{good}{forged}\n")).unwrap();
        let tree = desk.files();
        for command in [&["apply", "--resume"][..], &["apply"]] {
            let refused = desk.run(command);
            assert_eq!(refused.code, Some(1), "{refused}");
        }
        assert!(desk.files() == tree);
    }
    std::fs::write(&file, good).unwrap();
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
