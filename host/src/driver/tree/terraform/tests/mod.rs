mod real;

use serde_json::{Value, json};

use super::super::path::TreePath;
use super::super::render::{FactShape, RenderContext, RenderError, Rendered, Shapes};
use super::*;
use crate::driver::document::Backend;
use crate::fact::{FactRef, Format};
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
    document.providers.push(Provider {
        source: "hashicorp/aws".into(),
        version: ">= 5.100.0, < 7.0.0".into(),
    });
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
    TerraformOutput {
        name: name.into(),
        value: Node::parse(value).unwrap(),
        sensitive: false,
    }
}

/// Facts with their formats and, where known, their values.
fn facts(facts: &[(&str, &str, Option<Value>)]) -> (Shapes, Binding) {
    let (mut shapes, mut binding) = (Shapes::new(), Binding::default());
    for (fact, format, value) in facts {
        let (fact, format): (FactRef, Format) = (fact.parse().unwrap(), format.parse().unwrap());
        shapes.insert(
            fact.clone(),
            FactShape {
                format: format.clone(),
                secret: false,
            },
        );
        if let Some(value) = value {
            binding.insert(fact, format, value.clone());
        }
    }
    (shapes, binding)
}

fn rendered(
    document: &TerraformDocument,
    known: &[(&str, &str, Option<Value>)],
) -> Result<Rendered, RenderError> {
    let (shapes, binding) = facts(known);
    let instance: InstanceId = "use1/network".parse().unwrap();
    let context = RenderContext {
        instance: &instance,
        shapes: &shapes,
        binding: &binding,
    };
    render(
        &Identifier::new("network-use1").unwrap(),
        document,
        &context,
    )
}

fn file(rendered: &Rendered, name: &str) -> Value {
    let (_, file) = rendered
        .files
        .iter()
        .find(|(path, _)| path.as_str().ends_with(name))
        .unwrap();
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
    root.resources.push(block(
        "aws_vpc",
        "main",
        json!({"cidr_block": "10.0.0.0/16", "tags": {"Name": "${aws:x}"}}),
    ));
    let mut subnet = block(
        "aws_subnet",
        "a",
        json!({"vpc_id": "@{resource:aws_vpc.main.id}", "availability_zone": "us-east-1a", "tags": {"vpc": "x-@{use1/network.vpc-id}"}}),
    );
    subnet.depends_on.push("aws_vpc.main".into());
    subnet.lifecycle = Lifecycle {
        create_before_destroy: false,
        prevent_destroy: true,
        ignore_changes: vec!["tags".into()],
    };
    root.resources.push(subnet);
    root.outputs
        .push(output("vpc", &json!("@{resource:aws_vpc.main.id}")));
    let files = rendered(
        &root,
        &[
            ("use1/network.vpc-id", "aws-id", Some(json!("vpc-1"))),
            ("state.bucket", "dns-name", Some(json!("shop-state"))),
        ],
    )
    .unwrap();
    let shown: String = files
        .files
        .iter()
        .map(|(path, file)| format!("--- {path}\n{}", String::from_utf8_lossy(&file.bytes)))
        .collect();
    insta::assert_snapshot!("root", shown);
}

#[test]
fn a_root_waits_for_its_facts_and_its_bucket() {
    let mut root = document();
    root.outputs.push(output("a", &json!("@{use1/x}")));
    let waiting = rendered(&root, &[("use1/x", "text", None)]).unwrap();
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
    assert_eq!(
        file(&waiting, "main.tf.json.aegis")["terraform"]["backend"]["s3"]["bucket"],
        "@{state.bucket}"
    );
}

#[test]
fn a_policy_is_json_text_that_no_value_can_leave() {
    let mut root = with_aws(document());
    root.resources
        .push(block("aws_s3_bucket", "b", json!({"bucket": "b"})));
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
        root.providers.push(Provider {
            source: source.into(),
            version: version.into(),
        });
        root
    };
    let mut ignoring = named("aws_vpc", "main");
    ignoring.resources[0]
        .lifecycle
        .ignore_changes
        .push("tags[\"x\"]".into());
    let known = [
        ("use1/t", "text", None),
        ("use1/m", "map<aws-id>", None),
        ("use1/l", "list<arn>", None),
    ];
    for (root, what) in [
        (
            body(json!({"provisioner": [{"local-exec": [{"command": "id"}]}]})),
            "provisioner",
        ),
        (body(json!({"count": 10_000})), "count"),
        (body(json!({"for_each": {}})), "for_each"),
        (body(json!({"provider": "aws.other"})), "provider"),
        (body(json!({"lifecycle": {}})), "lifecycle"),
        (body(json!({"connection": {}})), "connection"),
        (body(json!({"dynamic": {"ingress": {}}})), "dynamic"),
        (
            body(json!({"ingress": [{"dynamic": {"x": {"for_each": []}}}]})),
            "nested dynamic",
        ),
        (body(json!({"//": "hidden"})), "comment"),
        (
            body(json!({"tags": {"//": "hidden"}})),
            "comment in a value",
        ),
        (body(json!({"${x}": 1})), "an argument that is no name"),
        (
            body(json!({"a": "e\u{301}"})),
            "a text that is not in normal form",
        ),
        (
            body(json!({"a": "\u{202e}x"})),
            "a text that is not shown as it is",
        ),
        (
            body(json!({"a": "@{resource:aws_vpc.other.id}"})),
            "a block that is not there",
        ),
        (
            body(json!({"a": "@{data:aws_vpc.main.id}"})),
            "a data source that is not there",
        ),
        (body(json!({"a": "x@{use1/t}"})), "text embedded"),
        (body(json!({"a": "x@{use1/m}"})), "a map embedded"),
        (
            body(json!({"a": "@{use1/m#/a\"]}${file(x)"})),
            "a key that leaves its quotes",
        ),
        (body(json!({"a": "@{use1/m#/a\"b}"})), "a key with a quote"),
        (body(json!({"a": "@{use1/l#/x}"})), "an index that is none"),
        (
            body(json!({"a": "@{use1/unknown}"})),
            "a fact that the plan does not know",
        ),
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
    let context = RenderContext {
        instance: &instance,
        shapes: &shapes,
        binding: &binding,
    };
    let error = render(&Identifier::new("r").unwrap(), &root, &context).unwrap_err();
    assert!(matches!(error, RenderError::Secret(_)));
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn names_of_variables_are_unique() {
    let mut root = document();
    for (index, fact) in ["a/b", "a.b", "a-b"].iter().enumerate() {
        root.outputs
            .push(output(&format!("o{index}"), &json!(format!("@{{{fact}}}"))));
    }
    let known = [
        ("a/b", "port", Some(json!(1))),
        ("a.b", "port", Some(json!(2))),
        ("a-b", "port", Some(json!(3))),
    ];
    let files = rendered(&root, &known).unwrap();
    assert_eq!(
        file(&files, "tfvars.json"),
        json!({"fact_a_b": 3, "fact_a_b_2": 2, "fact_a_b_3": 1})
    );
    assert_eq!(
        file(&files, "main.tf.json")["output"]["o0"]["value"],
        "${var.fact_a_b_3}"
    );
}
