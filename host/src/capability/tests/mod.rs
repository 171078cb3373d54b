//! Exploits, and what stops each: every one is tried with a grant that is as wide as grants can be.

mod admission;
mod applications;
mod certificates;
mod fields;
mod files;
mod fuzz;
mod grants;
mod kubernetes;
mod metadata;
mod network;
mod pods;
mod proposals;
mod rbac;
mod releases;
mod sample;
mod secrets;
mod workflows;

use std::collections::BTreeSet;

use aegis_document::Identifier;
use serde_json::{Value, json};

use super::{
    CapabilitySet, DeclaredFact, DeclaredFacts, Denial, DeriveContext, Effective, EffectiveParts,
    authorize_change,
};
use crate::proposal::{Action, Change, File, Kind, KubernetesObject, OnImmutable};
use crate::template::{Node, Templated};

fn id(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn clusters() -> BTreeSet<Identifier> {
    BTreeSet::from([id("euw1"), id("use1")])
}

/// A stage of cluster `use1` with facts of every sort.
fn context() -> DeriveContext {
    let mut facts = DeclaredFacts::default();
    for (name, format, secret) in [
        ("use1/network.vpc-id", "aws-id", false),
        ("use1/irsa.api", "arn", false),
        ("use1/motd", "text", false),
        ("use1/zones", "map<aws-id>", false),
        ("use1/mesh.ca-key", "pem", true),
        ("use1/port", "port", false),
    ] {
        facts.insert(
            name.parse().unwrap(),
            DeclaredFact {
                format: format.parse().unwrap(),
                secret,
            },
        );
    }
    DeriveContext {
        stage: id("mesh"),
        cluster: Some(id("use1")),
        clusters: clusters().into(),
        repository: None,
        facts,
        proposed: BTreeSet::new(),
        scopes: std::collections::BTreeMap::new(),
    }
}

fn effective_of(kind: Kind, signed: &Value, granted: &Value) -> Effective {
    Effective::new(EffectiveParts {
        kind,
        stage: id("mesh"),
        cluster: Some(id("use1")),
        clusters: clusters().into(),
        signed: CapabilitySet::parse(signed).unwrap().into(),
        granted: CapabilitySet::parse(granted).unwrap().into(),
    })
}

fn effective(kind: Kind, grants: &Value) -> Effective {
    effective_of(kind, grants, grants)
}

/// Grants as wide as wildcards make them.
fn widest() -> Value {
    let groups = [
        "",
        "apps",
        "batch",
        "networking.k8s.io",
        "policy",
        "autoscaling",
        "cert-manager.io",
        "argoproj.io",
        "security.istio.io",
        "networking.istio.io",
        "apps.evil.io",
        "rbac.authorization.k8s.io",
        "admissionregistration.k8s.io",
        "apiregistration.k8s.io",
        "certificates.k8s.io",
        "discovery.k8s.io",
        "authentication.k8s.io",
        "apiextensions.k8s.io",
        "storage.k8s.io",
    ];
    let mut lines = Vec::new();
    for group in groups {
        for scope in ["namespaced", "cluster"] {
            let namespaces = if scope == "cluster" {
                json!([])
            } else {
                json!(["*"])
            };
            lines.push(json!({
                "capability": "cluster.apply", "clusters": ["*"], "group": group, "kinds": ["*"], "names": ["*"],
                "namespaces": namespaces, "scope": scope, "adopt": true
            }));
        }
    }
    lines.extend([
        json!({"capability": "pods", "clusters": ["*"], "namespaces": ["*"], "images": ["*"], "service-accounts": ["*"],
            "secrets": ["*"], "config-maps": ["*"], "claims": ["*"], "audiences": ["*"], "nodes": ["*"],
            "schedulers": ["*"], "runtime-classes": ["*"], "priorities": ["*"], "roles": ["*"]}),
        json!({"capability": "rbac", "clusters": ["*"], "scope": "cluster", "subjects": [{"service-accounts": {"namespaces": ["*"]}}]}),
        json!({"capability": "release", "clusters": ["*"], "entries": ["*"], "namespaces": ["*"], "crds": true, "hooks": true}),
        json!({"capability": "application", "clusters": ["*"], "projects": ["shop"], "repositories": ["https://git.example.com/shop/deploy"],
            "branches": ["main"], "paths": ["**"], "destinations": ["*"], "namespaces": ["*"]}),
        json!({"capability": "file", "globs": ["**"]}),
        json!({"capability": "tree.read", "paths": ["**"]}),
        json!({"capability": "ci", "workflows": ["*"], "triggers": ["push", "pull-request", "tag", "schedule", "manual"],
            "environments": ["*"], "runners": ["*"], "secrets": ["*"]}),
        json!({"capability": "certificates", "clusters": ["*"], "namespaces": ["*"], "issuers": ["*"], "secrets": ["*"],
            "identities": ["*"], "usages": ["*"], "signing-secrets": ["*"]}),
        json!({"capability": "tool", "adapters": ["*"]}),
        json!({"capability": "facts", "requires": ["*"], "provides": ["*"], "external": ["*"]}),
    ]);
    Value::Array(lines)
}

fn with(mut grants: Value, more: &[Value]) -> Value {
    if let Value::Array(lines) = &mut grants {
        lines.extend(more.iter().cloned());
    }
    grants
}

fn change(action: Action, cluster: Option<&str>) -> Change {
    Change {
        id: id("change"),
        cluster: cluster.map(id),
        after: Vec::new(),
        on_immutable: OnImmutable::Fail,
        action,
    }
}

/// An `apply` change from a complete object as one would write it.
fn apply(object: &Value) -> Change {
    change(Action::Apply(read_object(object)), Some("use1"))
}

fn read_object(object: &Value) -> KubernetesObject {
    let api_version = object["apiVersion"].as_str().unwrap();
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let metadata = &object["metadata"];
    let pairs = |key: &str| {
        metadata[key].as_object().map(|map| {
            map.iter()
                .map(|(k, v)| (k.clone(), text(v).unwrap()))
                .collect::<Vec<_>>()
        })
    };
    let mut body = object.as_object().unwrap().clone();
    for key in ["apiVersion", "kind", "metadata"] {
        body.remove(key);
    }
    KubernetesObject {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: text(&object["kind"]).unwrap(),
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]).unwrap_or_default(),
        labels: pairs("labels").unwrap_or_default(),
        annotations: pairs("annotations")
            .unwrap_or_default()
            .into_iter()
            .map(|(key, value)| (key, Templated::parse(&value).unwrap()))
            .collect(),
        body: Node::parse(&Value::Object(body)).unwrap(),
    }
}

/// The codes of the refusals of a change; empty when it is allowed.
fn codes(grants: &Value, change: Change) -> Vec<&'static str> {
    codes_of(&effective(Kind::Gitops, grants), change)
}

fn codes_of(effective: &Effective, change: Change) -> Vec<&'static str> {
    match authorize_change(effective, change, &context()) {
        Ok(_) => Vec::new(),
        Err(denials) => denials.iter().map(|denial: &Denial| denial.code).collect(),
    }
}

/// Puts a value at a JSON pointer, making maps on the way.
fn put(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let mut at = &mut document;
    for token in parent.split('/').skip(1) {
        let token = token.replace("~1", "/");
        at = match token.parse::<usize>() {
            Ok(index) => at.get_mut(index).unwrap(),
            Err(_) => at
                .as_object_mut()
                .unwrap()
                .entry(token)
                .or_insert_with(|| json!({})),
        };
    }
    at.as_object_mut()
        .unwrap()
        .insert(key.replace("~1", "/"), value);
    document
}

/// An object of the name `x`.
fn object(api_version: &str, kind: &str, namespace: Option<&str>, rest: Value) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}});
    if let Some(namespace) = namespace {
        object = put(object, "/metadata/namespace", json!(namespace));
    }
    for (key, value) in rest.as_object().unwrap() {
        object = put(object, &format!("/{key}"), value.clone());
    }
    object
}

/// Grants a kind by name, besides everything that wildcards reach.
fn exactly(group: &str, kind: &str, namespaced: bool) -> Value {
    let mut line = json!({"capability": "cluster.apply", "clusters": ["own"], "group": group, "kinds": [kind], "names": ["*"]});
    if namespaced {
        line = put(line, "/namespaces", json!(["*"]));
    } else {
        line = put(line, "/scope", json!("cluster"));
    }
    with(widest(), &[line])
}

/// A commit.
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn file(path: &str, content: &str) -> crate::proposal::Change {
    change(
        Action::File(File {
            path: path.to_owned(),
            content: Templated::parse(content).unwrap(),
        }),
        None,
    )
}
