//! A plugin that is ready to be called.

use std::sync::Arc;

use aegis_document::{Digest, untrusted};
use aegis_registry::cache::{Key, Lookup};
use aegis_registry::{Cache, VerifiedComponent};
use serde_json::Value;
use wasmtime::component::Component;
use wasmtime::{Engine, Store};

use super::call::{self, CallContext, CallState, Watch};
use super::compile::Compiler;
use super::describe::difference;
use super::engine;
use super::error::{CallError, Fault, LoadError};
use super::inspect::Surface;
use super::limits::Limits;
use super::link::{self, Difference, LinkError};
use super::parse::{AnswerError, Budget, check_descriptor};
use super::request::PlanRequest;
use super::v0_1_0::{self as wit, Linkers, World};
use crate::proposal::{Control, Descriptor, Failure, Finding, Health, Kind, Proposal};

/// The engine and the linkers of this process. Make one and clone it.
#[derive(Clone)]
pub struct Sandbox(Arc<Shared>);

struct Shared {
    engine: Engine,
    linkers: Linkers,
    fingerprint: Digest,
}

impl Sandbox {
    /// Starts the engine.
    pub fn new() -> Result<Self, LoadError> {
        let engine = engine::start()?;
        let linkers = Linkers::new(&engine).map_err(LoadError::engine)?;
        let fingerprint = engine::fingerprint(&engine);
        Ok(Self(Arc::new(Shared {
            engine,
            linkers,
            fingerprint,
        })))
    }

    /// What compiled code depends on besides its component: Wasmtime, target and settings.
    pub fn fingerprint(&self) -> Digest {
        self.0.fingerprint
    }

    /// Loads a verified plugin: its compiled code out of the cache, or compiled and put there.
    ///
    /// Problems of the cache are warnings in the log: without it everything works, more slowly.
    pub fn load(
        &self,
        component: &VerifiedComponent,
        cache: Option<&Cache>,
        compiler: &Compiler,
    ) -> Result<Plugin, LoadError> {
        let manifest = component.manifest();
        let key = Key {
            component: component.component_digest(),
            engine: self.0.fingerprint.to_string(),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        };
        let name: Arc<str> = manifest.plugin.to_string().into();
        let kind = kind(manifest.kind);
        // Packaging asks a component about itself to learn what to sign; an empty descriptor runs no stage.
        let signed = &component.metadata().descriptor;
        let signed = (!signed.is_empty()).then(|| Arc::new(Value::Object(signed.clone())));
        let finish = |linkable: &Component| {
            self.link(Arc::clone(&name), kind, linkable)
                .map(|plugin| Plugin { signed, ..plugin })
        };
        if let Some(code) = cache.and_then(|cache| cached(cache, &key, &name)) {
            // Code of an engine with this fingerprint always loads; if it does not, it is compiled again.
            match self.instantiable(&code) {
                Ok(component) => return finish(&component),
                Err(error) => {
                    tracing::warn!(plugin = &*name, "the cached code is not used: {error}")
                }
            }
        }
        let code = compiler.compile(&self.0.engine, component.bytes())?;
        if let Some(cache) = cache
            && let Err(error) = cache.put(&key, &code)
        {
            tracing::warn!(plugin = &*name, "the compiled code is not kept: {error}");
        }
        finish(&self.instantiable(&code)?)
    }

    /// Loads compiled code.
    #[expect(
        unsafe_code,
        reason = "loading native code cannot be checked by the compiler"
    )]
    fn instantiable(&self, code: &[u8]) -> Result<Component, LoadError> {
        // SAFETY: `deserialize` runs whatever code it is given, so the bytes must come from Wasmtime's compiler. They
        // do: the callers pass either what the compiler of this very configuration has just returned for a
        // component whose signature was verified, or what was stored then and has been read into memory
        // and authenticated there under a key that does not lie beside it. The buffer cannot change
        // after that check, as a mapped file could. Another version or configuration of Wasmtime is
        // noticed by `deserialize` itself and is an error.
        unsafe { Component::deserialize(&self.0.engine, code) }.map_err(LoadError::engine)
    }

    /// Links a component into the world of its kind.
    fn link(&self, name: Arc<str>, kind: Kind, component: &Component) -> Result<Plugin, LoadError> {
        let surface = Surface::of(&self.0.engine, component);
        link::compare(kind, &surface)?;
        let world = World::link(&self.0.linkers, component, kind).map_err(|error| LinkError {
            kind,
            differences: vec![Difference::OtherTypes {
                reason: reasons(&error),
            }],
        })?;
        Ok(Plugin {
            engine: self.0.engine.clone(),
            world,
            surface: surface.into(),
            name,
            kind,
            signed: None,
        })
    }

    /// Compiles and links bytes that nobody has verified.
    #[cfg(test)]
    pub(super) fn load_unverified(
        &self,
        kind: Kind,
        component: &[u8],
    ) -> Result<Plugin, LoadError> {
        let code = Compiler::InProcess.compile(&self.0.engine, component)?;
        self.link("acme/test".into(), kind, &self.instantiable(&code)?)
    }
}

/// All messages of an error but the addresses: which item, and how its type differs.
fn reasons(error: &wasmtime::Error) -> String {
    let reasons: Vec<_> = error
        .chain()
        .map(|cause| untrusted(&cause.to_string()).to_string())
        .collect();
    reasons.join(": ")
}

const fn kind(kind: aegis_registry::Kind) -> Kind {
    match kind {
        aegis_registry::Kind::Provisioning => Kind::Provisioning,
        aegis_registry::Kind::Security => Kind::Security,
        aegis_registry::Kind::Gitops => Kind::Gitops,
        aegis_registry::Kind::Validation => Kind::Validation,
    }
}

fn cached(cache: &Cache, key: &Key, plugin: &str) -> Option<Vec<u8>> {
    match cache.get(key) {
        Lookup::Hit(code) => Some(code),
        Lookup::Miss => None,
        Lookup::Rejected(rejection) => {
            tracing::warn!(plugin, "{rejection}");
            None
        }
    }
}

/// A plugin: compiled, linked into the world of its kind, and called with a fresh store each time. Cheap to
/// clone; calls may run at the same time on several tasks.
#[derive(Clone)]
pub struct Plugin {
    engine: Engine,
    world: World,
    surface: Arc<Surface>,
    name: Arc<str>,
    kind: Kind,
    /// The descriptor of the signed metadata; `None` while a component is being packaged.
    signed: Option<Arc<Value>>,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    /// `publisher/name`.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What its component imports and exports.
    pub fn surface(&self) -> &Surface {
        &self.surface
    }

    fn open(
        &self,
        function: &'static str,
        context: Option<&CallContext>,
    ) -> (Store<CallState>, Watch) {
        call::open(&self.engine, &self.name, function, context)
    }

    fn wrong_kind(&self, watch: &Watch, asked: &'static str) -> CallError {
        watch.error(Fault::WrongKind {
            asked,
            kind: self.kind,
        })
    }

    /// What the plugin says about itself, which has to be what its publisher signed. It may not read anything to
    /// say it.
    pub async fn describe(&self) -> Result<Descriptor, CallError> {
        let (mut store, watch) = self.open("describe", None);
        let raw = watch.over(self.world.describe(&mut store)).await?;
        let descriptor = read(&watch, Limits::DEFAULT, |budget| {
            let descriptor = wit::descriptor(raw, budget)?;
            check_descriptor(&descriptor, self.kind)?;
            Ok(descriptor)
        })?;
        if let Some(signed) = &self.signed {
            let said = serde_json::to_value(&descriptor)
                .map_err(|error| watch.error(Fault::Request(error.to_string())))?;
            if let Some(at) = difference(&said, signed) {
                return Err(watch.error(Fault::Descriptor(untrusted(&at).to_string())));
            }
        }
        Ok(descriptor)
    }

    /// Asks for a proposal. The outer error is a call that broke; the inner one is the plugin's own answer that
    /// it has none.
    pub async fn plan(
        &self,
        request: &PlanRequest,
        context: &CallContext,
    ) -> Result<Result<Proposal, Failure>, CallError> {
        let (mut store, watch) = self.open("plan", Some(context));
        let request = lower(&watch, request)?;
        match watch.over(self.world.plan(&mut store, &request)).await? {
            None => Err(self.wrong_kind(&watch, "plan")),
            Some(Ok(raw)) => read(&watch, context.limits, |budget| raw.read(budget)).map(Ok),
            Some(Err(raw)) => {
                read(&watch, context.limits, |budget| wit::failure(raw, budget)).map(Err)
            }
        }
    }

    /// Asks how the stage is doing, after its probes.
    pub async fn health(
        &self,
        request: &PlanRequest,
        context: &CallContext,
    ) -> Result<Result<Vec<Health>, Failure>, CallError> {
        let (mut store, watch) = self.open("health", Some(context));
        let request = lower(&watch, request)?;
        match watch.over(self.world.health(&mut store, &request)).await? {
            None => Err(self.wrong_kind(&watch, "health")),
            Some(Ok(raw)) => {
                read(&watch, context.limits, |budget| wit::health(raw, budget)).map(Ok)
            }
            Some(Err(raw)) => {
                read(&watch, context.limits, |budget| wit::failure(raw, budget)).map(Err)
            }
        }
    }

    /// The controls of a validation plugin.
    pub async fn controls(&self) -> Result<Vec<Control>, CallError> {
        let (mut store, watch) = self.open("controls", None);
        match watch.over(self.world.controls(&mut store)).await? {
            None => Err(self.wrong_kind(&watch, "controls")),
            Some(raw) => read(&watch, Limits::DEFAULT, |budget| wit::controls(raw, budget)),
        }
    }

    /// Asks a validation plugin for its findings.
    pub async fn evaluate(
        &self,
        request: &PlanRequest,
        context: &CallContext,
    ) -> Result<Result<Vec<Finding>, Failure>, CallError> {
        let (mut store, watch) = self.open("evaluate", Some(context));
        let request = lower(&watch, request)?;
        match watch
            .over(self.world.evaluate(&mut store, &request))
            .await?
        {
            None => Err(self.wrong_kind(&watch, "evaluate")),
            Some(Ok(raw)) => {
                read(&watch, context.limits, |budget| wit::findings(raw, budget)).map(Ok)
            }
            Some(Err(raw)) => {
                read(&watch, context.limits, |budget| wit::failure(raw, budget)).map(Err)
            }
        }
    }
}

/// The request as the contract's record.
fn lower(watch: &Watch, request: &PlanRequest) -> Result<wit::Request, CallError> {
    wit::request(request).map_err(|error| watch.error(Fault::Request(error.to_string())))
}

/// Reads an answer under the call's limits.
fn read<T>(
    watch: &Watch,
    limits: Limits,
    read: impl FnOnce(&mut Budget) -> Result<T, AnswerError>,
) -> Result<T, CallError> {
    let mut budget = Budget::new(limits.answer_nodes);
    read(&mut budget).map_err(|error| watch.error(error.into_fault(&budget)))
}
