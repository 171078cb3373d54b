//! Who talks with whom in the namespace: nothing, except what is listed here.
//!
//! The chart has policies of its own, which let everybody reach the server and everybody be reached; they stay
//! off.

use aegis_plugin::Cluster;
use aegis_plugin::kubernetes::Object;
use serde_json::{Value, json};

use crate::config::{Network, set};
use crate::names::{CONTROLLER, NAMESPACE, REDIS, REDIS_SECRET_INIT, REPO_SERVER, SERVER};
use crate::settings::Settings;

/// Ports of the containers: the chart's `containerPorts`.
const SERVER_PORT: u16 = 8080;
const REPO_SERVER_PORT: u16 = 8081;
const REDIS_PORT: u16 = 6379;

/// Metrics of the controller, the server and the repository server.
const METRICS_PORTS: [u16; 3] = [8082, 8083, 8084];

/// Link-local addresses: the metadata of the machine, and the credentials of its role with it.
const LINK_LOCAL: &str = "169.254.0.0/16";

/// The namespace's policies, sorted by name.
pub fn policies(network: &Network, settings: &Settings, cluster: &Cluster) -> Vec<Object> {
    let mut policies = vec![
        policy(
            "api-server",
            pods(&[CONTROLLER, REDIS_SECRET_INIT, SERVER]),
            json!({ "policyTypes": ["Egress"], "egress": [to_api_server(network, cluster)] }),
        ),
        policy(
            "default-deny",
            json!({}),
            json!({ "policyTypes": ["Ingress", "Egress"] }),
        ),
        policy(
            "dns",
            pods(&[CONTROLLER, REPO_SERVER, SERVER]),
            json!({ "policyTypes": ["Egress"], "egress": [to_dns()] }),
        ),
        policy(
            "https",
            // Only somebody who signs in makes the server reach out.
            pods(if settings.oidc.is_some() {
                &[REPO_SERVER, SERVER]
            } else {
                &[REPO_SERVER]
            }),
            json!({ "policyTypes": ["Egress"], "egress": [to_https(network, cluster)] }),
        ),
    ];
    if let Some(namespace) = &network.metrics_from {
        let ports: Vec<Value> = METRICS_PORTS
            .into_iter()
            .map(|port| tcp(&port.into()))
            .collect();
        let rule = json!({ "from": [of_namespace(namespace)], "ports": ports });
        policies.push(policy(
            "metrics",
            pods(&[CONTROLLER, REPO_SERVER, SERVER]),
            json!({ "policyTypes": ["Ingress"], "ingress": [rule] }),
        ));
    }
    policies.extend([
        between(
            "redis",
            &[CONTROLLER, REPO_SERVER, SERVER],
            REDIS,
            REDIS_PORT,
        ),
        egress_between(
            "redis-clients",
            &[CONTROLLER, REPO_SERVER, SERVER],
            REDIS,
            REDIS_PORT,
        ),
        between(
            "repo-server",
            &[CONTROLLER, SERVER],
            REPO_SERVER,
            REPO_SERVER_PORT,
        ),
        egress_between(
            "repo-server-clients",
            &[CONTROLLER, SERVER],
            REPO_SERVER,
            REPO_SERVER_PORT,
        ),
    ]);
    let clients: Vec<Value> = set(&network.clients)
        .iter()
        .map(|namespace| of_namespace(namespace))
        .collect();
    if !clients.is_empty() {
        let rule = json!({ "from": clients, "ports": [tcp(&SERVER_PORT.into())] });
        policies.push(policy(
            "server",
            pods(&[SERVER]),
            json!({ "policyTypes": ["Ingress"], "ingress": [rule] }),
        ));
    }
    policies
}

fn pods(components: &[&str]) -> Value {
    json!({ "matchExpressions": [{
        "key": "app.kubernetes.io/name",
        "operator": "In",
        "values": components,
    }] })
}

fn of_namespace(namespace: &str) -> Value {
    json!({ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": namespace } } })
}

fn tcp(port: &Value) -> Value {
    json!({ "protocol": "TCP", "port": port })
}

/// Network policies see the addresses behind the Service `kubernetes`: those of the control plane.
fn to_api_server(network: &Network, cluster: &Cluster) -> Value {
    let mut blocks = set(&network.api_server_cidrs);
    if blocks.is_empty() {
        blocks.insert(cluster.cidr.clone());
    }
    let to: Vec<Value> = blocks
        .into_iter()
        .map(|block| json!({ "ipBlock": { "cidr": block } }))
        .collect();
    json!({ "to": to, "ports": [tcp(&network.api_server_port.into())] })
}

/// Answers that do not fit into a datagram come over TCP.
fn to_dns() -> Value {
    let mut dns = of_namespace("kube-system");
    dns["podSelector"] = json!({ "matchLabels": { "k8s-app": "kube-dns" } });
    json!({ "to": [dns], "ports": [{ "protocol": "UDP", "port": 53 }, tcp(&json!(53))] })
}

/// Git, charts and the OpenID Connect provider.
fn to_https(network: &Network, cluster: &Cluster) -> Value {
    let blocks = set(&network.https_cidrs);
    let mut to: Vec<Value> = blocks
        .into_iter()
        .map(|block| json!({ "ipBlock": { "cidr": block } }))
        .collect();
    if to.is_empty() {
        let block = json!({ "cidr": "0.0.0.0/0", "except": [cluster.cidr, LINK_LOCAL] });
        to.push(json!({ "ipBlock": block }));
    }
    json!({ "to": to, "ports": [tcp(&json!(443))] })
}

/// Lets components in to another.
fn between(name: &str, from: &[&str], component: &str, port: u16) -> Object {
    let rule = json!({ "from": [{ "podSelector": pods(from) }], "ports": [tcp(&port.into())] });
    policy(
        name,
        pods(&[component]),
        json!({ "policyTypes": ["Ingress"], "ingress": [rule] }),
    )
}

/// Lets components out to another.
fn egress_between(name: &str, from: &[&str], component: &str, port: u16) -> Object {
    let rule =
        json!({ "to": [{ "podSelector": pods(&[component]) }], "ports": [tcp(&port.into())] });
    policy(
        name,
        pods(from),
        json!({ "policyTypes": ["Egress"], "egress": [rule] }),
    )
}

fn policy(name: &str, pods: Value, mut spec: Value) -> Object {
    if let Value::Object(fields) = &mut spec {
        fields.insert("podSelector".to_owned(), pods);
    }
    Object::new("networking.k8s.io", "v1", "NetworkPolicy", name)
        .namespace(NAMESPACE)
        .body(json!({ "spec": spec }))
}
