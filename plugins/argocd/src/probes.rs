//! What makes the stage ready.
//!
//! The application is not among it: it is healthy when everything that is delivered after this stage is, and
//! those stages wait for this one.

use aegis_plugin::{ObjectReference, Probe};

use crate::names;

/// Seconds that a workload may take: images are pulled, and the server waits for its certificate.
const ROLLOUT_SECONDS: u32 = 600;

/// All probes.
pub fn all() -> Vec<Probe> {
    let workload = |kind: &str, name: &str| {
        let workload = ObjectReference::new("apps", kind, name).namespace(names::NAMESPACE);
        Probe::rollout(name, workload).timeout(ROLLOUT_SECONDS)
    };
    let certificate = ObjectReference::new("cert-manager.io", "Certificate", names::SERVER);
    vec![
        workload("StatefulSet", names::CONTROLLER),
        workload("Deployment", names::REDIS),
        workload("Deployment", names::REPO_SERVER),
        workload("Deployment", names::SERVER),
        Probe::condition(
            "certificate-ready",
            certificate.namespace(names::NAMESPACE),
            "Ready",
            "True",
        ),
    ]
}
