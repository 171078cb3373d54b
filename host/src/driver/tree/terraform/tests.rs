use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::super::render::{FactShape, RenderContext, RenderError, Rendered, Shapes};
use super::*;
use crate::driver::document::Backend;
use crate::plan::InstanceId;
use crate::proposal::{Lifecycle, Provider, TerraformBlock, TerraformOutput};
use crate::template::Binding;

fn document() -> TerraformDocument {
    TerraformDocument {
        region: "us-east-1".into(),
        account: None,
        backend: Backend::Local,
        tags: [("aegis:stack".to_owned(), "shop".to_owned())].into(),
        providers: Vec::new(),
        resources: Vec::new(),
        data: Vec::new(),
        outputs: Vec::new(),
    }
}

fn with_aws(mut document: TerraformDocument) -> TerraformDocument {
    document.providers.push(Provider { source: "hashicorp/aws".into(), version: ">= 5.100.0, < 7.0.0".into() });
    document
}

fn block(kind: &str, name: &str, body: Value) -> TerraformBlock {
    TerraformBlock {
        kind: kind.into(),
        name: name.into(),
        body: Node::parse(&body).unwrap(),
        depends_on: Vec::new(),
        lifecycle: Lifecycle::default(),
    }
}

fn output(name: &str, value: &Value) -> TerraformOutput {
    TerraformOutput { name: name.into(), value: Node::parse(value).unwrap(), sensitive: false }
}

/// Facts with their formats and, where known, their values.
fn facts(facts: &[(&str, &str, Option<Value>)]) -> (Shapes, Binding) {
    let (mut shapes, mut binding) = (Shapes::new(), Binding::default());
    for (fact, format, value) in facts {
        let (fact, format): (FactRef, Format) = (fact.parse().unwrap(), format.parse().unwrap());
        shapes.insert(fact.clone(), FactShape { format: format.clone(), secret: false });
        if let Some(value) = value {
            binding.insert(fact, format, value.clone());
        }
    }
    (shapes, binding)
}

use crate::fact::{FactRef, Format};

fn rendered(document: &TerraformDocument, known: &[(&str, &str, Option<Value>)]) -> Result<Rendered, RenderError> {
    let (shapes, binding) = facts(known);
    let instance: InstanceId = "use1/network".parse().unwrap();
    let context = RenderContext { instance: &instance, shapes: &shapes, binding: &binding };
    render(&Identifier::new("network-use1").unwrap(), document, &context)
}

fn file(rendered: &Rendered, name: &str) -> Value {
    let (_, file) = rendered.files.iter().find(|(path, _)| path.as_str().ends_with(name)).unwrap();
    serde_json::from_slice(&file.bytes).unwrap()
}

#[test]
fn a_root_is_printed_with_the_host_blocks() {
    let mut root = with_aws(document());
    root.account = Some("111122223333".into());
    root.backend = Backend::S3 {
        bucket: Templated::parse("@{state.bucket}").unwrap(),
        key: "shop/terraform/network-use1.tfstate".into(),
        region: "us-east-1".into(),
        kms_key: None,
    };
    root.data.push(block("aws_partition", "current", json!({})));
    root.resources.push(block("aws_vpc", "main", json!({"cidr_block": "10.0.0.0/16", "tags": {"Name": "${aws:x}"}})));
    let mut subnet = block(
        "aws_subnet",
        "a",
        json!({"vpc_id": "@{resource:aws_vpc.main.id}", "availability_zone": "us-east-1a", "tags": {"vpc": "x-@{use1/network.vpc-id}"}}),
    );
    subnet.depends_on.push("aws_vpc.main".into());
    subnet.lifecycle = Lifecycle { create_before_destroy: false, prevent_destroy: true, ignore_changes: vec!["tags".into()] };
    root.resources.push(subnet);
    root.outputs.push(output("vpc", &json!("@{resource:aws_vpc.main.id}")));
    let files = rendered(&root, &[("use1/network.vpc-id", "aws-id", Some(json!("vpc-1"))), ("state.bucket", "dns-name", Some(json!("shop-state")))]).unwrap();
    let shown: String =
        files.files.iter().map(|(path, file)| format!("--- {path}\n{}", String::from_utf8_lossy(&file.bytes))).collect();
    insta::assert_snapshot!("root", shown);
}

#[test]
fn a_root_waits_for_its_facts_and_its_bucket() {
    let mut root = document();
    root.outputs.push(output("a", &json!("@{use1/x}")));
    let known = ("use1/x", "text", None);
    let waiting = rendered(&root, &[known.clone()]).unwrap();
    let paths: Vec<&str> = waiting.files.keys().map(TreePath::as_str).collect();
    assert_eq!(
        paths,
        [
            "terraform/network-use1/.gitignore",
            "terraform/network-use1/facts.auto.tfvars.json.aegis",
            "terraform/network-use1/main.tf.json.aegis",
        ]
    );
    root.backend = Backend::S3 {
        bucket: Templated::parse("@{state.bucket}").unwrap(),
        key: "k".into(),
        region: "r".into(),
        kms_key: None,
    };
    root.outputs.clear();
    let waiting = rendered(&root, &[("state.bucket", "dns-name", None)]).unwrap();
    assert!(waiting.waiting());
    assert_eq!(file(&waiting, "main.tf.json.aegis")["terraform"]["backend"]["s3"]["bucket"], "@{state.bucket}");
}

use super::super::path::TreePath;

#[test]
fn a_policy_is_json_text_that_no_value_can_leave() {
    let mut root = with_aws(document());
    root.resources.push(block("aws_s3_bucket", "b", json!({"bucket": "b"})));
    root.resources.push(block(
        "aws_s3_bucket_policy",
        "b",
        json!({"bucket": "@{resource:aws_s3_bucket.b.id}", "policy": {"Statement": [{
            "Resource": ["@{resource:aws_s3_bucket.b.arn}", "@{resource:aws_s3_bucket.b.arn}/${aws:username}\"$"],
            "Sid": "a\"b${x}",
        }]}}),
    ));
    let files = rendered(&root, &[]).unwrap();
    assert_eq!(
        file(&files, "main.tf.json")["resource"]["aws_s3_bucket_policy"]["b"]["policy"],
        r#"{"Statement":[{"Resource":[${jsonencode(aws_s3_bucket.b.arn)},${jsonencode("${aws_s3_bucket.b.arn}/$${aws:username}\"$")}],"Sid":"a\"b$${x}"}]}"#
    );
}

#[test]
fn what_would_change_the_meaning_of_a_root_is_refused() {
    let body = |body: Value| {
        let mut root = document();
        root.resources.push(block("aws_vpc", "main", body));
        root
    };
    let named = |kind: &str, name: &str| {
        let mut root = document();
        root.resources.push(block(kind, name, json!({})));
        root
    };
    let depends = |address: &str| {
        let mut root = named("aws_vpc", "main");
        root.resources[0].depends_on.push(address.into());
        root
    };
    let provider = |source: &str, version: &str| {
        let mut root = document();
        root.providers.push(Provider { source: source.into(), version: version.into() });
        root
    };
    let mut ignoring = named("aws_vpc", "main");
    ignoring.resources[0].lifecycle.ignore_changes.push("tags[\"x\"]".into());
    let known = [("use1/t", "text", None), ("use1/m", "map<aws-id>", None), ("use1/l", "list<arn>", None)];
    for (root, what) in [
        (body(json!({"provisioner": [{"local-exec": [{"command": "id"}]}]})), "provisioner"),
        (body(json!({"count": 10_000})), "count"),
        (body(json!({"for_each": {}})), "for_each"),
        (body(json!({"provider": "aws.other"})), "provider"),
        (body(json!({"lifecycle": {}})), "lifecycle"),
        (body(json!({"connection": {}})), "connection"),
        (body(json!({"dynamic": {"ingress": {}}})), "dynamic"),
        (body(json!({"ingress": [{"dynamic": {"x": {"for_each": []}}}]})), "nested dynamic"),
        (body(json!({"//": "hidden"})), "comment"),
        (body(json!({"tags": {"//": "hidden"}})), "comment in a value"),
        (body(json!({"${x}": 1})), "an argument that is no name"),
        (body(json!({"a": "e\u{301}"})), "a text that is not in normal form"),
        (body(json!({"a": "\u{202e}x"})), "a text that is not shown as it is"),
        (body(json!({"a": "@{resource:aws_vpc.other.id}"})), "a block that is not there"),
        (body(json!({"a": "@{data:aws_vpc.main.id}"})), "a data source that is not there"),
        (body(json!({"a": "x@{use1/t}"})), "text embedded"),
        (body(json!({"a": "x@{use1/m}"})), "a map embedded"),
        (body(json!({"a": "@{use1/m#/a\"]}${file(x)"})), "a key that leaves its quotes"),
        (body(json!({"a": "@{use1/m#/a\"b}"})), "a key with a quote"),
        (body(json!({"a": "@{use1/l#/x}"})), "an index that is none"),
        (body(json!({"a": "@{use1/unknown}"})), "a fact that the plan does not know"),
        (named("aws_vpc", "a b"), "a name"),
        (named("aws_vpc\"", "a"), "a type"),
        (named("", "a"), "no type"),
        (depends("aws_vpc.main[0]"), "an expression in depends-on"),
        (depends("${x}"), "a template in depends-on"),
        (ignoring, "an expression in ignore-changes"),
        (provider("evil/aws}", "1"), "a provider's source"),
        (provider("hashicorp/aws", "${1}"), "a provider's version"),
    ] {
        assert!(rendered(&root, &known).is_err(), "{what}");
    }
    let mut twice = named("aws_vpc", "main");
    twice.resources.push(block("aws_vpc", "main", json!({})));
    assert!(rendered(&twice, &[]).is_err());
}

#[test]
fn a_secret_has_no_place_in_a_root() {
    let mut root = document();
    root.outputs.push(output("a", &json!("@{use1/x}")));
    let (mut shapes, binding) = facts(&[("use1/x", "text", Some(json!("hunter2")))]);
    shapes.values_mut().for_each(|shape| shape.secret = true);
    let instance: InstanceId = "use1/network".parse().unwrap();
    let context = RenderContext { instance: &instance, shapes: &shapes, binding: &binding };
    let error = render(&Identifier::new("r").unwrap(), &root, &context).unwrap_err();
    assert!(matches!(error, RenderError::Secret(_)));
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn names_of_variables_are_unique() {
    let mut root = document();
    for (index, fact) in ["a/b", "a.b", "a-b"].iter().enumerate() {
        root.outputs.push(output(&format!("o{index}"), &json!(format!("@{{{fact}}}"))));
    }
    let known = [("a/b", "port", Some(json!(1))), ("a.b", "port", Some(json!(2))), ("a-b", "port", Some(json!(3)))];
    let files = rendered(&root, &known).unwrap();
    assert_eq!(file(&files, "tfvars.json"), json!({"fact_a_b": 3, "fact_a_b_2": 2, "fact_a_b_3": 1}));
    assert_eq!(file(&files, "main.tf.json")["output"]["o0"]["value"], "${var.fact_a_b_3}");
}

// ---- against the real program ---------------------------------------------------------------

fn terraform() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join("terraform")).find(|file| file.is_file());
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
    run(program, folder.path(), &["init", "-input=false", "-backend=true"]);
    run(program, folder.path(), &["apply", "-auto-approve", "-input=false"]);
    let mut outputs: Value = serde_json::from_slice(&run(program, folder.path(), &["output", "-json"])).unwrap();
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
        Value::Object(entries) => entries.iter().map(|(key, item)| (key.clone(), normal(item))).collect(),
        other => other.clone(),
    }
}

/// Texts that begin, end or escape an expression in one syntax or another.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[${}%\"\\\\a ]{0,10}",
        proptest::sample::select(vec![
            "${file(\"/etc/passwd\")}", "$${x}", "$$${x}", "%{if true}x%{endif}", "%%{x}", "$%{x}", "%${x}", "${", "$", "%", "a$", "a%",
            "\\${x}", "~}", "${~ 1 ~}", "<<EOT\nx\nEOT", "\n", "\t", "jsonencode(1)", "var.x", "${\"$\"}", "é", "\u{1}", "\r\n",
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
            proptest::collection::btree_map(key, inner, 0..4).prop_map(|map| map.into_iter().collect::<Value>()),
        ]
    })
}

/// The property that everything stands on: what Terraform reads is the tree of values that was
/// authorised, with references replaced, whatever the texts and the facts are.
#[test]
fn terraform_reads_exactly_the_values_that_were_printed() {
    let Some(program) = terraform() else { return };
    let mut runner = TestRunner::new(Config { cases: 1, failure_persistence: None, ..Config::default() });
    let literals = proptest::collection::vec(value(), 150);
    let spliced = proptest::collection::vec((hostile(), hostile()), 150);
    let texts = proptest::collection::vec(hostile(), 10);
    runner
        .run(&(literals, spliced, texts), |(literals, spliced, texts)| {
            let mut root = document();
            let mut expected = serde_json::Map::new();
            let mut add = |name: String, value: Node, reads: Value| {
                root.outputs.push(TerraformOutput { name: name.clone(), value, sensitive: false });
                expected.insert(name, normal(&reads));
            };
            for (index, value) in literals.into_iter().enumerate() {
                add(format!("literal{index}"), Node::literal(value.clone()), value);
            }
            for (index, (before, after)) in spliced.iter().enumerate() {
                let source = json!(format!("{}@{{use1/id}}{}", Templated::literal(before.as_str()), Templated::literal(after.as_str())));
                if let Ok(node) = Node::parse(&source) {
                    add(format!("spliced{index}"), node, json!(format!("{before}vpc-1{after}")));
                }
            }
            let mut known = vec![("use1/id".to_owned(), "aws-id".to_owned(), Some(json!("vpc-1")))];
            for (index, text) in texts.iter().enumerate() {
                known.push((format!("use1/t{index}"), "text".into(), Some(json!(text))));
                add(format!("fact{index}"), Node::parse(&json!(format!("@{{use1/t{index}}}"))).unwrap(), json!(text));
            }
            let structure = json!({"us-east-1a": {"id": "subnet-1", "ports": [1, 2]}});
            known.push(("use1/map".into(), "map<record<id: aws-id, ports: list<port>>>".into(), Some(structure.clone())));
            add("whole".into(), Node::parse(&json!("@{use1/map}")).unwrap(), structure);
            add("part".into(), Node::parse(&json!("@{use1/map#/us-east-1a/id}")).unwrap(), json!("subnet-1"));
            add("port".into(), Node::parse(&json!(["@{use1/map#/us-east-1a/ports/1}", "p@{use1/map#/us-east-1a/ports/0}"])).unwrap(), json!([2, "p1"]));
            let known: Vec<(&str, &str, Option<Value>)> =
                known.iter().map(|(fact, format, value)| (fact.as_str(), format.as_str(), value.clone())).collect();
            let files = rendered(&root, &known).unwrap();
            let found = evaluate(&program, &files);
            for (name, value) in &expected {
                prop_assert_eq!(&normal(&found[name]), value, "{}", file(&files, "main.tf.json")["output"][name]);
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
    let context = RenderContext { instance: &instance, shapes: &shapes, binding: &binding };
    let mut root = document();
    root.outputs.push(output("policy", &policy));
    let references = References::of(&root, &context).unwrap();
    let text = policy::document(&root.outputs[0].value, &Printer::new(&references), "").unwrap();
    let mut files = rendered(&root, &[("use1/arn", "arn", Some(json!("arn:aws:s3:::b"))), ("use1/all", "list<text>", Some(json!([hostile, "a"])))]).unwrap();
    let main = files.files.iter_mut().find(|(path, _)| path.as_str().ends_with("main.tf.json")).unwrap().1;
    let mut changed: Value = serde_json::from_slice(&main.bytes).unwrap();
    changed["output"]["policy"]["value"] = text;
    main.bytes = pretty(&changed);
    let read: Value = serde_json::from_str(evaluate(&program, &files)["policy"].as_str().unwrap()).unwrap();
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
    root.resources.push(block("aws_vpc", "main", json!({"cidr_block": "@{use1/cidr}", "tags": {"a${b}": "$%{c}"}})));
    root.resources.push(block("aws_iam_role", "r", json!({"name": "r", "assume_role_policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}, "Resource": "@{resource:aws_vpc.main.arn}"}]}})));
    let files = rendered(&root, &[("use1/cidr", "cidr", Some(json!("10.0.0.0/16")))]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write(&files, folder.path());
    run(&program, folder.path(), &["init", "-input=false", &format!("-plugin-dir={PLUGINS}")]);
    run(&program, folder.path(), &["validate"]);
}
