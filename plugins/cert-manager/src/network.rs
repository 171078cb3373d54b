//! Who talks with whom in the namespace: nothing, except what is listed here.
//!
//! The charts have policies of their own, which allow every destination on the ports that they name; they
//! stay off.

use aegis_plugin::Cluster;
use aegis_plugin::kubernetes::Object;
use serde_json::{Value, json};

use crate::config::Network;
use crate::names;

/// The port of cert-manager's webhook (the chart's `webhook.securePort`).
pub const CERT_MANAGER_WEBHOOK_PORT: u16 = 10250;

/// The port of trust-manager's webhook (the chart's `app.webhook.port`).
pub const TRUST_MANAGER_WEBHOOK_PORT: u16 = 6443;

/// The port of everybody's metrics.
pub const METRICS_PORT: u16 = 9402;

/// The namespace's policies, sorted by name.
pub fn policies(network: &Network, cluster: &Cluster) -> Vec<Object> {
    let mut policies = vec![
        policy(
            "api-server",
            everybody(),
            egress_to_api_server(network, cluster),
        ),
        policy(
            "cert-manager-webhook",
            json!({ "matchLabels": {
                "app.kubernetes.io/component": "webhook",
                "app.kubernetes.io/instance": names::CERT_MANAGER,
            } }),
            webhook(CERT_MANAGER_WEBHOOK_PORT),
        ),
        policy(
            "default-deny",
            everybody(),
            json!({ "policyTypes": ["Ingress", "Egress"] }),
        ),
    ];
    if let Some(namespace) = &network.metrics_from {
        let from = json!([{ "namespaceSelector": {
            "matchLabels": { "kubernetes.io/metadata.name": namespace },
        } }]);
        let rule = json!({
            "policyTypes": ["Ingress"],
            "ingress": [{ "from": from, "ports": [tcp(METRICS_PORT)] }],
        });
        policies.push(policy("metrics", everybody(), rule));
    }
    policies.push(policy(
        "trust-manager-webhook",
        json!({ "matchLabels": { "app.kubernetes.io/name": names::TRUST_MANAGER } }),
        webhook(TRUST_MANAGER_WEBHOOK_PORT),
    ));
    policies
}

fn everybody() -> Value {
    json!({})
}

fn tcp(port: u16) -> Value {
    json!({ "protocol": "TCP", "port": port })
}

/// Network policies see the addresses behind the Service `kubernetes`: those of the control plane.
fn egress_to_api_server(network: &Network, cluster: &Cluster) -> Value {
    let mut blocks = network.api_server_cidrs.clone();
    if blocks.is_empty() {
        blocks.push(cluster.cidr.clone());
    }
    blocks.sort();
    blocks.dedup();
    let to: Vec<_> = blocks
        .into_iter()
        .map(|block| json!({ "ipBlock": { "cidr": block } }))
        .collect();
    json!({
        "policyTypes": ["Egress"],
        "egress": [{ "to": to, "ports": [tcp(network.api_server_port)] }],
    })
}

/// Only the API server calls a webhook, but from which address depends on how the Pod network carries
/// traffic of nodes. The webhooks answer questions about the objects they are sent and hold no secrets.
fn webhook(port: u16) -> Value {
    json!({ "policyTypes": ["Ingress"], "ingress": [{ "ports": [tcp(port)] }] })
}

fn policy(name: &str, pods: Value, mut spec: Value) -> Object {
    if let Value::Object(fields) = &mut spec {
        fields.insert("podSelector".to_owned(), pods);
    }
    Object::new("networking.k8s.io", "v1", "NetworkPolicy", name)
        .namespace(names::NAMESPACE)
        .body(json!({ "spec": spec }))
}
