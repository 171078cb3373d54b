use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;

#[test]
fn a_path_is_a_field_or_leads_to_one() {
    assert!(matches!(at("spec.kubelet.maxPods"), Some(Found::Field(_))));
    assert!(matches!(at("spec.kubelet"), Some(Found::Inner)));
    assert!(matches!(at("instanceGroup.spec"), Some(Found::Inner)));
    for path in [
        "spec.kubelet.max",
        "spec.kube",
        "spec.",
        "",
        "metadata.name",
        "spec.kubelet.maxPods.x",
    ] {
        assert!(at(path).is_none(), "{path}");
    }
    let fields: Vec<&str> = paths().collect();
    for path in &fields {
        let below = format!("{path}.");
        assert!(
            !fields.iter().any(|other| other.starts_with(&below)),
            "{path} is a field and has fields"
        );
    }
}

#[test]
fn what_runs_on_machines_or_hands_out_rights_is_never_plain() {
    for path in [
        "spec.additionalPolicies",
        "spec.externalPolicies",
        "spec.iam.serviceAccountExternalPermissions",
        "spec.fileAssets",
        "spec.hooks",
        "spec.packages",
        "spec.sysctlParameters",
        "spec.addons",
        "spec.assets",
        "spec.containerd",
        "spec.etcdClusters.image",
        "spec.etcdClusters.manager.image",
        "spec.etcdClusters.manager.env",
        "spec.kubeAPIServer.image",
        "spec.kubeAPIServer.oidcIssuerURL",
        "spec.kubeAPIServer.auditWebhookConfigFile",
        "spec.kubeAPIServer.authenticationConfigFile",
        "spec.kubeAPIServer.authorizationMode",
        "spec.serviceAccountIssuerDiscovery.discoveryStore",
        "spec.serviceAccountIssuerDiscovery.discoveryService.url",
        "instanceGroup.spec.iam.profile",
        "instanceGroup.spec.image",
        "instanceGroup.spec.fileAssets",
        "instanceGroup.spec.hooks",
        "instanceGroup.spec.additionalUserData",
        "instanceGroup.spec.packages",
        "instanceGroup.spec.sysctlParameters",
        "instanceGroup.spec.containerd",
    ] {
        assert!(
            class_of(path).is_some_and(|risk| risk > Risk::Plain),
            "{path}"
        );
    }
    for path in [
        "spec.configBase",
        "spec.keyStore",
        "spec.channel",
        "spec.kubernetesVersion",
        "spec.authorization.alwaysAllow",
    ] {
        assert_eq!(class_of(path), None, "{path}");
    }
}

#[test]
fn statements_are_told_to_the_driver() {
    let fields: Vec<&str> = statement_fields().collect();
    assert_eq!(
        fields,
        [
            "spec.additionalPolicies",
            "spec.iam.serviceAccountExternalPermissions.aws.inlinePolicy"
        ]
    );
}

/// The table against the CRDs of kOps.
#[test]
fn every_field_of_the_table_exists_in_kops() {
    let corpus = std::env::var_os("AEGIS_CORPORA")
        .map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora")),
            PathBuf::from,
        )
        .join("crds");
    let read = |name: &str| std::fs::read_to_string(corpus.join(name)).ok();
    let (Some(clusters), Some(groups)) = (
        read("kops.k8s.io_clusters.yaml"),
        read("kops.k8s.io_instancegroups.yaml"),
    ) else {
        println!("skipped: needs the CRD corpus");
        return;
    };
    let mut known = properties(&clusters, "");
    known.extend(properties(&groups, "instanceGroup."));
    assert!(known.contains_key("spec.kubelet.maxPods") && known["spec.subnets"]);
    let unknown: Vec<&str> = paths().filter(|path| !known.contains_key(*path)).collect();
    assert_eq!(unknown, Vec::<&str>::new());
    for (path, list) in known {
        match at(&path) {
            Some(Found::Inner) => assert_eq!(is_list(&path), list, "{path}"),
            Some(Found::Field(entry)) => {
                let wanted = matches!(entry.field.shape, Shape::Texts | Shape::Policies);
                assert_eq!(wanted, list, "{path}");
            }
            None => {}
        }
    }
}

/// The paths of all properties of a CRD, each with whether it is a list, from its indentation: the
/// corpus is written by one generator, which puts `properties:` above the names of properties, two
/// columns further in.
fn properties(crd: &str, prefix: &str) -> BTreeMap<String, bool> {
    let mut paths = BTreeMap::new();
    // Columns of open `properties:` lines and of open names, each with the path that it stands for.
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut names: Vec<(usize, String)> = Vec::new();
    let top = |open: &[(usize, String)]| {
        open.last()
            .map(|(_, path)| path.clone())
            .unwrap_or_default()
    };
    for line in crd.lines() {
        let text = line.trim_start();
        let column = line.len() - text.len();
        let Some((key, value)) = text
            .split_once(':')
            .filter(|_| !text.starts_with(['-', '#']))
        else {
            continue;
        };
        open.retain(|(at, _)| *at < column);
        names.retain(|(at, _)| *at < column);
        if open.last().is_some_and(|(at, _)| at + 2 == column) {
            let above = top(&open);
            let path = if above.is_empty() {
                format!("{prefix}{key}")
            } else {
                format!("{above}.{key}")
            };
            names.push((column, path.clone()));
            paths.insert(path, false);
        } else if key == "properties" {
            open.push((column, top(&names)));
        } else if key == "type"
            && value.trim() == "array"
            && names.last().is_some_and(|(at, _)| at + 2 == column)
        {
            paths.insert(top(&names), true);
        }
    }
    paths
}
