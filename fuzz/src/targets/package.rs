//! A package: the bytes of a component, its metadata section, and the verification of both.

use std::collections::BTreeSet;

use aegis_document::Digest;
use aegis_registry::verify::{HostVersion, VersionRule};
use aegis_registry::{
    Capabilities, Expectation, Kind, Manifest, Metadata, Package, PackageError, Statement, Trust,
    verify,
};
use semver::Version;
use serde_json::json;

use crate::authentic::{self, with_keys};
use crate::check;

/// A component with nothing in it.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

pub(super) fn made() -> Vec<Vec<u8>> {
    let metadata = metadata();
    // A core module and a component within the component, each with a section of its own.
    let nested = [
        EMPTY,
        b"\x01\x0e\0asm\x01\0\0\0\0\x04\x01xyz",
        b"\x04\x0d\0asm\x0d\0\x01\0\0\x03\x01xy",
    ]
    .concat();
    let mut seeds: Vec<Vec<u8>> = [EMPTY, &nested]
        .iter()
        .map(|component| Package::embed(component, &metadata).expect("a package"))
        .collect();
    let sealed = &seeds[0][EMPTY.len()..];
    // The content of the section alone.
    let start = sealed.iter().position(|byte| *byte == b'{').unwrap_or(0);
    seeds.push(sealed[start..].to_vec());
    // The section within a nested component.
    let inner = seeds[0].clone();
    seeds.push([EMPTY, b"\x04", &leb128(inner.len()), &inner].concat());
    seeds
}

pub(super) fn metadata() -> Metadata {
    let capabilities = vec![
        json!({"capability": "cluster.apply", "group": "", "kinds": ["Service"], "namespaces": ["linkerd"]}),
    ];
    let descriptor = json!({"name": "linkerd", "stage-types": [{"title": "Mesh", "max": 0.5}]});
    Metadata {
        manifest: Manifest {
            plugin: "acme/linkerd".parse().expect("a name"),
            version: Version::new(2, 1, 3),
            kind: Kind::Security,
            contract: Version::new(0, 1, 0),
            capabilities: Capabilities::new(capabilities).expect("capabilities"),
            minimum_host: Version::new(0, 1, 0),
        },
        description: "A mesh — made in Köln.".to_owned(),
        licence: "Apache-2.0".to_owned(),
        descriptor: descriptor.as_object().cloned().unwrap_or_default(),
    }
}

pub(super) fn run(input: &[u8]) {
    // As a component.
    match Package::read(input) {
        Ok(package) => {
            let metadata = package.into_metadata();
            assert!(matches!(
                Package::embed(input, &metadata),
                Err(PackageError::Packaged)
            ));
            verified(input, &metadata);
        }
        Err(error) => check::refused(&error),
    }
    // As the content of the section: what is read is embedded to the same bytes.
    let wrapped = section(input);
    match Package::read(&wrapped) {
        Ok(package) => {
            let again = Package::embed(EMPTY, package.metadata()).expect("it is embedded again");
            assert_eq!(again, wrapped);
        }
        Err(error) => check::refused(&error),
    }
}

/// Signed, it verifies; with one bit flipped in the component or the statement it does not.
fn verified(component: &[u8], metadata: &Metadata) {
    let statement = Statement {
        component: Digest::of(component),
        manifest: metadata.manifest.clone(),
    };
    let expected = Expectation {
        plugin: metadata.manifest.plugin.clone(),
        version: VersionRule::Exactly(metadata.manifest.version.clone()),
        kind: None,
        host: HostVersion {
            version: metadata.manifest.minimum_host.clone(),
            contracts: BTreeSet::from([metadata.manifest.contract.clone()]),
        },
        locked: None,
    };
    with_keys(|keys| {
        let payload = check::canonical(&statement);
        let envelope =
            authentic::envelope("application/vnd.in-toto+json", &payload, &keys.publisher);
        let verify = |component: &[u8], envelope: &[u8], trust: &Trust| {
            verify(component.to_vec(), envelope, trust, &expected)
        };
        let damaged = check::flipped(component, component);
        for (component, envelope) in [(&damaged[..], &envelope[..]), (component, &envelope[1..])] {
            let error = verify(component, envelope, &keys.trust).expect_err("a bit was flipped");
            check::refused(&error);
        }
        match verify(component, &envelope, &keys.trust) {
            Ok(verified) => {
                assert_eq!(&verified.bytes()[..], component);
                assert_eq!(verified.manifest(), &metadata.manifest);
                assert_eq!(metadata.manifest.plugin.publisher, "acme");
            }
            Err(error) => check::refused(&error),
        }
    });
}

/// An empty component with a metadata section.
fn section(content: &[u8]) -> Vec<u8> {
    let name = aegis_registry::package::SECTION.as_bytes();
    let body = [&leb128(name.len()), name, content].concat();
    [EMPTY, b"\0", &leb128(body.len()), &body].concat()
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
