//! Grants: nothing is covered that no line names, and each line covers what it says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{context, requests, resource};
use crate::capability::terraform::{TerraformGrant, TerraformRequest};
use crate::capability::{Reach, Risk};

pub(super) fn grant(value: &Value) -> TerraformGrant {
    serde_json::from_value(value.clone()).unwrap()
}

pub(super) fn denied(grant: &TerraformGrant, requests: &[TerraformRequest]) -> Vec<String> {
    let context = context();
    let reach = Reach {
        own: context.cluster.as_ref(),
        clusters: &context.clusters,
    };
    requests
        .iter()
        .filter(|request| !grant.covers(request, reach))
        .map(ToString::to_string)
        .collect()
}

/// A root that implies one of everything.
fn everything() -> Value {
    json!({
        "resources": [
            resource("aws_vpc", "main", json!({"cidr_block": "10.0.0.0/16"})),
            resource("aws_subnet", "a", json!({"vpc_id": "vpc-0foreign", "cidr_block": "10.0.0.0/20"})),
            resource("aws_s3_object", "o", json!({"bucket": "@{resource:aws_s3_bucket.b.bucket}", "key": "k", "content": "echo"})),
            resource("aws_s3_bucket", "b", json!({"force_destroy": true})),
            resource("aws_kms_grant", "g", json!({
                "key_id": "@{resource:aws_kms_key.k.key_id}", "grantee_principal": "arn:aws:iam::111122223333:role/x", "operations": ["Decrypt"],
            })),
            resource("aws_kms_key", "k", json!({"policy": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::@{data:aws_caller_identity.me.account_id}:root"}, "Action": "kms:*", "Resource": "*"},
            ]}})),
            resource("aws_sqs_queue", "q", json!({"name": "q"})),
        ],
        "data": [resource("aws_caller_identity", "me", json!({}))],
    })
}

fn full_grant() -> Value {
    json!({
        "provider": "hashicorp/aws",
        "versions": [">= 5.100.0, < 7.0.0"],
        "regions": ["us-east-1"],
        "resource-types": ["aws_vpc*", "aws_subnet", "aws_s3_bucket*", "aws_s3_object", "aws_kms_key", "aws_kms_grant"],
        "data-types": ["aws_caller_identity"],
        "targets": ["vpc-0foreign", "arn:aws:iam::111122223333:role/x"],
        "iam": [{"actions": ["kms:*"], "resources": ["self"], "principals": ["aws:arn:aws:iam::{account}:root"]}],
        "attributes": ["aws_s3_object.content", "aws_s3_bucket.force_destroy", "aws_kms_grant.operations"],
        "max-resources": 7,
        "unchecked": ["aws_sqs_queue"],
    })
}

#[test]
fn a_full_grant_covers_everything_and_an_empty_one_nothing() {
    let requests = requests(&everything()).unwrap();
    assert_eq!(
        denied(&grant(&full_grant()), &requests),
        Vec::<String>::new()
    );
    assert_eq!(
        denied(&TerraformGrant::default(), &requests).len(),
        requests.len()
    );
    assert!(grant(&full_grant()).problem().is_none());
    assert_eq!(grant(&full_grant()).risk(), Risk::Opaque);
}

#[test]
fn taking_one_thing_out_of_a_grant_denies_exactly_what_it_covered() {
    let requests = requests(&everything()).unwrap();
    for (pointer, lost) in [
        (
            "/versions/0",
            "use the Terraform provider hashicorp/aws >= 5.100.0, < 7.0.0",
        ),
        ("/regions/0", "work in the region us-east-1"),
        ("/resource-types/0", "manage aws_vpc"),
        ("/resource-types/1", "manage aws_subnet"),
        ("/resource-types/2", "manage aws_s3_bucket"),
        ("/resource-types/3", "manage aws_s3_object"),
        ("/resource-types/4", "manage aws_kms_key"),
        ("/resource-types/5", "manage aws_kms_grant"),
        ("/data-types/0", "read aws_caller_identity"),
        ("/targets/0", "set aws_subnet.vpc_id to vpc-0foreign"),
        (
            "/targets/1",
            "set aws_kms_grant.grantee_principal to arn:aws:iam::111122223333:role/x",
        ),
        (
            "/iam/0",
            "in aws_kms_key.policy, allow kms:* on self to aws:arn:aws:iam::{account}:root",
        ),
        (
            "/attributes/0",
            "decide what is run by aws_s3_object.content",
        ),
        (
            "/attributes/1",
            "set the exposing or unprotecting value of aws_s3_bucket.force_destroy",
        ),
        (
            "/attributes/2",
            "hand on rights through aws_kms_grant.operations",
        ),
        (
            "/unchecked/0",
            "manage aws_sqs_queue, which the host has no rules for",
        ),
    ] {
        let mut smaller = full_grant();
        let (list, index) = pointer.rsplit_once('/').unwrap();
        let list = smaller
            .pointer_mut(list)
            .and_then(Value::as_array_mut)
            .unwrap();
        list.remove(index.parse().unwrap());
        assert_eq!(denied(&grant(&smaller), &requests), [lost], "{pointer}");
    }
    for (key, lost) in [
        (
            "provider",
            "use the Terraform provider hashicorp/aws >= 5.100.0, < 7.0.0",
        ),
        ("max-resources", "manage 7 resources in one root"),
    ] {
        let mut smaller = full_grant();
        smaller.as_object_mut().unwrap().remove(key);
        assert_eq!(denied(&grant(&smaller), &requests), [lost], "{key}");
    }
}

#[test]
fn a_wildcard_reaches_plain_types_only() {
    let grant =
        grant(&json!({"resource-types": ["aws_s3_*", "aws_iam_*", "aws_l*"], "max-resources": 6}));
    let context = context();
    let reach = Reach {
        own: None,
        clusters: &context.clusters,
    };
    for (kind, covered) in [
        ("aws_s3_bucket", true),
        ("aws_s3_bucket_versioning", true),
        ("aws_s3_bucket_policy", false),
        ("aws_s3_object", false),
        ("aws_iam_role", false),
        ("aws_lambda_function", false),
        ("aws_launch_template", false),
    ] {
        let risk = super::super::types::policy_of(crate::template::Mode::Managed, kind)
            .unwrap()
            .risk;
        let request = TerraformRequest::Resource {
            kind: kind.into(),
            risk,
        };
        assert_eq!(grant.covers(&request, reach), covered, "{kind}");
    }
    assert!(grant.covers(&TerraformRequest::Count { resources: 6 }, reach));
    assert!(!grant.covers(&TerraformRequest::Count { resources: 7 }, reach));
}

/// Every attribute of a table that can do more than its type says needs a line of its own, and gets
/// it from no other.
#[test]
fn every_attribute_beyond_its_type_has_a_line_of_its_own() {
    use super::super::types::{self, Attribute, Block};
    use crate::template::Mode;

    fn names(at: &str, attributes: &[Attribute], blocks: &[Block], all: &mut BTreeSet<String>) {
        all.extend(
            attributes
                .iter()
                .map(|attribute| format!("{at}.{}", attribute.name)),
        );
        for block in blocks {
            names(
                &format!("{at}.{}", block.name),
                block.attributes,
                block.blocks,
                all,
            );
        }
    }
    let mut all = BTreeSet::new();
    for policy in types::all(Mode::Managed) {
        names(policy.name, policy.attributes, policy.blocks, &mut all);
    }
    let context = context();
    let reach = Reach {
        own: None,
        clusters: &context.clusters,
    };
    let beyond: Vec<_> = all
        .iter()
        .filter_map(|name| types::class_of(name).map(|class| (name, class)))
        .collect();
    assert!(beyond.len() > 40);
    let request = |name: &str, class| {
        let (kind, attribute) = name.split_once('.').unwrap();
        TerraformRequest::Attribute {
            kind: kind.into(),
            attribute: attribute.into(),
            class,
        }
    };
    for (name, class) in &beyond {
        let others: Vec<_> = beyond
            .iter()
            .map(|(other, _)| *other)
            .filter(|other| other != name)
            .collect();
        let kind = name.split('.').next().unwrap();
        let types = json!([kind]);
        assert!(
            grant(&json!({"attributes": [name]})).covers(&request(name, *class), reach),
            "{name}"
        );
        let without =
            grant(&json!({"attributes": others, "resource-types": types, "targets": ["*"]}));
        assert!(!without.covers(&request(name, *class), reach), "{name}");
    }
    // The others are no lines at all.
    for name in all.iter().filter(|name| types::class_of(name).is_none()) {
        assert!(
            grant(&json!({"attributes": [name]})).problem().is_some(),
            "{name}"
        );
    }
}

#[test]
fn a_grant_that_means_too_much_or_nothing_is_not_accepted() {
    for line in [
        json!({"resource-types": ["*"]}),
        json!({"resource-types": ["aws_*"]}),
        json!({"resource-types": ["aws*"]}),
        json!({"resource-types": ["aws_sqs_queue"]}),
        json!({"provider": "evil/aws"}),
        json!({"data-types": ["aws_lambda_invocation"]}),
        json!({"data-types": ["aws_*"]}),
        json!({"attributes": ["aws_instance.*"]}),
        json!({"attributes": ["aws_s3_object.source"]}),
        json!({"attributes": ["aws_vpc.cidr_block"]}),
        json!({"unchecked": ["aws_*"]}),
        json!({"unchecked": ["aws_iam_role"]}),
    ] {
        assert!(grant(&line).problem().is_some(), "{line}");
    }
    for line in [
        json!({"resource-typs": []}),
        json!({"actions": ["forget"]}),
        json!({"iam": [{"actions": ["*"]}]}),
    ] {
        assert!(
            serde_json::from_value::<TerraformGrant>(line.clone()).is_err(),
            "{line}"
        );
    }
}

#[test]
fn a_grant_is_written_and_told_in_plain_words() {
    let full = grant(&full_grant());
    assert_eq!(grant(&serde_json::to_value(&full).unwrap()), full);
    let line = grant(&json!({
        "provider": "hashicorp/aws", "versions": ["~> 5.100"], "resource-types": ["aws_vpc"],
        "iam": [{"actions": ["s3:GetObject"], "resources": ["self"], "principals": ["*"]}],
    }));
    assert_eq!(
        line.describe(),
        "use the Terraform provider hashicorp/aws (~> 5.100), manage aws_vpc and write IAM policies that allow s3:GetObject on self to *"
    );
    assert_eq!(line.risk(), Risk::Power);
}
