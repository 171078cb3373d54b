//! Against the real program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{block, document, facts, file, output, rendered, with_aws};
use crate::driver::tree::terraform::policy;
use crate::driver::tree::terraform::pretty;
use crate::driver::tree::terraform::reference::References;
use crate::driver::tree::terraform::value::Printer;
use crate::driver::tree::{RenderContext, Rendered};
use crate::plan::InstanceId;
use crate::proposal::TerraformOutput;
use crate::template::{Node, Templated};

fn terraform() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join("terraform"))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!("skipped: needs terraform in PATH");
    }
    found
}

fn run(program: &Path, folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_IN_AUTOMATION", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn write(rendered: &Rendered, folder: &Path) {
    for (path, file) in &rendered.files {
        std::fs::write(folder.join(path.split().1), &file.bytes).unwrap();
    }
}

/// What Terraform computes for each output.
fn evaluate(program: &Path, rendered: &Rendered) -> Value {
    let folder = tempfile::tempdir().unwrap();
    write(rendered, folder.path());
    run(
        program,
        folder.path(),
        &["init", "-input=false", "-backend=true"],
    );
    run(
        program,
        folder.path(),
        &["apply", "-auto-approve", "-input=false"],
    );
    let mut outputs: Value =
        serde_json::from_slice(&run(program, folder.path(), &["output", "-json"])).unwrap();
    for output in outputs.as_object_mut().unwrap().values_mut() {
        *output = output["value"].take();
    }
    outputs
}

/// Terraform has one kind of number.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(key, item)| (key.clone(), normal(item)))
            .collect(),
        other => other.clone(),
    }
}

/// Texts that begin, end or escape an expression in one syntax or another.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[${}%\"\\\\a ]{0,10}",
        proptest::sample::select(vec![
            "${file(\"/etc/passwd\")}",
            "$${x}",
            "$$${x}",
            "%{if true}x%{endif}",
            "%%{x}",
            "$%{x}",
            "%${x}",
            "${",
            "$",
            "%",
            "a$",
            "a%",
            "\\${x}",
            "~}",
            "${~ 1 ~}",
            "<<EOT\nx\nEOT",
            "\n",
            "\t",
            "jsonencode(1)",
            "var.x",
            "${\"$\"}",
            "é",
            "\u{1}",
            "\r\n",
        ])
        .prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        hostile().prop_map(Value::from),
        (-1_000_000i64..1_000_000).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key = hostile().prop_filter("a comment", |key| key != "//");
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key, inner, 0..4)
                .prop_map(|map| map.into_iter().collect::<Value>()),
        ]
    })
}

/// The property that everything stands on: what Terraform reads is the tree of values that was
/// authorised, with references replaced, whatever the texts and the facts are.
#[test]
fn terraform_reads_exactly_the_values_that_were_printed() {
    let Some(program) = terraform() else { return };
    let mut runner = TestRunner::new(Config {
        cases: 1,
        failure_persistence: None,
        ..Config::default()
    });
    let literals = proptest::collection::vec(value(), 150);
    let spliced = proptest::collection::vec((hostile(), hostile()), 150);
    let texts = proptest::collection::vec(hostile(), 10);
    runner
        .run(&(literals, spliced, texts), |(literals, spliced, texts)| {
            let mut root = document();
            let mut expected = serde_json::Map::new();
            let mut add = |name: String, value: Node, reads: Value| {
                root.outputs.push(TerraformOutput {
                    name: name.clone(),
                    value,
                    sensitive: false,
                });
                expected.insert(name, normal(&reads));
            };
            for (index, value) in literals.into_iter().enumerate() {
                add(
                    format!("literal{index}"),
                    Node::literal(value.clone()),
                    value,
                );
            }
            for (index, (before, after)) in spliced.iter().enumerate() {
                let source = json!(format!(
                    "{}@{{use1/id}}{}",
                    Templated::literal(before.as_str()),
                    Templated::literal(after.as_str())
                ));
                if let Ok(node) = Node::parse(&source) {
                    add(
                        format!("spliced{index}"),
                        node,
                        json!(format!("{before}vpc-1{after}")),
                    );
                }
            }
            let mut known = vec![(
                "use1/id".to_owned(),
                "aws-id".to_owned(),
                Some(json!("vpc-1")),
            )];
            for (index, text) in texts.iter().enumerate() {
                known.push((format!("use1/t{index}"), "text".into(), Some(json!(text))));
                add(
                    format!("fact{index}"),
                    Node::parse(&json!(format!("@{{use1/t{index}}}"))).unwrap(),
                    json!(text),
                );
            }
            let structure = json!({"us-east-1a": {"id": "subnet-1", "ports": [1, 2]}});
            known.push((
                "use1/map".into(),
                "map<record<id: aws-id, ports: list<port>>>".into(),
                Some(structure.clone()),
            ));
            add(
                "whole".into(),
                Node::parse(&json!("@{use1/map}")).unwrap(),
                structure,
            );
            add(
                "part".into(),
                Node::parse(&json!("@{use1/map#/us-east-1a/id}")).unwrap(),
                json!("subnet-1"),
            );
            add(
                "port".into(),
                Node::parse(&json!([
                    "@{use1/map#/us-east-1a/ports/1}",
                    "p@{use1/map#/us-east-1a/ports/0}"
                ]))
                .unwrap(),
                json!([2, "p1"]),
            );
            let known: Vec<(&str, &str, Option<Value>)> = known
                .iter()
                .map(|(fact, format, value)| (fact.as_str(), format.as_str(), value.clone()))
                .collect();
            let files = rendered(&root, &known).unwrap();
            let found = evaluate(&program, &files);
            for (name, value) in &expected {
                prop_assert_eq!(
                    &normal(&found[name]),
                    value,
                    "{}",
                    file(&files, "main.tf.json")["output"][name]
                );
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn terraform_reads_a_policy_as_the_json_that_was_proposed() {
    let Some(program) = terraform() else { return };
    let hostile = "x\",\"Principal\":\"*${file(\"/etc/passwd\")}\\";
    let policy = json!({"Statement": [{"Sid": hostile, "Resource": ["@{use1/arn}", "@{use1/arn}/${aws:username}$%\\\"\n", "@{use1/all}"], "n": [1, 0.5, true, null]}], hostile: 1});
    let (shapes, binding) = facts(&[
        ("use1/arn", "arn", Some(json!("arn:aws:s3:::b"))),
        ("use1/all", "list<text>", Some(json!([hostile, "a"]))),
    ]);
    let instance: InstanceId = "use1/network".parse().unwrap();
    let context = RenderContext {
        instance: &instance,
        shapes: &shapes,
        binding: &binding,
    };
    let mut root = document();
    root.outputs.push(output("policy", &policy));
    let references = References::of(&root, &context).unwrap();
    let text = policy::document(&root.outputs[0].value, &Printer::new(&references), "").unwrap();
    let mut files = rendered(
        &root,
        &[
            ("use1/arn", "arn", Some(json!("arn:aws:s3:::b"))),
            ("use1/all", "list<text>", Some(json!([hostile, "a"]))),
        ],
    )
    .unwrap();
    let main = files
        .files
        .iter_mut()
        .find(|(path, _)| path.as_str().ends_with("main.tf.json"))
        .unwrap()
        .1;
    let mut changed: Value = serde_json::from_slice(&main.bytes).unwrap();
    changed["output"]["policy"]["value"] = text;
    main.bytes = pretty(&changed);
    let read: Value =
        serde_json::from_str(evaluate(&program, &files)["policy"].as_str().unwrap()).unwrap();
    let expected = json!({"Statement": [{"Sid": hostile, "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/${aws:username}$%\\\"\n", [hostile, "a"]], "n": [1, 0.5, true, null]}], hostile: 1});
    assert_eq!(read, expected);
}

/// The host's blocks and a typical root, against the provider's own schema.
#[test]
fn terraform_accepts_a_root_with_the_aws_provider() {
    const PLUGINS: &str = "/opt/tf-plugins";
    let Some(program) = terraform() else { return };
    if !Path::new(PLUGINS).is_dir() {
        eprintln!("skipped: needs the AWS provider in {PLUGINS}");
        return;
    }
    let mut root = with_aws(document());
    root.account = Some("111122223333".into());
    root.resources.push(block(
        "aws_vpc",
        "main",
        json!({"cidr_block": "@{use1/cidr}", "tags": {"a${b}": "$%{c}"}}),
    ));
    root.resources.push(block("aws_iam_role", "r", json!({"name": "r", "assume_role_policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}, "Resource": "@{resource:aws_vpc.main.arn}"}]}})));
    let files = rendered(&root, &[("use1/cidr", "cidr", Some(json!("10.0.0.0/16")))]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write(&files, folder.path());
    run(
        &program,
        folder.path(),
        &["init", "-input=false", &format!("-plugin-dir={PLUGINS}")],
    );
    run(&program, folder.path(), &["validate"]);
}
