//! The four worlds of this version: their linkers, and their calls.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};
use wasmtime::{Engine, Store};

use super::answer::RawProposal;
use super::bindings::validation::exports::aegis::plugin::validator;
use super::bindings::{gitops, provisioning, security, types as wit, validation};
use crate::proposal::Kind;
use crate::sandbox::call::CallState;
use crate::sandbox::link::is_interface;

/// One linker for each kind, holding what that kind's world imports and nothing else.
pub(in crate::sandbox) struct Linkers {
    provisioning: Linker<CallState>,
    security: Linker<CallState>,
    gitops: Linker<CallState>,
    validation: Linker<CallState>,
}

impl Linkers {
    pub(in crate::sandbox) fn new(engine: &Engine) -> wasmtime::Result<Self> {
        let mut provisioning = Linker::new(engine);
        provisioning::Provisioning::add_to_linker::<_, HasSelf<CallState>>(
            &mut provisioning,
            |state| state,
        )?;
        let mut security = Linker::new(engine);
        security::Security::add_to_linker::<_, HasSelf<CallState>>(&mut security, |state| state)?;
        let mut gitops = Linker::new(engine);
        gitops::Gitops::add_to_linker::<_, HasSelf<CallState>>(&mut gitops, |state| state)?;
        let mut validation = Linker::new(engine);
        validation::Validation::add_to_linker::<_, HasSelf<CallState>>(&mut validation, |state| {
            state
        })?;
        Ok(Self {
            provisioning,
            security,
            gitops,
            validation,
        })
    }

    fn of(&self, kind: Kind) -> &Linker<CallState> {
        match kind {
            Kind::Provisioning => &self.provisioning,
            Kind::Security => &self.security,
            Kind::Gitops => &self.gitops,
            Kind::Validation => &self.validation,
        }
    }
}

/// A component that is linked into the world of its kind, ready to be instantiated for a call.
#[derive(Clone)]
pub(in crate::sandbox) enum World {
    Provisioning(provisioning::ProvisioningPre<CallState>),
    Security(security::SecurityPre<CallState>),
    Gitops(gitops::GitopsPre<CallState>),
    Validation(validation::ValidationPre<CallState>),
}

impl World {
    /// Links a component and checks the types of its exports, which otherwise would only fail in a call.
    pub(in crate::sandbox) fn link(
        linkers: &Linkers,
        component: &Component,
        kind: Kind,
    ) -> wasmtime::Result<Self> {
        let pre = linkers.of(kind).instantiate_pre(component)?;
        check_exports(&pre, kind)?;
        Ok(match kind {
            Kind::Provisioning => Self::Provisioning(provisioning::ProvisioningPre::new(pre)?),
            Kind::Security => Self::Security(security::SecurityPre::new(pre)?),
            Kind::Gitops => Self::Gitops(gitops::GitopsPre::new(pre)?),
            Kind::Validation => Self::Validation(validation::ValidationPre::new(pre)?),
        })
    }

    pub(in crate::sandbox) async fn describe(
        &self,
        store: &mut Store<CallState>,
    ) -> wasmtime::Result<wit::Descriptor> {
        match self {
            Self::Provisioning(pre) => {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin.aegis_plugin_description().call_describe(store).await
            }
            Self::Security(pre) => {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin.aegis_plugin_description().call_describe(store).await
            }
            Self::Gitops(pre) => {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin.aegis_plugin_description().call_describe(store).await
            }
            Self::Validation(pre) => {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin.aegis_plugin_description().call_describe(store).await
            }
        }
    }

    /// `None` for a validation plugin, which proposes nothing.
    pub(in crate::sandbox) async fn plan(
        &self,
        store: &mut Store<CallState>,
        request: &wit::Request,
    ) -> wasmtime::Result<Option<Result<RawProposal, wit::Failure>>> {
        Ok(Some(match self {
            Self::Provisioning(pre) => {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin
                    .aegis_plugin_provisioner()
                    .call_plan(store, request)
                    .await?
                    .map(RawProposal::Provisioning)
            }
            Self::Security(pre) => {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin
                    .aegis_plugin_securer()
                    .call_plan(store, request)
                    .await?
                    .map(RawProposal::Security)
            }
            Self::Gitops(pre) => {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin
                    .aegis_plugin_deliverer()
                    .call_plan(store, request)
                    .await?
                    .map(RawProposal::Gitops)
            }
            Self::Validation(_) => return Ok(None),
        }))
    }

    /// `None` for a validation plugin.
    pub(in crate::sandbox) async fn health(
        &self,
        store: &mut Store<CallState>,
        request: &wit::Request,
    ) -> wasmtime::Result<Option<Result<Vec<wit::HealthFinding>, wit::Failure>>> {
        Ok(Some(match self {
            Self::Provisioning(pre) => {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin
                    .aegis_plugin_provisioner()
                    .call_health(store, request)
                    .await?
            }
            Self::Security(pre) => {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin
                    .aegis_plugin_securer()
                    .call_health(store, request)
                    .await?
            }
            Self::Gitops(pre) => {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin
                    .aegis_plugin_deliverer()
                    .call_health(store, request)
                    .await?
            }
            Self::Validation(_) => return Ok(None),
        }))
    }

    /// `None` for a plugin that proposes.
    pub(in crate::sandbox) async fn controls(
        &self,
        store: &mut Store<CallState>,
    ) -> wasmtime::Result<Option<Vec<validator::Control>>> {
        let Self::Validation(pre) = self else {
            return Ok(None);
        };
        let plugin = pre.instantiate_async(&mut *store).await?;
        plugin
            .aegis_plugin_validator()
            .call_controls(store)
            .await
            .map(Some)
    }

    /// `None` for a plugin that proposes.
    pub(in crate::sandbox) async fn evaluate(
        &self,
        store: &mut Store<CallState>,
        request: &wit::Request,
    ) -> wasmtime::Result<Option<Result<Vec<validator::Finding>, wit::Failure>>> {
        let Self::Validation(pre) = self else {
            return Ok(None);
        };
        let plugin = pre.instantiate_async(&mut *store).await?;
        plugin
            .aegis_plugin_validator()
            .call_evaluate(store, request)
            .await
            .map(Some)
    }
}

/// The types of every exported function. Wasmtime checks them when a function is looked up in an instance; the same check
/// on the component's type is a hidden part of its interface, used here and nowhere else.
fn check_exports(pre: &InstancePre<CallState>, kind: Kind) -> wasmtime::Result<()> {
    type Planned<T> = (Result<T, wit::Failure>,);
    type Health = Planned<Vec<wit::HealthFinding>>;
    let component = pre.component().component_type();
    let cx = pre.instance_type();
    let check = |interface: &str,
                 function: &str,
                 typecheck: &dyn Fn(&ComponentItem) -> wasmtime::Result<()>| {
        let export = component
            .exports(pre.engine())
            .find(|(name, _)| is_interface(name, interface));
        if let Some((name, item)) = export
            && let ComponentItem::ComponentInstance(instance) = item.ty
            && let Some(item) = instance.get_export(pre.engine(), function)
        {
            return typecheck(&item.ty)
                .map_err(|error| error.context(format!("export {function} of {name}")));
        }
        // What is missing has been named before.
        Ok(())
    };
    /// The check of one function's type.
    macro_rules! function {
        ($interface:literal, $function:literal, $params:ty, $results:ty) => {
            check($interface, $function, &|item| match item {
                ComponentItem::ComponentFunc(function) => {
                    function.typecheck::<$params, $results>(&cx)
                }
                _ => wasmtime::bail!("not a function"),
            })?
        };
    }
    function!("description", "describe", (), (wit::Descriptor,));
    match kind {
        Kind::Provisioning => {
            use provisioning::exports::aegis::plugin::provisioner::Proposal;
            function!("provisioner", "plan", (&wit::Request,), Planned<Proposal>);
            function!("provisioner", "health", (&wit::Request,), Health);
        }
        Kind::Security => {
            use security::exports::aegis::plugin::securer::Proposal;
            function!("securer", "plan", (&wit::Request,), Planned<Proposal>);
            function!("securer", "health", (&wit::Request,), Health);
        }
        Kind::Gitops => {
            use gitops::exports::aegis::plugin::deliverer::Proposal;
            function!("deliverer", "plan", (&wit::Request,), Planned<Proposal>);
            function!("deliverer", "health", (&wit::Request,), Health);
        }
        Kind::Validation => {
            function!("validator", "controls", (), (Vec<validator::Control>,));
            function!(
                "validator",
                "evaluate",
                (&wit::Request,),
                Planned<Vec<validator::Finding>>
            );
        }
    }
    Ok(())
}
