//! The job that the program is made for, from a stack file to a platform that waits for nothing.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::desk::Desk;
use crate::world;

/// The changes of a plan that change something.
fn changes(plan: &Value) -> Vec<&Value> {
    let instances = plan["body"]["instances"].as_array().unwrap();
    instances
        .iter()
        .flat_map(|instance| instance["changes"].as_array().unwrap())
        .filter(|change| change["action"] != "noop")
        .collect()
}

fn texts<'a>(value: &'a Value, field: &str) -> BTreeSet<&'a str> {
    let list = value[field].as_array().unwrap();
    list.iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn two_clusters_are_planned_applied_completed_and_validated() {
    let Some(desk) = Desk::accepted() else { return };

    let planned = desk.run(&["plan", "--detailed-exitcode"]).exits(2);
    planned.shows(&["to create, 0 to update, 0 to delete", "plan sha256:"]);
    let first = desk.plan();
    assert!(
        changes(&first)
            .iter()
            .all(|change| change["action"] == "create" && change["cause"] == "config")
    );
    let unknown: BTreeSet<String> = first["body"]["facts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|fact| fact["status"] == "unknown")
        .map(|fact| fact["ref"].as_str().unwrap().to_owned())
        .collect();
    assert!(!unknown.is_empty());
    let waiting: BTreeSet<&str> = changes(&first)
        .into_iter()
        .filter(|change| !texts(change, "waits-for").is_empty())
        .map(|change| change["identity"].as_str().unwrap())
        .collect();
    assert!(!waiting.is_empty());

    desk.ok(&["apply"]);
    assert_eq!(desk.waiting().len(), waiting.len(), "{:?}", desk.waiting());
    for document in desk.waiting() {
        assert!(
            document.contains("/kops/") || document.starts_with("kops/"),
            "{document}"
        );
        let last = document.strip_suffix(".aegis").unwrap();
        assert!(
            !desk.tree().join(last).exists(),
            "{last} is there before it is known"
        );
    }

    desk.import_outputs();
    let planned = desk.run(&["plan", "--detailed-exitcode"]).exits(2);
    planned.shows(&["0 to create", "0 to delete"]);
    let second = desk.plan();
    let completed: BTreeSet<&str> = changes(&second)
        .into_iter()
        .map(|change| {
            assert_eq!(change["cause"], "fact", "{change}");
            assert_eq!(change["action"], "update", "{change}");
            assert_eq!(change["waits-for"], serde_json::json!([]), "{change}");
            change["identity"].as_str().unwrap()
        })
        .collect();
    assert_eq!(completed, waiting);
    for fact in second["body"]["facts"].as_array().unwrap() {
        assert_ne!(fact["status"], "unknown", "{fact}");
    }

    desk.ok(&["apply"]);
    assert_eq!(desk.waiting(), [""; 0]);
    desk.run(&["validate"]).exits(0);
    let empty = desk.run(&["plan", "--detailed-exitcode"]).exits(0);
    empty.shows(&["Nothing to change."]);
    assert!(changes(&desk.plan()).is_empty());
}

#[test]
fn nothing_in_the_tree_is_left_to_be_filled_in() {
    let Some(desk) = Desk::complete() else { return };
    for (name, content) in desk.files() {
        let text = String::from_utf8(content).unwrap();
        assert!(!text.contains("@{"), "{name} holds a token");
    }
}

#[test]
fn status_shows_every_instance_as_written() {
    let Some(desk) = Desk::complete() else { return };
    desk.ok(&["plan", "--quiet"]);
    let planned: BTreeSet<String> = desk.plan()["body"]["instances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|instance| instance["id"].as_str().unwrap().to_owned())
        .collect();
    let status = desk.json(&["status"]);
    let instances = status["instances"].as_array().unwrap();
    let written: BTreeSet<String> = instances
        .iter()
        .map(|instance| {
            assert_eq!(instance["progress"], "written", "{instance}");
            assert_eq!(instance["waits-for"], serde_json::json!([]), "{instance}");
            instance["id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(written, planned);
    assert_eq!(status["unfinished"], Value::Null);

    let text = desk.ok(&["status"]);
    assert!(
        text.contains("use1/cluster") && !text.contains("waits for"),
        "{text}"
    );
    let one = desk.ok(&["status", "use1/network"]);
    assert!(
        one.contains("terraform/network-use1/main.tf.json") && !one.contains("euw1"),
        "{one}"
    );
}

#[test]
fn every_answer_is_also_json() {
    let Some(desk) = Desk::accepted() else { return };
    let plan = desk.json(&["plan"]);
    assert_eq!(plan, desk.plan());

    let applied = desk.run(&["apply", "--output", "json"]).exits(0);
    let lines = applied.json_lines();
    let (outcome, events) = lines.split_last().unwrap();
    assert_eq!(events.first().unwrap()["event"], "run-started");
    assert_eq!(events.last().unwrap()["event"], "run-finished");
    let finished = events
        .iter()
        .filter(|event| event["event"] == "change-finished")
        .count();
    assert_eq!(finished, changes(&plan).len());
    let ends = outcome["instances"].as_object().unwrap();
    assert!(
        ends.values().all(|end| end["outcome"] == "done"),
        "{outcome}"
    );

    for command in [
        &["status"][..],
        &["validate"],
        &["graph"],
        &["facts", "list"],
        &["doctor"],
        &["schema"],
        &["schema", "--stage", "cluster"],
        &["plugin", "list"],
        &["plugin", "inspect", "../plugins/kops.wasm"],
        &["plugin", "verify", "../plugins/kops.wasm"],
        &["key", "list"],
        &["trust", "list"],
    ] {
        let answer = desk.json(command);
        assert!(answer.is_object() || answer.is_array(), "{command:?}");
    }
}

#[test]
fn the_smallest_stack_is_a_whole_platform() {
    let Some(desk) = Desk::accepted() else { return };
    std::fs::remove_dir_all(desk.stack()).unwrap();
    world::copy(&world::example("minimal"), &desk.stack());
    desk.accept_plugins();
    desk.plan_and_apply();
    let files = desk.files();
    for place in ["terraform/", "kops/", "clusters/"] {
        assert!(
            files.keys().any(|name| name.starts_with(place)),
            "{place}: {:?}",
            files.keys()
        );
    }
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);
}
