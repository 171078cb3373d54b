//! Roots as plugins propose them.

mod any;
mod grants;
mod hostile;
mod platform;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::Identifier;
use serde_json::{Value, json};

use super::{TerraformRequest, derive};
use crate::capability::{DeclaredFact, DeclaredFacts, Denial, DeriveContext, Request};
use crate::proposal::{
    Action, Change, Lifecycle, OnImmutable, Provider, TerraformBlock, TerraformOutput,
    TerraformRoot,
};
use crate::template::Node;

pub(super) fn identifier(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

/// A root from the contract's JSON form. What is left out is empty, and the provider is the usual one.
pub(super) fn root(value: &Value) -> TerraformRoot {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| {
        value
            .as_array()
            .into_iter()
            .flatten()
            .map(text)
            .collect::<Vec<_>>()
    };
    let block = |value: &Value| TerraformBlock {
        kind: text(&value["type"]),
        name: text(&value["name"]),
        body: Node::parse(value.get("body").unwrap_or(&json!({}))).unwrap(),
        depends_on: texts(&value["depends-on"]),
        lifecycle: Lifecycle {
            create_before_destroy: value["lifecycle"]["create-before-destroy"] == json!(true),
            prevent_destroy: value["lifecycle"]["prevent-destroy"] == json!(true),
            ignore_changes: texts(&value["lifecycle"]["ignore-changes"]),
        },
    };
    let list = |key: &str| value[key].as_array().cloned().unwrap_or_default();
    let usual = json!([{"source": "hashicorp/aws", "version": ">= 5.100.0, < 7.0.0"}]);
    TerraformRoot {
        root: identifier("network"),
        region: value.get("region").map_or("us-east-1".into(), text),
        providers: value
            .get("providers")
            .unwrap_or(&usual)
            .as_array()
            .unwrap()
            .iter()
            .map(|provider| Provider {
                source: text(&provider["source"]),
                version: text(&provider["version"]),
            })
            .collect(),
        resources: list("resources").iter().map(block).collect(),
        data: list("data").iter().map(block).collect(),
        outputs: list("outputs")
            .iter()
            .map(|output| TerraformOutput {
                name: text(&output["name"]),
                value: Node::parse(&output["value"]).unwrap(),
                sensitive: output["sensitive"] == json!(true),
            })
            .collect(),
    }
}

pub(super) fn context() -> DeriveContext {
    let mut facts = DeclaredFacts::default();
    for (name, format) in [
        ("use1/network.cidr", "cidr"),
        ("use1/network.vpc-id", "aws-id"),
        ("use1/network.subnet-ids", "list<aws-id>"),
        ("use1/cluster.oidc-issuer", "https-url"),
        ("state.bucket-arn", "arn"),
        ("state.note", "text"),
        ("state.port", "port"),
    ] {
        facts.insert(
            name.parse().unwrap(),
            DeclaredFact {
                format: format.parse().unwrap(),
                secret: false,
            },
        );
    }
    DeriveContext {
        stage: identifier("network"),
        cluster: Some(identifier("use1")),
        clusters: BTreeSet::from([identifier("use1")]).into(),
        repository: None,
        facts,
        proposed: BTreeSet::new(),
        scopes: BTreeMap::new(),
    }
}

pub(super) fn requests(value: &Value) -> Result<Vec<TerraformRequest>, Denial> {
    let root = root(value);
    let change = Change {
        id: identifier("network"),
        cluster: None,
        after: vec![],
        on_immutable: OnImmutable::Fail,
        action: Action::Terraform(root.clone()),
    };
    let requests = derive(&root, &change, &context())?;
    Ok(requests
        .into_iter()
        .filter_map(|request| match request {
            Request::Terraform(request) => Some(request),
            _ => None,
        })
        .collect())
}

pub(super) fn resource(kind: &str, name: &str, body: Value) -> Value {
    json!({"type": kind, "name": name, "body": body})
}

/// The root's requests in plain words, without those that every root has.
fn asked(resources: Value) -> Vec<String> {
    requests(&json!({"resources": resources, "data": []}))
        .unwrap()
        .iter()
        .filter(|request| {
            !matches!(
                request,
                TerraformRequest::Provider { .. }
                    | TerraformRequest::Region { .. }
                    | TerraformRequest::Count { .. }
            )
        })
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_root_asks_for_its_provider_region_size_and_types() {
    let root =
        json!({"resources": [resource("aws_vpc", "main", json!({"cidr_block": "10.0.0.0/16"}))]});
    let asked: Vec<String> = requests(&root)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        asked,
        [
            "use the Terraform provider hashicorp/aws >= 5.100.0, < 7.0.0",
            "work in the region us-east-1",
            "manage 1 resources in one root",
            "manage aws_vpc",
        ]
    );
}

#[test]
fn a_literal_id_of_other_infrastructure_is_a_target() {
    let subnet = |vpc: &str| {
        json!([resource(
            "aws_subnet",
            "a",
            json!({"vpc_id": vpc, "cidr_block": "10.0.0.0/20"})
        )])
    };
    assert_eq!(
        asked(subnet("vpc-0abc")),
        ["manage aws_subnet", "set aws_subnet.vpc_id to vpc-0abc"]
    );
    assert_eq!(
        asked(subnet("@{use1/network.vpc-id}")),
        ["manage aws_subnet"]
    );
    let own = json!([
        resource("aws_vpc", "main", json!({"cidr_block": "10.0.0.0/16"})),
        resource(
            "aws_subnet",
            "a",
            json!({"vpc_id": "@{resource:aws_vpc.main.id}", "cidr_block": "10.0.0.0/20"})
        ),
    ]);
    assert_eq!(asked(own), ["manage aws_subnet", "manage aws_vpc"]);
}

#[test]
fn an_attached_policy_of_somebody_else_is_a_target_by_its_exact_name() {
    let role = resource(
        "aws_iam_role",
        "r",
        json!({
            "name": "shop-node",
            "assume_role_policy": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
            ]},
        }),
    );
    let attachment = resource(
        "aws_iam_role_policy_attachment",
        "a",
        json!({
            "role": "@{resource:aws_iam_role.r.name}",
            "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess",
        }),
    );
    assert_eq!(
        asked(json!([role, attachment])),
        [
            "manage aws_iam_role",
            "manage aws_iam_role_policy_attachment",
            "set aws_iam_role_policy_attachment.policy_arn to arn:aws:iam::aws:policy/AdministratorAccess",
            "in aws_iam_role.assume_role_policy, allow sts:AssumeRole on self to service:ec2.amazonaws.com",
        ]
    );
}

#[test]
fn values_that_open_or_unprotect_are_power() {
    for (kind, body, attribute) in [
        (
            "aws_s3_bucket",
            json!({"force_destroy": true}),
            "force_destroy",
        ),
        (
            "aws_subnet",
            json!({"vpc_id": "@{use1/network.vpc-id}", "map_public_ip_on_launch": true}),
            "map_public_ip_on_launch",
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            json!({"security_group_id": "@{use1/network.vpc-id}", "cidr_ipv4": "0.0.0.0/0", "ip_protocol": "-1"}),
            "cidr_ipv4",
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            json!({"security_group_id": "sg-0", "cidr_ipv4": "@{state.note}", "ip_protocol": "-1"}),
            "cidr_ipv4",
        ),
        (
            "aws_kms_key",
            json!({"enable_key_rotation": false}),
            "enable_key_rotation",
        ),
        (
            "aws_vpc_endpoint",
            json!({"vpc_id": "@{use1/network.vpc-id}", "service_name": "com.amazonaws.vpce.us-east-1.vpce-svc-0abc"}),
            "service_name",
        ),
    ] {
        let asked = asked(json!([resource(kind, "x", body)]));
        let wanted = format!("set the exposing or unprotecting value of {kind}.{attribute}");
        assert!(asked.contains(&wanted), "{asked:?}");
    }
}

#[test]
fn templates_of_terraform_are_text() {
    let tags = json!({
        "${file(\"/root/.aws/credentials\")}": "x",
        "a": "${file(\"/etc/passwd\")}",
        "b": "%{ for x in y }",
        "c": "${var.x}$${y}",
        "d": "@@{resource:aws_vpc.main.id}",
    });
    let body = json!({"cidr_block": "10.0.0.0/16", "tags": tags});
    assert_eq!(
        asked(json!([resource("aws_vpc", "main", body)])),
        ["manage aws_vpc"]
    );
}

#[test]
fn an_opaque_type_is_asked_for_by_name() {
    let queue = resource(
        "aws_sqs_queue",
        "q",
        json!({"name": "q", "tags": {"vpc": "@{use1/network.vpc-id}"}}),
    );
    assert_eq!(
        asked(json!([queue])),
        ["manage aws_sqs_queue, which the host has no rules for"]
    );
}

#[test]
fn outputs_read_values_of_the_root() {
    let root = json!({
        "resources": [resource("aws_vpc", "main", json!({"cidr_block": "10.0.0.0/16"}))],
        "data": [resource("aws_availability_zones", "all", json!({"state": "available"}))],
        "outputs": [
            {"name": "vpc-id", "value": "@{resource:aws_vpc.main.id}"},
            {"name": "zones", "value": {"all": "@{data:aws_availability_zones.all.names}", "first": "@{data:aws_availability_zones.all.names.0}"}},
            {"name": "label", "value": "vpc/@{resource:aws_vpc.main.id}"},
        ],
    });
    assert!(requests(&root).is_ok());
}
