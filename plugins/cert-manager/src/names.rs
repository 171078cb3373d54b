//! What things are called. The names are fixed, because the plugin's capabilities name each object
//! exactly.

/// The namespace of cert-manager and trust-manager, in which cert-manager also looks for the Secrets of
/// issuers of the whole cluster.
pub const NAMESPACE: &str = "cert-manager";

/// The release, its entry in the chart catalogue and its controller's Deployment.
pub const CERT_MANAGER: &str = "cert-manager";

/// The same of trust-manager.
pub const TRUST_MANAGER: &str = "trust-manager";

/// The issuer of the root's own certificate.
pub const BOOTSTRAP: &str = "internal-bootstrap";

/// The root: its Certificate, Secret and issuer.
pub const ROOT: &str = "internal-root";

/// The intermediate authority: its Certificate and Secret.
pub const INTERMEDIATE: &str = "internal-intermediate";

/// The issuer that every namespace may use.
pub const ISSUER: &str = "internal";

/// The Bundle, and the ConfigMap that it writes into namespaces.
pub const BUNDLE: &str = "internal-ca";

/// The key in that ConfigMap.
pub const BUNDLE_KEY: &str = "ca.crt";

/// The Certificate that probes try and never store.
pub const PROBE: &str = "admission-probe";

/// The issuers whose requests cert-manager approves by itself, as its `signers` resource names them: those
/// of this stage, and the one that trust-manager's chart makes for its webhook.
pub fn signers() -> Vec<String> {
    let own = [BOOTSTRAP, ROOT, TRUST_MANAGER];
    let own = own.map(|issuer| format!("issuers.cert-manager.io/{NAMESPACE}.{issuer}"));
    std::iter::once(format!("clusterissuers.cert-manager.io/{ISSUER}"))
        .chain(own)
        .collect()
}
