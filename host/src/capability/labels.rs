//! Labels and annotations that other controllers obey.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::cluster::is_empty;
use super::grant::{Grant, Problem};
use super::sorted::{Clusters, Patterns, Sorted};
use super::{Reach, Request, Risk, words};

/// `labels`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LabelsGrant {
    pub clusters: Clusters,
    /// Each ends in `/` and means every key below it, or is one exact key.
    pub prefixes: Sorted<String>,
    /// Where the labelled objects are, or which namespaces are labelled. Objects without a
    /// namespace need `*`.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub namespaces: Patterns,
}

/// One key on one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelRequest {
    pub cluster: Identifier,
    /// The object's namespace, or the namespace that is labelled.
    pub namespace: Option<String>,
    pub key: String,
}

/// Keys, and domains of keys with everything below them, that make controllers do more than select objects.
/// A domain also means its subdomains.
const POWER_DOMAINS: &[&str] = &[
    // Which Pods a namespace admits.
    "pod-security.kubernetes.io",
    // What the mesh injects, and where it routes to.
    "istio.io",
    // Argo CD: repository and cluster Secrets, tracking, sync and hook options.
    "argocd.argoproj.io",
    "argocd-image-updater.argoproj.io",
    "notifications.argoproj.io",
    // Ownership of Helm releases.
    "meta.helm.sh",
    // Aggregation of roles, protection of built-in ones.
    "rbac.authorization.k8s.io",
    "authorization.k8s.io",
    // AWS roles of service accounts, load balancers, volumes, networks.
    "eks.amazonaws.com",
    "amazonaws.com",
    "k8s.aws",
    "service.beta.kubernetes.io",
    "service.kubernetes.io",
    "kops.k8s.io",
    // Policy engines: exceptions and exclusions.
    "kyverno.io",
    "policies.kyverno.io",
    "gatekeeper.sh",
    // Issuers, injection of authorities, of ingress certificates.
    "cert-manager.io",
    // Routing and snippets of ingress controllers.
    "nginx.ingress.kubernetes.io",
    "ingress.kubernetes.io",
    "traefik.ingress.kubernetes.io",
    "external-dns.alpha.kubernetes.io",
    // Node labels and taints, autoscaling of nodes.
    "node.kubernetes.io",
    "node-role.kubernetes.io",
    "node-restriction.kubernetes.io",
    "cluster-autoscaler.kubernetes.io",
    "karpenter.sh",
    // Node selectors and tolerations that a namespace gives to its Pods.
    "scheduler.alpha.kubernetes.io",
    // Networks that a Pod is attached to besides its own.
    "cni.cncf.io",
    // Storage and admission.
    "storageclass.kubernetes.io",
    "volume.kubernetes.io",
    "volume.beta.kubernetes.io",
    "pv.kubernetes.io",
    "admission.kubernetes.io",
    "apiserver.kubernetes.io",
    "api-approved.kubernetes.io",
    "certificates.k8s.io",
    // Security profiles that a Pod had before they became fields.
    "container.apparmor.security.beta.kubernetes.io",
    "seccomp.security.alpha.kubernetes.io",
    "container.seccomp.security.alpha.kubernetes.io",
    "projectcalico.org",
    "reloader.stakater.com",
    "vault.hashicorp.com",
    "linkerd.io",
];

/// Single keys, and beginnings of keys, that make controllers do more than select objects.
const POWER_KEYS: &[&str] = &[
    "istio-injection",
    "istio.",
    "sidecar.istio.",
    "helm.sh/hook",
    "kubectl.kubernetes.io/last-applied-configuration",
    "admission.gatekeeper",
    "kubernetes.io/service-account",
    "kubernetes.io/bootstrap",
    "kubernetes.io/cluster-service",
    "kubernetes.io/ingress",
    "kubernetes.io/psp",
    "kubernetes.io/enforce-mountable-secrets",
    "kubernetes.io/metadata.name",
    "addonmanager.kubernetes.io/mode",
    "k8s-addon",
    "metadata.k8s.io",
];

/// Whether a key belongs to the host, which tells its own objects by it: no plugin may set one.
pub fn is_host_key(key: &str) -> bool {
    key.to_ascii_lowercase().starts_with("aegis")
}

/// Whether a label or annotation key is one that controllers obey.
pub fn is_power_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    let under = |power: &&str| {
        domain == *power
            || domain
                .strip_suffix(power)
                .is_some_and(|sub| sub.ends_with('.'))
    };
    POWER_DOMAINS.iter().any(under) || POWER_KEYS.iter().any(|power| key.starts_with(power))
}

impl LabelRequest {
    pub const fn risk(&self) -> Risk {
        Risk::Power
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        Some(&self.cluster)
    }
}

impl fmt::Display for LabelRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "set the label or annotation {}", untrusted(&self.key))?;
        if let Some(namespace) = &self.namespace {
            write!(f, " in namespace {}", untrusted(namespace))?;
        }
        write!(f, " of cluster {}", self.cluster)
    }
}

impl Grant for LabelsGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Labels(request) = request else {
            return false;
        };
        let place = match &request.namespace {
            Some(namespace) => self.namespaces.matches(namespace),
            None => self.namespaces.is_everything(),
        };
        let named = |prefix: &String| {
            if prefix.ends_with('/') {
                request.key.starts_with(prefix)
            } else {
                request.key == *prefix
            }
        };
        place && self.prefixes.iter().any(named) && self.clusters.covers(&request.cluster, reach)
    }

    fn describe(&self) -> String {
        let place = if self.namespaces.is_everything() {
            " everywhere".to_owned()
        } else {
            words::namespaces(&self.namespaces)
        };
        format!(
            "set labels and annotations {}{place}{}",
            words::list(self.prefixes.iter().map(|prefix| untrusted(prefix))),
            words::clusters(&self.clusters)
        )
    }

    fn risk(&self) -> Risk {
        Risk::Power
    }

    fn problem(&self) -> Option<Problem> {
        let odd = |prefix: &String| prefix.is_empty() || prefix == "/" || prefix.contains('*');
        self.prefixes.iter().any(odd).then_some(Problem {
            pointer: "/prefixes",
            message: "a prefix is a domain with its `/`, or one exact key",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::is_power_key;

    #[test]
    fn keys_that_controllers_obey_are_known_in_any_spelling() {
        for key in [
            "pod-security.kubernetes.io/enforce",
            "Pod-Security.kubernetes.io/enforce",
            "istio-injection",
            "istio.io/rev",
            "sidecar.istio.io/inject",
            "topology.istio.io/network",
            "argocd.argoproj.io/secret-type",
            "meta.helm.sh/release-name",
            "rbac.authorization.k8s.io/aggregate-to-view",
            "eks.amazonaws.com/role-arn",
            "kubernetes.io/service-account.name",
            "policies.kyverno.io/exclude",
            "service.beta.kubernetes.io/aws-load-balancer-scheme",
            "helm.sh/hook",
            "scheduler.alpha.kubernetes.io/node-selector",
            "k8s.v1.cni.cncf.io/networks",
            "pv.kubernetes.io/bind-completed",
            "admission.gatekeeper.sh/ignore",
            "kubernetes.io/enforce-mountable-secrets",
        ] {
            assert!(is_power_key(key), "{key}");
        }
    }

    #[test]
    fn keys_that_only_select_are_plain() {
        for key in [
            "app",
            "app.kubernetes.io/name",
            "helm.sh/chart",
            "team.example.com/owner",
            "tier",
            "istiod-like",
            "notistio.io/x",
        ] {
            assert!(!is_power_key(key), "{key}");
        }
    }
}
