//! Parts of IAM policies. Policies are JSON objects; the host encodes them.

use aegis_plugin::terraform::{Root, data_reference};
use serde_json::{Value, json};

/// The name of every data source here.
const CURRENT: &str = "current";

/// A policy of these statements.
pub(crate) fn policy(statements: impl IntoIterator<Item = Value>) -> Value {
    let statements: Vec<Value> = statements.into_iter().collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// A statement that allows actions on resources, for the policy of a role.
pub(crate) fn allow(sid: &str, actions: &[&str], resources: impl Into<Value>) -> Value {
    json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources.into() })
}

/// The statement with conditions.
pub(crate) fn when(mut statement: Value, condition: Value) -> Value {
    if let Value::Object(parts) = &mut statement {
        parts.insert("Condition".to_owned(), condition);
    }
    statement
}

/// The root with the data sources that ARNs are built from: the caller's account and its partition.
pub(crate) fn with_account(root: Root) -> Root {
    root.data("aws_caller_identity", CURRENT, json!({}))
        .data("aws_partition", CURRENT, json!({}))
}

/// The caller's account.
pub(crate) fn account() -> String {
    data_reference("aws_caller_identity", CURRENT, "account_id")
}

/// `aws`, `aws-cn` or `aws-us-gov`.
pub(crate) fn partition() -> String {
    data_reference("aws_partition", CURRENT, "partition")
}

/// `amazonaws.com`, in China `amazonaws.com.cn`.
pub(crate) fn dns_suffix() -> String {
    data_reference("aws_partition", CURRENT, "dns_suffix")
}

/// An ARN in the caller's account; the region is empty for what has none.
pub(crate) fn arn(service: &str, region: &str, resource: &str) -> String {
    format!(
        "arn:{}:{service}:{region}:{}:{resource}",
        partition(),
        account()
    )
}

/// The policy that lets a service take a role, for resources of this account only: without the condition, the
/// service could be made to use the role for somebody else's resources.
pub(crate) fn trust_service(service: &str, source: &str) -> Value {
    policy([json!({
        "Effect": "Allow",
        "Principal": { "Service": service },
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": { "aws:SourceAccount": account() },
            "ArnLike": { "aws:SourceArn": source },
        },
    })])
}

/// The statement of a key's policy that leaves the key to the account's own IAM policies. Without it nobody could
/// ever manage the key again.
pub(crate) fn key_of_the_account() -> Value {
    json!({
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": { "AWS": arn("iam", "", "root") },
        "Action": "kms:*",
        "Resource": "*",
    })
}
