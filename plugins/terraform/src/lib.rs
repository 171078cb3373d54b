//! The `terraform` plugin: the AWS side of a stack, as Terraform roots.
//!
//! Three stage types: `foundation` makes, once for a stack, the stores of Terraform and kOps, the store of OIDC discovery
//! documents and the roles of those who deliver; `network` and `keys` make a cluster's VPC and its encryption keys.

mod foundation;
mod keys;
mod naming;
mod network;
mod policy;
#[cfg(test)]
mod tests;

use aegis_plugin::provisioning::Proposal;
use aegis_plugin::{Descriptor, Failure, Provisioning, ProvisioningHost, Request};

/// The one provider, with the versions whose arguments the roots are written for.
const PROVIDER: &str = "hashicorp/aws";
const PROVIDER_VERSIONS: &str = ">= 5.100.0, < 7.0.0";

/// The plugin.
#[derive(Debug)]
pub struct Terraform;

impl Provisioning for Terraform {
    fn describe() -> Descriptor {
        Descriptor::provisioning("terraform", env!("CARGO_PKG_VERSION"))
            .stage_type(foundation::stage_type())
            .stage_type(network::stage_type())
            .stage_type(keys::stage_type())
    }

    fn plan(request: &Request, _: &impl ProvisioningHost) -> Result<Proposal, Failure> {
        match request.stage_type.as_str() {
            foundation::NAME => foundation::plan(request),
            network::NAME => network::plan(request),
            keys::NAME => keys::plan(request),
            other => Err(Failure::internal(format!(
                "there is no stage type `{other}`"
            ))),
        }
    }
}

aegis_plugin::export!(provisioning: Terraform);
