//! Files of Aegis that were cut off, emptied or replaced by something else: never taken for what they were.

use std::path::PathBuf;

use crate::desk::Desk;
use crate::world;

/// A file, a command that needs it, and the codes under which its damage is known.
struct Case {
    file: PathBuf,
    command: &'static [&'static str],
    codes: &'static [&'static str],
}

fn case(file: PathBuf, command: &'static [&'static str], codes: &'static [&'static str]) -> Case {
    Case {
        file,
        command,
        codes,
    }
}

const ADD: &[&str] = &[
    "plugin",
    "add",
    "aegis/kops",
    "--from",
    "../plugins",
    "--accept",
];

/// What can become of a file.
fn damages(good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let half = good.len() / 2;
    let mut zeros = good.to_vec();
    zeros[half..].fill(0);
    vec![
        ("empty", Vec::new()),
        ("half of it", good[..half].to_vec()),
        ("zeros at its end, as after a power cut", zeros),
        ("not text", vec![0xff; 64]),
        ("nested deeply", b"[".repeat(100_000)),
    ]
}

#[test]
fn a_damaged_file_is_known_for_what_it_is() {
    let Some(desk) = Desk::complete() else { return };
    desk.edit("client-id: argocd", "client-id: other");
    desk.ok(&["plan", "--quiet"]);
    let first = |folder: PathBuf| world::files_below(&folder).remove(0);
    let last = |folder: PathBuf| world::files_below(&folder).pop().unwrap();
    let aegis = desk.stack().join(".aegis");
    let lineage = desk.json(&["status"])["lineage"]
        .as_str()
        .unwrap()
        .to_owned();
    let operator = desk.home().join("data/private/state").join(lineage);
    let cases = [
        case(
            aegis.join("state/head.json"),
            &["plan"],
            &["AEG0502", "AEG0517"],
        ),
        case(
            first(aegis.join("state/instances")),
            &["plan"],
            &["AEG0503"],
        ),
        case(
            last(aegis.join("journal")),
            &["plan"],
            &["AEG0504", "AEG0505"],
        ),
        case(aegis.join("plan.json"), &["apply"], &["AEG0741"]),
        case(
            desk.tree().join(".aegis/inventory.json"),
            &["plan"],
            &["AEG0544"],
        ),
        case(desk.lock_file(), &["plan"], &["AEG0605", "AEG0602"]),
        case(
            desk.trust_file(),
            &["plan"],
            &["AEG0602", "AEG0607", "AEG0605"],
        ),
        case(operator.join("key"), &["plan"], &["AEG0510"]),
        case(operator.join("marks.jsonl"), &["plan"], &["AEG0510"]),
        case(
            desk.home().join("data/keys/operator.key"),
            ADD,
            &["AEG0620"],
        ),
        case(desk.package("kops"), &["plan"], &["AEG0606", "AEG0607"]),
        case(
            world::statement(&desk.package("kops")),
            &["plan"],
            &["AEG0606", "AEG0607"],
        ),
    ];
    let everything = |desk: &Desk| (desk.files(), desk.journal());
    let good_tree = everything(&desk);
    for Case {
        file,
        command,
        codes,
    } in cases
    {
        let Ok(good) = std::fs::read(&file) else {
            panic!("{} is not there", file.display())
        };
        for (what, bytes) in damages(&good) {
            let at = format!("{}: {what}", file.display());
            std::fs::write(&file, bytes).unwrap();
            let ended = desk.run_json(command);
            assert!(matches!(ended.code, Some(1 | 3)), "{at}: {ended}");
            let problems = ended.problems();
            let problem = &problems[0];
            let code = problem["code"].as_str().unwrap();
            assert!(codes.contains(&code), "{at}: {ended}");
            let help = problem["help"].as_str().unwrap_or_default();
            assert!(!help.is_empty(), "{at}: {ended}");
            std::fs::write(&file, &good).unwrap();
        }
        assert!(everything(&desk) == good_tree, "{}", file.display());
    }
    // What was damaged is as it was, and the stack goes on.
    desk.ok(&["apply"]);
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn compiled_code_that_is_damaged_is_compiled_again() {
    let Some(desk) = Desk::accepted() else { return };
    desk.ok(&["plan", "--quiet"]);
    let plan = std::fs::read(desk.plan_file()).unwrap();
    let files = world::files_below(&desk.home().join("cache/code"));
    let file = files.first().unwrap();
    let good = std::fs::read(file).unwrap();
    for (what, bytes) in damages(&good) {
        std::fs::write(file, bytes).unwrap();
        desk.ok(&["plan", "--quiet"]);
        assert!(std::fs::read(desk.plan_file()).unwrap() == plan, "{what}");
    }
}

#[test]
fn a_file_of_before_beside_those_of_today_is_noticed() {
    let Some(desk) = Desk::complete() else { return };
    let old = ["aegis.yaml", ".aegis/plan.json"].map(|file| (file, desk.read(file)));
    desk.edit("client-id: argocd", "client-id: other");
    desk.ok(&["plan", "--quiet"]);
    let files = desk.files();
    for (file, text) in old {
        let today = desk.read(file);
        assert_ne!(today, text);
        desk.write(file, text);
        desk.run(&["apply"])
            .exits(1)
            .says(&["AEG0563", "aegis plan"]);
        assert!(desk.files() == files, "{file}");
        desk.write(file, today);
    }
    // A plan that was applied changes nothing a second time.
    let Some(desk) = Desk::complete() else { return };
    let files = desk.files();
    let again = desk.run(&["apply"]);
    assert!(matches!(again.code, Some(0 | 2)), "{again}");
    assert!(desk.files() == files);
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);
}
