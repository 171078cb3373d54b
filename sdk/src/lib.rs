//! What a plugin author depends on.

#[doc(hidden)]
pub mod bindings;

mod descriptor;
mod export;
mod failure;
mod readiness;
mod request;
mod source;
mod token;

pub mod argocd;
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
