//! Who can write the state's folder can break a run, but not steer it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::ApplyError;
use super::world::*;
use crate::state::*;

fn applied() -> World {
    let world = World::new();
    world.converge(&[stage("use1/a")
        .fact("x", "text", Some(json!("v")))
        .file("a.txt", "1")]);
    world.converge(&[stage("use1/a")
        .fact("x", "text", Some(json!("v")))
        .file("a.txt", "2")]);
    world
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path))
        } else {
            files.push(path)
        }
    }
    files.sort();
    files
}

fn code(error: &StateError) -> String {
    miette::Diagnostic::code(error).unwrap().to_string()
}

#[test]
fn the_state_of_another_stack_is_refused() {
    let mut world = applied();
    let plan = world.plan(&[stage("use1/a").file("a.txt", "3")]);
    world.context.ledger.stack = name("other");
    assert_eq!(code(&world.state().unwrap_err()), "AEG0527");
    assert!(world.apply(&plan).is_err());
    assert_eq!(world.read("a.txt"), "2");
}

/// Every byte of the head, of an instance and of the journal counts.
#[test]
fn a_changed_byte_is_noticed() {
    let world = applied();
    for part in ["state/head.json", "state/instances", "journal"] {
        let place = world.stack().join(".aegis").join(part);
        let file = if place.is_dir() {
            files_below(&place).pop().unwrap()
        } else {
            place
        };
        let bytes = std::fs::read(&file).unwrap();
        // A changed line end joins two records, or makes the last one incomplete.
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            std::fs::write(&file, &changed).unwrap();
            assert!(
                world.state().is_err(),
                "{part} at {at}: {}",
                String::from_utf8_lossy(&changed)
            );
        }
        std::fs::write(&file, bytes).unwrap();
    }
    assert!(world.state().is_ok());
}

#[test]
fn a_recomputed_head_without_the_key_is_refused() {
    let world = applied();
    let head = world.stack().join(".aegis/state/head.json");
    let mut value: Value = serde_json::from_slice(&std::fs::read(&head).unwrap()).unwrap();
    // Another instance state, consistent in itself.
    let instances = world.stack().join(".aegis/state/instances");
    let file = files_below(&instances).pop().unwrap();
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace("\"v\"", "\"evil\"");
    let digest = aegis_document::Digest::of(&text);
    std::fs::write(instances.join(format!("{}.json", digest.hex())), &text).unwrap();
    value["instances"]["use1/a"] = json!(digest.to_string());
    std::fs::write(&head, serde_json::to_vec(&value).unwrap()).unwrap();
    assert_eq!(code(&world.state().unwrap_err()), "AEG0502");
}

#[test]
fn a_missing_part_is_noticed() {
    for (part, expected) in [("state/instances", "AEG0503"), ("journal", "AEG0505")] {
        let world = applied();
        std::fs::remove_dir_all(world.stack().join(".aegis").join(part)).unwrap();
        assert_eq!(code(&world.state().unwrap_err()), expected, "{part}");
    }
    let world = applied();
    let state = world.state().unwrap();
    let (_, entry) = state.owner_of(&identity("file/a.txt")).unwrap();
    assert!(document(world.store(), &entry.document).is_ok());
    for file in files_below(&world.stack().join(".aegis/state/documents")) {
        std::fs::write(file, "{\"content\":\"evil\"}").unwrap();
    }
    assert_eq!(
        code(&document(world.store(), &entry.document).unwrap_err()),
        "AEG0503"
    );
}

#[test]
fn a_truncated_journal_is_noticed() {
    let world = applied();
    let journal = world.stack().join(".aegis/journal");
    let file = files_below(&journal).pop().unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for kept in 0..lines.len() {
        std::fs::write(&file, lines[..kept].concat()).unwrap();
        assert_eq!(code(&world.state().unwrap_err()), "AEG0505", "{kept} lines");
    }
    // Records in another order, or one left out.
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    std::fs::write(&file, swapped.concat()).unwrap();
    assert_eq!(code(&world.state().unwrap_err()), "AEG0504");
    std::fs::write(&file, [&lines[..1], &lines[2..]].concat().concat()).unwrap();
    assert_eq!(code(&world.state().unwrap_err()), "AEG0504");
    // Half a record at the end is what a killed process leaves.
    std::fs::write(&file, format!("{text}{{\"seq\":")).unwrap();
    assert!(world.state().is_ok());
    world.converge(&[stage("use1/a").file("a.txt", "3")]);
}

fn copy(from: &Path, to: &Path) {
    for file in files_below(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(&file, &target).unwrap();
    }
}

#[test]
fn a_rolled_back_state_is_refused_where_the_newer_one_was_seen() {
    let world = applied();
    let (state, saved) = (world.stack().join(".aegis"), world.home().join("saved"));
    copy(&state, &saved);
    world.converge(&[stage("use1/a").file("a.txt", "3")]);
    std::fs::remove_dir_all(&state).unwrap();
    copy(&saved, &state);
    assert_eq!(code(&world.state().unwrap_err()), "AEG0506");
    // On a machine that has the key but never saw it, nothing tells that it is old.
    let lineage = std::fs::read_dir(world.home().join("private/state"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    std::fs::remove_file(lineage.path().join("marks.jsonl")).unwrap();
    assert!(world.state().is_ok());
}

#[test]
fn two_futures_of_one_state_are_told_apart() {
    let world = applied();
    let (state, saved) = (world.stack().join(".aegis"), world.home().join("saved"));
    copy(&state, &saved);
    world.converge(&[stage("use1/a").file("a.txt", "3")]);
    let mark = files_below(&world.home())
        .into_iter()
        .find(|file| file.ends_with("marks.jsonl"))
        .unwrap();
    let seen = std::fs::read(&mark).unwrap();
    std::fs::remove_dir_all(&state).unwrap();
    copy(&saved, &state);
    std::fs::remove_file(&mark).unwrap();
    world.converge(&[stage("use1/a").file("a.txt", "4")]);
    std::fs::write(&mark, seen).unwrap();
    let refused = world.state().unwrap_err();
    assert!(
        ["AEG0507", "AEG0504"].contains(&code(&refused).as_str()),
        "{refused}"
    );
}

#[test]
fn state_without_its_key_is_not_read() {
    let world = applied();
    std::fs::remove_dir_all(world.home()).unwrap();
    assert_eq!(code(&world.state().unwrap_err()), "AEG0509");
}

#[test]
fn newer_formats_are_not_guessed_at() {
    let world = applied();
    let head = world.stack().join(".aegis/state/head.json");
    let text = std::fs::read_to_string(&head).unwrap();
    std::fs::write(&head, text.replace("aegis.state/1", "aegis.state/2")).unwrap();
    assert_eq!(code(&world.state().unwrap_err()), "AEG0508");
    for other in ["aegis.state/0", "aegis.state/x", "aegis.plan/1", ""] {
        std::fs::write(&head, text.replace("aegis.state/1", other)).unwrap();
        assert_eq!(code(&world.state().unwrap_err()), "AEG0517", "{other}");
    }
    std::fs::write(&head, "{").unwrap();
    assert_eq!(code(&world.state().unwrap_err()), "AEG0517");
}

#[test]
fn a_state_that_only_a_newer_version_may_change_is_read_and_left_as_it_is() {
    let world = applied();
    let file = world.stack().join(".aegis/state/head.json");
    let lineage = world.state().unwrap().lineage().unwrap().to_owned();
    let operator = &world.context.ledger.operator;
    let head = resealed(
        &operator.key(&lineage).unwrap(),
        &std::fs::read(&file).unwrap(),
        |head| {
            head["format"] = json!("aegis.state/1.7");
            head["min-host"] = json!("9.0.0");
            head["mood"] = json!("good");
        },
    )
    .unwrap();
    std::fs::write(&file, &head).unwrap();
    let home = operator.key_path(&lineage);
    std::fs::remove_file(home.with_file_name("marks.jsonl")).unwrap();

    let state = world.state().unwrap();
    assert!(state.instance(&instance("use1/a")).is_some());
    let error = world
        .apply(&world.plan(&[stage("use1/a").file("a.txt", "3")]))
        .unwrap_err();
    assert_eq!(error.exit_code(), 1);
    let ApplyError::State(error) = error else {
        panic!("{error}")
    };
    assert_eq!(code(&error), "AEG0508");
    let refused = world.import("use1/a", json!({"x": "w"})).unwrap_err();
    assert_eq!(code(&refused), "AEG0508");
    for error in [error, refused] {
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(help.contains("9.0.0"), "{help}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), head);
    assert!(LeaseRecord::read(world.store()).unwrap().is_none());
    assert_eq!(world.read("a.txt"), "2");
}

#[test]
fn a_lineage_that_is_a_path_opens_nothing() {
    let world = applied();
    let head = world.stack().join(".aegis/state/head.json");
    let mut value: Value = serde_json::from_slice(&std::fs::read(&head).unwrap()).unwrap();
    value["lineage"] = json!("../../../../etc");
    std::fs::write(&head, serde_json::to_vec(&value).unwrap()).unwrap();
    assert_eq!(code(&world.state().unwrap_err()), "AEG0517");
}

#[test]
fn what_a_newer_version_recorded_is_kept() {
    let instance: InstanceState = serde_json::from_value(json!({
        "id": "use1/a", "serial": 1, "plugin": null, "progress": "written", "edges": [], "facts": {}, "sources": {}, "probes": [],
        "inventory": {"file/a": {"document": aegis_document::Digest::of("d"), "bound": aegis_document::Digest::of("d"), "files": {}, "waits-for": [], "protect": true}},
        "last": null, "mood": "good",
    }))
    .unwrap();
    let written = serde_json::to_value(&instance).unwrap();
    assert_eq!(written["mood"], "good");
    assert_eq!(written["inventory"]["file/a"]["protect"], true);
}

#[test]
fn a_forged_path_in_an_inventory_is_not_a_path() {
    for path in ["../x", "/etc/passwd", ".git/hooks/x", "a\\b"] {
        let entry = json!({"document": aegis_document::Digest::of("d"), "bound": aegis_document::Digest::of("d"), "files": {path: aegis_document::Digest::of("d")}, "waits-for": []});
        assert!(
            serde_json::from_value::<InventoryEntry>(entry).is_err(),
            "{path}"
        );
    }
}
