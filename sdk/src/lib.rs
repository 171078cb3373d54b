//! What the author of an Aegis plugin depends on.
//!
//! A plugin is a WebAssembly component that proposes typed changes, or judges them, and does nothing
//! else: it has no clock, no randomness, no files and no network. The host shows what is proposed,
//! checks it against what the operator granted and carries it out. What a plugin may propose and read
//! follows from its kind:
//!
//! | kind | trait | proposes | reads |
//! |---|---|---|---|
//! | `provisioning` | `Provisioning` | Terraform roots, kOps clusters, calls of the operator's tools | EC2 |
//! | `security` | `Security` | Kubernetes objects, releases | Kubernetes |
//! | `gitops` | `Gitops` | the same, Argo CD applications, GitHub workflows, files | Kubernetes, the Git tree |
//! | `validation` | `Validation` | nothing; it returns findings | everything, and TLS handshakes |
//!
//! Each kind is a cargo feature of the same name; a plugin turns on its own. The same code builds
//! natively, where it is tested with [`harness`], and for `wasm32-unknown-unknown`.
//!
//! # A small plugin
//!
//! It makes a VPC for each cluster and provides its id to the stages after it.
//!
//! ```
//! # #[cfg(feature = "provisioning")] {
//! use aegis_plugin::harness::{self, Harness, Memory, Region};
//! use aegis_plugin::provisioning::{Proposal, change};
//! use aegis_plugin::terraform::{self, Root, reference};
//! use aegis_plugin::{
//!     Descriptor, FactSource, Failure, Problems, Provisioning, ProvisioningHost, Request, Scope,
//!     StageType, offer, opaque,
//! };
//! use serde_json::json;
//!
//! // What an operator can set. Comments become descriptions in the JSON Schema.
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
//! struct Config {
//!     /// How many zones get subnets.
//!     zones: usize,
//! }
//!
//! impl Default for Config {
//!     fn default() -> Self {
//!         Self { zones: 1 }
//!     }
//! }
//!
//! struct Network;
//!
//! impl Provisioning for Network {
//!     fn describe() -> Descriptor {
//!         Descriptor::provisioning("network", env!("CARGO_PKG_VERSION")).stage_type(
//!             StageType::new::<Config>("network", Scope::Cluster, "A VPC with subnets")
//!                 .requires(opaque("foundation.key-arn", "arn").stack())
//!                 .provides(offer("network.vpc-id", "aws-id")),
//!         )
//!     }
//!
//!     fn plan(request: &Request, host: &impl ProvisioningHost) -> Result<Proposal, Failure> {
//!         let config: Config = request.config()?;
//!         let cluster = request.own_cluster()?;
//!         let zones = host
//!             .availability_zones(&cluster.region)
//!             .map_err(|error| error.into_failure("the region's zones"))?;
//!
//!         let mut problems = Problems::default();
//!         problems.require(config.zones <= zones.len(), "/zones", "the region has fewer");
//!         problems.finish()?;
//!
//!         let name = format!("network-{}", cluster.name);
//!         let root = Root::new(&name, &cluster.region)
//!             .provider("hashicorp/aws", ">= 5.100.0, < 7.0.0")
//!             .resource(terraform::resource("aws_vpc", "main", json!({
//!                 "cidr_block": cluster.cidr,
//!                 "tags": { "key": request.token("foundation.key-arn")? },
//!             })))
//!             .resources(zones.iter().take(config.zones).map(|zone| {
//!                 terraform::resource("aws_subnet", zone.name.as_str(), json!({
//!                     "vpc_id": reference("aws_vpc", "main", "id"),
//!                     "availability_zone": zone.name,
//!                 }))
//!             }))
//!             .output("vpc-id", reference("aws_vpc", "main", "id"));
//!
//!         Ok(Proposal::new()
//!             .change(change("network").terraform(root))
//!             .provides("network.vpc-id", FactSource::terraform_output(name, "vpc-id")))
//!     }
//! }
//!
//! aegis_plugin::export!(provisioning: Network);
//!
//! // Its unit test:
//! harness::check(&Network::describe()).unwrap();
//! let harness = Harness::new(&Network::describe(), "network")
//!     .cluster(harness::cluster("use1", "us-east-1"))
//!     .own("use1");
//! let host = Memory::new().with_region("us-east-1", Region::with_zones(["us-east-1a", "us-east-1b"]));
//!
//! let proposal = harness.clone().config(json!({ "zones": 2 })).run(&host, Network::plan).unwrap();
//! assert!(harness::render(&proposal).contains("@{foundation.key-arn}"));
//!
//! let refused = harness.config(json!({ "zones": 3 })).run(&host, Network::plan);
//! assert_eq!(refused, Err(Failure::invalid("/zones", "the region has fewer")));
//! # }
//! ```
//!
//! # Rules that the host enforces
//!
//! - The same request gives the same bytes. Iterate over what is sorted: `BTreeMap`, not `HashMap`.
//! - `describe` gives the same descriptor at every call and reads nothing.
//! - A fact that is required as a token is always one, known or not; use it as a whole string or
//!   within a longer one. Names, kinds, namespaces and paths are literal: a token there is denied.
//! - Text that comes from elsewhere goes through [`literal`], so that nothing in it is a token.
//! - A secret fact fits secret places only: a whole value of a Kubernetes Secret, the kOps secret
//!   store, a tool's standard input.
//!
//! # Building the component
//!
//! The crate is a `cdylib` (and an `rlib` for its tests) for `wasm32-unknown-unknown`, turned into a
//! component by `wit-component`. This profile makes it quick and less than a megabyte:
//!
//! ```toml
//! [profile.release]
//! opt-level = 3
//! lto = true
//! codegen-units = 1
//! strip = true
//! panic = "abort"
//! ```

#[doc(hidden)]
pub mod bindings;

/// A plugin's memory lives for one call, on one thread.
#[cfg(all(
    feature = "allocator",
    target_arch = "wasm32",
    not(target_feature = "atomics")
))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

mod descriptor;
mod export;
mod failure;
mod readiness;
mod request;
mod source;
mod token;

pub mod argocd;
pub mod cidr;
pub mod file;
pub mod github;
pub mod host;
pub mod kops;
pub mod kubernetes;
pub mod pointer;
pub mod terraform;
pub mod tool;

#[cfg(any(feature = "provisioning", feature = "security", feature = "gitops"))]
mod proposal;

#[cfg(feature = "gitops")]
pub mod gitops;
#[cfg(feature = "provisioning")]
pub mod provisioning;
#[cfg(feature = "security")]
pub mod security;
#[cfg(feature = "validation")]
pub mod validation;

#[cfg(not(target_arch = "wasm32"))]
pub mod harness;
#[cfg(target_arch = "wasm32")]
mod imports;

pub use descriptor::{by_value, offer, opaque, schema_of};
pub use failure::Problems;
pub use readiness::DEFAULT_TIMEOUT_SECONDS;
pub use request::NeedsFact;
pub use token::{Token, literal};

#[cfg(feature = "gitops")]
pub use gitops::Gitops;
pub use host::{GitopsHost, ProvisioningHost, SecurityHost, ValidationHost};
#[cfg(feature = "provisioning")]
pub use provisioning::Provisioning;
#[cfg(feature = "security")]
pub use security::Security;
#[cfg(feature = "validation")]
pub use validation::Validation;

pub use bindings::shared::document_reader::{DocumentInfo, DocumentKind, MissingStage, Precision};
pub use bindings::shared::kubernetes_reader::{ObjectPage, ObjectQuery};
pub use bindings::shared::log::Level;
pub use bindings::shared::read_errors::ReadError;
pub use bindings::shared::tls_prober::{Endpoint, Handshake, ProbeOutcome};
pub use bindings::shared::types::{
    AdmissionCheck, CertificateAuthority, ChangeHeader, Cluster, ConfigProblem, Descriptor,
    FactMode, FactOffer, FactReach, FactRequirement, FactSource, FactToken, Failure, Generator,
    HealthFinding as Health, Kind, KnownFact, KubernetesFieldSource, Moved, ObjectCondition,
    ObjectReference, OnImmutable, Probe, ProbeCheck, ProvidedFact, Readiness, Request, Scope,
    StageType, TerraformOutputSource, TokenRequestSource, ToolOutputSource,
};

/// Answers of the EC2 describe calls.
pub mod ec2 {
    pub use crate::bindings::shared::ec2_reader::{
        AvailabilityZone, Image, Instance, InstanceType, Rule, SecurityGroup, Subnet, Tag, Volume,
        Vpc,
    };
}

pub use {schemars, serde, serde_json};
