//! Labels and annotations.

use serde_json::json;

use super::super::codes::{
    CONTROL_FIELD, FORBIDDEN, MALFORMED_FIELD, MALFORMED_NAME, NOT_REQUESTED,
};
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
