//! Plugins as they come from a publisher: packages with signed statements, in a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aegis_document::digest_of;
use aegis_host::library::{self, LoadedPlugin, workshop};
use aegis_host::sandbox::{Compiler, Plugin, Sandbox};
use aegis_registry::verify::VersionRule;
use aegis_registry::{
    Cache, Expectation, PluginName, Role, SecretKey, Trust, VerifiedComponent, verify,
};
use tokio::runtime::Runtime;

use crate::Outcome;

/// A signed package, and the trust that it is verified with.
pub struct Package {
    package: PathBuf,
    statement: PathBuf,
    trust: Trust,
    expected: Expectation,
    code: PathBuf,
    cache: Cache,
    /// Bytes of the package.
    pub size: usize,
}

impl Package {
    /// Makes a package of a component and its manifest, signs it with a key of its own, and compiles it into
    /// a cache of its own. All files go into a folder that is there for nothing else.
    pub fn make(
        folder: &Path,
        component: &Path,
        manifest: &Path,
        sandbox: &Sandbox,
        runtime: &Runtime,
    ) -> Outcome<Self> {
        let (bytes, metadata) = runtime.block_on(workshop::package(
            &fs::read(component)?,
            &fs::read_to_string(manifest)?,
            &Compiler::InProcess,
        ))?;
        let key = SecretKey::generate()?;
        let plugin = metadata.manifest.plugin;
        let mut trust = Trust::default();
        trust.add(Role::Publisher(plugin.publisher.clone()), key.public())?;
        let package = folder.join("package.wasm");
        let statement = workshop::statement_file(&package);
        fs::create_dir_all(folder)?;
        fs::write(&package, &bytes)?;
        fs::write(&statement, workshop::sign(&bytes, None, &key)?)?;
        let code = folder.join("code");
        let made = Self {
            package,
            statement,
            trust,
            expected: Expectation {
                plugin,
                version: VersionRule::Any,
                kind: None,
                host: library::host_version()?,
                locked: None,
            },
            cache: Cache::open(&code, &folder.join("key").join("code-cache.key"))?,
            code,
            size: bytes.len(),
        };
        sandbox.load(&made.verify()?, Some(&made.cache), &Compiler::InProcess)?;
        Ok(made)
    }

    pub fn name(&self) -> &PluginName {
        &self.expected.plugin
    }

    /// Reads package and statement and verifies them.
    pub fn verify(&self) -> Outcome<VerifiedComponent> {
        Ok(verify(
            fs::read(&self.package)?,
            &fs::read(&self.statement)?,
            &self.trust,
            &self.expected,
        )?)
    }

    /// Loads the compiled code out of the cache. Were it not there, this would fail: the compiler is none.
    pub fn load(&self, sandbox: &Sandbox, component: &VerifiedComponent) -> Outcome<Plugin> {
        let none = Compiler::Child {
            program: self.code.join("no-compiler"),
            arguments: Vec::new(),
            limits: aegis_host::sandbox::CompileLimits::DEFAULT,
        };
        Ok(sandbox.load(component, Some(&self.cache), &none)?)
    }

    /// The plugin as a plan uses it, granted what it asks for.
    pub fn loaded(&self, sandbox: &Sandbox) -> Outcome<Arc<LoadedPlugin>> {
        let component = self.verify()?;
        let manifest = component.manifest();
        let descriptor = library::descriptor(&component)?;
        let signed = library::capabilities(self.name(), manifest.capabilities.as_slice())?;
        let signed = Arc::new(signed);
        let code = self.load(sandbox, &component)?;
        Ok(Arc::new(LoadedPlugin {
            name: self.name().clone(),
            version: manifest.version.clone(),
            kind: code.kind(),
            contract: manifest.contract.clone(),
            component: component.component_digest(),
            grant: digest_of(&signed.to_value())?,
            descriptor_digest: digest_of(&descriptor)?,
            descriptor,
            granted: Arc::clone(&signed),
            signed,
            code,
        }))
    }

    /// Bytes of compiled code.
    pub fn code_size(&self) -> Outcome<u64> {
        fs::read_dir(&self.code)?.try_fold(0, |sum, entry| Ok(sum + entry?.metadata()?.len()))
    }
}
