//! What a publisher does: make a package of a component, sign it, look into it.
//!
//! Nothing unsigned runs here either. To ask a component about itself, it is signed with a key that is made for
//! this one question and forgotten, and goes the same way as every other: verified, compiled in a child
//! process, called in the sandbox.

use std::path::Path;

use aegis_document::{Digest, Identifier};
use aegis_registry::statement::{Envelope, beside};
use aegis_registry::verify::VersionRule;
use aegis_registry::{
    Capabilities, Expectation, KeyError, Kind, Manifest, Metadata, Package, PackageError,
    PluginName, Role, SecretKey, Statement, Trust, VerifiedComponent, verify,
};
use semver::Version;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{LibraryError, capabilities, host_version};
use crate::proposal::Descriptor;
use crate::sandbox::{CONTRACT, CallError, Compiler, Plugin, Sandbox};

/// Why a package was not made or signed.
#[derive(Debug, thiserror::Error)]
pub enum WorkshopError {
    #[error("the manifest is not understood: {}", aegis_document::untrusted(.0.message()))]
    Manifest(#[from] toml::de::Error),
    #[error(transparent)]
    Name(#[from] aegis_document::IdentifierError),
    #[error(transparent)]
    Capabilities(#[from] aegis_registry::CapabilityError),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Trust(#[from] aegis_registry::TrustError),
    #[error(transparent)]
    Envelope(#[from] aegis_registry::statement::EnvelopeError),
    #[error(transparent)]
    Library(#[from] LibraryError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the component says that it is `{said}`, the manifest says `{written}`")]
    Disagrees { said: String, written: String },
    #[error("the component describes itself in a way that cannot be written: {}", aegis_document::untrusted(&.0.to_string()))]
    Descriptor(#[from] serde_json::Error),
}

/// A publisher's `plugin.toml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ManifestFile {
    pub publisher: Identifier,
    pub name: Identifier,
    pub kind: Kind,
    /// One or two sentences.
    pub description: String,
    /// An SPDX expression.
    pub licence: String,
    pub minimum_host: Version,
    /// What the plugin asks for.
    #[serde(default)]
    pub capability: Vec<Value>,
}

/// Makes a package: asks the component about itself and writes the answer, with the manifest, into it.
/// Returns the package and what is in it.
pub async fn package(
    component: &[u8],
    manifest: &str,
    compiler: &Compiler,
) -> Result<(Vec<u8>, Metadata), WorkshopError> {
    let file: ManifestFile = toml::from_str(manifest)?;
    let plugin = PluginName {
        publisher: file.publisher,
        plugin: file.name,
    };
    // Read as what they mean, so that a misspelt line is found by its author and not by an operator.
    let requested = capabilities(&plugin, &file.capability)?.to_value();
    let requested = Capabilities::new(requested.as_array().cloned().unwrap_or_default())?;
    let mut metadata = Metadata {
        manifest: Manifest {
            plugin: plugin.clone(),
            version: Version::new(0, 0, 0),
            kind: file.kind,
            contract: CONTRACT,
            capabilities: requested,
            minimum_host: file.minimum_host,
        },
        description: file.description,
        licence: file.licence,
        descriptor: Map::new(),
    };
    let asked = Package::embed(component, &metadata)?;
    let descriptor = load(&asked, &metadata.manifest, compiler)?
        .describe()
        .await?;
    check(&descriptor, &plugin, file.kind)?;
    metadata.manifest.version = descriptor.version.clone();
    if let Value::Object(descriptor) = serde_json::to_value(&descriptor)? {
        metadata.descriptor = descriptor;
    }
    Ok((Package::embed(component, &metadata)?, metadata))
}

fn check(descriptor: &Descriptor, plugin: &PluginName, kind: Kind) -> Result<(), WorkshopError> {
    let said = format!("{} ({})", descriptor.name, descriptor.kind);
    let written = format!("{} ({})", plugin.plugin, kind.as_str());
    if said == written {
        Ok(())
    } else {
        Err(WorkshopError::Disagrees { said, written })
    }
}

/// Loads a package that its owner has at hand, whoever signed it or not.
pub fn load(
    package: &[u8],
    manifest: &Manifest,
    compiler: &Compiler,
) -> Result<Plugin, WorkshopError> {
    let key = SecretKey::generate()?;
    let mut trust = Trust::default();
    trust.add(
        Role::Publisher(manifest.plugin.publisher.clone()),
        key.public(),
    )?;
    let envelope = Envelope::sign(&statement(package, manifest), &key)?.to_bytes()?;
    let component = expect(package.to_vec(), &envelope, &trust, &manifest.plugin)?;
    Ok(Sandbox::new()
        .map_err(LibraryError::from)?
        .load(&component, None, compiler)
        .map_err(LibraryError::from)?)
}

fn statement(package: &[u8], manifest: &Manifest) -> Statement {
    Statement {
        component: Digest::of(package),
        manifest: manifest.clone(),
    }
}

fn expect(
    package: Vec<u8>,
    envelope: &[u8],
    trust: &Trust,
    plugin: &PluginName,
) -> Result<VerifiedComponent, WorkshopError> {
    let expected = Expectation {
        plugin: plugin.clone(),
        version: VersionRule::Any,
        kind: None,
        host: host_version()?,
        locked: None,
    };
    Ok(verify(package, envelope, trust, &expected).map_err(LibraryError::from)?)
}

/// Verifies a package against the operator's trust, whatever version it is.
pub fn check_signature(
    package: Vec<u8>,
    envelope: &[u8],
    trust: &Trust,
) -> Result<VerifiedComponent, WorkshopError> {
    let plugin = Package::read(&package)?.metadata().manifest.plugin.clone();
    expect(package, envelope, trust, &plugin)
}

/// Signs a package. A statement that is there already gets one more signature, if it is about the same bytes.
pub fn sign(
    package: &[u8],
    existing: Option<&[u8]>,
    key: &SecretKey,
) -> Result<Vec<u8>, WorkshopError> {
    let manifest = Package::read(package)?.metadata().manifest.clone();
    let wanted = statement(package, &manifest);
    if let Some(existing) = existing {
        let mut envelope = Envelope::<Statement>::parse(existing)?;
        if envelope.unverified().is_ok_and(|said| said == wanted) {
            envelope.add_signature(key);
            return Ok(envelope.to_bytes()?);
        }
    }
    Ok(Envelope::sign(&wanted, key)?.to_bytes()?)
}

/// Where the statement of a package lies.
pub fn statement_file(package: &Path) -> std::path::PathBuf {
    beside(package)
}
