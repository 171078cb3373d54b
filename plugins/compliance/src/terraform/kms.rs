//! Keys: their rotation and who can use them.

use serde_json::Value;

use super::policy::{allows, is_everybody};
use super::resources;
use crate::document::Document;
use crate::rule::Verdict;

pub(super) fn rotation(document: &Document) -> Vec<Verdict> {
    resources(document, "aws_kms_key")
        .map(|key| match key.body.get("enable_key_rotation") {
            Some(Value::Bool(true)) => Verdict::pass(format!("{} rotates", key.name)),
            other => Verdict::fail(
                format!("{}/enable_key_rotation", key.pointer),
                format!("{} does not rotate", key.name),
            )
            .seen(other.unwrap_or(&Value::Null)),
        })
        .collect()
}

pub(super) fn open_principals(document: &Document, kind: &'static str) -> Vec<Verdict> {
    resources(document, kind)
        .map(|resource| {
            let policy = resource.body.get("policy");
            let at = format!("{}/policy", resource.pointer);
            if policy.is_none() {
                return Verdict::pass(format!(
                    "{}: the default policy admits the account only",
                    resource.name
                ));
            }
            let open = allows(policy).find(|statement| {
                is_everybody(statement.get("Principal")) && statement.get("Condition").is_none()
            });
            match open {
                Some(statement) => {
                    Verdict::fail(at, format!("{}: everybody is allowed", resource.name))
                        .seen(statement)
                }
                None => Verdict::pass(format!("{}: the principals are named", resource.name)),
            }
        })
        .collect()
}
