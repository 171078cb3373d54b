use semver::Version;
use serde_json::json;

use super::*;
use crate::package::PackageError;
use crate::testing::{
    component, envelope, expectation, host, key, manifest, metadata, name, signed, signed_as, trust,
};
use crate::{Capabilities, Kind};

fn refusal(bytes: Vec<u8>, statement: &[u8]) -> VerifyError {
    verify(bytes, statement, &trust(), &expectation()).unwrap_err()
}

/// A statement that says something else than the component's metadata.
fn signed_with(change: impl FnOnce(&mut Manifest)) -> (Vec<u8>, Vec<u8>) {
    let (bytes, _) = signed();
    let mut manifest = manifest();
    change(&mut manifest);
    let component = Digest::of(&bytes);
    let statement = Statement {
        component,
        manifest,
    };
    (bytes, envelope(&statement, &[&key(1)]))
}

/// A package whose statement and metadata agree on something else than usual.
fn package_with(change: impl FnOnce(&mut Manifest)) -> (Vec<u8>, Vec<u8>) {
    let mut metadata = metadata();
    change(&mut metadata.manifest);
    signed_as(&metadata, &[&key(1)])
}

#[test]
fn a_signed_component_verifies_and_keeps_its_bytes() {
    let (bytes, statement) = signed();
    let verified = verify(bytes.clone(), &statement, &trust(), &expectation()).unwrap();
    assert_eq!(**verified.bytes(), *bytes);
    assert_eq!(verified.component_digest(), Digest::of(&bytes));
    assert_eq!(verified.statement_digest(), Digest::of(&statement));
    assert_eq!(*verified.manifest(), manifest());
    assert_eq!(*verified.metadata(), metadata());
    let signer = key(1).public().fingerprint();
    assert_eq!(*verified.signers(), BTreeSet::from([signer]));
}

#[test]
fn every_flipped_bit_of_the_component_is_refused() {
    let (bytes, statement) = signed();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let error = refusal(flipped, &statement);
        assert!(
            matches!(error, VerifyError::Altered { .. }),
            "byte {at}: {error}"
        );
    }
}

#[test]
fn every_flipped_bit_of_the_payload_and_signature_is_refused() {
    let (bytes, statement) = signed();
    let value: serde_json::Value = serde_json::from_slice(&statement).unwrap();
    let text = String::from_utf8(statement.clone()).unwrap();
    for region in ["/payload", "/payloadType", "/signatures/0/sig"] {
        let content = value.pointer(region).unwrap().as_str().unwrap();
        let start = text.find(content).unwrap();
        for at in start..start + content.len() {
            let mut flipped = statement.clone();
            flipped[at] ^= 1 << (at % 8);
            let result = verify(bytes.clone(), &flipped, &trust(), &expectation());
            assert!(result.is_err(), "{region} byte {at}");
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let (bytes, statement) = signed();
    for length in 0..bytes.len() {
        assert!(matches!(
            refusal(bytes[..length].to_vec(), &statement),
            VerifyError::Altered { .. }
        ));
    }
    assert!(matches!(refusal(bytes.clone(), b""), VerifyError::Unsigned));
    for length in 1..statement.len() {
        assert!(matches!(
            refusal(bytes.clone(), &statement[..length]),
            VerifyError::Envelope(_)
        ));
    }
}

#[test]
fn an_envelope_without_signatures_is_unsigned() {
    let (bytes, statement) = signed();
    let mut value: serde_json::Value = serde_json::from_slice(&statement).unwrap();
    value["signatures"] = json!([]);
    let error = refusal(bytes, value.to_string().as_bytes());
    assert!(matches!(error, VerifyError::Unsigned));
    assert!(error.to_string().contains("aegis plugin sign"));
}

#[test]
fn a_strangers_key_is_refused_with_its_fingerprint() {
    let (bytes, statement) = signed_as(&metadata(), &[&key(9)]);
    let error = refusal(bytes, &statement);
    assert!(matches!(error, VerifyError::UntrustedKey { .. }));
    let text = error.to_string();
    assert!(
        text.contains(&key(9).public().fingerprint().to_string()),
        "{text}"
    );
    assert!(text.contains("aegis trust add acme"), "{text}");
}

#[test]
fn a_key_signs_in_its_own_name_space_only() {
    for (number, has) in [(2, Role::Publisher(name("other"))), (3, Role::Operators)] {
        let (bytes, statement) = signed_as(&metadata(), &[&key(number)]);
        match refusal(bytes, &statement) {
            VerifyError::KeyOfAnother {
                fingerprint,
                has: found,
                ..
            } => {
                assert_eq!(fingerprint, key(number).public().fingerprint());
                assert_eq!(found, has);
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_publisher_that_nobody_trusts_is_refused() {
    let (bytes, statement) = package_with(|m| m.plugin.publisher = name("nobody"));
    let mut expected = expectation();
    expected.plugin.publisher = name("nobody");
    let error = verify(bytes, &statement, &trust(), &expected).unwrap_err();
    assert!(matches!(error, VerifyError::KeyOfAnother { .. }), "{error}");
}

#[test]
fn an_altered_statement_is_told_from_a_strangers() {
    let (bytes, statement) = signed();
    let mut value: serde_json::Value = serde_json::from_slice(&statement).unwrap();
    let (_, other) = signed_with(|m| m.version = Version::new(2, 1, 4));
    let other: serde_json::Value = serde_json::from_slice(&other).unwrap();
    value["payload"] = other["payload"].clone();
    let error = refusal(bytes, value.to_string().as_bytes());
    assert!(
        matches!(error, VerifyError::StatementAltered { .. }),
        "{error}"
    );
}

#[test]
fn two_signatures_of_one_key_do_not_make_two() {
    let acme = Role::Publisher(name("acme"));
    let mut trust = trust();
    trust.add(acme.clone(), key(4).public()).unwrap();
    trust.set_threshold(&acme, 2.try_into().unwrap()).unwrap();
    let (bytes, statement) = signed();
    let mut value: serde_json::Value = serde_json::from_slice(&statement).unwrap();
    let signature = value["signatures"][0].clone();
    value["signatures"] = json!([signature, signature]);
    let twice = value.to_string();
    for statement in [&statement, twice.as_bytes()] {
        assert!(matches!(
            verify(bytes.clone(), statement, &trust, &expectation()).unwrap_err(),
            VerifyError::TooFewSignatures {
                needed: 2,
                found: 1,
                ..
            }
        ));
    }
    let (bytes, statement) = signed_as(&metadata(), &[&key(1), &key(9)]);
    assert!(verify(bytes, &statement, &trust, &expectation()).is_err());
    let (bytes, statement) = signed_as(&metadata(), &[&key(4), &key(9), &key(1)]);
    let verified = verify(bytes, &statement, &trust, &expectation()).unwrap();
    assert_eq!(verified.signers().len(), 2);
}

#[test]
fn what_is_revoked_is_refused() {
    let (bytes, statement) = signed();
    let mut revoked = trust();
    let fingerprint = key(1).public().fingerprint();
    revoked.revoke_key(fingerprint, "stolen\u{1b}[2J").unwrap();
    let error = verify(bytes.clone(), &statement, &revoked, &expectation()).unwrap_err();
    assert!(matches!(error, VerifyError::KeyRevoked { .. }), "{error}");
    assert!(error.to_string().contains("stolen\\u{1b}[2J"));

    let mut revoked = trust();
    revoked.revoke_component(Digest::of(&bytes), "CVE").unwrap();
    let error = verify(bytes, &statement, &revoked, &expectation()).unwrap_err();
    assert!(
        matches!(error, VerifyError::ComponentRevoked { .. }),
        "{error}"
    );
}

#[test]
fn another_thing_than_what_was_asked_for_is_refused() {
    let check = |(bytes, statement): (Vec<u8>, Vec<u8>)| refusal(bytes, &statement);
    assert!(matches!(
        check(package_with(|m| m.plugin.plugin = name("other"))),
        VerifyError::WrongPlugin { .. }
    ));
    assert!(matches!(
        check(package_with(|m| m.plugin.publisher = name("other"))),
        VerifyError::WrongPlugin { .. }
    ));
    for version in ["2.0.9", "3.0.0", "2.2.0-rc.1"] {
        assert!(matches!(
            check(package_with(|m| m.version = version.parse().unwrap())),
            VerifyError::WrongVersion { .. }
        ));
    }
    assert!(matches!(
        check(package_with(|m| m.kind = Kind::Gitops)),
        VerifyError::WrongKind { .. }
    ));
    assert!(matches!(
        check(package_with(|m| m.contract = Version::new(0, 2, 0))),
        VerifyError::WrongContract { .. }
    ));
    let error = check(package_with(|m| m.minimum_host = Version::new(0, 1, 1)));
    assert!(matches!(error, VerifyError::NeedsNewerHost { .. }));
    assert!(
        error
            .to_string()
            .contains("needs Aegis 0.1.1 or later, this is 0.1.0")
    );
}

#[test]
fn metadata_that_says_something_else_than_the_statement_is_refused() {
    let check = |(bytes, statement): (Vec<u8>, Vec<u8>)| refusal(bytes, &statement);
    let less = Capabilities::new(vec![manifest().capabilities.as_slice()[0].clone()]).unwrap();
    assert!(matches!(
        check(signed_with(|m| m.capabilities = less)),
        VerifyError::CapabilitiesDiffer
    ));
    let more = vec![json!({"capability": "all"})];
    assert!(matches!(
        check(signed_with(
            |m| m.capabilities = Capabilities::new(more).unwrap()
        )),
        VerifyError::CapabilitiesDiffer
    ));
    assert!(matches!(
        check(signed_with(|m| m.version = Version::new(2, 1, 4))),
        VerifyError::MetadataDiffers(Disagreement::Version)
    ));
    assert!(matches!(
        check(signed_with(|m| m.minimum_host = Version::new(0, 0, 1))),
        VerifyError::MetadataDiffers(Disagreement::MinimumHost)
    ));
    let any = Expectation {
        kind: None,
        ..expectation()
    };
    let (bytes, statement) = signed_with(|m| m.kind = Kind::Validation);
    assert!(matches!(
        verify(bytes, &statement, &trust(), &any).unwrap_err(),
        VerifyError::MetadataDiffers(Disagreement::Kind)
    ));
    let mut wide = expectation();
    wide.host.contracts.insert(Version::new(0, 2, 0));
    let (bytes, statement) = signed_with(|m| m.contract = Version::new(0, 2, 0));
    assert!(matches!(
        verify(bytes, &statement, &trust(), &wide).unwrap_err(),
        VerifyError::MetadataDiffers(Disagreement::Contract)
    ));
    let mut renamed = expectation();
    renamed.plugin.plugin = name("other");
    let (bytes, statement) = signed_with(|m| m.plugin.plugin = name("other"));
    assert!(matches!(
        verify(bytes, &statement, &trust(), &renamed).unwrap_err(),
        VerifyError::MetadataDiffers(Disagreement::Name)
    ));
}

#[test]
fn signed_bytes_that_are_no_package_are_refused() {
    let twice = {
        let (bytes, _) = signed();
        let section = bytes[component("(component (core module))").len()..].to_vec();
        [bytes, section].concat()
    };
    let nested = r#"(component (component (@custom "aegis:package" "{}")))"#;
    type Check = fn(&PackageError) -> bool;
    let cases: [(Vec<u8>, Check); 5] = [
        (twice, |e| matches!(e, PackageError::TwoSections)),
        (component(nested), |e| {
            matches!(e, PackageError::NestedSection)
        }),
        (component("(component)"), |e| {
            matches!(e, PackageError::NoMetadata)
        }),
        (component("(module)"), |e| {
            matches!(e, PackageError::NotAComponent)
        }),
        (Vec::new(), |e| matches!(e, PackageError::NotAComponent)),
    ];
    for (bytes, expected) in cases {
        let statement = Statement {
            component: Digest::of(&bytes),
            manifest: manifest(),
        };
        match refusal(bytes, &envelope(&statement, &[&key(1)])) {
            VerifyError::Package(error) => assert!(expected(&error), "{error}"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_component_over_the_cap_is_refused_before_it_is_hashed() {
    let (_, statement) = signed();
    assert!(matches!(
        refusal(vec![0; COMPONENT_MAX + 1], &statement),
        VerifyError::TooLarge { .. }
    ));
}

#[test]
fn what_the_lock_file_pins_is_what_runs() {
    let (bytes, statement) = signed();
    let signer = key(1).public().fingerprint();
    let locked = |component: &[u8], statement: &[u8], signer| Expectation {
        version: VersionRule::Exactly(Version::new(2, 1, 3)),
        locked: Some(Locked {
            component: Digest::of(component),
            statement: Digest::of(statement),
            signers: BTreeSet::from([signer]),
        }),
        host: host(),
        ..expectation()
    };
    let check = |expected| verify(bytes.clone(), &statement, &trust(), &expected);
    check(locked(&bytes, &statement, signer)).unwrap();
    assert!(matches!(
        check(locked(b"other", &statement, signer)).unwrap_err(),
        VerifyError::NotTheLockedComponent { .. }
    ));
    assert!(matches!(
        check(locked(&bytes, b"other", signer)).unwrap_err(),
        VerifyError::NotTheLockedStatement { .. }
    ));
    assert!(matches!(
        check(locked(&bytes, &statement, key(2).public().fingerprint())).unwrap_err(),
        VerifyError::NotTheLockedSigner { .. }
    ));
}

#[test]
fn a_statement_of_one_component_is_none_of_another() {
    let (_, statement) = signed();
    let mut metadata = metadata();
    metadata.description.push('!');
    let (other, _) = signed_as(&metadata, &[&key(1)]);
    assert!(matches!(
        refusal(other, &statement),
        VerifyError::Altered { .. }
    ));
}
