//! The charts' values.

use aegis_plugin::kubernetes::Release;
use serde_json::{Value, json};

use crate::config::Config;
use crate::{names, network};

/// cert-manager: controller, webhook and CA injector.
pub fn cert_manager(config: &Config) -> Release {
    let component = |name: &str| {
        json!({
            "replicaCount": config.replicas,
            "podDisruptionBudget": disruption_budget(config),
            "securityContext": pod_security(),
            "containerSecurityContext": container_security(),
            "topologySpreadConstraints": spread(&json!({
                "app.kubernetes.io/component": name,
                "app.kubernetes.io/instance": names::CERT_MANAGER,
            })),
        })
    };
    let mut webhook = component("webhook");
    merge(
        &mut webhook,
        json!({ "securePort": network::CERT_MANAGER_WEBHOOK_PORT }),
    );
    let mut values = component("controller");
    let own = json!({
        // Definitions outlive the release: with them would go every certificate of the cluster.
        "crds": { "enabled": true, "keep": true },
        "global": {
            // Adding rights to the roles `view` and `edit` is the operator's decision.
            "rbac": { "create": true, "aggregateClusterRoles": false },
            // Not kube-system, where the chart would want rights.
            "leaderElection": { "namespace": names::NAMESPACE },
        },
        "cainjector": component("cainjector"),
        "webhook": webhook,
        // Requests to any other issuer wait until somebody with the right to approves them.
        "approveSignerNames": names::signers(),
        "prometheus": { "enabled": config.network.metrics_from.is_some() },
        // The stage's probes say when the API is ready.
        "startupapicheck": { "enabled": false },
    });
    merge(&mut values, own);
    Release::new(names::CERT_MANAGER, names::NAMESPACE, names::CERT_MANAGER).values(values)
}

/// trust-manager, which reads sources in cert-manager's namespace and writes ConfigMaps, never Secrets.
pub fn trust_manager(config: &Config) -> Release {
    let values = json!({
        "crds": { "enabled": true, "keep": true },
        "replicaCount": config.replicas,
        "podDisruptionBudget": disruption_budget(config),
        "topologySpreadConstraints": spread(&json!({ "app.kubernetes.io/name": names::TRUST_MANAGER })),
        "podSecurityContext": pod_security(),
        "global": { "rbac": { "create": true, "aggregateClusterRoles": false } },
        // Workloads that are given the internal root should not come to trust the internet by it.
        "defaultPackage": { "enabled": false },
        "secretTargets": { "enabled": false },
        "filterExpiredCertificates": { "enabled": true },
        "filterNonCACerts": { "enabled": true },
        "app": {
            "trust": { "namespace": names::NAMESPACE },
            "securityContext": trust_manager_container_security(),
            "webhook": { "port": network::TRUST_MANAGER_WEBHOOK_PORT },
            "metrics": {
                "port": network::METRICS_PORT,
                "service": { "enabled": config.network.metrics_from.is_some() },
            },
        },
    });
    Release::new(names::TRUST_MANAGER, names::NAMESPACE, names::TRUST_MANAGER).values(values)
}

/// A budget over one Pod would only keep nodes from being drained.
fn disruption_budget(config: &Config) -> Value {
    if config.replicas > 1 {
        json!({ "enabled": true, "maxUnavailable": 1 })
    } else {
        json!({ "enabled": false })
    }
}

/// One Pod to each zone where there are enough, and otherwise wherever there is room.
fn spread(labels: &Value) -> Value {
    json!([{
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": { "matchLabels": labels },
    }])
}

fn pod_security() -> Value {
    json!({ "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } })
}

fn container_security() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
        "readOnlyRootFilesystem": true,
    })
}

fn trust_manager_container_security() -> Value {
    let mut security = container_security();
    merge(&mut security, pod_security());
    security
}

/// Adds the fields of an object to those of another.
fn merge(into: &mut Value, fields: Value) {
    if let (Value::Object(into), Value::Object(fields)) = (into, fields) {
        into.extend(fields);
    }
}
