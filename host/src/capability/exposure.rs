//! What becomes reachable from outside of a cluster's network of Pods.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::cluster::is_empty;
use super::grant::Grant;
use super::sorted::{Clusters, Patterns, Sorted};
use super::{Reach, Request, Risk, words};

/// `exposure`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExposureGrant {
    pub clusters: Clusters,
    pub namespaces: Patterns,
    /// Load balancers that Services may ask for.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub load_balancers: Sorted<Audience>,
    /// Also Services of type NodePort.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub node_ports: bool,
}

/// Who can reach a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// The network of the cluster.
    Internal,
    /// Everybody.
    Internet,
}

/// One thing that is exposed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExposureRequest {
    pub cluster: Identifier,
    pub namespace: String,
    pub what: Exposed,
}

/// How it is exposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exposed {
    LoadBalancer(Audience),
    NodePort,
}

impl ExposureRequest {
    pub const fn risk(&self) -> Risk {
        Risk::Power
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        Some(&self.cluster)
    }
}

impl fmt::Display for ExposureRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            Exposed::LoadBalancer(Audience::Internal) => {
                f.write_str("open an internal load balancer")?
            }
            Exposed::LoadBalancer(Audience::Internet) => {
                f.write_str("open a load balancer to the internet")?
            }
            Exposed::NodePort => f.write_str("open a port on every node")?,
        }
        write!(
            f,
            " in namespace {} of cluster {}",
            untrusted(&self.namespace),
            self.cluster
        )
    }
}

impl Grant for ExposureGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Exposure(request) = request else {
            return false;
        };
        let what = match request.what {
            Exposed::LoadBalancer(audience) => self.load_balancers.contains(&audience),
            Exposed::NodePort => self.node_ports,
        };
        what && self.namespaces.matches(&request.namespace)
            && self.clusters.covers(&request.cluster, reach)
    }

    fn describe(&self) -> String {
        let mut parts = Vec::new();
        if self.load_balancers.contains(&Audience::Internet) {
            parts.push("open load balancers TO THE INTERNET");
        }
        if self.load_balancers.contains(&Audience::Internal) {
            parts.push("open internal load balancers");
        }
        if self.node_ports {
            parts.push("open ports on nodes");
        }
        format!(
            "{}{}{}",
            words::list(parts),
            words::namespaces(&self.namespaces),
            words::clusters(&self.clusters)
        )
    }

    fn risk(&self) -> Risk {
        Risk::Power
    }
}
