//! The first-party plugins ask for what they need and for no more.
//!
//! For each line of what a plugin asks for, an operator grants everything but this line. Then a plan is
//! refused, or the line is one of those that are listed here, with the reason why this plan does without it.

use aegis_registry::{Capabilities, Lock, PluginName};
use serde_json::Value;

use crate::desk::{Desk, SMALL};

/// A chart is not rendered for the tree: what it makes is authorised where it is rendered.
const CHART: &str = "made by the chart";
/// What is used with another configuration than the example's.
const OTHER: &str = "used with another configuration";

/// Lines that the plan of the example does without.
const UNUSED: [(&str, &str, &str); 31] = [
    ("argocd", "certificates argocd-server-tls", CHART),
    ("argocd", "cluster.apply ConfigMap", CHART),
    ("argocd", "cluster.apply Secret", CHART),
    ("argocd", "cluster.apply Service", CHART),
    ("argocd", "cluster.apply ServiceAccount", CHART),
    (
        "argocd",
        "cluster.apply apiextensions.k8s.io CustomResourceDefinition",
        CHART,
    ),
    ("argocd", "cluster.apply apps Deployment", CHART),
    ("argocd", "cluster.apply apps StatefulSet", CHART),
    ("argocd", "cluster.apply batch Job", CHART),
    ("argocd", "cluster.apply cert-manager.io Certificate", CHART),
    ("argocd", "cluster.apply policy PodDisruptionBudget", CHART),
    (
        "argocd",
        "cluster.apply rbac.authorization.k8s.io ClusterRole ClusterRoleBinding",
        CHART,
    ),
    (
        "argocd",
        "cluster.apply rbac.authorization.k8s.io Role RoleBinding",
        CHART,
    ),
    ("argocd", "intercept argoproj.io", CHART),
    ("argocd", "labels argocd.argoproj.io/sync-options", CHART),
    (
        "argocd",
        "labels helm.sh/hook helm.sh/hook-delete-policy",
        CHART,
    ),
    ("argocd", "rbac", CHART),
    (
        "cert-manager",
        "certificates admission-probe trust-manager-tls",
        CHART,
    ),
    ("cert-manager", "cluster.apply Service", CHART),
    ("cert-manager", "cluster.apply ServiceAccount", CHART),
    (
        "cert-manager",
        "cluster.apply admissionregistration.k8s.io MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        CHART,
    ),
    (
        "cert-manager",
        "cluster.apply apiextensions.k8s.io CustomResourceDefinition",
        CHART,
    ),
    ("cert-manager", "cluster.apply apps Deployment", CHART),
    (
        "cert-manager",
        "cluster.apply policy PodDisruptionBudget",
        CHART,
    ),
    (
        "cert-manager",
        "cluster.apply rbac.authorization.k8s.io ClusterRole",
        CHART,
    ),
    (
        "cert-manager",
        "cluster.apply rbac.authorization.k8s.io ClusterRoleBinding",
        CHART,
    ),
    (
        "cert-manager",
        "cluster.apply rbac.authorization.k8s.io Role RoleBinding",
        CHART,
    ),
    (
        "cert-manager",
        "intercept acme.cert-manager.io cert-manager.io trust.cert-manager.io",
        CHART,
    ),
    (
        "cert-manager",
        "labels cert-manager.io/inject-ca-from cert-manager.io/inject-ca-from-secret",
        CHART,
    ),
    ("cert-manager", "rbac", CHART),
    ("kops", "secret encryption.configuration", OTHER),
];

/// What a line is about.
fn title(line: &Value) -> String {
    let mut words = Vec::new();
    for field in ["capability", "group", "fact"] {
        words.extend(line[field].as_str());
    }
    for field in [
        "kinds",
        "definitions",
        "prefixes",
        "secrets",
        "data-types",
        "resource-types",
        "entries",
    ] {
        // Pods are of one line, whatever Secrets they use.
        if line["capability"] != "pods" {
            words.extend(
                line[field]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str),
            );
        }
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

/// The grant of a plugin of the desk's lock file.
fn granted(desk: &Desk, name: &PluginName) -> Vec<Value> {
    let lock = Lock::load(&desk.lock_file()).unwrap();
    lock.plugins()[name].grant.clone().into()
}

/// The exit code of a plan with this grant, or `None` when it is no grant.
fn plan_with(desk: &Desk, name: &PluginName, lines: Vec<Value>) -> Option<i32> {
    let grant = Capabilities::new(lines).ok()?;
    let good = desk.read("aegis.lock");
    desk.accept_changed(|lock| {
        let mut entry = lock.plugins()[name].clone();
        entry.grant = grant;
        lock.insert(entry);
    });
    let ended = desk.run(&["plan", "--quiet"]);
    if ended.code == Some(3) {
        assert!(ended.err.contains("AEG"), "{ended}");
    }
    desk.write("aegis.lock", good);
    ended.code
}

#[track_caller]
fn every_line_is_needed(plugin: &str, desk: Option<Desk>) {
    let Some(desk) = desk else { return };
    let name: PluginName = format!("aegis/{plugin}").parse().unwrap();
    let lines = granted(&desk, &name);
    let mut problems = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let mut fewer = lines.clone();
        fewer.remove(index);
        let code = plan_with(&desk, &name, fewer);
        let title = title(line);
        let unused = UNUSED
            .iter()
            .find(|(of, known, _)| *of == plugin && *known == title);
        match (code, unused) {
            (Some(3), None) | (Some(0), Some(_)) => {}
            (Some(3), Some(_)) => {
                problems.push(format!("`{title}` is needed and listed as unused"))
            }
            (Some(0), None) => problems.push(format!("`{title}` is not needed")),
            (code, _) => problems.push(format!("without `{title}` a plan ends with {code:?}")),
        }
    }
    assert!(problems.is_empty(), "{plugin}: {}", problems.join("\n"));
}

#[test]
fn argocd_asks_for_no_line_too_many() {
    every_line_is_needed("argocd", Desk::with_stack(SMALL));
}

#[test]
fn cert_manager_asks_for_no_line_too_many() {
    every_line_is_needed("cert-manager", Desk::with_stack(SMALL));
}

#[test]
fn compliance_asks_for_no_line_too_many() {
    every_line_is_needed("compliance", Desk::accepted());
}

#[test]
fn kops_asks_for_no_line_too_many() {
    every_line_is_needed("kops", Desk::accepted());
}

#[test]
fn terraform_asks_for_no_line_too_many() {
    every_line_is_needed("terraform", Desk::accepted());
}

/// Every list in a value, by its pointer, with its length.
fn lists(value: &Value, at: &str, found: &mut Vec<(String, usize)>) {
    match value {
        Value::Array(items) => {
            found.push((at.to_owned(), items.len()));
            for (index, item) in items.iter().enumerate() {
                lists(item, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                lists(field, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// What AWS would be told to do, and what is put where: here every single entry of every list is taken away once.
#[test]
#[ignore = "makes a plan for each of some hundred entries"]
fn what_reaches_aws_holds_no_entry_too_many() {
    let Some(desk) = Desk::accepted() else { return };
    // The actions are compared with what Terraform says it would do, which the tree does not ask.
    let unused = [
        "/actions: \"create\"",
        "/actions: \"update\"",
        "/actions: \"replace\"",
        "/actions: \"delete\"",
    ];
    // Images of other partitions, and those that an operator names.
    let images = [
        "/images: \"513442679011",
        "/images: \"837727238323",
        "/images: \"ami-*",
    ];
    let mut problems = Vec::new();
    for plugin in ["kops", "terraform"] {
        let name: PluginName = format!("aegis/{plugin}").parse().unwrap();
        let lines = granted(&desk, &name);
        for (index, line) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line["capability"] != "secret")
        {
            let mut found = Vec::new();
            lists(line, "", &mut found);
            for (pointer, length) in found {
                for entry in 0..length {
                    let mut fewer = lines.clone();
                    let list = fewer[index]
                        .pointer_mut(&pointer)
                        .and_then(Value::as_array_mut);
                    let gone = list.unwrap().remove(entry);
                    let code = plan_with(&desk, &name, fewer);
                    let words = format!("{pointer}: {gone}");
                    let known = unused.contains(&words.as_str())
                        || images.iter().any(|image| words.starts_with(image));
                    if code == Some(0) && !known {
                        problems.push(format!("{} {words}", title(line)));
                    }
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
