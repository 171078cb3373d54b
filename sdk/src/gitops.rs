//! Plugins that propose what is delivered through Git.

use crate::ObjectReference;
use crate::argocd::Application;
use crate::file::TextFile;
use crate::github::Workflow;
use crate::host::GitopsHost;
use crate::kubernetes::{Object, Release};
use crate::proposal::proposal_builders;
use crate::{Descriptor, Failure, Health, Request};

pub use crate::bindings::gitops::{Action, Change, Proposal};

/// A GitOps plugin.
///
/// The same request has to give the same answer, to the byte: there is no clock, no randomness, and
/// what is iterated is sorted (`BTreeMap`, not `HashMap`).
pub trait Gitops {
    /// What the plugin is: the same at every call, and without reading anything.
    fn describe() -> Descriptor;

    /// What the stage wants to change.
    ///
    /// # Errors
    /// Why there is no proposal.
    fn plan(request: &Request, host: &impl GitopsHost) -> Result<Proposal, Failure>;

    /// What the plugin thinks of the stage after its probes: for people. Nothing, unless a plugin
    /// has something to say.
    ///
    /// # Errors
    /// Why there is no judgement.
    fn health(request: &Request, host: &impl GitopsHost) -> Result<Vec<Health>, Failure> {
        let _ = (request, host);
        Ok(Vec::new())
    }
}

proposal_builders!();

impl ChangeBuilder {
    /// Creates or updates one object.
    pub fn apply(self, object: Object) -> Change {
        self.act(Action::Apply(object))
    }

    /// Makes sure that an object of somebody else's does not exist. Own objects are pruned when a
    /// proposal no longer holds them.
    pub fn ensure_absent(self, object: ObjectReference) -> Change {
        self.act(Action::EnsureAbsent(object))
    }

    /// Installs an entry of the chart catalogue.
    pub fn release(self, release: Release) -> Change {
        self.act(Action::Release(release))
    }

    /// Makes an Argo CD application.
    pub fn application(self, application: Application) -> Change {
        self.act(Action::Application(application))
    }

    /// Writes a GitHub Actions workflow.
    pub fn workflow(self, workflow: Workflow) -> Change {
        self.act(Action::Workflow(workflow))
    }

    /// Writes a text file.
    pub fn file(self, file: TextFile) -> Change {
        self.act(Action::File(file))
    }
}

/// The plugin as the component that [`export!`](crate::export) makes of it.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<P>(std::marker::PhantomData<P>);

#[cfg(target_arch = "wasm32")]
impl<P: Gitops> crate::bindings::description::Guest for Component<P> {
    fn describe() -> Descriptor {
        P::describe()
    }
}

#[cfg(target_arch = "wasm32")]
impl<P: Gitops> crate::bindings::gitops::Guest for Component<P> {
    fn plan(request: Request) -> Result<Proposal, Failure> {
        P::plan(&request, &crate::imports::Imports)
    }

    fn health(request: Request) -> Result<Vec<Health>, Failure> {
        P::health(&request, &crate::imports::Imports)
    }
}
