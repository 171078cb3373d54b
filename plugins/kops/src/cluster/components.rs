//! The flags of the components, after the CIS Kubernetes benchmark 1.12. What is kOps' default too is written
//! all the same where the benchmark looks at it.

use serde_json::{Map, Value, json};

use crate::config::Audit;
use crate::design::Design;
use crate::object::with;

/// The audit policy on the control plane. The folder holds nothing else: the API server sees all of it.
const AUDIT_POLICY_PATH: &str = "/etc/kubernetes/audit/policy.yaml";
const AUDIT_POLICY: &str = include_str!("../audit-policy.yaml");
const AUDIT_LOG_PATH: &str = "/var/log/kube-apiserver-audit.log";

const TLS_VERSION: &str = "VersionTLS12";
/// Suites with forward secrecy and authenticated encryption, of those that the benchmark lists (1.2.30, 4.2.12).
const TLS_SUITES: [&str; 6] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
];

pub fn fields(design: &Design<'_>) -> Value {
    let kubelet = kubelet(design.config.pids_per_pod);
    let fields = json!({
        "authorization": { "rbac": {} },
        "kubeAPIServer": api_server(design),
        "kubeControllerManager": {
            "enableProfiling": false,
            // Finished Pods that are kept before they are collected.
            "terminatedPodGCThreshold": 100,
            "useServiceAccountCredentials": true,
            "tlsMinVersion": TLS_VERSION,
            "tlsCipherSuites": TLS_SUITES,
        },
        "kubeScheduler": { "enableProfiling": false },
        "kubeProxy": { "enabled": true, "proxyMode": "iptables" },
        "kubeDNS": { "provider": "CoreDNS", "nodeLocalDNS": { "enabled": false } },
        "kubelet": kubelet,
        // kOps keeps the control plane's kubelets apart; they get the same.
        "masterKubelet": kubelet,
        "fileAssets": [{
            "name": "audit-policy",
            "path": AUDIT_POLICY_PATH,
            "roles": ["ControlPlane"],
            "mode": "0600",
            "content": AUDIT_POLICY,
        }],
        "ntp": { "managed": true },
    });
    if design.encrypts_secrets {
        return Value::Object(with(
            with(Map::new(), fields),
            json!({ "encryptionConfig": true }),
        ));
    }
    fields
}

fn api_server(design: &Design<'_>) -> Value {
    let Audit {
        max_age_days,
        max_backups,
        max_size_mb,
    } = design.config.audit;
    let mut plugins = vec!["DenyServiceExternalIPs"];
    if design.config.always_pull_images {
        plugins.push("AlwaysPullImages");
    }
    json!({
        "anonymousAuth": false,
        "enableProfiling": false,
        // kOps turns on NodeRestriction and the others of its list itself; these come after them.
        "appendAdmissionPlugins": plugins,
        "auditPolicyFile": AUDIT_POLICY_PATH,
        "auditLogPath": AUDIT_LOG_PATH,
        "auditLogFormat": "json",
        "auditLogMaxAge": max_age_days,
        "auditLogMaxBackups": max_backups,
        "auditLogMaxSize": max_size_mb,
        "tlsMinVersion": TLS_VERSION,
        "tlsCipherSuites": TLS_SUITES,
    })
}

fn kubelet(pids_per_pod: u32) -> Value {
    json!({
        "anonymousAuth": false,
        "authenticationTokenWebhook": true,
        "authorizationMode": "Webhook",
        "readOnlyPort": 0,
        "protectKernelDefaults": true,
        "seccompDefault": true,
        "rotateCertificates": true,
        "podPidsLimit": pids_per_pod,
        // No event is left out: one that is missing may be the one that an investigation needs.
        "eventQPS": 0,
        "streamingConnectionIdleTimeout": "4h0m0s",
        "tlsMinVersion": TLS_VERSION,
        "tlsCipherSuites": TLS_SUITES,
    })
}
