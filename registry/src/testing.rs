//! Packages, keys and trust for tests.

use std::collections::BTreeSet;

use aegis_document::Identifier;
use semver::Version;
use serde_json::json;

use crate::verify::{Expectation, HostVersion, VersionRule};
use crate::{
    Capabilities, Envelope, Kind, Manifest, Metadata, Package, Role, SecretKey, Statement, Trust,
};
use aegis_document::Digest;

/// A key that is the same in every run.
pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

pub(crate) fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

/// The binary of a component or module in text form.
pub(crate) fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

pub(crate) fn manifest() -> Manifest {
    Manifest {
        plugin: "acme/linkerd".parse().unwrap(),
        version: Version::new(2, 1, 3),
        kind: Kind::Security,
        contract: Version::new(0, 1, 0),
        capabilities: Capabilities::new(vec![
            json!({"capability": "cluster.apply", "kinds": ["Service"], "namespaces": ["linkerd"]}),
            json!({"capability": "pods", "level": "restricted", "ports": [443, 8443]}),
        ])
        .unwrap(),
        minimum_host: Version::new(0, 1, 0),
    }
}

pub(crate) fn metadata() -> Metadata {
    let descriptor =
        json!({"name": "linkerd", "stage-types": [{"title": "Mesh", "max": 0.5, "none": null}]});
    Metadata {
        manifest: manifest(),
        description: "A mesh — made in Köln.".to_owned(),
        licence: "Apache-2.0 OR MIT".to_owned(),
        descriptor: descriptor.as_object().unwrap().clone(),
    }
}

/// A packaged component and its statement, signed by the given keys.
pub(crate) fn signed_as(metadata: &Metadata, keys: &[&SecretKey]) -> (Vec<u8>, Vec<u8>) {
    let bytes = Package::embed(&component("(component (core module))"), metadata).unwrap();
    let statement = Statement {
        component: Digest::of(&bytes),
        manifest: metadata.manifest.clone(),
    };
    (bytes, envelope(&statement, keys))
}

pub(crate) fn envelope(statement: &Statement, keys: &[&SecretKey]) -> Vec<u8> {
    let (first, others) = keys.split_first().unwrap();
    let mut envelope = Envelope::sign(statement, first).unwrap();
    for key in others {
        envelope.add_signature(key);
    }
    envelope.to_bytes().unwrap()
}

/// The usual package, signed by key 1.
pub(crate) fn signed() -> (Vec<u8>, Vec<u8>) {
    signed_as(&metadata(), &[&key(1)])
}

/// Key 1 signs for `acme`, key 2 for `other`, key 3 is an operator's.
pub(crate) fn trust() -> Trust {
    let mut trust = Trust::default();
    trust
        .add(Role::Publisher(name("acme")), key(1).public())
        .unwrap();
    trust
        .add(Role::Publisher(name("other")), key(2).public())
        .unwrap();
    trust.add(Role::Operators, key(3).public()).unwrap();
    trust
}

pub(crate) fn host() -> HostVersion {
    HostVersion {
        version: Version::new(0, 1, 0),
        contracts: BTreeSet::from([Version::new(0, 1, 0)]),
    }
}

pub(crate) fn expectation() -> Expectation {
    Expectation {
        plugin: "acme/linkerd".parse().unwrap(),
        version: VersionRule::Matching("^2.1".parse().unwrap()),
        kind: Some(Kind::Security),
        host: host(),
        locked: None,
    }
}
