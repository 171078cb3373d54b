//! Labels and annotations.

use serde_json::{Value, json};

use super::super::codes::{
    CONTROL_FIELD, FORBIDDEN, MALFORMED_FIELD, MALFORMED_NAME, NOT_REQUESTED, UNKNOWN_FIELD,
};
use super::pods::pod_spec;
use super::{apply, codes, object, put, widest, with};

#[test]
fn labels_and_annotations_that_controllers_obey_need_a_grant() {
    for (field, key) in [
        ("labels", "pod-security.kubernetes.io~1enforce-version"),
        ("labels", "istio-injection"),
        ("labels", "argocd.argoproj.io~1secret-type"),
        ("annotations", "meta.helm.sh~1release-name"),
        ("labels", "rbac.authorization.k8s.io~1aggregate-to-view"),
        ("annotations", "kubernetes.io~1service-account.name"),
        ("labels", "policies.kyverno.io~1exclude"),
    ] {
        let labelled = put(
            object("v1", "ConfigMap", Some("a"), json!({})),
            &format!("/metadata/{field}/{key}"),
            json!("v"),
        );
        assert_eq!(codes(&widest(), apply(&labelled)), [NOT_REQUESTED], "{key}");
        let key = key.replace("~1", "/");
        let prefix = key
            .split_once('/')
            .map_or(key.clone(), |(domain, _)| format!("{domain}/"));
        let line = json!({"capability": "labels", "clusters": ["own"], "prefixes": [prefix], "namespaces": ["a"]});
        assert_eq!(
            codes(&with(widest(), &[line]), apply(&labelled)),
            [""; 0],
            "{key}"
        );
    }
}

#[test]
fn metadata_is_well_formed_and_the_hosts_own_keys_are_the_hosts() {
    let base = || object("v1", "ConfigMap", Some("a"), json!({}));
    for (pointer, value, expected) in [
        (
            "/metadata/labels/aegis.example.com~1stage",
            "other",
            FORBIDDEN,
        ),
        ("/metadata/annotations/aegis-owner", "other", FORBIDDEN),
        ("/metadata/labels/app", "a b", MALFORMED_NAME),
        ("/metadata/labels/a b", "x", MALFORMED_NAME),
        ("/metadata/annotations/a~1b~1c", "x", MALFORMED_NAME),
        (
            "/metadata/annotations/argocd.argoproj.io~1sync-options",
            "@{use1/motd}",
            CONTROL_FIELD,
        ),
    ] {
        assert_eq!(
            codes(&widest(), apply(&put(base(), pointer, json!(value)))),
            [expected],
            "{pointer}"
        );
    }
}

#[test]
fn a_namespace_that_admits_privileged_pods_needs_the_right_to_run_them() {
    let labels = json!({"capability": "labels", "clusters": ["own"], "prefixes": ["pod-security.kubernetes.io/"], "namespaces": ["x"]});
    let level = |level: &str| json!({"capability": "pods", "clusters": ["own"], "namespaces": ["x"], "level": level});
    let namespace = |level: &str| {
        apply(&put(
            object("v1", "Namespace", None, json!({})),
            "/metadata/labels/pod-security.kubernetes.io~1enforce",
            json!(level),
        ))
    };
    assert_eq!(
        codes(
            &with(widest(), std::slice::from_ref(&labels)),
            namespace("restricted")
        ),
        [""; 0]
    );
    assert_eq!(
        codes(
            &with(widest(), &[labels.clone(), level("baseline")]),
            namespace("privileged")
        ),
        [NOT_REQUESTED]
    );
    assert_eq!(
        codes(
            &with(widest(), &[labels.clone(), level("privileged")]),
            namespace("privileged")
        ),
        [""; 0]
    );
    assert_eq!(
        codes(&with(widest(), &[labels]), namespace("open")),
        [MALFORMED_FIELD]
    );
}

/// Objects that give metadata to what is made from a template in them, each with the place of that metadata.
fn templates() -> Vec<(Value, &'static str)> {
    let of = |api_version: &str, kind: &str, spec: Value| {
        object(api_version, kind, Some("orders"), json!({"spec": spec}))
    };
    let claim = json!({"spec": {"accessModes": ["ReadWriteOnce"]}});
    let mut with_claim = pod_spec();
    with_claim["volumes"] = json!([{"name": "v", "ephemeral": {"volumeClaimTemplate": claim}}]);
    let pods = json!({"spec": pod_spec()});
    vec![
        (
            of("apps/v1", "Deployment", json!({"template": pods})),
            "/spec/template/metadata",
        ),
        (
            of("apps/v1", "DaemonSet", json!({"template": pods})),
            "/spec/template/metadata",
        ),
        (
            of(
                "apps/v1",
                "StatefulSet",
                json!({"template": pods, "volumeClaimTemplates": [claim]}),
            ),
            "/spec/volumeClaimTemplates/0/metadata",
        ),
        (
            of(
                "apps/v1",
                "Deployment",
                json!({"template": {"spec": with_claim}}),
            ),
            "/spec/template/spec/volumes/0/ephemeral/volumeClaimTemplate/metadata",
        ),
        (
            of("batch/v1", "Job", json!({"template": pods})),
            "/spec/template/metadata",
        ),
        (
            of(
                "batch/v1",
                "CronJob",
                json!({"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": pods}}}),
            ),
            "/spec/jobTemplate/metadata",
        ),
        (
            of(
                "batch/v1",
                "CronJob",
                json!({"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": pods}}}),
            ),
            "/spec/jobTemplate/spec/template/metadata",
        ),
        (
            of(
                "cert-manager.io/v1",
                "Certificate",
                json!({"secretName": "x-tls", "issuerRef": {"name": "x"}, "secretTemplate": {}}),
            ),
            "/spec/secretTemplate",
        ),
    ]
}

#[test]
fn what_is_made_from_a_template_is_labelled_only_by_grant() {
    let kinds = |group: &str, kinds: &[&str]| json!({"capability": "cluster.apply", "clusters": ["own"], "group": group, "kinds": kinds, "names": ["*"], "namespaces": ["orders"]});
    let base = with(
        widest(),
        &[
            kinds("apps", &["Deployment", "DaemonSet", "StatefulSet"]),
            kinds("batch", &["Job", "CronJob"]),
            kinds("cert-manager.io", &["Certificate"]),
            json!({"capability": "pods", "clusters": ["own"], "namespaces": ["orders"], "service-accounts": ["api"], "secrets": ["api-db"]}),
            json!({"capability": "certificates", "clusters": ["own"], "namespaces": ["orders"], "issuers": ["Issuer/x"],
                "secrets": ["x-tls"], "identities": ["*"], "usages": ["*"]}),
        ],
    );
    for (object, place) in templates() {
        let put_at = |field: &str, value: Value| {
            apply(&put(object.clone(), &format!("{place}/{field}"), value))
        };
        assert_eq!(codes(&base, apply(&object)), [""; 0], "{place}");
        for field in ["labels", "annotations"] {
            assert_eq!(
                codes(&base, put_at(field, json!({"team": "a"}))),
                [""; 0],
                "{place}/{field}"
            );
            for (key, prefix) in [
                ("argocd.argoproj.io/secret-type", "argocd.argoproj.io/"),
                ("istio-injection", "istio-injection"),
                (
                    "volume.beta.kubernetes.io/storage-class",
                    "volume.beta.kubernetes.io/",
                ),
            ] {
                let labelled = put_at(field, json!({key: "x"}));
                assert_eq!(
                    codes(&base, labelled.clone()),
                    [NOT_REQUESTED],
                    "{place}/{field} {key}"
                );
                let labels = json!({"capability": "labels", "clusters": ["own"], "prefixes": [prefix], "namespaces": ["orders"]});
                assert_eq!(
                    codes(&with(base.clone(), &[labels]), labelled),
                    [""; 0],
                    "{place}/{field} {key}"
                );
            }
            for (entry, expected) in [
                (json!({"aegis.platform/stage": "other"}), FORBIDDEN),
                (
                    json!({"istio.io/rev": "@{use1/network.vpc-id}"}),
                    CONTROL_FIELD,
                ),
                (json!({"a b": "x"}), MALFORMED_NAME),
            ] {
                assert_eq!(
                    codes(&base, put_at(field, entry.clone())),
                    [expected],
                    "{place}/{field} {entry}"
                );
            }
        }
        for field in ["ownerReferences", "finalizers", "managedFields"] {
            assert_eq!(
                codes(&base, put_at(field, json!([]))),
                [UNKNOWN_FIELD],
                "{place}/{field}"
            );
        }
    }
}
