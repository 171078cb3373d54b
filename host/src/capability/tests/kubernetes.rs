//! What an object can hide.

use serde_json::{Value, json};

use super::super::codes::{
    CONTROL_FIELD, FORBIDDEN, MALFORMED_NAME, NOT_REQUESTED, OUT_OF_REACH, SCOPE, UNKNOWN_FIELD,
    UNKNOWN_SCOPE,
};
use super::super::{ObjectScope, authorize_change};
use super::{
    apply, change, codes, context, effective, exactly, object, put, read_object, widest, with,
};
use crate::proposal::{Action, Collection, Kind, ObjectRef};

#[test]
fn plain_objects_are_allowed_by_wildcards() {
    for plain in [
        object(
            "v1",
            "ConfigMap",
            Some("a"),
            json!({"data": {"k": "@{use1/motd}"}}),
        ),
        object("v1", "Namespace", None, json!({})),
        object(
            "v1",
            "ServiceAccount",
            Some("a"),
            json!({"automountServiceAccountToken": false}),
        ),
        object(
            "v1",
            "Service",
            Some("a"),
            json!({"spec": {"selector": {"app": "x"}, "ports": [{"port": 80, "targetPort": "http"}]}}),
        ),
        object(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            Some("a"),
            json!({"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}),
        ),
        object(
            "v1",
            "ResourceQuota",
            Some("a"),
            json!({"spec": {"hard": {"pods": 10, "requests.cpu": "4"}}}),
        ),
        object(
            "v1",
            "LimitRange",
            Some("a"),
            json!({"spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}}),
        ),
        object(
            "policy/v1",
            "PodDisruptionBudget",
            Some("a"),
            json!({"spec": {"minAvailable": "50%", "selector": {"matchLabels": {"a": "b"}}}}),
        ),
    ] {
        assert_eq!(codes(&widest(), apply(&plain)), [""; 0], "{plain}");
    }
}

#[test]
fn a_wildcard_of_kinds_reaches_no_powerful_kind() {
    for (group, kind, namespace, rest) in [
        ("v1", "Secret", Some("a"), json!({"stringData": {"k": "v"}})),
        (
            "rbac.authorization.k8s.io/v1",
            "Role",
            Some("a"),
            json!({"rules": []}),
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "ClusterRole",
            None,
            json!({"rules": []}),
        ),
        (
            "cert-manager.io/v1",
            "ClusterIssuer",
            None,
            json!({"spec": {"selfSigned": {}}}),
        ),
        (
            "argoproj.io/v1alpha1",
            "AppProject",
            Some("a"),
            json!({"spec": {"sourceRepos": []}}),
        ),
        (
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            None,
            json!({"webhooks": []}),
        ),
        (
            "security.istio.io/v1",
            "AuthorizationPolicy",
            Some("a"),
            json!({"spec": {}}),
        ),
        (
            "networking.istio.io/v1",
            "ServiceEntry",
            Some("a"),
            json!({"spec": {}}),
        ),
        (
            "storage.k8s.io/v1",
            "StorageClass",
            None,
            json!({"provisioner": "evil"}),
        ),
    ] {
        assert_eq!(
            codes(&widest(), apply(&object(group, kind, namespace, rest))),
            [NOT_REQUESTED],
            "{kind}"
        );
    }
}

#[test]
fn an_opaque_kind_needs_an_exact_and_unchecked_grant() {
    let filter = object(
        "networking.istio.io/v1alpha3",
        "EnvoyFilter",
        Some("a"),
        json!({"spec": {"anything": true}}),
    );
    let line = |name: &str, unchecked: bool| {
        json!({"capability": "cluster.apply", "clusters": ["own"], "group": "networking.istio.io", "kinds": ["EnvoyFilter"],
            "names": [name], "namespaces": ["a"], "unchecked": unchecked})
    };
    assert_eq!(
        codes(&with(widest(), &[line("x", false)]), apply(&filter)),
        [NOT_REQUESTED]
    );
    assert_eq!(
        codes(&with(widest(), &[line("other", true)]), apply(&filter)),
        [NOT_REQUESTED]
    );
    assert_eq!(
        codes(&with(widest(), &[line("x", true)]), apply(&filter)),
        [""; 0]
    );
    let wild = json!([line("*", true)]);
    assert!(
        crate::capability::CapabilitySet::parse(&wild).is_err(),
        "a wildcard cannot be unchecked"
    );
}

#[test]
fn an_object_is_where_its_kind_lives_and_says_so() {
    for (claim, hostile, expected) in [
        (
            "no namespace",
            object("v1", "ConfigMap", None, json!({})),
            MALFORMED_NAME,
        ),
        (
            "a namespace for none",
            object("v1", "Namespace", Some("a"), json!({})),
            MALFORMED_NAME,
        ),
        (
            "another group's kind",
            object("apps.evil.io/v1", "Deployment", Some("a"), json!({})),
            UNKNOWN_SCOPE,
        ),
        (
            "an unknown kind",
            object("v1", "Conjurer", Some("a"), json!({})),
            UNKNOWN_SCOPE,
        ),
        (
            "a kind with a slash",
            object("v1", "Pod/status", Some("a"), json!({})),
            MALFORMED_NAME,
        ),
        (
            "a kind in lower case",
            object("v1", "configmap", Some("a"), json!({})),
            MALFORMED_NAME,
        ),
        (
            "a Cyrillic kind",
            object("v1", "Po\u{501}", Some("a"), json!({})),
            MALFORMED_NAME,
        ),
        (
            "a name with a slash",
            put(
                object("v1", "ConfigMap", Some("a"), json!({})),
                "/metadata/name",
                json!("a/b"),
            ),
            MALFORMED_NAME,
        ),
        (
            "a generated name",
            put(
                object("v1", "ConfigMap", Some("a"), json!({})),
                "/metadata/name",
                json!(""),
            ),
            MALFORMED_NAME,
        ),
        (
            "a namespace with dots",
            object("v1", "ConfigMap", Some(".."), json!({})),
            MALFORMED_NAME,
        ),
        (
            "an old version",
            object("v1beta1", "ConfigMap", Some("a"), json!({})),
            UNKNOWN_FIELD,
        ),
    ] {
        assert_eq!(codes(&widest(), apply(&hostile)), [expected], "{claim}");
    }
}

#[test]
fn a_stage_of_a_cluster_changes_no_other() {
    let config = read_object(&object("v1", "ConfigMap", Some("a"), json!({})));
    assert_eq!(
        codes(
            &widest(),
            change(Action::Apply(config.clone()), Some("euw1"))
        ),
        [OUT_OF_REACH]
    );
    assert_eq!(
        codes(
            &widest(),
            change(Action::Apply(config.clone()), Some("elsewhere"))
        ),
        [OUT_OF_REACH]
    );
    assert_eq!(
        codes(&widest(), change(Action::Apply(config), None)),
        [SCOPE]
    );
}

#[test]
fn a_cluster_wide_kind_is_not_granted_by_namespaces() {
    let namespaced = json!([{"capability": "cluster.apply", "clusters": ["own"], "group": "", "kinds": ["Namespace", "ConfigMap"],
        "names": ["*"], "namespaces": ["*"]}]);
    assert_eq!(
        codes(
            &namespaced,
            apply(&object("v1", "Namespace", None, json!({})))
        ),
        [NOT_REQUESTED]
    );
    assert_eq!(
        codes(
            &namespaced,
            apply(&object("v1", "ConfigMap", Some("a"), json!({})))
        ),
        [""; 0]
    );
}

#[test]
fn the_body_holds_no_second_object() {
    let base = || object("v1", "ConfigMap", Some("a"), json!({}));
    for (claim, hostile) in [
        ("metadata", {
            let mut object = read_object(&base());
            object.body =
                crate::template::Node::parse(&json!({"metadata": {"ownerReferences": []}}))
                    .unwrap();
            change(Action::Apply(object), Some("use1"))
        }),
        ("status", apply(&put(base(), "/status", json!({})))),
        ("items", apply(&put(base(), "/items", json!([])))),
        (
            "a list",
            apply(&object("v1", "ConfigMapList", Some("a"), json!({}))),
        ),
        (
            "List",
            apply(&object("v1", "List", None, json!({"items": []}))),
        ),
    ] {
        assert_eq!(codes(&widest(), hostile), [FORBIDDEN], "{claim}");
    }
}

#[test]
fn kinds_that_act_instead_of_being_are_refused() {
    for (api_version, kind, namespace) in [
        ("authentication.k8s.io/v1", "TokenReview", None),
        ("authentication.k8s.io/v1", "TokenRequest", Some("a")),
        ("authorization.k8s.io/v1", "SubjectAccessReview", None),
        ("certificates.k8s.io/v1", "CertificateSigningRequest", None),
        ("apiregistration.k8s.io/v1", "APIService", None),
        ("policy/v1", "Eviction", Some("a")),
        ("autoscaling/v1", "Scale", Some("a")),
        ("v1", "Binding", Some("a")),
        ("v1", "Node", None),
        ("v1", "PersistentVolume", None),
        ("v1", "Endpoints", Some("a")),
        ("discovery.k8s.io/v1", "EndpointSlice", Some("a")),
        ("storage.k8s.io/v1", "CSIDriver", None),
        ("storage.k8s.io/v1", "VolumeAttachment", None),
        ("authentication.k8s.io/v1", "SelfSubjectReview", None),
        (
            "authorization.k8s.io/v1",
            "LocalSubjectAccessReview",
            Some("a"),
        ),
        ("certificates.k8s.io/v1alpha1", "ClusterTrustBundle", None),
        (
            "certificates.k8s.io/v1alpha1",
            "PodCertificateRequest",
            Some("a"),
        ),
        ("events.k8s.io/v1", "Event", Some("a")),
        ("v1", "PodTemplate", Some("a")),
        ("v1", "ReplicationController", Some("a")),
        ("apps/v1", "ReplicaSet", Some("a")),
        ("apps/v1", "ControllerRevision", Some("a")),
        ("apps/v1", "DeploymentList", Some("a")),
        ("apps.evil.io/v1", "WidgetList", Some("a")),
        ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", None),
        ("kyverno.io/v2", "PolicyException", Some("a")),
        ("policies.kyverno.io/v1", "PolicyException", Some("a")),
    ] {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        let named = json!({"capability": "cluster.apply", "clusters": ["own"], "group": group, "kinds": [kind], "names": ["x"],
            "namespaces": if namespace.is_some() { json!(["a"]) } else { json!([]) },
            "scope": if namespace.is_some() { "namespaced" } else { "cluster" }, "unchecked": true});
        let deleted = put(named.clone(), "/capability", json!("cluster.delete"));
        let grants = with(widest(), &[named, deleted]);
        let object = object(api_version, kind, namespace, json!({}));
        assert_eq!(codes(&grants, apply(&object)), [FORBIDDEN], "{kind}");
        let absent = Action::EnsureAbsent(read_object(&object).reference());
        let denials = codes(&grants, change(absent, Some("use1")));
        assert_eq!(denials.len(), 1, "deleting {kind}");
    }
}

#[test]
fn nobody_moves_the_kinds_of_kubernetes_or_makes_others_look_like_them() {
    let mut context = context();
    for (group, scope) in [
        ("apps", ObjectScope::Cluster),
        ("apps.evil.io", ObjectScope::Namespaced),
    ] {
        let collection = Collection {
            group: group.into(),
            kind: "Deployment".into(),
        };
        context.scopes.insert(collection, scope);
    }
    let effective = effective(Kind::Security, &exactly("apps", "Deployment", true));
    for (claim, deployment, expected) in [
        (
            "without a namespace, as the plan says",
            object("apps/v1", "Deployment", None, json!({})),
            MALFORMED_NAME,
        ),
        (
            "another group's, by the grant for one of Kubernetes",
            object("apps.evil.io/v1", "Deployment", Some("a"), json!({})),
            NOT_REQUESTED,
        ),
    ] {
        let denials = authorize_change(&effective, apply(&deployment), &context).unwrap_err();
        let codes: Vec<_> = denials.iter().map(|denial| denial.code).collect();
        assert_eq!(codes, [expected], "{claim}");
    }
}

#[test]
fn a_secret_that_a_controller_fills_or_obeys_is_refused() {
    let grants = exactly("", "Secret", true);
    let secret = |kind: &str| {
        apply(&object(
            "v1",
            "Secret",
            Some("a"),
            json!({"type": kind, "stringData": {"k": "v"}}),
        ))
    };
    for kind in [
        "Opaque",
        "kubernetes.io/tls",
        "kubernetes.io/dockerconfigjson",
    ] {
        assert_eq!(codes(&grants, secret(kind)), [""; 0], "{kind}");
    }
    for kind in [
        "kubernetes.io/service-account-token",
        "bootstrap.kubernetes.io/token",
        "helm.sh/release.v1",
        "",
        "istio.io/key-and-cert",
        "kubernetes.io/dockercfg",
        "kubernetes.io/basic-auth",
        "opaque",
    ] {
        assert_eq!(codes(&grants, secret(kind)), [FORBIDDEN], "{kind}");
    }
    assert_eq!(codes(&grants, secret("@{use1/motd}")), [CONTROL_FIELD]);
    let repository = put(
        object("v1", "Secret", Some("a"), json!({})),
        "/metadata/labels/argocd.argoproj.io~1secret-type",
        json!("cluster"),
    );
    assert_eq!(codes(&grants, apply(&repository)), [NOT_REQUESTED]);
}

#[test]
fn the_record_of_a_helm_release_is_helms() {
    for kind in ["Secret", "ConfigMap"] {
        let grants = exactly("", kind, true);
        let plain = object("v1", kind, Some("a"), json!({"data": {"release": "H4sI"}}));
        assert_eq!(codes(&grants, apply(&plain)), [""; 0], "{kind}");
        for (pointer, value) in [
            ("/metadata/name", "sh.helm.release.v1.cert-manager.v2"),
            ("/metadata/labels/owner", "helm"),
            ("/metadata/labels/owner", "HELM"),
        ] {
            let record = put(plain.clone(), pointer, json!(value));
            assert_eq!(
                codes(&grants, apply(&record)),
                [FORBIDDEN],
                "{kind} {pointer}"
            );
        }
        let other = put(plain, "/metadata/labels/owner", json!("team-a"));
        assert_eq!(codes(&grants, apply(&other)), [""; 0], "{kind}");
    }
}

#[test]
fn a_project_that_allows_everything_is_none() {
    let grants = exactly("argoproj.io", "AppProject", true);
    let base = json!({"sourceRepos": ["https://git.example.com/shop/deploy"],
        "destinations": [{"server": "https://kubernetes.default.svc", "namespace": "orders"}],
        "clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}]});
    let project = |spec: Value| {
        object(
            "argoproj.io/v1alpha1",
            "AppProject",
            Some("argocd"),
            json!({"spec": spec}),
        )
    };
    assert_eq!(codes(&grants, apply(&project(base.clone()))), [""; 0]);
    for (pointer, value) in [
        ("/sourceRepos", json!(["*"])),
        ("/sourceRepos", json!(["https://*"])),
        (
            "/destinations",
            json!([{"server": "*", "namespace": "orders"}]),
        ),
        ("/destinations", json!([{"name": "use1", "namespace": "*"}])),
        (
            "/clusterResourceWhitelist",
            json!([{"group": "*", "kind": "*"}]),
        ),
    ] {
        assert_eq!(
            codes(&grants, apply(&project(put(base.clone(), pointer, value)))),
            [FORBIDDEN],
            "{pointer}"
        );
    }
    let default = put(project(base), "/metadata/name", json!("default"));
    assert_eq!(codes(&grants, apply(&default)), [FORBIDDEN]);
}

#[test]
fn somebody_elses_object_is_deleted_only_by_grant() {
    let absent = |group: &str, kind: &str, namespace: Option<&str>| {
        change(
            Action::EnsureAbsent(ObjectRef {
                group: group.to_owned(),
                kind: kind.to_owned(),
                namespace: namespace.map(str::to_owned),
                name: "x".to_owned(),
            }),
            Some("use1"),
        )
    };
    assert_eq!(
        codes(&widest(), absent("", "ConfigMap", Some("a"))),
        [NOT_REQUESTED]
    );
    let grants = json!([
        {"capability": "cluster.delete", "clusters": ["own"], "group": "", "kinds": ["*"], "names": ["*"], "namespaces": ["*"]},
        {"capability": "cluster.delete", "clusters": ["own"], "group": "", "kinds": ["*"], "names": ["*"], "scope": "cluster"}
    ]);
    assert_eq!(codes(&grants, absent("", "ConfigMap", Some("a"))), [""; 0]);
    // Whoever deletes one of these deletes what is in it: a wildcard does not reach them.
    assert_eq!(
        codes(&grants, absent("", "Namespace", None)),
        [NOT_REQUESTED]
    );
    assert_eq!(
        codes(&grants, absent("", "PersistentVolumeClaim", Some("a"))),
        [NOT_REQUESTED]
    );
    assert_eq!(
        codes(&grants, absent("", "ConfigMap", None)),
        [MALFORMED_NAME]
    );
}

#[test]
fn what_controllers_obey_is_granted_by_its_exact_name() {
    let config = |name: &str| {
        let object = object(
            "v1",
            "ConfigMap",
            Some("argocd"),
            json!({"data": {"policy.csv": "g, eve, role:admin"}}),
        );
        apply(&put(object, "/metadata/name", json!(name)))
    };
    let line = |name: &str| json!([{"capability": "cluster.apply", "clusters": ["own"], "group": "", "kinds": ["ConfigMap"], "names": [name], "namespaces": ["*"]}]);
    assert_eq!(codes(&line("*"), config("dashboards")), [""; 0]);
    for name in [
        "argocd-rbac-cm",
        "argocd-image-updater-config",
        "istio",
        "istio-1-30",
        "istio-sidecar-injector-canary",
        "aws-auth",
        "coredns",
    ] {
        assert_eq!(codes(&line("*"), config(name)), [NOT_REQUESTED], "{name}");
    }
    assert_eq!(
        codes(&line("argocd-*"), config("argocd-rbac-cm")),
        [NOT_REQUESTED]
    );
    assert_eq!(
        codes(&line("argocd-rbac-cm"), config("argocd-rbac-cm")),
        [""; 0]
    );
}
