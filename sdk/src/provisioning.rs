//! Plugins that provision the cloud and the clusters.

use crate::host::ProvisioningHost;
use crate::proposal::proposal_builders;
use crate::{Descriptor, Failure, Health, Request};
use crate::{kops, terraform, tool};

pub use crate::bindings::provisioning::{Action, Change, Proposal};

/// A provisioning plugin.
///
/// The same request has to give the same answer, to the byte: there is no clock, no randomness, and
/// what is iterated is sorted (`BTreeMap`, not `HashMap`).
pub trait Provisioning {
    /// What the plugin is: the same at every call, and without reading anything.
    fn describe() -> Descriptor;

    /// What the stage wants to change.
    ///
    /// # Errors
    /// Why there is no proposal.
    fn plan(request: &Request, host: &impl ProvisioningHost) -> Result<Proposal, Failure>;

    /// What the plugin thinks of the stage after its probes: for people. Nothing, unless a plugin
    /// has something to say.
    ///
    /// # Errors
    /// Why there is no judgement.
    fn health(request: &Request, host: &impl ProvisioningHost) -> Result<Vec<Health>, Failure> {
        let _ = (request, host);
        Ok(Vec::new())
    }
}

proposal_builders!();

impl ChangeBuilder {
    /// Plans and applies a Terraform root.
    pub fn terraform(self, root: terraform::Root) -> Change {
        self.act(Action::Terraform(root))
    }

    /// Makes a kOps cluster be as described.
    pub fn kops(self, cluster: kops::Cluster) -> Change {
        self.act(Action::Kops(cluster))
    }

    /// Calls an adapter of the operator's.
    pub fn tool(self, call: tool::Call) -> Change {
        self.act(Action::Tool(call))
    }
}

/// The plugin as the component that [`export!`](crate::export) makes of it.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<P>(std::marker::PhantomData<P>);

#[cfg(target_arch = "wasm32")]
impl<P: Provisioning> crate::bindings::description::Guest for Component<P> {
    fn describe() -> Descriptor {
        P::describe()
    }
}

#[cfg(target_arch = "wasm32")]
impl<P: Provisioning> crate::bindings::provisioning::Guest for Component<P> {
    fn plan(request: Request) -> Result<Proposal, Failure> {
        P::plan(&request, &crate::imports::Imports)
    }

    fn health(request: Request) -> Result<Vec<Health>, Failure> {
        P::health(&request, &crate::imports::Imports)
    }
}
