//! What an operator can set. Everything has a default that is safe; the comments become the
//! descriptions of the configuration's JSON Schema.

use std::collections::BTreeMap;

use aegis_plugin::cidr::Block;
use aegis_plugin::{Failure, Problems};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{domain, pem};

/// An internal certificate authority for the cluster: issuer `internal` of kind `ClusterIssuer`, and its
/// root in the ConfigMap `internal-ca` of every namespace. Requests to issuers that others add are not
/// approved by themselves: that takes the right to `approve` their `signers`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// Pods of each component. With two or more, an eviction never takes the last one.
    #[schemars(range(min = 1, max = 5))]
    pub replicas: u8,
    /// Where the intermediate authority comes from.
    pub authority: Authority,
    /// Domains, with everything below them, that the authority may issue for besides the stack's own
    /// domain and the names of Services: the intermediate certificate says so, and verifiers refuse
    /// what it signs for other names. `internal` is set aside for private use and will never be public.
    /// `local` works too, but belongs to multicast DNS (RFC 6762): macOS, Windows and Linux with
    /// nss-mdns ask the local network for such names, so that they time out or are answered by
    /// whoever is on that network.
    #[schemars(length(max = 32))]
    pub domains: Vec<String>,
    /// Who trusts the authority, and whom besides.
    pub trust: Trust,
    /// What the components may reach, and who may reach them.
    pub network: Network,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            replicas: 2,
            authority: Authority::default(),
            domains: vec![domain::INTERNAL.to_owned()],
            trust: Trust::default(),
            network: Network::default(),
        }
    }
}

/// Where the intermediate authority comes from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "source", deny_unknown_fields, rename_all = "kebab-case")]
pub enum Authority {
    /// The cluster makes a root and an intermediate of its own. Clusters do not trust each other.
    #[serde(rename_all = "kebab-case")]
    Generated {
        /// The organization in both certificates. Without this, the stack's name.
        #[schemars(length(min = 1, max = 64))]
        organization: Option<String>,
        /// Days that the root is valid. It is renewed a year before its end, with a new key: put the old
        /// certificate into `trust.also` before, or what was issued under it is refused.
        #[schemars(range(min = 730, max = 7300))]
        #[serde(default = "ten_years")]
        root_days: u32,
        /// Days that the intermediate is valid. It is renewed when two thirds of them have passed: with 270
        /// or more, no certificate of the usual 90 days outlives its issuer.
        #[schemars(range(min = 270, max = 3650))]
        #[serde(default = "one_year")]
        intermediate_days: u32,
    },
    /// The operator signs an intermediate with a root that no cluster holds, and puts certificate chain and
    /// key into the Secret `internal-intermediate` of namespace `cert-manager` (type `kubernetes.io/tls`).
    /// Clusters with the same root trust each other.
    Supplied {
        /// The root's certificate in PEM.
        #[schemars(length(min = 1, max = 65536))]
        root: String,
    },
}

const fn ten_years() -> u32 {
    3650
}

const fn one_year() -> u32 {
    365
}

impl Default for Authority {
    fn default() -> Self {
        Self::Generated {
            organization: None,
            root_days: ten_years(),
            intermediate_days: one_year(),
        }
    }
}

/// Who trusts the authority, and whom besides.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Trust {
    /// Further roots in PEM, for example the one before a renewal or those of other clusters.
    #[schemars(length(max = 32))]
    pub also: Vec<String>,
    /// Labels of the namespaces that get the ConfigMap; all namespaces when empty.
    pub namespace_labels: BTreeMap<String, String>,
}

/// What the components may reach, and who may reach them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Network {
    /// Address blocks of the API server as a Pod's network policy sees them. Without this, the
    /// cluster's network.
    #[schemars(length(max = 16))]
    pub api_server_cidrs: Vec<String>,
    /// The API server's port on its machines.
    #[schemars(range(min = 1))]
    pub api_server_port: u16,
    /// The namespace whose Pods may read metrics. Without this, nobody may.
    pub metrics_from: Option<String>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            api_server_cidrs: Vec::new(),
            api_server_port: 443,
            metrics_from: None,
        }
    }
}

impl Config {
    /// Everything that the schema cannot say.
    ///
    /// # Errors
    /// `Failure::InvalidConfig` with each problem and its place.
    pub fn check(&self) -> Result<(), Failure> {
        let mut problems = Problems::default();
        problems.require(
            (1..=5).contains(&self.replicas),
            "/replicas",
            "has to be 1 to 5",
        );
        self.authority.check(&mut problems);
        for (index, name) in self.domains.iter().enumerate() {
            if let Some(problem) = domain::problem(name) {
                problems.require(
                    false,
                    format!("/domains/{index}"),
                    format!("`{name}` {problem}"),
                );
            }
        }
        for (index, root) in self.trust.also.iter().enumerate() {
            if let Some(problem) = pem::problem(root) {
                problems.require(false, format!("/trust/also/{index}"), problem);
            }
        }
        self.network.check(&mut problems);
        problems.finish()
    }
}

impl Authority {
    fn check(&self, problems: &mut Problems) {
        match self {
            Self::Generated {
                organization,
                root_days,
                intermediate_days,
            } => {
                let fits = |name: &String| {
                    (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control)
                };
                problems.require(
                    organization.as_ref().is_none_or(fits),
                    "/authority/organization",
                    "has to have 1 to 64 characters in one line",
                );
                problems.require(
                    (730..=7300).contains(root_days),
                    "/authority/root-days",
                    "has to be 730 to 7300",
                );
                problems.require(
                    (270..=3650).contains(intermediate_days) && intermediate_days < root_days,
                    "/authority/intermediate-days",
                    "has to be 270 to 3650, and less than `root-days`",
                );
            }
            Self::Supplied { root } => {
                if let Some(problem) = pem::problem(root) {
                    problems.require(false, "/authority/root", problem);
                }
            }
        }
    }
}

impl Network {
    fn check(&self, problems: &mut Problems) {
        for (index, block) in self.api_server_cidrs.iter().enumerate() {
            problems.require(
                block.parse::<Block>().is_ok(),
                format!("/network/api-server-cidrs/{index}"),
                format!("`{block}` is not an address block such as `10.0.0.0/16`"),
            );
        }
        problems.require(
            self.api_server_port > 0,
            "/network/api-server-port",
            "is not a port",
        );
        problems.require(
            self.metrics_from.as_deref().is_none_or(domain::is_label),
            "/network/metrics-from",
            "is not the name of a namespace",
        );
    }
}
