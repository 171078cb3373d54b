//! The chart's values.

use std::collections::BTreeMap;

use aegis_plugin::kubernetes::Release;
use aegis_plugin::{Cluster, Token};
use serde_json::{Value, json};

use crate::config::Config;
use crate::settings::Settings;
use crate::{health, names, rbac, sign_in};

/// Argo CD. The chart's hook makes the password of its cache before the first installation; without it, no Pod
/// starts.
pub fn argo_cd(config: &Config, settings: &Settings, cluster: &Cluster, issuer: &Token) -> Release {
    let host = host(config, cluster);
    let values = json!({
        // Definitions outlive the release: with them would go every application.
        "crds": { "install": true, "keep": true },
        "createAggregateRoles": false,
        "global": {
            "domain": host,
            "networkPolicy": { "create": false },
            "securityContext": pod_security(),
            "topologySpreadConstraints": spread(),
        },
        "configs": {
            "cm": general(config, settings),
            "params": parameters(),
            "rbac": {
                "policy.default": "",
                "policy.csv": rbac::policy(&config.access),
                "policy.matchMode": "glob",
                "scopes": format!("[{}]", config.sign_in.groups_claim),
            },
        },
        "controller": {
            "replicas": 1,
            "containerSecurityContext": container_security(),
            "metrics": metrics(config),
        },
        "server": server(config, &host, issuer),
        "repoServer": replicated(config, json!({
            // It renders what others wrote, and asks the API server nothing.
            "automountServiceAccountToken": false,
            "containerSecurityContext": container_security(),
            "metrics": metrics(config),
        })),
        // A cache: when it is lost, it is filled again.
        "redis": {
            "automountServiceAccountToken": false,
            "serviceAccount": { "create": true, "automountServiceAccountToken": false },
        },
        "redisSecretInit": { "enabled": true, "containerSecurityContext": container_security() },
        // What makes applications out of what others control, or acts in their name, is the operator's to ask for.
        "applicationSet": { "replicas": 0 },
        "dex": { "enabled": false },
        "notifications": { "enabled": false },
    });
    Release::new(names::RELEASE, names::NAMESPACE, names::ENTRY)
        .values(values)
        .run_hooks()
}

/// Where people reach Argo CD.
fn host(config: &Config, cluster: &Cluster) -> String {
    config
        .host
        .clone()
        .unwrap_or_else(|| format!("argocd.{}", cluster.dns_name))
}

/// `argocd-cm`.
fn general(config: &Config, settings: &Settings) -> Value {
    let mut general: BTreeMap<String, Value> = health::checks()
        .into_iter()
        .map(|(key, check)| (key, check.into()))
        .collect();
    general.extend(
        health::ignored_differences()
            .into_iter()
            .map(|(key, fields)| (key, fields.into())),
    );
    if let Some(oidc) = &settings.oidc {
        general.insert(
            "oidc.config".to_owned(),
            sign_in::oidc_config(oidc, &config.sign_in).into(),
        );
    }
    for (key, value) in [
        ("admin.enabled", json!(false)),
        ("application.resourceTrackingMethod", json!("annotation")),
        ("exec.enabled", json!(false)),
        // A template language that reads files and calls functions while it renders.
        ("jsonnet.enable", json!(false)),
        ("statusbadge.enabled", json!(false)),
        ("users.anonymous.enabled", json!(false)),
        ("users.session.duration", json!("8h")),
    ] {
        general.insert(key.to_owned(), value);
    }
    json!(general)
}

/// `argocd-cmd-params-cm`.
fn parameters() -> Value {
    json!({
        // Fields that admission fills in are not differences.
        "controller.diff.server.side": true,
        "reposerver.tls.minversion": "1.3",
        "server.disable.auth": false,
        "server.insecure": false,
        // `replace` takes over what other controllers own.
        "server.sync.replace.allowed": false,
        "server.tls.minversion": "1.3",
        "server.x.frame.options": "deny",
    })
}

fn server(config: &Config, host: &str, issuer: &Token) -> Value {
    replicated(
        config,
        json!({
            "containerSecurityContext": container_security(),
            "metrics": metrics(config),
            "service": { "type": "ClusterIP" },
            "certificate": {
                "enabled": true,
                "domain": host,
                "additionalHosts": [format!("{}.{}.svc", names::SERVER, names::NAMESPACE)],
                "duration": "2160h",
                "renewBefore": "720h",
                "issuer": { "group": "cert-manager.io", "kind": "ClusterIssuer", "name": issuer.whole() },
                "privateKey": {
                    "algorithm": "ECDSA",
                    "encoding": "PKCS8",
                    "rotationPolicy": "Always",
                    "size": 256,
                },
                "usages": ["digital signature", "server auth"],
            },
            // By default the server may read, change and delete every object of the cluster, Secrets included, for
            // whom it lets do so in the user interface.
            "clusterRoleRules": { "enabled": true, "rules": server_rules() },
        }),
    )
}

/// What the user interface shows of what applications made.
fn server_rules() -> Value {
    let get = |group: &str, resources: &[&str]| json!({ "apiGroups": [group], "resources": resources, "verbs": ["get"] });
    json!([
        get(
            "",
            &[
                "namespaces",
                "pods",
                "pods/log",
                "serviceaccounts",
                "services"
            ]
        ),
        json!({ "apiGroups": [""], "resources": ["events"], "verbs": ["list"] }),
        get(
            "apps",
            &["daemonsets", "deployments", "replicasets", "statefulsets"]
        ),
        get("batch", &["cronjobs", "jobs"]),
        get("networking.k8s.io", &["ingresses", "networkpolicies"]),
    ])
}

/// Several Pods, of which an eviction leaves one.
fn replicated(config: &Config, mut values: Value) -> Value {
    values["replicas"] = config.replicas.into();
    values["pdb"] = if config.replicas > 1 {
        json!({ "enabled": true, "maxUnavailable": 1 })
    } else {
        json!({ "enabled": false })
    };
    values
}

fn metrics(config: &Config) -> Value {
    json!({ "enabled": config.network.metrics_from.is_some() })
}

/// One Pod to each zone where there are enough, and otherwise wherever there is room.
fn spread() -> Value {
    json!([{
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
    }])
}

fn pod_security() -> Value {
    json!({ "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } })
}

fn container_security() -> Value {
    let mut security = json!({
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
        "readOnlyRootFilesystem": true,
    });
    if let (Value::Object(security), Value::Object(pod)) = (&mut security, pod_security()) {
        security.extend(pod);
    }
    security
}
