//! What identities may do, and who may become them.

use aegis_plugin::validation::Outcome;
use serde_json::Value;

use super::policy::{allows, texts};
use super::{Resource, resources};
use crate::document::Document;
use crate::rule::Verdict;

/// Resources that hold a policy for identities, and the argument that holds it.
const IDENTITY_POLICIES: [&str; 3] = [
    "aws_iam_policy",
    "aws_iam_role_policy",
    "aws_iam_user_policy",
];

pub(super) fn no_admin(document: &Document) -> Vec<Verdict> {
    IDENTITY_POLICIES
        .into_iter()
        .flat_map(|kind| resources(document, kind))
        .map(|resource| {
            let at = format!("{}/policy", resource.pointer);
            let Some(policy) = resource.body.get("policy") else {
                return Verdict::unknown(at);
            };
            let admin = allows(Some(policy)).find(|statement| {
                let everything = |field| {
                    texts(statement.get(field))
                        .iter()
                        .any(|text| matches!(*text, "*" | "*:*"))
                };
                (everything("Action") && everything("Resource"))
                    || statement.get("NotAction").is_some()
                    || statement.get("NotResource").is_some()
            });
            match admin {
                Some(statement) => {
                    Verdict::fail(at, format!("{} allows everything", resource.name))
                        .seen(statement)
                }
                None => Verdict::pass(format!("{} lists what it allows", resource.name)),
            }
        })
        .collect()
}

pub(super) fn oidc_trust(document: &Document) -> Vec<Verdict> {
    resources(document, "aws_iam_role")
        .filter_map(|role| {
            let policy = role.body.get("assume_role_policy");
            let federated = allows(policy)
                .filter(|statement| statement.pointer("/Principal/Federated").is_some());
            let verdicts: Vec<Verdict> =
                federated.map(|statement| trust(&role, statement)).collect();
            verdicts
                .into_iter()
                .max_by_key(|verdict| u8::from(verdict.outcome == Outcome::Fail))
        })
        .collect()
}

fn trust(role: &Resource<'_>, statement: &Value) -> Verdict {
    let at = format!("{}/assume_role_policy", role.pointer);
    let equals = statement
        .pointer("/Condition/StringEquals")
        .and_then(Value::as_object);
    let exact = |suffix: &str| {
        equals.is_some_and(|conditions| {
            conditions.iter().any(|(key, value)| {
                let values = texts(Some(value));
                key.ends_with(suffix)
                    && !values.is_empty()
                    && values.iter().all(|text| !text.contains('*'))
            })
        })
    };
    match (exact(":aud"), exact(":sub")) {
        (true, true) => Verdict::pass(format!("{} names audience and subject", role.name)),
        (false, _) => Verdict::fail(
            at,
            format!("{}: the audience is not named exactly", role.name),
        )
        .seen(statement),
        (_, false) => Verdict::fail(
            at,
            format!("{}: the subject is not named exactly", role.name),
        )
        .seen(statement),
    }
}
