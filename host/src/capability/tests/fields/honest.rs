//! An honest object of every kind, and the same with each of its fields set in turn.

use serde_json::{Map, Value, json};

use super::super::pods::{IMAGE, pod_spec};
use super::super::{object, put};
use crate::capability::ObjectScope;
use crate::capability::kinds::{KindPolicy, Shape, policies, scope_of};
use crate::proposal::Collection;

/// An honest body of each kind. A kind without one fails the tests: whoever adds a policy adds an example.
fn body(group: &str, kind: &str) -> Value {
    let pods = json!({"template": {"metadata": {"labels": {"app": "x"}}, "spec": pod_spec()}});
    let constraints = json!({"resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}]});
    let webhooks = json!({"webhooks": [{
        "name": "w.example.com",
        "clientConfig": {"service": {"name": "w", "namespace": "orders"}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["pods"]}]
    }]});
    let rule = |verb: &str| json!({"rules": [{"verbs": [verb], "apiGroups": [""], "resources": ["configmaps"]}]});
    let binding = |role: &str, subject: &str| {
        json!({
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "Group", "name": subject}]
        })
    };
    match (group, kind) {
        ("", "Pod") => json!({"spec": pod_spec()}),
        ("apps", _) | ("batch", "Job") => json!({"spec": pods}),
        ("batch", "CronJob") => {
            json!({"spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": pods}}})
        }
        ("rbac.authorization.k8s.io", "Role") => rule("get"),
        ("rbac.authorization.k8s.io", "ClusterRole") => rule("list"),
        ("rbac.authorization.k8s.io", "RoleBinding") => binding("viewer", "readers"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding") => binding("auditor", "auditors"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => {
            json!({"spec": {"policyName": "x"}})
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy")
        | ("policies.kyverno.io", _) => json!({"spec": {"matchConstraints": constraints}}),
        ("admissionregistration.k8s.io", _) => webhooks,
        ("apiextensions.k8s.io", _) => {
            json!({"spec": {"group": "example.com", "names": {"kind": "Thing", "plural": "things"}, "scope": "Namespaced", "versions": []}})
        }
        ("argoproj.io", "Application") => json!({"spec": {
            "project": "shop",
            "source": {"repoURL": "https://git.example.com/shop/deploy", "path": "apps/orders", "targetRevision": "main"},
            "destination": {"name": "use1", "namespace": "orders"}
        }}),
        ("cert-manager.io", "Issuer") => json!({"spec": {"ca": {"secretName": "ca"}}}),
        ("cert-manager.io", "ClusterIssuer") => json!({"spec": {"ca": {"secretName": "root-ca"}}}),
        ("cert-manager.io", "Certificate") => {
            json!({"spec": {"secretName": "x-tls", "issuerRef": {"kind": "Issuer", "name": "ca"}, "dnsNames": ["x.internal"]}})
        }
        ("networking.istio.io", "Gateway") => {
            json!({"spec": {"servers": [{"hosts": ["x"], "tls": {"credentialName": "gateway-tls"}}]}})
        }
        ("networking.istio.io", "DestinationRule") => json!({"spec": {"host": "api"}}),
        ("", "Service") => json!({"spec": {"type": "NodePort"}}),
        ("", "ServiceAccount") => json!({"imagePullSecrets": [{"name": "registry"}]}),
        ("", "Secret") => json!({"stringData": {"k": "v"}}),
        ("scheduling.k8s.io", _) => json!({"value": 1000}),
        (
            "",
            "ConfigMap" | "LimitRange" | "Namespace" | "PersistentVolumeClaim" | "ResourceQuota",
        )
        | ("policy" | "autoscaling" | "monitoring.coreos.com" | "networking.k8s.io", _)
        | ("projectcalico.org" | "security.istio.io" | "trust.cert-manager.io", _) => json!({}),
        ("argoproj.io", "AppProject") => {
            json!({"spec": {"sourceRepos": ["https://git.example.com/shop/deploy"]}})
        }
        _ => panic!("give {group}/{kind} an honest body here"),
    }
}

/// Group, kind and shape of every kind, with an honest object.
pub(super) fn examples() -> Vec<(String, Shape, Value)> {
    let example = |policy: &KindPolicy| {
        let collection = Collection {
            group: policy.group.into(),
            kind: policy.kind.into(),
        };
        let namespace =
            (scope_of(&collection) == Some(ObjectScope::Namespaced)).then_some("orders");
        let version = policy.versions[0];
        let api_version = if policy.group.is_empty() {
            version.to_owned()
        } else {
            format!("{}/{version}", policy.group)
        };
        let mut example = object(
            &api_version,
            policy.kind,
            namespace,
            body(policy.group, policy.kind),
        );
        if policy.kind == "CustomResourceDefinition" {
            example = put(example, "/metadata/name", json!("things.example.com"));
        }
        (
            format!("{api_version} {}", policy.kind),
            policy.shape,
            example,
        )
    };
    policies().map(example).collect()
}

/// Values that a field of some name is tried with.
fn values(shape: Shape, key: &str) -> Vec<Value> {
    let words: &[&str] = match key {
        "image" | "reference" => &["registry.example.com/other/x:1", IMAGE],
        "type" => &["Unconfined", "RuntimeDefault", "spc_t", "LoadBalancer", "x"],
        "kind" => &["ServiceAccount", "ClusterRole", "x"],
        "key" => &["node-role.kubernetes.io/control-plane", "x"],
        "verbs" | "operations" => &["impersonate", "DELETE", "*"],
        "namespace" => &["kube-system"],
        "add" => &["SYS_ADMIN", "NET_BIND_SERVICE"],
        "procMount" => &["Unmasked"],
        "apiGroups" | "resources" | "resourceNames" | "nonResourceURLs" => &["x", "*"],
        "targetRevision" => &["other"],
        _ => &["x"],
    };
    let words = words.iter().map(|word| json!(word));
    match shape {
        Shape::Bool => vec![json!(true), json!(false)],
        Shape::Int => vec![json!(0), json!(1)],
        Shape::Scalar => vec![json!("1"), json!(1)],
        Shape::IntOrWord => vec![json!(1), json!("x")],
        Shape::Fixed => vec![json!({}), json!([]), json!("x")],
        _ => words.collect(),
    }
}

/// A new entry of a list or map, with the names without which it means nothing.
fn blank(fields: &[(&str, Shape)]) -> Map<String, Value> {
    let named = |(name, _): &(&str, Shape)| {
        let value = match *name {
            "name" | "secretName" | "claimName" | "key" => json!("x"),
            "namespace" => json!("orders"),
            "image" | "reference" => json!(IMAGE),
            _ => return None,
        };
        Some(((*name).to_owned(), value))
    };
    fields.iter().filter_map(named).collect()
}

/// What a place becomes when each field below it is set, with the way to the field.
fn edits(shape: Shape, key: &str, now: Option<&Value>) -> Vec<(String, Value)> {
    match shape {
        Shape::Fields(fields) => {
            let map = now
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_else(|| blank(fields));
            let edit = |(name, shape): &(&str, Shape)| {
                let set = |(way, value): (String, Value)| {
                    let mut map = map.clone();
                    map.insert((*name).to_owned(), value);
                    (format!("/{name}{way}"), Value::Object(map))
                };
                edits(*shape, name, map.get(*name))
                    .into_iter()
                    .map(set)
                    .collect::<Vec<_>>()
            };
            fields.iter().flat_map(edit).collect()
        }
        Shape::List(shape) => {
            let list = now.and_then(Value::as_array).cloned().unwrap_or_default();
            let set = |(way, value): (String, Value)| {
                let mut list = list.clone();
                match list.first_mut() {
                    Some(first) => *first = value,
                    None => list.push(value),
                }
                (format!("/0{way}"), Value::Array(list))
            };
            edits(*shape, key, list.first())
                .into_iter()
                .map(set)
                .collect()
        }
        Shape::Dict(shape) => edits(*shape, key, None)
            .into_iter()
            .map(|(way, value)| (format!("/x{way}"), json!({"x": value})))
            .collect(),
        leaf => values(leaf, key)
            .into_iter()
            .map(|value| (String::new(), value))
            .collect(),
    }
}

/// The object with each of its fields set in turn.
pub(super) fn edited(shape: Shape, honest: &Value) -> Vec<(String, Value)> {
    let mut body = honest.clone();
    for key in ["apiVersion", "kind", "metadata"] {
        body.as_object_mut().unwrap().remove(key);
    }
    let whole = |(way, value): (String, Value)| {
        let mut object = honest.clone();
        object
            .as_object_mut()
            .unwrap()
            .extend(value.as_object().unwrap().clone());
        (way, object)
    };
    edits(shape, "", Some(&body))
        .into_iter()
        .map(whole)
        .collect()
}
