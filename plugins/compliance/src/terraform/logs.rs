//! CloudWatch log groups.

use serde_json::Value;

use super::resources;
use crate::document::Document;
use crate::rule::Verdict;

pub(super) fn kept_and_encrypted(document: &Document) -> Vec<Verdict> {
    resources(document, "aws_cloudwatch_log_group")
        .map(|group| {
            let name = group.name;
            let retention = group
                .body
                .get("retention_in_days")
                .and_then(Value::as_i64)
                .unwrap_or(0);
            if retention == 0 {
                Verdict::fail(
                    format!("{}/retention_in_days", group.pointer),
                    format!("{name}: kept for ever"),
                )
            } else if group.body.get("kms_key_id").is_none_or(Value::is_null) {
                // CloudWatch encrypts every log group; the question is only with whose key.
                let message =
                    format!("{name}: kept for {retention} days, encrypted with a key of AWS's own");
                Verdict::warn(format!("{}/kms_key_id", group.pointer), message)
            } else {
                Verdict::pass(format!(
                    "{name}: kept for {retention} days, encrypted with a key of one's own"
                ))
            }
        })
        .collect()
}
