//! Running a plugin natively, in its own unit tests.
//!
//! A [`Harness`] builds the request that the host would make for a stage type, with a token for every
//! fact that the stage type requires as one, and runs the plugin against a [`Memory`] instead of a
//! host. It runs everything twice, because the same request has to give the same answer, and
//! checks what the host would refuse whatever was granted.
//!
//! ```
//! # #[cfg(feature = "security")] {
//! use aegis_plugin::harness::{self, Harness, Memory};
//! use aegis_plugin::kubernetes::Object;
//! use aegis_plugin::security::{Proposal, change};
//! use aegis_plugin::{Descriptor, Failure, Request, Scope, Security, SecurityHost, StageType, opaque};
//! use serde_json::json;
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Config {
//!     namespace: String,
//! }
//!
//! struct Team;
//!
//! impl Security for Team {
//!     fn describe() -> Descriptor {
//!         Descriptor::security("team", "1.0.0").stage_type(
//!             StageType::new::<Config>("team", Scope::Cluster, "A team's namespace")
//!                 .requires(opaque("cluster.oidc-issuer", "https-url")),
//!         )
//!     }
//!
//!     fn plan(request: &Request, host: &impl SecurityHost) -> Result<Proposal, Failure> {
//!         let config: Config = request.config()?;
//!         host.info("planning a namespace");
//!         let namespace = Object::new("", "v1", "Namespace", config.namespace)
//!             .annotation("issuer", request.token("cluster.oidc-issuer")?.whole());
//!         Ok(Proposal::new().change(change("namespace").cluster("use1").apply(namespace)))
//!     }
//! }
//!
//! harness::check(&Team::describe()).unwrap();
//! let proposal = Harness::new(&Team::describe(), "team")
//!     .cluster(harness::cluster("use1", "us-east-1"))
//!     .own("use1")
//!     .config(json!({ "namespace": "orders" }))
//!     .run(&Memory::new(), Team::plan)
//!     .unwrap();
//! assert!(harness::render(&proposal).contains("@{use1/cluster.oidc-issuer}"));
//! # }
//! ```

mod answer;
mod descriptor;
#[cfg(feature = "validation")]
mod finding;
mod format;
mod memory;
#[cfg(any(feature = "provisioning", feature = "security", feature = "gitops"))]
mod proposal;
mod reads;
mod render;
mod stage;

use std::fmt;

use crate::Cluster;

pub use answer::Answer;
pub use descriptor::check;
pub use memory::{Memory, Reads, Region};
pub use render::render;
pub use stage::Harness;

/// What is wrong, one sentence each. `unwrap` prints it readably.
#[derive(Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<String>);

impl Faults {
    fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    fn require(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.0.push(fault());
        }
    }

    /// A cluster that is named is one of the stack's.
    #[cfg(any(
        feature = "provisioning",
        feature = "security",
        feature = "gitops",
        feature = "validation"
    ))]
    fn require_cluster(&mut self, what: &str, cluster: Option<&str>, request: &crate::Request) {
        if let Some(cluster) = cluster {
            let known = request.clusters.iter().any(|known| known.name == cluster);
            self.require(known, || {
                format!("`{what}` names the cluster `{cluster}`, which the stack has not")
            });
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.0 {
            writeln!(formatter, "- {fault}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\n{self}")
    }
}

impl std::error::Error for Faults {}

/// A cluster named `NAME.shop.example.com` in three zones of its region, with the network
/// `10.0.0.0/16`. Its fields are public.
pub fn cluster(name: &str, region: &str) -> Cluster {
    Cluster {
        name: name.to_owned(),
        dns_name: format!("{name}.shop.example.com"),
        region: region.to_owned(),
        zones: ["a", "b", "c"].map(|zone| format!("{region}{zone}")).into(),
        cidr: String::from("10.0.0.0/16"),
        kubernetes_version: String::from("1.36.3"),
        removing: false,
    }
}
