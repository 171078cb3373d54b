//! What a workload can hide.

use serde_json::{Value, json};

use super::super::codes::{
    CONTROL_FIELD, FORBIDDEN, MALFORMED_FIELD, MALFORMED_NAME, NOT_EMBEDDABLE, NOT_GRANTED,
    NOT_REQUESTED, UNKNOWN_FIELD,
};
use super::{apply, codes, put, widest, with};

pub(super) const IMAGE: &str = "registry.example.com/shop/api@sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// Everything that an honest Deployment needs; power is named exactly.
fn grants() -> Value {
    with(
        widest(),
        &[
            json!({"capability": "cluster.apply", "clusters": ["own"], "group": "apps", "kinds": ["Deployment"], "names": ["*"], "namespaces": ["orders"]}),
            json!({"capability": "cluster.apply", "clusters": ["own"], "group": "batch", "kinds": ["CronJob"], "names": ["*"], "namespaces": ["orders"]}),
            json!({"capability": "pods", "clusters": ["own"], "namespaces": ["orders"], "service-accounts": ["api"], "secrets": ["api-db"]}),
        ],
    )
}

pub(super) fn pod_spec() -> Value {
    json!({
        "serviceAccountName": "api",
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{
            "name": "api",
            "image": IMAGE,
            "args": ["--vpc=@{use1/network.vpc-id}"],
            "env": [
                {"name": "MOTD", "value": "@{use1/motd}"},
                {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "api-db", "key": "url"}}}
            ],
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}
        }],
        "volumes": [{"name": "config", "configMap": {"name": "api"}}]
    })
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "orders", "labels": {"app": "api"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "api"}},
            "template": {"metadata": {"labels": {"app": "api"}}, "spec": pod_spec()}
        }
    })
}

#[test]
fn an_honest_workload_is_allowed() {
    assert_eq!(codes(&grants(), apply(&deployment())), [""; 0]);
    let cron = json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "api", "namespace": "orders"},
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": put(pod_spec(), "/restartPolicy", json!("Never"))}}}}
    });
    assert_eq!(codes(&grants(), apply(&cron)), [""; 0]);
}

/// Each of these is one change to the honest Deployment.
#[test]
fn a_hostile_pod_in_an_allowed_deployment_is_refused() {
    let spec = "/spec/template/spec";
    let container = "/spec/template/spec/containers/0";
    let both = vec![NOT_REQUESTED];
    for (claim, pointer, value, expected) in [
        (
            "privileged",
            format!("{container}/securityContext/privileged"),
            json!(true),
            &both,
        ),
        (
            "host network",
            format!("{spec}/hostNetwork"),
            json!(true),
            &both,
        ),
        (
            "host path",
            format!("{spec}/volumes"),
            json!([{"name": "h", "hostPath": {"path": "/"}}]),
            &both,
        ),
        (
            "no profile",
            format!("{spec}/securityContext/seccompProfile"),
            json!(null),
            &both,
        ),
        (
            "profile off by annotation",
            "/spec/template/metadata/annotations".to_owned(),
            json!({"container.apparmor.security.beta.kubernetes.io/api": "unconfined"}),
            &vec![NOT_REQUESTED, NOT_REQUESTED],
        ),
        (
            "a node of its choice",
            format!("{spec}/nodeName"),
            json!("control-plane-1"),
            &both,
        ),
        (
            "the control plane",
            format!("{spec}/tolerations"),
            json!([{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]),
            &both,
        ),
        (
            "every taint",
            format!("{spec}/tolerations"),
            json!([{"operator": "Exists"}]),
            &both,
        ),
        (
            "a system priority",
            format!("{spec}/priorityClassName"),
            json!("system-node-critical"),
            &both,
        ),
        (
            "a priority by number",
            format!("{spec}/priority"),
            json!(2_000_000_000),
            &vec![FORBIDDEN],
        ),
        (
            "another scheduler",
            format!("{spec}/schedulerName"),
            json!("evil"),
            &both,
        ),
        (
            "another runtime",
            format!("{spec}/runtimeClassName"),
            json!("runc-unconfined"),
            &both,
        ),
        (
            "names of its own",
            format!("{spec}/hostAliases"),
            json!([{"ip": "169.254.169.254", "hostnames": ["registry.example.com"]}]),
            &both,
        ),
        (
            "an image by tag",
            format!("{container}/image"),
            json!("evil.example.com/x:latest"),
            &both,
        ),
        (
            "an image without registry",
            format!("{container}/image"),
            json!("nginx@sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            &vec![MALFORMED_NAME],
        ),
        (
            "an image by token",
            format!("{container}/image"),
            json!("registry.example.com/@{use1/network.vpc-id}"),
            &vec![CONTROL_FIELD],
        ),
        (
            "a hidden init container",
            format!("{spec}/initContainers"),
            json!([{"name": "x", "image": "evil.example.com/x:1"}]),
            &vec![NOT_REQUESTED, NOT_REQUESTED],
        ),
        (
            "an image as a volume",
            format!("{spec}/volumes"),
            json!([{"name": "i", "image": {"reference": "evil.example.com/x:1"}}]),
            &both,
        ),
        (
            "another account",
            format!("{spec}/serviceAccountName"),
            json!("cluster-autoscaler"),
            &both,
        ),
        (
            "two accounts",
            format!("{spec}/serviceAccount"),
            json!("cluster-autoscaler"),
            &vec![MALFORMED_FIELD],
        ),
        (
            "no account",
            format!("{spec}/serviceAccountName"),
            json!(null),
            &vec![FORBIDDEN],
        ),
        (
            "the default account",
            format!("{spec}/serviceAccountName"),
            json!("default"),
            &vec![FORBIDDEN],
        ),
        (
            "an account by token",
            format!("{spec}/serviceAccountName"),
            json!("@{use1/motd}"),
            &vec![CONTROL_FIELD],
        ),
        (
            "a stranger's Secret as volume",
            format!("{spec}/volumes"),
            json!([{"name": "s", "secret": {"secretName": "ca-key"}}]),
            &both,
        ),
        (
            "a stranger's Secret in a projection",
            format!("{spec}/volumes"),
            json!([{"name": "s", "projected": {"sources": [{"secret": {"name": "ca-key"}}]}}]),
            &both,
        ),
        (
            "a stranger's Secret as variable",
            format!("{container}/env"),
            json!([{"name": "x", "valueFrom": {"secretKeyRef": {"name": "ca-key", "key": "k"}}}]),
            &both,
        ),
        (
            "a stranger's Secret as all variables",
            format!("{container}/envFrom"),
            json!([{"secretRef": {"name": "ca-key"}}]),
            &both,
        ),
        (
            "a stranger's Secret to pull with",
            format!("{spec}/imagePullSecrets"),
            json!([{"name": "ca-key"}]),
            &both,
        ),
        (
            "a token for AWS",
            format!("{spec}/volumes"),
            json!([{"name": "t", "projected": {"sources": [{"serviceAccountToken": {"audience": "sts.amazonaws.com", "path": "t"}}]}}]),
            &both,
        ),
        (
            "a driver's volume",
            format!("{spec}/volumes"),
            json!([{"name": "c", "csi": {"driver": "secrets-store.csi.k8s.io"}}]),
            &vec![UNKNOWN_FIELD],
        ),
        (
            "a field nobody knows",
            format!("{spec}/futureField"),
            json!(1),
            &vec![UNKNOWN_FIELD],
        ),
        (
            "a field of a container nobody knows",
            format!("{container}/futureField"),
            json!(1),
            &vec![UNKNOWN_FIELD],
        ),
        (
            "a debug container",
            format!("{spec}/ephemeralContainers"),
            json!([]),
            &vec![UNKNOWN_FIELD],
        ),
        (
            "a command by token",
            format!("{container}/command"),
            json!(["sh", "-c", "@{use1/network.vpc-id}"]),
            &vec![CONTROL_FIELD],
        ),
        (
            "free text in an argument",
            format!("{container}/args"),
            json!(["@{use1/motd}"]),
            &vec![NOT_EMBEDDABLE],
        ),
        (
            "a boolean that is text",
            format!("{container}/securityContext/privileged"),
            json!("true"),
            &vec![MALFORMED_FIELD],
        ),
        (
            "out of the mesh",
            "/spec/template/metadata/labels".to_owned(),
            json!({"sidecar.istio.io/inject": "false"}),
            &both,
        ),
        (
            "owned by another",
            "/spec/template/metadata/ownerReferences".to_owned(),
            json!([]),
            &vec![UNKNOWN_FIELD],
        ),
    ] {
        assert_eq!(
            codes(&grants(), apply(&put(deployment(), &pointer, value))),
            *expected,
            "{claim}"
        );
    }
}

#[test]
fn what_was_granted_exactly_is_allowed() {
    let grants = with(
        grants(),
        &[
            json!({"capability": "pods", "clusters": ["own"], "namespaces": ["orders"], "level": "privileged",
            "nodes": ["n1"], "control-plane": true, "images": ["evil.example.com/x:1"], "audiences": ["sts.amazonaws.com"]}),
        ],
    );
    for (pointer, value) in [
        ("/spec/template/spec/hostNetwork", json!(true)),
        ("/spec/template/spec/nodeName", json!("n1")),
        (
            "/spec/template/spec/tolerations",
            json!([{"operator": "Exists"}]),
        ),
        (
            "/spec/template/spec/containers/0/image",
            json!("evil.example.com/x:1"),
        ),
        (
            "/spec/template/spec/volumes",
            json!([{"name": "t", "projected": {"sources": [{"serviceAccountToken": {"audience": "sts.amazonaws.com", "path": "t"}}]}}]),
        ),
    ] {
        assert_eq!(
            codes(&grants, apply(&put(deployment(), pointer, value))),
            [""; 0],
            "{pointer}"
        );
    }
}

#[test]
fn a_workload_needs_every_one_of_its_grants() {
    let exact = json!([
        {"capability": "cluster.apply", "clusters": ["own"], "group": "apps", "kinds": ["Deployment"], "names": ["api"], "namespaces": ["orders"]},
        {"capability": "pods", "clusters": ["own"], "namespaces": ["orders"], "images": ["registry.example.com/shop/*"]},
        {"capability": "pods", "clusters": ["own"], "namespaces": ["orders"], "service-accounts": ["api"]},
        {"capability": "pods", "clusters": ["own"], "namespaces": ["orders"], "secrets": ["api-db"]},
        {"capability": "pods", "clusters": ["own"], "namespaces": ["orders"], "config-maps": ["api"]}
    ]);
    assert_eq!(codes(&exact, apply(&deployment())), [""; 0]);
    let all = exact.as_array().unwrap();
    for left_out in 0..all.len() {
        let mut fewer = all.clone();
        fewer.remove(left_out);
        let effective = super::effective_of(
            crate::proposal::Kind::Security,
            &exact,
            &Value::Array(fewer),
        );
        assert_eq!(
            super::codes_of(&effective, apply(&deployment())),
            [NOT_GRANTED],
            "without line {left_out}"
        );
    }
}

#[test]
fn a_service_account_gets_an_aws_role_only_by_grant() {
    let account = |role: &str| {
        json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "api", "namespace": "orders", "annotations": {"eks.amazonaws.com/role-arn": role}}})
    };
    let labels = json!({"capability": "labels", "clusters": ["own"], "prefixes": ["eks.amazonaws.com/role-arn"], "namespaces": ["orders"]});
    let fact = json!({"capability": "pods", "clusters": ["own"], "namespaces": ["orders"], "roles": ["fact:irsa.*"]});
    let arn = "arn:aws:iam::111122223333:role/admin";
    let apply_to =
        |grants: &[Value], role: &str| codes(&with(widest(), grants), apply(&account(role)));
    assert_eq!(
        apply_to(&[labels.clone(), fact.clone()], "@{use1/irsa.api}"),
        [""; 0]
    );
    // A wildcard never reaches a literal ARN.
    assert_eq!(
        apply_to(std::slice::from_ref(&labels), arn),
        [NOT_REQUESTED]
    );
    assert_eq!(
        apply_to(&[labels, fact], "x@{use1/irsa.api}"),
        [CONTROL_FIELD]
    );
    assert_eq!(apply_to(&[], "@{use1/irsa.api}"), [NOT_REQUESTED]);
}
