//! From a signed package to a plugin, with and without compiled code at hand.

use std::collections::BTreeSet;

use aegis_document::Digest;
use aegis_registry::verify::{Expectation, HostVersion, VersionRule};
use aegis_registry::{
    Cache, Capabilities, Envelope, Manifest, Metadata, Package, Role, SecretKey, Statement, Trust,
    VerifiedComponent, verify,
};
use semver::Version;
use serde_json::{Map, Value};

use super::guest::{Guest, descriptor};
use super::sandbox;
use crate::proposal::Kind;
use crate::sandbox::{CONTRACT, CompileLimits, Compiler, Fault, LoadError};

/// A security plugin, signed with this descriptor and verified.
fn signed(descriptor: &Map<String, Value>) -> VerifiedComponent {
    let manifest = Manifest {
        plugin: "acme/test".parse().unwrap(),
        version: Version::new(1, 0, 0),
        kind: aegis_registry::Kind::Security,
        contract: CONTRACT,
        capabilities: Capabilities::new(Vec::new()).unwrap(),
        minimum_host: Version::new(0, 1, 0),
    };
    let metadata = Metadata {
        manifest: manifest.clone(),
        description: "A test".into(),
        licence: "Apache-2.0".into(),
        descriptor: descriptor.clone(),
    };
    let bytes = Package::embed(&Guest::new(Kind::Security).component(), &metadata).unwrap();
    let key = SecretKey::generate().unwrap();
    let mut trust = Trust::default();
    trust
        .add(Role::Publisher(super::name("acme")), key.public())
        .unwrap();
    let statement = Statement {
        component: Digest::of(&bytes),
        manifest,
    };
    let envelope = Envelope::sign(&statement, &key)
        .unwrap()
        .to_bytes()
        .unwrap();
    let expectation = Expectation {
        plugin: "acme/test".parse().unwrap(),
        version: VersionRule::Any,
        kind: None,
        host: HostVersion {
            version: Version::new(0, 1, 0),
            contracts: BTreeSet::from([CONTRACT]),
        },
        locked: None,
    };
    verify(bytes, &envelope, &trust, &expectation).unwrap()
}

fn honest() -> Map<String, Value> {
    let mut descriptor = descriptor(Kind::Security);
    // JSON text in an answer, JSON in the metadata.
    descriptor["stage-types"][0]["config-schema"] = Value::Object(Map::new());
    descriptor.as_object().unwrap().clone()
}

/// A compiler that cannot run: whoever needs it fails.
fn none() -> Compiler {
    Compiler::Child {
        program: "/nonexistent".into(),
        arguments: Vec::new(),
        limits: CompileLimits::DEFAULT,
    }
}

#[tokio::test]
async fn compiled_code_is_kept_and_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(
        folder.path().join("code"),
        &folder.path().join("private/key"),
    )
    .unwrap();
    let component = signed(&honest());
    let missing = sandbox()
        .load(&component, Some(&cache), &none())
        .unwrap_err();
    assert!(matches!(missing, LoadError::Compiler { .. }), "{missing:?}");

    sandbox()
        .load(&component, Some(&cache), &Compiler::InProcess)
        .unwrap();
    let plugin = sandbox().load(&component, Some(&cache), &none()).unwrap();
    assert_eq!(
        (plugin.name(), plugin.kind()),
        ("acme/test", Kind::Security)
    );
    assert!(plugin.describe().await.is_ok());
}

#[test]
fn altered_code_is_never_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let code = folder.path().join("code");
    let cache = Cache::open(&code, &folder.path().join("private/key")).unwrap();
    let component = signed(&honest());
    sandbox()
        .load(&component, Some(&cache), &Compiler::InProcess)
        .unwrap();
    let entry = std::fs::read_dir(&code)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&entry).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&entry, bytes).unwrap();
    // It would have to compile it again, and cannot.
    let refused = sandbox()
        .load(&component, Some(&cache), &none())
        .unwrap_err();
    assert!(matches!(refused, LoadError::Compiler { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_plugin_says_what_its_publisher_signed() {
    let plugin = sandbox()
        .load(&signed(&honest()), None, &Compiler::InProcess)
        .unwrap();
    assert_eq!(plugin.describe().await.unwrap().name, super::name("test"));

    let mut other = honest();
    other["stage-types"][0]["scope"] = "stack".into();
    let plugin = sandbox()
        .load(&signed(&other), None, &Compiler::InProcess)
        .unwrap();
    let error = plugin.describe().await.unwrap_err();
    assert_eq!(
        error.fault,
        Fault::Descriptor("/stage-types/0/scope".into())
    );
    assert_eq!(
        error.to_string(),
        "acme/test: describe: what the plugin says about itself differs from its signed metadata at /stage-types/0/scope"
    );
}
