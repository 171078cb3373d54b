//! What a person and a program get to see.

use std::path::Path;

use serde_json::Value;

use crate::deceit::honest;
use crate::desk::Desk;
use crate::ended::Ended;

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_has_help() {
    let Some(desk) = Desk::trusting() else { return };
    let mut open = vec![Vec::<String>::new()];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = desk.run(&arguments).exits(0);
        honest(&help);
        let first = help.out.lines().next().unwrap_or_default();
        assert!(
            first.len() > 10 && help.out.contains("Usage: aegis"),
            "{help}"
        );
        assert_eq!(help.err, "");
        seen += 1;
        open.extend(
            commands(&help.out)
                .into_iter()
                .map(|name| [path.clone(), vec![name]].concat()),
        );
    }
    assert!(seen > 25, "{seen}");
    // Without an argument there is help, too, and a mistake is answered on standard error.
    desk.run(&[]).says(&["Usage: aegis"]);
    desk.run(&["plna"]).exits(1).says(&["plan"]);
    desk.run(&["plan", "--no-such-option"]).exits(1);
    desk.run(&["--version"]).exits(0).shows(&["aegis 0.1.0"]);
}

#[test]
fn completions_are_written_for_every_shell() {
    let Some(desk) = Desk::trusting() else { return };
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = desk.ok(&["completions", shell]);
        assert!(
            script.contains("detailed-exitcode") && script.contains("aegis"),
            "{shell}"
        );
    }
    desk.run(&["completions", "csh"]).exits(1).says(&["bash"]);
}

#[test]
fn the_graph_is_drawn_in_four_forms() {
    let Some(desk) = Desk::accepted() else { return };
    let text = desk.ok(&["graph"]);
    assert!(
        text.contains("use1/cluster") && text.contains("foundation"),
        "{text}"
    );
    let dot = desk.ok(&["graph", "--format", "dot"]);
    assert!(
        dot.starts_with("digraph") && dot.contains("\"use1/network\""),
        "{dot}"
    );
    let mermaid = desk.ok(&["graph", "--format", "mermaid"]);
    assert!(
        mermaid.starts_with("flowchart") && mermaid.contains("use1/network"),
        "{mermaid}"
    );
    let svg = desk.ok(&["graph", "--format", "svg"]);
    assert!(
        svg.trim_start().starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
        "{svg}"
    );
    let json = desk.json(&["graph"]);
    let edges = json["edges"].as_array().unwrap();
    let waits = |from: &str, to: &str| {
        edges
            .iter()
            .any(|edge| edge["from"] == from && edge["to"] == to)
    };
    assert!(
        waits("use1/network", "use1/cluster") || waits("use1/cluster", "use1/network"),
        "{json}"
    );
    desk.run(&["graph", "--format", "png"]).exits(1);
}

#[test]
fn facts_are_listed_with_what_is_known_of_them() {
    let Some(desk) = Desk::applied() else { return };
    let list = desk.ok(&["facts", "list"]);
    let line = |name: &str| {
        let line = list.lines().find(|line| line.contains(name));
        line.unwrap_or_else(|| panic!("{name}: {list}")).to_owned()
    };
    assert!(line("use1/network.vpc-id").starts_with("unknown"));
    assert!(line("use1/cluster.name").contains("use1.shop.example.com"));
    desk.import_outputs();
    let list = desk.json(&["facts", "list"]);
    let fact = list
        .as_array()
        .unwrap()
        .iter()
        .find(|fact| fact["ref"] == "use1/network.vpc-id");
    assert_eq!(fact.unwrap()["status"], "known");
    assert_eq!(fact.unwrap()["provenance"]["imported"], "use1/network");
    // Importing the same again changes nothing.
    let outputs = desk.stack().join("terraform-outputs/use1-network.json");
    desk.import("use1", "network", &outputs)
        .exits(0)
        .shows(&["every value was known already"]);
}

#[test]
fn an_import_that_cannot_be_right_changes_nothing() {
    let Some(desk) = Desk::applied() else { return };
    let good = desk.read("terraform-outputs/use1-network.json");
    let file = desk.stack().join("outputs.json");
    let journal = desk.journal().len();
    let cases = [
        ("nonsense".to_owned(), "outputs.json"),
        ("[]".to_owned(), "not an object of outputs"),
        ("{}".to_owned(), "none of the outputs belongs"),
        ("{\"vpc-id\": \"vpc-1\"}".to_owned(), "has no `value`"),
        (good.replace("\"vpc-0", "\"vpc-\u{1b}[31m"), "outputs.json"),
        (good.replace("\"vpc-0", "\"vpc 0"), "network.vpc-id"),
        (
            good.replacen("{", "{\"vpc-id\": {\"value\": \"vpc-2\"},", 1),
            "outputs.json",
        ),
    ];
    for (content, words) in cases {
        std::fs::write(&file, &content).unwrap();
        let refused = desk
            .import("use1", "network", &file)
            .exits(1)
            .says(&[words]);
        honest(&refused);
    }
    std::fs::write(
        &file,
        good.replace("\"sensitive\": false", "\"sensitive\": true"),
    )
    .unwrap();
    desk.import("use1", "network", &file)
        .exits(3)
        .says(&["sensitive", "nothing was imported"]);
    std::fs::write(&file, &good).unwrap();
    desk.import("use1", "nothing", &file)
        .exits(1)
        .says(&["aegis status"]);
    desk.import("stack", "network", &file)
        .exits(1)
        .says(&["--cluster"]);
    desk.import("use1", "network", Path::new("nowhere.json"))
        .exits(1)
        .says(&["nowhere.json"]);
    assert_eq!(desk.journal().len(), journal);
}

#[test]
fn doctor_says_what_is_missing() {
    let Some(desk) = Desk::accepted() else { return };
    let well = desk.run(&["doctor"]).exits(0);
    well.shows(&["ok", "trust", "stack file", "plugins", "7 stages"]);
    std::fs::remove_file(desk.lock_file()).unwrap();
    desk.run(&["doctor"])
        .exits(1)
        .shows(&["fail plugins", "no lock file"]);
    std::fs::remove_file(desk.trust_file()).unwrap();
    desk.run(&["doctor"]).exits(1).shows(&["fail trust"]);
    desk.write("aegis.yaml", "aegis: 1\n");
    desk.run(&["doctor"]).exits(1).shows(&["fail stack file"]);
}

#[test]
fn schemas_describe_the_stack_file_and_every_stage() {
    let Some(desk) = Desk::accepted() else { return };
    let of_file: Value = serde_json::from_str(&desk.ok(&["schema"])).unwrap();
    let validator = jsonschema::draft202012::new(&of_file).unwrap();
    let stack: Value = serde_yaml_ng::from_str(&desk.read("aegis.yaml")).unwrap();
    let problems: Vec<String> = validator
        .iter_errors(&stack)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(problems, [""; 0]);
    assert!(!validator.is_valid(&serde_json::json!({"aegis": 1, "nonsense": true})));
    for stage in [
        "foundation",
        "network",
        "keys",
        "cluster",
        "certificates",
        "delivery",
        "compliance",
    ] {
        let schema: Value = serde_json::from_str(&desk.ok(&["schema", "--stage", stage])).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        assert!(
            validator.is_valid(&serde_json::json!({})),
            "{stage} cannot be left to its defaults"
        );
        assert!(
            !validator.is_valid(&serde_json::json!({"no-such-key": 1})),
            "{stage}"
        );
    }
    desk.run(&["schema", "--stage", "x"])
        .exits(1)
        .says(&["foundation", "certificates"]);
}

#[test]
fn quiet_leaves_the_result_alone() {
    let Some(desk) = Desk::accepted() else { return };
    let loud = desk.run(&["plan"]).exits(0);
    assert!(loud.err.contains("aegis apply"), "{loud}");
    let quiet = desk.run(&["plan", "--quiet"]).exits(0);
    assert_eq!(quiet.out, loud.out);
    assert_eq!(quiet.err, "");
    let quiet = desk.run(&["apply", "--quiet"]).exits(0);
    assert_eq!(quiet.err, "");
    // An error is still said.
    let refused = desk.run(&["apply", "--quiet"]).exits(1);
    assert!(refused.err.contains("AEG"), "{refused}");
}

#[test]
fn colours_are_shown_when_they_are_asked_for_and_only_then() {
    let Some(desk) = Desk::accepted() else { return };
    for (arguments, variable, coloured) in [
        (&["plan"][..], None, false),
        (&["plan", "--color", "always"], None, true),
        (&["plan", "--color", "always"], Some("1"), true),
        (&["plan", "--color", "never"], None, false),
        (
            &["plan", "--color", "always", "--output", "json"],
            None,
            false,
        ),
    ] {
        let mut command = desk.command(arguments);
        command.env_remove("NO_COLOR");
        command.envs(variable.map(|value| ("NO_COLOR", value)));
        let ended = Ended::new(format!("{arguments:?}"), command.output().unwrap()).exits(0);
        assert_eq!(
            ended.out.contains('\u{1b}'),
            coloured,
            "{arguments:?} {variable:?}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let Some(desk) = Desk::accepted() else { return };
    for arguments in [
        &["plan"][..],
        &["plan", "--output", "json"],
        &["apply", "--output", "json"],
        &["completions", "bash"],
    ] {
        let mut command = desk.command(arguments);
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let ended = Ended::new(format!("{arguments:?}"), child.wait_with_output().unwrap());
        assert!(!ended.err.contains("panicked"), "{ended}");
        assert_eq!(ended.code, Some(0), "{ended}");
    }
}

#[test]
fn exit_codes_say_how_it_ended() {
    let Some(desk) = Desk::accepted() else { return };
    desk.run(&["plan"]).exits(0);
    desk.run(&["plan", "--parallelism", "0"]).exits(1);
    desk.run(&["plan", "--detailed-exitcode"]).exits(2);
    desk.run(&["validate"]).exits(0);
    let low = desk.run(&["validate", "--fail-on", "low"]).exits(2);
    assert!(low.out.contains("fail"), "{low}");
    desk.run(&["validate", "--fail-on", "none"]).exits(1);
    desk.edit("block-at: high", "block-at: low");
    desk.run(&["validate"]).exits(2);
    desk.ok(&["plan"]);
    let blocked = desk.run(&["apply"]).exits(2);
    blocked.says(&["AEG0567", "blocked by its findings", "aegis plan"]);
    assert!(desk.files().is_empty());
    std::fs::remove_file(desk.lock_file()).unwrap();
    desk.run(&["plan"]).exits(3);
}
