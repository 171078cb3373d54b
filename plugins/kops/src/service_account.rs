//! Service accounts that act in AWS, each with a role of its own.

use std::collections::BTreeSet;

use aegis_plugin::{ConfigProblem, Problems, Token, pointer};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::name;
use crate::partition::Partition;

/// The part of the stack's settings that this stage reads.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    service_accounts: Vec<ServiceAccount>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ServiceAccount {
    namespace: String,
    name: String,
    /// ARNs, or names of policies in the stack's account.
    policies: Vec<String>,
}

/// Managed policies of one role, the default quota of IAM.
const MOST_POLICIES: usize = 10;
/// Policies of AWS with which a Pod is an administrator, or can make itself one.
const ADMINISTRATORS: [&str; 3] = ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"];

/// A service account and the policies of its role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    namespace: String,
    name: String,
    arns: BTreeSet<String>,
}

impl Permission {
    /// As an entry of `serviceAccountExternalPermissions`.
    pub fn to_json(&self) -> Value {
        json!({ "namespace": self.namespace, "name": self.name, "aws": { "policyARNs": self.arns } })
    }
}

impl Settings {
    /// The service accounts, sorted. The account is only needed where a policy is given by its name. With the
    /// host's fact of ARNs, a policy is a token of it.
    pub fn permissions(
        &self,
        partition: Partition,
        account: Option<&str>,
        arns_of: Option<&Token>,
        problems: &mut Problems,
    ) -> Vec<Permission> {
        let mut seen = BTreeSet::new();
        let mut permissions = Vec::new();
        for (index, entry) in self.service_accounts.iter().enumerate() {
            let mut problem = |path: &[&str], message: String| {
                let index = index.to_string();
                let at = pointer::of(["service-accounts", index.as_str()].iter().chain(path));
                problems.add(ConfigProblem::new(
                    at,
                    format!("in the stack's settings: {message}"),
                ));
            };
            for (field, text) in [("namespace", &entry.namespace), ("name", &entry.name)] {
                if !name::is_dns_label(text) {
                    problem(
                        &[field],
                        format!("`{text}` is not the name of one Kubernetes object"),
                    );
                }
            }
            if !seen.insert((&entry.namespace, &entry.name)) {
                problem(&[], String::from("the service account is listed twice"));
            }
            if entry.policies.is_empty() || entry.policies.len() > MOST_POLICIES {
                problem(
                    &["policies"],
                    format!("a role has between one and {MOST_POLICIES} policies"),
                );
            }
            let mut seen = BTreeSet::new();
            let mut arns = BTreeSet::new();
            for (number, policy) in entry.policies.iter().enumerate() {
                match arn(policy, partition, account) {
                    Ok(arn) if seen.contains(&arn) => {
                        problem(
                            &["policies", &number.to_string()],
                            format!("`{policy}` is listed twice"),
                        );
                    }
                    Ok(arn) => {
                        arns.insert(
                            arns_of.map_or_else(|| arn.clone(), |token| token.key(policy).whole()),
                        );
                        seen.insert(arn);
                    }
                    Err(message) => problem(&["policies", &number.to_string()], message),
                }
            }
            let ServiceAccount {
                namespace, name, ..
            } = entry.clone();
            permissions.push(Permission {
                namespace,
                name,
                arns,
            });
        }
        permissions.sort();
        permissions
    }
}

/// The ARN of a policy that is given by ARN or by name.
fn arn(policy: &str, partition: Partition, account: Option<&str>) -> Result<String, String> {
    let arn = if policy.starts_with("arn:") {
        policy.to_owned()
    } else {
        let account = account.ok_or_else(|| {
            format!("`{policy}` is a name: give its ARN, or the stack's `account`")
        })?;
        format!("arn:{}:iam::{account}:policy/{policy}", partition.name)
    };
    let path = name::policy_path(&arn, partition.name).ok_or_else(|| {
        format!(
            "`{policy}` is not an IAM policy of the partition {}",
            partition.name
        )
    })?;
    let last = path.rsplit('/').next().unwrap_or(path);
    if ADMINISTRATORS.contains(&last) {
        return Err(format!(
            "`{policy}` makes every Pod of the service account an administrator of AWS"
        ));
    }
    Ok(arn)
}

#[cfg(test)]
mod tests {
    use aegis_plugin::Failure;

    use super::*;

    fn permissions(settings: Value, account: Option<&str>) -> Result<Value, Vec<(String, String)>> {
        let settings: Settings = serde_json::from_value(settings).unwrap();
        let mut problems = Problems::default();
        let found = settings.permissions(Partition::of("us-east-1"), account, None, &mut problems);
        match problems.finish() {
            Ok(()) => Ok(found.iter().map(Permission::to_json).collect()),
            Err(Failure::InvalidConfig(problems)) => Err(problems
                .into_iter()
                .map(|problem| (problem.pointer, problem.message))
                .collect()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_policy_is_given_by_name_or_by_arn() {
        let settings = json!({ "service-accounts": [
            { "namespace": "orders", "name": "worker", "policies": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"] },
            { "namespace": "orders", "name": "api", "policies": ["team/orders-queue", "orders-bucket"] },
        ] });
        assert_eq!(
            permissions(settings, Some("111122223333")),
            Ok(json!([
                { "namespace": "orders", "name": "api", "aws": { "policyARNs": [
                    "arn:aws:iam::111122223333:policy/orders-bucket",
                    "arn:aws:iam::111122223333:policy/team/orders-queue",
                ] } },
                { "namespace": "orders", "name": "worker", "aws": { "policyARNs": [
                    "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
                ] } },
            ]))
        );
    }

    #[test]
    fn what_is_no_policy_or_too_much_of_one_is_refused() {
        let account = Some("111122223333");
        for (policies, account, pointer, message) in [
            (
                json!(["orders"]),
                None,
                "/policies/0",
                "or the stack's `account`",
            ),
            (json!(["a", "a"]), account, "/policies/1", "listed twice"),
            (json!([]), account, "/policies", "between one and 10"),
            (
                json!(["arn:aws:s3:::bucket"]),
                account,
                "/policies/0",
                "is not an IAM policy",
            ),
            (
                json!(["arn:aws-cn:iam::aws:policy/X"]),
                account,
                "/policies/0",
                "of the partition aws",
            ),
            (
                json!(["@{keys.etcd-arn}"]),
                account,
                "/policies/0",
                "is not an IAM policy",
            ),
            (
                json!(["a b"]),
                account,
                "/policies/0",
                "is not an IAM policy",
            ),
            (
                json!(["arn:aws:iam::aws:policy/AdministratorAccess"]),
                account,
                "/policies/0",
                "administrator",
            ),
            (
                json!(["arn:aws:iam::aws:policy/job/PowerUserAccess"]),
                account,
                "/policies/0",
                "administrator",
            ),
        ] {
            let settings = json!({ "service-accounts": [{ "namespace": "orders", "name": "api", "policies": policies }] });
            let problems = permissions(settings, account).unwrap_err();
            assert_eq!(problems.len(), 1, "{policies}: {problems:?}");
            assert_eq!(
                problems[0].0,
                format!("/service-accounts/0{pointer}"),
                "{policies}"
            );
            assert!(problems[0].1.contains(message), "{}", problems[0].1);
            assert!(problems[0].1.starts_with("in the stack's settings: "));
        }
    }

    #[test]
    fn a_role_is_for_one_service_account() {
        for (namespace, name, pointer) in [
            ("*", "api", "/namespace"),
            ("test-*", "api", "/namespace"),
            ("orders", "*", "/name"),
            ("orders", "", "/name"),
            ("Orders", "api", "/namespace"),
        ] {
            let settings = json!({ "service-accounts": [{ "namespace": namespace, "name": name, "policies": ["x"] }] });
            let problems = permissions(settings, Some("111122223333")).unwrap_err();
            assert_eq!(problems[0].0, format!("/service-accounts/0{pointer}"));
        }
        let twice = json!({ "namespace": "orders", "name": "api", "policies": ["x"] });
        let problems = permissions(
            json!({ "service-accounts": [twice, twice] }),
            Some("111122223333"),
        )
        .unwrap_err();
        assert_eq!(problems[0].0, "/service-accounts/1");
    }
}
