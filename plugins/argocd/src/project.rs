//! The project of the platform, and its application of applications.

use std::collections::BTreeSet;

use aegis_plugin::Cluster;
use aegis_plugin::argocd::Application;
use aegis_plugin::kubernetes::Object;
use serde_json::{Value, json};

use crate::config::{GroupKind, Project, set};
use crate::names::{NAMESPACE, OWN_CLUSTER, PLATFORM};
use crate::settings::{Git, Settings};

/// Namespaces of the platform's own stages that are delivered through Git.
const NAMESPACES: [&str; 5] = [
    NAMESPACE,
    "istio-gateways",
    "istio-system",
    "kyverno",
    "trivy-system",
];

/// Kinds without a namespace that the platform's own stages need.
const CLUSTER_KINDS: [(&str, &str); 10] = [
    ("", "Namespace"),
    (
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
    ),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("aquasecurity.github.io", "ClusterComplianceReport"),
    ("policies.kyverno.io", "ImageValidatingPolicy"),
    ("policies.kyverno.io", "MutatingPolicy"),
    ("policies.kyverno.io", "ValidatingPolicy"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
];

/// Kinds with a namespace that would let what is in Git decide what Git may do.
const NEVER: [&str; 2] = ["AppProject", "ApplicationSet"];

/// The project. It has no wildcards: what is not listed is not delivered.
pub fn platform(project: &Project, settings: &Settings) -> Object {
    let repositories: BTreeSet<&str> = settings
        .git
        .iter()
        .map(|git| git.repository.as_str())
        .chain(project.repositories.iter().map(String::as_str))
        .collect();
    let namespaces: BTreeSet<&str> = NAMESPACES
        .into_iter()
        .chain(project.namespaces.iter().map(String::as_str))
        .collect();
    let destinations: Vec<Value> = namespaces
        .into_iter()
        .map(|namespace| json!({ "namespace": namespace, "server": OWN_CLUSTER }))
        .collect();
    let mut kinds = set(&project.cluster_kinds);
    kinds.extend(CLUSTER_KINDS.map(|(group, kind)| GroupKind {
        group: group.to_owned(),
        kind: kind.to_owned(),
    }));
    let kinds: Vec<Value> = kinds
        .into_iter()
        .map(|GroupKind { group, kind }| json!({ "group": group, "kind": kind }))
        .collect();
    Object::new("argoproj.io", "v1alpha1", "AppProject", PLATFORM)
        .namespace(NAMESPACE)
        .body(json!({ "spec": {
            "description": "The platform, delivered from Git",
            "sourceRepos": repositories,
            "destinations": destinations,
            "clusterResourceWhitelist": kinds,
            "namespaceResourceBlacklist": NEVER.map(|kind| json!({ "group": "argoproj.io", "kind": kind })),
        } }))
}

/// The application whose objects are the platform's applications. It is the only one that nobody delivers.
pub fn application(git: &Git, cluster: &Cluster) -> Application {
    Application::new(PLATFORM, PLATFORM)
        .source(&git.repository, &git.revision, git.folder_of(&cluster.name))
        .destination(&cluster.name, NAMESPACE)
        .automated()
}
