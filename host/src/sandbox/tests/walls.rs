//! The walls between a plugin and what it may read, import by import.

use std::sync::Arc;

use serde_json::{Value, json};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, WorldItem};

use super::counting::Counting;
use super::guest::Guest;
use super::{context, effective, load};
use crate::capability::Ec2Call;
use crate::proposal::{Collection, Kind};
use crate::sandbox::call::CallContext;
use crate::sandbox::meter::Meter;
use crate::sandbox::reads::{Access, Endpoint, Gate, ReadFailure, Refusal};
use crate::sandbox::request::tests::request;
use crate::sandbox::{Fault, Limits};

#[tokio::test]
async fn every_import_of_every_kind_is_refused_without_a_grant() {
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/0.1.0"))
        .unwrap();
    let mut walked = 0;
    for kind in Kind::ALL {
        let world = &resolve.worlds[resolve.select_world(&[package], Some(kind.name())).unwrap()];
        for item in world.imports.values() {
            let WorldItem::Interface { id, .. } = item else {
                panic!("{item:?}")
            };
            let interface = resolve.id_of(*id).unwrap();
            for function in resolve.interfaces[*id]
                .functions
                .values()
                .filter(|function| function.result.is_some())
            {
                let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
                assert!(signature.params.iter().all(|kind| matches!(
                    kind,
                    WasmType::I32 | WasmType::Pointer | WasmType::Length
                )));
                let (last, others) = signature.params.split_last().unwrap();
                assert_eq!(*last, WasmType::Pointer, "the place of the answer");
                // Asks with empty texts, and breaks off unless the answer is an error.
                let code = format!(
                    "(call $ask {} (i32.const 64))
                     (if (i32.ne (i32.load8_u (i32.const 64)) (i32.const 1)) (then (unreachable)))
                     (i32.const 2048)",
                    "(i32.const 0)".repeat(others.len())
                );
                let import = format!(
                    "(import \"{interface}\" \"{}\" (func $ask (param {})))",
                    function.name,
                    "i32 ".repeat(signature.params.len())
                );
                let asking = if kind == Kind::Validation {
                    "evaluate"
                } else {
                    "plan"
                };
                let plugin = load(kind, &Guest::new(kind).with(&import).runs(asking, &code));
                let backend = Arc::new(Counting::default());
                let context = context(kind, &json!([]), backend.reads());
                let outcome = match kind {
                    Kind::Validation => plugin
                        .evaluate(&request(Some("use1")), &context)
                        .await
                        .map(|_| ()),
                    _ => plugin
                        .plan(&request(Some("use1")), &context)
                        .await
                        .map(|_| ()),
                };
                assert_eq!(outcome, Ok(()), "{kind}: {interface} {}", function.name);
                assert_eq!(backend.asked(), 0, "{kind}: {interface} {}", function.name);
                walked += 1;
            }
        }
    }
    assert!(walked > 25, "{walked}");
}

struct Wall {
    gate: Gate,
    meter: Meter,
    backend: Arc<Counting>,
}

fn wall(kind: Kind, capabilities: &Value) -> Wall {
    let backend = Arc::new(Counting::default());
    let CallContext {
        effective, reads, ..
    } = context(kind, capabilities, backend.reads());
    let gate = Gate::new(Some(Access { effective, reads }), Arc::default());
    Wall {
        gate,
        meter: Meter::new(Limits::DEFAULT),
        backend,
    }
}

/// A wall between what the plugin asks for and what was granted.
fn wall_between(kind: Kind, asked: &Value, granted: &Value) -> Wall {
    let backend = Arc::new(Counting::default());
    let reads = backend.reads();
    let effective = Arc::new(effective(kind, asked, granted));
    Wall {
        gate: Gate::new(Some(Access { effective, reads }), Arc::default()),
        meter: Meter::new(Limits::DEFAULT),
        backend,
    }
}

fn told<T: std::fmt::Debug>(asked: Result<T, Refusal>) -> ReadFailure {
    match asked {
        Err(Refusal::Read(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

fn endpoint(host: &str, server_name: &str) -> Endpoint {
    Endpoint {
        host: host.into(),
        port: 443,
        server_name: server_name.into(),
    }
}

#[tokio::test]
async fn a_server_name_needs_a_grant_like_a_host() {
    let probe = json!([{"capability": "probe", "hosts": ["api.example.com"], "ports": [443]}]);
    let mut wall = wall(Kind::Validation, &probe);
    assert!(
        wall.gate
            .handshake(
                &mut wall.meter,
                endpoint("api.example.com", "api.example.com")
            )
            .await
            .is_ok()
    );
    for (host, server_name) in [
        ("api.example.com", "s3cret.attacker.example"),
        ("169.254.169.254", "api.example.com"),
        ("other.example.com", "other.example.com"),
    ] {
        let failure = told(
            wall.gate
                .handshake(&mut wall.meter, endpoint(host, server_name))
                .await,
        );
        assert!(
            matches!(failure, ReadFailure::Denied(_)),
            "{host}: {failure:?}"
        );
        let failure = told(
            wall.gate
                .accepts_plaintext(&mut wall.meter, endpoint(host, server_name))
                .await,
        );
        assert!(
            matches!(failure, ReadFailure::Denied(_)),
            "{host}: {failure:?}"
        );
    }
    assert_eq!(wall.backend.asked(), 1);
}

#[tokio::test]
async fn documents_that_were_asked_for_and_not_granted_are_said_to_be_missing() {
    let line = |kinds: &[&str]| json!([{"capability": "documents.read", "kinds": kinds}]);
    let (both, terraform) = (line(&["kops-cluster", "terraform"]), line(&["terraform"]));
    for (asked, stages) in [(&both, vec!["cluster"]), (&terraform, vec![])] {
        let mut wall = wall_between(Kind::Validation, asked, &terraform);
        let documents = wall.gate.documents(&mut wall.meter).await.unwrap();
        let seen: Vec<_> = documents
            .iter()
            .map(|info| info.identity.as_str())
            .collect();
        assert_eq!(seen, ["terraform/network-use1"]);
        let document = wall
            .gate
            .document(&mut wall.meter, "terraform/network-use1".into());
        assert!(document.await.is_ok());
        for identity in ["kops/use1", "nothing"] {
            let answer = wall.gate.document(&mut wall.meter, identity.into()).await;
            assert_eq!(told(answer), ReadFailure::Absent);
        }
        let missing = wall.gate.missing_stages(&mut wall.meter).await.unwrap();
        let missing: Vec<_> = missing.iter().map(|stage| stage.stage.as_str()).collect();
        assert_eq!(missing, stages);
    }
}

#[tokio::test]
async fn a_plugin_that_asked_for_no_document_is_told_so() {
    let mut wall = wall(Kind::Validation, &json!([]));
    let answer = wall.gate.documents(&mut wall.meter).await;
    assert!(matches!(told(answer), ReadFailure::Denied(_)));
    // Asked for kinds of which the plan has none: there are none.
    let files = json!([{"capability": "documents.read", "kinds": ["file"]}]);
    let mut wall = self::wall(Kind::Validation, &files);
    assert_eq!(wall.gate.documents(&mut wall.meter).await.unwrap(), []);
}

#[tokio::test]
async fn the_data_of_secrets_stays_here_also_in_a_list() {
    let read = json!([
        {"capability": "cluster.read", "clusters": ["own"], "group": "", "kinds": ["Secret"], "namespaces": ["*"]}
    ]);
    let mut wall = wall(Kind::Security, &read);
    let secrets = || Collection {
        group: String::new(),
        kind: "Secret".into(),
    };
    let (objects, next) = wall
        .gate
        .objects(
            &mut wall.meter,
            "use1".into(),
            secrets(),
            Some("a".into()),
            None,
        )
        .await
        .unwrap();
    assert_eq!(
        (objects, next),
        (
            vec![r#"{"kind":"Secret"}"#.to_owned()],
            Some("2".to_owned())
        )
    );
    // Another cluster is not its own.
    let other = wall
        .gate
        .objects(
            &mut wall.meter,
            "euw1".into(),
            secrets(),
            Some("a".into()),
            None,
        )
        .await;
    assert!(matches!(told(other), ReadFailure::Denied(_)));
}

#[tokio::test]
async fn a_path_cannot_leave_the_tree() {
    let tree = json!([{"capability": "tree.read", "paths": ["docs/**"]}]);
    let mut wall = wall(Kind::Gitops, &tree);
    assert_eq!(
        wall.gate
            .file(&mut wall.meter, "docs/a.md".into())
            .await
            .unwrap(),
        "hello"
    );
    for path in [
        "/etc/passwd",
        "docs/../../etc/passwd",
        "docs//a",
        "docs\\..\\a",
        "docs/a\0",
        "",
    ] {
        let failure = told(wall.gate.file(&mut wall.meter, path.into()).await);
        assert!(
            matches!(failure, ReadFailure::Invalid(_)),
            "{path}: {failure:?}"
        );
    }
    let failure = told(wall.gate.file(&mut wall.meter, "clusters/a".into()).await);
    assert!(matches!(failure, ReadFailure::Denied(_)), "{failure:?}");
    assert_eq!(wall.backend.asked(), 1);
}

#[test]
fn an_ec2_call_is_granted_by_name_and_region() {
    let zones = json!([{"capability": "ec2.read", "calls": ["availability-zones"], "regions": ["us-east-1"]}]);
    let mut wall = wall(Kind::Provisioning, &zones);
    assert!(
        wall.gate
            .ec2(&mut wall.meter, Ec2Call::AvailabilityZones, "us-east-1")
            .is_ok()
    );
    for (call, region) in [
        (Ec2Call::Vpcs, "us-east-1"),
        (Ec2Call::AvailabilityZones, "eu-west-1"),
    ] {
        match wall.gate.ec2(&mut wall.meter, call, region) {
            Err(Refusal::Read(ReadFailure::Denied(_))) => {}
            _ => panic!("{call:?} {region}"),
        }
    }
}

#[tokio::test]
async fn a_refused_question_is_counted_too() {
    let mut wall = wall(Kind::Gitops, &json!([]));
    wall.meter = Meter::new(Limits {
        host_calls: 2,
        ..Limits::DEFAULT
    });
    for _ in 0..2 {
        assert!(matches!(
            told(wall.gate.files(&mut wall.meter, String::new()).await),
            ReadFailure::Denied(_)
        ));
    }
    match wall.gate.files(&mut wall.meter, String::new()).await {
        Err(Refusal::Stop(fault)) => assert_eq!(fault, Fault::HostCalls { limit: 2 }),
        other => panic!("{other:?}"),
    }
}
