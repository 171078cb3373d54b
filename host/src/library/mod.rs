//! From the lock file to loaded plugins.
//!
//! The library opens lock file and trust, fetches what a stage uses, verifies it against both, checks that
//! what the plugin says about itself is what was signed, and loads it into the sandbox. What it hands out has
//! passed all of that.

mod error;
pub mod workshop;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aegis_document::{Digest, Identifier, digest_of};
use aegis_registry::verify::HostVersion;
use aegis_registry::{Cache, Lock, PluginName, Trust, VerifiedComponent, VerifiedLock, verify};
use semver::Version;
use serde_json::Value;

use crate::capability::CapabilitySet;
use crate::home::Home;
use crate::parallel;
use crate::proposal::{Descriptor, Kind};
use crate::sandbox::{CONTRACT, Compiler, Plugin, Sandbox};

pub use error::LibraryError;

/// A plugin that was verified, accepted and loaded.
#[derive(Debug)]
pub struct LoadedPlugin {
    pub name: PluginName,
    pub version: Version,
    pub kind: Kind,
    /// Version of the contract it is written against.
    pub contract: Version,
    pub component: Digest,
    /// Digest of what the operator granted.
    pub grant: Digest,
    pub descriptor: Descriptor,
    pub descriptor_digest: Digest,
    /// What its signed statement asks for.
    pub signed: Arc<CapabilitySet>,
    /// What the operator granted.
    pub granted: Arc<CapabilitySet>,
    pub code: Plugin,
}

/// The plugins of one stack.
pub struct Library {
    lock: VerifiedLock,
    lock_digest: Digest,
    /// Folder of the lock file, from which relative sources are read.
    base: PathBuf,
    trust: Trust,
    cache: Option<Cache>,
    sandbox: Sandbox,
    compiler: Compiler,
}

/// The version of this host and of the contract it speaks.
pub fn host_version() -> Result<HostVersion, LibraryError> {
    let version =
        Version::parse(env!("CARGO_PKG_VERSION")).map_err(|_| LibraryError::HostVersion)?;
    Ok(HostVersion {
        version,
        contracts: BTreeSet::from([CONTRACT]),
    })
}

/// The operator's trust.
pub fn trust(home: &Home) -> Result<Trust, LibraryError> {
    let path = home.trust_file();
    if !path.exists() {
        return Err(LibraryError::NoTrust { path });
    }
    Ok(Trust::load(&path)?)
}

/// The compiled-code cache, or `None` with a warning when there is no place for it.
pub fn cache(home: &Home) -> Option<Cache> {
    match Cache::open(home.code_cache(), &home.cache_key()) {
        Ok(cache) => Some(cache),
        Err(error) => {
            tracing::warn!("compiled code is not kept: {error}");
            None
        }
    }
}

/// Each may have to be compiled, in a process that may take gigabytes.
const LOADED_AT_ONCE: usize = 4;

impl Library {
    /// Opens lock file and trust of a stack. Nothing is fetched yet.
    pub fn open(
        home: &Home,
        stack: &Identifier,
        lock_path: &Path,
        compiler: Compiler,
    ) -> Result<Self, LibraryError> {
        let trust = trust(home)?;
        if !lock_path.exists() {
            return Err(LibraryError::NoLock {
                path: lock_path.to_owned(),
            });
        }
        let lock = Lock::load(lock_path)?;
        if lock.stack() != stack {
            return Err(LibraryError::OtherStack {
                expected: stack.clone(),
                found: lock.stack().clone(),
            });
        }
        Ok(Self {
            lock_digest: lock.digest()?,
            lock: lock.verify(&trust)?,
            base: lock_path.parent().unwrap_or(Path::new(".")).to_owned(),
            trust,
            cache: cache(home),
            sandbox: Sandbox::new()?,
            compiler,
        })
    }

    /// Digest of the lock file with all grants.
    pub fn lock_digest(&self) -> Digest {
        self.lock_digest
    }

    pub fn lock(&self) -> &Lock {
        self.lock.lock()
    }

    /// Loads the plugins of these names, each once, several at the same time: most of it is hashing, and
    /// compiling where that was not done yet.
    pub fn load<'a>(
        &self,
        names: impl IntoIterator<Item = &'a PluginName>,
    ) -> Result<BTreeMap<PluginName, Arc<LoadedPlugin>>, LibraryError> {
        let names: BTreeSet<&PluginName> = names.into_iter().collect();
        let names: Vec<&PluginName> = names.into_iter().collect();
        let threads = parallel::processors().min(LOADED_AT_ONCE);
        parallel::map(&names, threads, |name| {
            Ok(((*name).clone(), Arc::new(self.load_one(name)?)))
        })
        .into_iter()
        .collect()
    }

    fn load_one(&self, name: &PluginName) -> Result<LoadedPlugin, LibraryError> {
        let locked = self.lock.plugin(name)?;
        let fetched = locked
            .source
            .open(&self.base)
            .fetch(name, &locked.version)?;
        let expected = locked.expectation(host_version()?);
        let component = verify(
            fetched.component,
            &fetched.statement,
            &self.trust,
            &expected,
        )?;
        let descriptor = descriptor(&component)?;
        let manifest = component.manifest();
        let signed = capabilities(name, manifest.capabilities.as_slice())?;
        let granted = capabilities(name, locked.grant.as_slice())?;
        let code = self
            .sandbox
            .load(&component, self.cache.as_ref(), &self.compiler)?;
        Ok(LoadedPlugin {
            name: name.clone(),
            version: manifest.version.clone(),
            kind: code.kind(),
            contract: manifest.contract.clone(),
            component: component.component_digest(),
            grant: locked.granted()?,
            descriptor_digest: digest_of(&descriptor)?,
            descriptor,
            signed: signed.into(),
            granted: granted.into(),
            code,
        })
    }
}

/// Parses a list of capabilities.
pub fn capabilities(plugin: &PluginName, list: &[Value]) -> Result<CapabilitySet, LibraryError> {
    CapabilitySet::parse(&Value::Array(list.to_vec())).map_err(|error| LibraryError::Capabilities {
        plugin: plugin.clone(),
        error,
    })
}

/// The descriptor in a package's signed metadata, which must agree with what was signed beside it.
pub fn descriptor(component: &VerifiedComponent) -> Result<Descriptor, LibraryError> {
    let manifest = component.manifest();
    let plugin = manifest.plugin.clone();
    let descriptor: Descriptor = serde_json::from_value(Value::Object(
        component.metadata().descriptor.clone(),
    ))
    .map_err(|error| LibraryError::Descriptor {
        plugin: plugin.clone(),
        error,
    })?;
    let agrees = descriptor.name == manifest.plugin.plugin
        && descriptor.version == manifest.version
        && descriptor.kind.name() == manifest.kind.as_str();
    if agrees {
        Ok(descriptor)
    } else {
        Err(LibraryError::DescriptorDisagrees { plugin })
    }
}
