//! What the audit policy makes the API server write down.

use crate::support;
use serde_json::Value;

/// A request to the API server, as a rule of the policy sees it.
struct Request {
    user: &'static str,
    group: &'static str,
    verb: &'static str,
    api_group: &'static str,
    resource: &'static str,
}

fn policy() -> Value {
    let cluster = support::cluster_of(&support::stage(support::cluster(&["a"])));
    let assets = cluster["spec"]["fileAssets"].as_array().unwrap();
    let [asset] = assets.as_slice() else {
        panic!("one file is put on the control plane")
    };
    assert_eq!(
        asset["path"],
        cluster["spec"]["kubeAPIServer"]["auditPolicyFile"]
    );
    assert_eq!(asset["roles"], serde_json::json!(["ControlPlane"]));
    support::yaml::read(asset["content"].as_str().unwrap())
}

fn lists(rule: &Value, field: &str, text: &str) -> bool {
    rule.get(field)
        .is_none_or(|list| list.as_array().unwrap().iter().any(|item| item == text))
}

/// The level of the first rule that fits, as the API server chooses it.
fn level(policy: &Value, request: &Request) -> String {
    let fits = |rule: &&Value| {
        let resource = rule.get("resources").is_none_or(|resources| {
            resources.as_array().unwrap().iter().any(|entry| {
                entry["group"] == request.api_group && lists(entry, "resources", request.resource)
            })
        });
        resource
            && rule.get("nonResourceURLs").is_none()
            && lists(rule, "users", request.user)
            && lists(rule, "userGroups", request.group)
            && lists(rule, "verbs", request.verb)
    };
    let rule = policy["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(fits)
        .unwrap();
    rule["level"].as_str().unwrap().to_owned()
}

const PEOPLE: (&str, &str) = ("jane", "system:authenticated");
const NODE: (&str, &str) = ("system:node:i-0abc", "system:nodes");
const CONTROLLERS: (&str, &str) = ("system:kube-controller-manager", "system:authenticated");

#[test]
fn the_policy_writes_who_did_what_and_no_secret() {
    let policy = policy();
    assert_eq!(policy["apiVersion"], "audit.k8s.io/v1");
    assert_eq!(policy["kind"], "Policy");
    for ((user, group), verb, api_group, resource, want) in [
        (PEOPLE, "get", "", "secrets", "Metadata"),
        (PEOPLE, "create", "", "secrets", "Metadata"),
        (NODE, "get", "", "secrets", "Metadata"),
        (PEOPLE, "update", "", "configmaps", "Metadata"),
        (PEOPLE, "create", "", "serviceaccounts/token", "Metadata"),
        (
            PEOPLE,
            "create",
            "authentication.k8s.io",
            "tokenreviews",
            "Metadata",
        ),
        (
            PEOPLE,
            "create",
            "rbac.authorization.k8s.io",
            "clusterrolebindings",
            "Request",
        ),
        (
            PEOPLE,
            "patch",
            "rbac.authorization.k8s.io",
            "roles",
            "Request",
        ),
        (
            PEOPLE,
            "list",
            "rbac.authorization.k8s.io",
            "roles",
            "Metadata",
        ),
        (
            PEOPLE,
            "delete",
            "admissionregistration.k8s.io",
            "validatingwebhookconfigurations",
            "Request",
        ),
        (
            PEOPLE,
            "create",
            "networking.k8s.io",
            "networkpolicies",
            "Request",
        ),
        (
            PEOPLE,
            "create",
            "networking.k8s.io",
            "ingresses",
            "Metadata",
        ),
        (PEOPLE, "create", "", "serviceaccounts", "Request"),
        (PEOPLE, "create", "", "pods", "Metadata"),
        (PEOPLE, "create", "", "pods/exec", "Metadata"),
        (PEOPLE, "get", "coordination.k8s.io", "leases", "Metadata"),
        (PEOPLE, "get", "", "nodes", "Metadata"),
        (NODE, "get", "", "nodes", "None"),
        (NODE, "patch", "", "nodes/status", "Metadata"),
        (NODE, "update", "coordination.k8s.io", "leases", "None"),
        (NODE, "delete", "coordination.k8s.io", "leases", "Metadata"),
        (
            CONTROLLERS,
            "update",
            "coordination.k8s.io",
            "leases",
            "None",
        ),
        (
            CONTROLLERS,
            "create",
            "rbac.authorization.k8s.io",
            "roles",
            "Request",
        ),
        (PEOPLE, "create", "", "events", "None"),
    ] {
        let request = Request {
            user,
            group,
            verb,
            api_group,
            resource,
        };
        assert_eq!(
            level(&policy, &request),
            want,
            "{user} {verb} {api_group}/{resource}"
        );
    }
}

#[test]
fn nobodys_secrets_are_ever_written_with_a_body() {
    let policy = policy();
    for (user, group) in [
        PEOPLE,
        NODE,
        CONTROLLERS,
        ("system:apiserver", "system:masters"),
    ] {
        for verb in [
            "get",
            "list",
            "watch",
            "create",
            "update",
            "patch",
            "delete",
            "deletecollection",
        ] {
            let request = Request {
                user,
                group,
                verb,
                api_group: "",
                resource: "secrets",
            };
            assert_eq!(level(&policy, &request), "Metadata", "{user} {verb}");
        }
    }
}

#[test]
fn only_reads_and_renewals_are_left_out() {
    for rule in policy()["rules"].as_array().unwrap() {
        if rule["level"] != "None" || rule.get("nonResourceURLs").is_some() {
            continue;
        }
        let is = |name: &str| {
            let resources = rule["resources"].as_array().unwrap();
            resources
                .iter()
                .all(|entry| entry["resources"] == serde_json::json!([name]))
        };
        if is("events") || is("leases") {
            continue;
        }
        for verb in rule["verbs"].as_array().unwrap() {
            assert!(
                ["get", "list", "watch"].contains(&verb.as_str().unwrap()),
                "{rule}"
            );
        }
    }
}
