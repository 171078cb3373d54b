//! Whatever a plugin proposes, there is an answer.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{requests, resource};
use crate::capability::terraform::types;
use crate::template::{Mode, Node};

/// Keys and texts that mean something to tables, policies or Terraform, and some that do not.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "vpc_id",
            "policy",
            "rule",
            "bucket",
            "tags",
            "count",
            "dynamic",
            "Version",
            "Statement",
            "Effect",
            "Action",
            "Resource",
            "Principal",
            "AWS",
            "Condition",
            "StringLike",
            "2012-10-17",
            "Allow",
            "s3:*",
            "*",
            "sts:AssumeRole",
            "@{resource:aws_vpc.main.id}",
            "@{resource:aws_vpc.x.arn}/*",
            "@{state.bucket-arn}",
            "$@{state.port}",
            "${x}",
            "",
        ])
        .prop_map(str::to_owned),
        "[a-z@{}:*$/.]{0,12}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..5)
                .prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        types::all(Mode::Managed)
            .map(|policy| policy.name)
            .collect::<Vec<_>>(),
    )
}

proptest! {
    #[test]
    fn every_body_has_an_answer(kind in kind(), body in value(), output in value()) {
        prop_assume!(Node::parse(&body).is_ok() && Node::parse(&output).is_ok());
        let root = json!({
            "resources": [
                resource("aws_vpc", "main", json!({"cidr_block": "10.0.0.0/16"})),
                resource(kind, "x", body),
            ],
            "outputs": [{"name": "o", "value": output}],
        });
        if let Err(denial) = requests(&root) {
            prop_assert!(!denial.reason.is_empty() && !denial.help.is_empty() && denial.pointer.is_some());
        }
    }

    #[test]
    fn every_policy_has_an_answer(policy in value()) {
        prop_assume!(Node::parse(&policy).is_ok());
        let root = json!({"resources": [
            resource("aws_iam_policy", "p", json!({"policy": policy})),
        ]});
        let _ = requests(&root);
    }
}
