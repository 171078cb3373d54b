//! What makes the stage ready.

use aegis_plugin::{ObjectReference, Probe};
use serde_json::{Value, json};

use crate::names;

/// Seconds that a Deployment may take: images are pulled, and the webhooks wait for their certificates.
const ROLLOUT_SECONDS: u32 = 600;

/// All probes.
pub fn all() -> Vec<Probe> {
    let deployments = [
        "cert-manager",
        "cert-manager-cainjector",
        "cert-manager-webhook",
        "trust-manager",
    ];
    let rollouts = deployments.into_iter().map(|name| {
        let deployment =
            ObjectReference::new("apps", "Deployment", name).namespace(names::NAMESPACE);
        Probe::rollout(name, deployment).timeout(ROLLOUT_SECONDS)
    });
    let issuer = ObjectReference::new("cert-manager.io", "ClusterIssuer", names::ISSUER);
    let bundle = ObjectReference::new("trust.cert-manager.io", "Bundle", names::BUNDLE);
    rollouts
        .chain([
            Probe::condition("issuer-ready", issuer, "Ready", "True"),
            Probe::condition("trust-distributed", bundle, "Synced", "True"),
            // Together they show that the webhook is asked and that it judges: one that is away fails the
            // first, one that is not asked the second.
            Probe::admitted("admits-certificates", certificate("24h")),
            Probe::refused("refuses-broken-certificates", certificate("1m")),
        ])
        .collect()
}

/// A certificate that lasts so long. cert-manager's webhook refuses less than an hour, the schema does not.
fn certificate(duration: &str) -> Value {
    json!({
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": { "name": names::PROBE, "namespace": names::NAMESPACE },
        "spec": {
            "dnsNames": [format!("{}.{}.svc", names::PROBE, names::NAMESPACE)],
            "duration": duration,
            "issuerRef": { "group": "cert-manager.io", "kind": "ClusterIssuer", "name": names::ISSUER },
            "privateKey": { "algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always" },
            "secretName": names::PROBE,
            "usages": ["server auth"],
        },
    })
}
