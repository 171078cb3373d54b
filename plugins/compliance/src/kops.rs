//! Controls over kOps clusters and instance groups.

use aegis_plugin::DocumentKind;
use aegis_plugin::validation::{Control, ControlScope, Severity};
use serde_json::Value;

use crate::document::{Document, Part, is_world, unknown};
use crate::rule::{Check, Rule, Verdict};

const CIS: &str = "CIS Kubernetes 1.12";
const NSA: &str = "NSA/CISA Kubernetes Hardening 1.2";

/// A value that a field must have.
struct Wanted {
    pointer: &'static str,
    value: fn(&Value) -> bool,
    /// For people: what it must be.
    words: &'static str,
}

/// Fails for every field that has not the value that it must have. An absent field fails too: none of the defaults
/// of kOps is the secure one here.
fn fields(document: &Document, wanted: &[Wanted]) -> Vec<Verdict> {
    let verdicts: Vec<Verdict> = wanted
        .iter()
        .filter_map(|field| match document.at(field.pointer) {
            value if unknown(value) => Some(Verdict::unknown(field.pointer)),
            value if (field.value)(value) => None,
            value => Some(
                Verdict::fail(
                    field.pointer,
                    format!("{} must be {}", field.pointer, field.words),
                )
                .seen(value),
            ),
        })
        .collect();
    if verdicts.is_empty() {
        vec![Verdict::pass("all fields are set as they must be")]
    } else {
        verdicts
    }
}

fn is_false(value: &Value) -> bool {
    value.as_bool() == Some(false)
}

fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true)
}

fn at_least(value: &Value, least: i64) -> bool {
    value.as_i64().is_some_and(|number| number >= least)
}

fn is_filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn modern_tls(value: &Value) -> bool {
    matches!(value.as_str(), Some("VersionTLS12" | "VersionTLS13"))
}

fn control(id: &str, title: &str, severity: Severity) -> Control {
    Control::new(id, title, severity, ControlScope::Plan)
}

fn cluster(control: Control, check: fn(&Document) -> Vec<Verdict>) -> Rule {
    Rule {
        control,
        check: Check::Each(DocumentKind::KopsCluster, check),
    }
}

fn group(control: Control, check: fn(&Document) -> Vec<Verdict>) -> Rule {
    Rule {
        control,
        check: Check::Each(DocumentKind::KopsInstanceGroup, check),
    }
}

/// All controls over kOps documents.
pub fn rules() -> Vec<Rule> {
    vec![
        cluster(
            control("kops-etcd-encrypted", "etcd lies on encrypted volumes with a key of one's own", Severity::Critical)
                .framework(NSA, "Encrypt etcd at rest")
                .remediation("Set encryptedVolume and kmsKeyId on every etcd member."),
            etcd_encrypted,
        ),
        cluster(
            control("kops-secrets-encrypted", "Secrets are encrypted in etcd", Severity::Medium)
                .framework(CIS, "1.2.27")
                .remediation("Set encryptionConfig and provide the kOps secret `encryptionconfig`."),
            |document| fields(document, &[Wanted { pointer: "/spec/encryptionConfig", value: is_true, words: "true" }]),
        ),
        cluster(
            control("kops-api-private", "The API server is not open to the world", Severity::Critical)
                .framework(NSA, "Limit access to the control plane")
                .remediation("Use an internal load balancer and list the networks in kubernetesApiAccess."),
            api_private,
        ),
        cluster(
            control("kops-ssh-closed", "SSH is not open to the world", Severity::Critical)
                .framework("CIS AWS 3.0", "5.2")
                .remediation("List the networks in sshAccess, or none: the default of kOps is everywhere."),
            |document| networks(document, "/spec/sshAccess"),
        ),
        cluster(
            control("kops-audit-log", "The API server writes an audit log and keeps it", Severity::High)
                .framework(CIS, "1.2.16")
                .framework(CIS, "1.2.17")
                .framework(CIS, "1.2.18")
                .framework(CIS, "1.2.19")
                .framework(CIS, "3.2.1")
                .remediation("Set the audit flags of kubeAPIServer and ship the policy as a file asset."),
            audit,
        ),
        cluster(
            control("kops-rbac", "RBAC authorises requests", Severity::Critical)
                .framework(CIS, "1.2.7")
                .remediation("Set authorization: {rbac: {}}."),
            rbac,
        ),
        cluster(
            control("kops-kubelet-hardened", "The kubelet authenticates and authorises every request", Severity::High)
                .framework(CIS, "4.2.1")
                .framework(CIS, "4.2.2")
                .framework(CIS, "4.2.4")
                .framework(CIS, "4.2.6")
                .remediation("Set anonymousAuth, authenticationTokenWebhook, authorizationMode and readOnlyPort."),
            |document| {
                fields(
                    document,
                    &[
                        Wanted { pointer: "/spec/kubelet/anonymousAuth", value: is_false, words: "false" },
                        Wanted { pointer: "/spec/kubelet/authenticationTokenWebhook", value: is_true, words: "true" },
                        Wanted {
                            pointer: "/spec/kubelet/authorizationMode",
                            value: |value| value.as_str() == Some("Webhook"),
                            words: "Webhook",
                        },
                        Wanted {
                            pointer: "/spec/kubelet/readOnlyPort",
                            value: |value| value.as_i64() == Some(0),
                            words: "0",
                        },
                        Wanted { pointer: "/spec/kubelet/protectKernelDefaults", value: is_true, words: "true" },
                    ],
                )
            },
        ),
        cluster(
            control("kops-profiling-off", "No component of the control plane offers profiles", Severity::Low)
                .framework(CIS, "1.2.15")
                .framework(CIS, "1.3.2")
                .framework(CIS, "1.4.1")
                .remediation("Set enableProfiling: false on API server, controller manager and scheduler."),
            |document| {
                fields(
                    document,
                    &[
                        Wanted { pointer: "/spec/kubeAPIServer/enableProfiling", value: is_false, words: "false" },
                        Wanted {
                            pointer: "/spec/kubeControllerManager/enableProfiling",
                            value: is_false,
                            words: "false",
                        },
                        Wanted { pointer: "/spec/kubeScheduler/enableProfiling", value: is_false, words: "false" },
                    ],
                )
            },
        ),
        cluster(
            control("kops-tls-version", "API server and kubelet speak TLS 1.2 or newer", Severity::Medium)
                .framework(CIS, "1.2.30")
                .framework(CIS, "4.2.12")
                .remediation("Set tlsMinVersion on kubeAPIServer and kubelet."),
            |document| {
                fields(
                    document,
                    &[
                        Wanted {
                            pointer: "/spec/kubeAPIServer/tlsMinVersion",
                            value: modern_tls,
                            words: "VersionTLS12 or VersionTLS13",
                        },
                        Wanted {
                            pointer: "/spec/kubelet/tlsMinVersion",
                            value: modern_tls,
                            words: "VersionTLS12 or VersionTLS13",
                        },
                    ],
                )
            },
        ),
        cluster(
            control("kops-network-policy", "The network enforces policies", Severity::High)
                .framework(CIS, "5.3.1")
                .remediation("Use a network that enforces NetworkPolicy, for example Calico."),
            network_policy,
        ),
        cluster(
            control("kops-pod-identity", "Pods get AWS credentials of their own, not the node's", Severity::Medium)
                .framework(NSA, "Least privilege for workloads")
                .remediation("Set serviceAccountIssuerDiscovery with enableAWSOIDCProvider."),
            |document| {
                fields(
                    document,
                    &[Wanted {
                        pointer: "/spec/serviceAccountIssuerDiscovery/enableAWSOIDCProvider",
                        value: is_true,
                        words: "true",
                    }],
                )
            },
        ),
        group(
            control("kops-metadata-service", "Nodes require IMDSv2 and keep it from pods", Severity::High)
                .framework("CIS AWS 3.0", "5.6")
                .remediation("Set instanceMetadata.httpTokens to required and httpPutResponseHopLimit to 1."),
            |document| {
                fields(
                    document,
                    &[
                        Wanted {
                            pointer: "/spec/instanceMetadata/httpTokens",
                            value: |value| value.as_str() == Some("required"),
                            words: "required",
                        },
                        Wanted {
                            pointer: "/spec/instanceMetadata/httpPutResponseHopLimit",
                            value: |value| value.as_i64() == Some(1),
                            words: "1",
                        },
                    ],
                )
            },
        ),
        group(
            control("kops-root-volume-encrypted", "The root volumes of nodes are encrypted", Severity::High)
                .framework("CIS AWS 3.0", "2.2.1")
                .remediation("Set rootVolumeEncryption."),
            |document| {
                fields(document, &[Wanted { pointer: "/spec/rootVolumeEncryption", value: is_true, words: "true" }])
            },
        ),
        Rule {
            control: control("kops-nodes-private", "Nodes have no public addresses", Severity::High)
                .framework(NSA, "Network separation")
                .remediation("Put instance groups into private subnets and set associatePublicIp: false."),
            check: Check::Within(DocumentKind::KopsInstanceGroup, nodes_private),
        },
    ]
}

fn etcd_encrypted(document: &Document) -> Vec<Verdict> {
    let clusters = document.list("/spec/etcdClusters");
    let mut verdicts = Vec::new();
    let mut members = 0_usize;
    for (number, etcd) in clusters.iter().enumerate() {
        let list = etcd
            .get("etcdMembers")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        for (index, member) in list.iter().enumerate() {
            members += 1;
            let at = format!("/spec/etcdClusters/{number}/etcdMembers/{index}");
            let encrypted = member.get("encryptedVolume").unwrap_or(&Value::Null);
            if !is_true(encrypted) {
                verdicts.push(
                    Verdict::fail(
                        format!("{at}/encryptedVolume"),
                        "the volume is not encrypted: kOps encrypts only on request",
                    )
                    .seen(encrypted),
                );
            } else if !member.get("kmsKeyId").is_some_and(is_filled) {
                verdicts.push(Verdict::fail(
                    format!("{at}/kmsKeyId"),
                    "the volume is encrypted with the account's default key",
                ));
            }
        }
    }
    if members == 0 {
        return vec![Verdict::fail(
            "/spec/etcdClusters",
            "no etcd members are listed, so kOps would invent unencrypted ones",
        )];
    }
    if verdicts.is_empty() {
        verdicts.push(Verdict::pass(format!(
            "{members} etcd volumes are encrypted with a key of one's own"
        )));
    }
    verdicts
}

/// A list of networks that must be there and must not hold the Internet.
fn networks(document: &Document, pointer: &str) -> Vec<Verdict> {
    let Some(list) = document.at(pointer).as_array() else {
        return vec![Verdict::fail(
            pointer,
            "not set, and the default of kOps is the whole Internet",
        )];
    };
    let mut verdicts = Vec::new();
    for (index, network) in list.iter().enumerate() {
        let at = format!("{pointer}/{index}");
        if unknown(network) {
            verdicts.push(Verdict::unknown(at));
        } else if is_world(network) {
            verdicts.push(Verdict::fail(at, "open to the whole Internet").seen(network));
        }
    }
    if verdicts.is_empty() {
        vec![Verdict::pass("no network of the whole Internet is listed")]
    } else {
        verdicts
    }
}

fn api_private(document: &Document) -> Vec<Verdict> {
    let mut verdicts = networks(document, "/spec/kubernetesApiAccess");
    let kind = document.at("/spec/api/loadBalancer/type");
    if kind.as_str() != Some("Internal") {
        verdicts.retain(|verdict| {
            *verdict != Verdict::pass("no network of the whole Internet is listed")
        });
        verdicts.push(
            Verdict::fail(
                "/spec/api/loadBalancer/type",
                "the API's load balancer is not internal",
            )
            .seen(kind),
        );
    }
    verdicts
}

fn audit(document: &Document) -> Vec<Verdict> {
    let mut verdicts = fields(
        document,
        &[
            Wanted {
                pointer: "/spec/kubeAPIServer/auditLogPath",
                value: is_filled,
                words: "set",
            },
            Wanted {
                pointer: "/spec/kubeAPIServer/auditLogMaxAge",
                value: |v| at_least(v, 30),
                words: "at least 30 days",
            },
            Wanted {
                pointer: "/spec/kubeAPIServer/auditLogMaxBackups",
                value: |v| at_least(v, 10),
                words: "at least 10",
            },
            Wanted {
                pointer: "/spec/kubeAPIServer/auditLogMaxSize",
                value: |v| at_least(v, 100),
                words: "at least 100 MB",
            },
            Wanted {
                pointer: "/spec/kubeAPIServer/auditPolicyFile",
                value: is_filled,
                words: "set: without a policy nothing is recorded",
            },
        ],
    );
    // A policy that nobody puts on the control plane stops the API server from starting.
    if let Some(path) = document.at("/spec/kubeAPIServer/auditPolicyFile").as_str() {
        let shipped = document.list("/spec/fileAssets").iter().any(|asset| {
            asset.get("path").and_then(Value::as_str) == Some(path)
                && asset.get("content").is_some_and(is_filled)
        });
        if !shipped {
            verdicts.retain(|verdict| verdict.outcome != aegis_plugin::validation::Outcome::Pass);
            verdicts.push(
                Verdict::fail(
                    "/spec/fileAssets",
                    "no file asset puts the audit policy on the control plane",
                )
                .seen(path),
            );
        }
    }
    verdicts
}

fn rbac(document: &Document) -> Vec<Verdict> {
    let authorization = document.at("/spec/authorization");
    if authorization.get("alwaysAllow").is_some() {
        return vec![Verdict::fail(
            "/spec/authorization/alwaysAllow",
            "every request is allowed",
        )];
    }
    match authorization.get("rbac") {
        Some(Value::Object(_)) => vec![Verdict::pass("RBAC authorises requests")],
        other => vec![
            Verdict::fail("/spec/authorization/rbac", "RBAC is not turned on")
                .seen(other.unwrap_or(&Value::Null)),
        ],
    }
}

/// Networks of kOps that enforce NetworkPolicy.
const ENFORCING: [&str; 4] = ["calico", "canal", "cilium", "kuberouter"];

fn network_policy(document: &Document) -> Vec<Verdict> {
    let networking = document.at("/spec/networking");
    match ENFORCING
        .iter()
        .find(|name| networking.get(**name).is_some())
    {
        Some(name) => vec![Verdict::pass(format!("{name} enforces NetworkPolicy"))],
        None => vec![
            Verdict::fail(
                "/spec/networking",
                "the network does not enforce NetworkPolicy",
            )
            .seen(networking),
        ],
    }
}

fn nodes_private(document: &Document, part: &Part) -> Vec<Verdict> {
    let public = document.at("/spec/associatePublicIp");
    if !is_false(public) {
        return vec![
            Verdict::fail(
                "/spec/associatePublicIp",
                "a public address is not ruled out",
            )
            .seen(public),
        ];
    }
    let Some(cluster) = part.of(DocumentKind::KopsCluster).next() else {
        return vec![Verdict::unknown("/spec/subnets")];
    };
    let subnets = cluster.list("/spec/subnets");
    let mut verdicts = Vec::new();
    for (index, name) in document.list("/spec/subnets").iter().enumerate() {
        let at = format!("/spec/subnets/{index}");
        let subnet = subnets
            .iter()
            .find(|subnet| subnet.get("name") == Some(name));
        match subnet
            .and_then(|subnet| subnet.get("type"))
            .and_then(Value::as_str)
        {
            Some("Private") => {}
            Some(kind) => verdicts
                .push(Verdict::fail(at, format!("the subnet is {kind}, not Private")).seen(name)),
            None => verdicts.push(Verdict::fail(at, "the cluster has no such subnet").seen(name)),
        }
    }
    if verdicts.is_empty() {
        verdicts.push(match document.list("/spec/subnets") {
            [] => Verdict::fail("/spec/subnets", "no subnets are listed"),
            _ => Verdict::pass("all subnets are private"),
        });
    }
    verdicts
}
