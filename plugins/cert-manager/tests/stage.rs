//! The stage as the host calls it.

mod support;

use aegis_plugin::harness::{self, Harness, Memory};
use aegis_plugin::security::{Action, Proposal};
use aegis_plugin::{Failure, Level, ProbeCheck, Security};
use aegis_plugin_cert_manager::CertManager;
use serde_json::{Value, json};

const ROOT: &str =
    "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUZm9yIHRlc3Rz\n-----END CERTIFICATE-----\n";

fn stage(config: Value) -> Harness {
    Harness::new(&CertManager::describe(), "internal-ca")
        .cluster(harness::cluster("use1", "us-east-1"))
        .cluster(harness::cluster("euw1", "eu-west-1"))
        .own("use1")
        .catalogue("cert-manager")
        .catalogue("trust-manager")
        .config(config)
}

fn plan(config: Value) -> Result<Proposal, Failure> {
    stage(config).run(&Memory::new(), CertManager::plan)
}

fn everything_set() -> Value {
    json!({
        "replicas": 1,
        "authority": { "source": "supplied", "root": ROOT },
        "domains": ["internal", "local"],
        "trust": { "also": [ROOT], "namespace-labels": { "trust": "internal" } },
        "network": {
            "api-server-cidrs": ["10.0.32.0/19", "10.0.0.0/19"],
            "api-server-port": 6443,
            "metrics-from": "monitoring",
        },
    })
}

#[test]
fn the_descriptor_is_sound() {
    harness::check(&CertManager::describe()).unwrap();
    insta::assert_snapshot!("descriptor", harness::render(&CertManager::describe()));
}

#[test]
fn proposals_are_as_they_were_judged() {
    insta::assert_snapshot!("defaults", harness::render(&plan(json!({})).unwrap()));
    insta::assert_snapshot!(
        "everything-set",
        harness::render(&plan(everything_set()).unwrap())
    );
}

#[test]
fn what_the_schema_cannot_say_is_refused_where_it_stands() {
    let authority = |fields: Value| {
        let mut authority = json!({ "source": "generated" });
        authority
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        json!({ "authority": authority })
    };
    for (config, pointer) in [
        (json!({ "replicas": 0 }), "/replicas"),
        (json!({ "replicas": 6 }), "/replicas"),
        (json!({ "replica": 2 }), "/replica"),
        (json!({ "domains": ["internal", "com"] }), "/domains/1"),
        (json!({ "domains": ["*.internal"] }), "/domains/0"),
        (
            authority(json!({ "organization": "" })),
            "/authority/organization",
        ),
        (
            authority(json!({ "organization": "a\nb" })),
            "/authority/organization",
        ),
        (
            authority(json!({ "root-days": 100 })),
            "/authority/root-days",
        ),
        (
            authority(json!({ "intermediate-days": 30 })),
            "/authority/intermediate-days",
        ),
        (
            authority(json!({ "root-days": 730, "intermediate-days": 730 })),
            "/authority/intermediate-days",
        ),
        (
            json!({ "authority": { "source": "supplied", "root": "x" } }),
            "/authority/root",
        ),
        (
            json!({ "trust": { "also": [ROOT, "-----BEGIN PRIVATE KEY-----"] } }),
            "/trust/also/1",
        ),
        (
            json!({ "network": { "api-server-cidrs": ["10.0.0.1/8"] } }),
            "/network/api-server-cidrs/0",
        ),
        (
            json!({ "network": { "api-server-port": 0 } }),
            "/network/api-server-port",
        ),
        (
            json!({ "network": { "api-server-port": 70000 } }),
            "/network/api-server-port",
        ),
        (
            json!({ "network": { "metrics-from": "a.b" } }),
            "/network/metrics-from",
        ),
    ] {
        match plan(config.clone()) {
            Err(Failure::InvalidConfig(problems)) => {
                assert_eq!(problems[0].pointer, pointer, "{config}: {problems:?}");
            }
            other => panic!("{config}: {other:?}"),
        }
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let config = json!({ "replicas": 9, "domains": ["com"], "network": { "metrics-from": "" } });
    let Err(Failure::InvalidConfig(problems)) = plan(config) else {
        panic!("it was accepted")
    };
    let pointers: Vec<_> = problems
        .iter()
        .map(|problem| problem.pointer.as_str())
        .collect();
    assert_eq!(
        pointers,
        ["/replicas", "/domains/0", "/network/metrics-from"]
    );
}

#[test]
fn the_multicast_domain_is_warned_about() {
    for (domains, warned) in [
        (json!(["internal"]), false),
        (json!(["local"]), true),
        (json!(["lan.local"]), true),
    ] {
        let host = Memory::new();
        stage(json!({ "domains": domains }))
            .run(&host, CertManager::plan)
            .unwrap();
        let warnings = host
            .messages()
            .into_iter()
            .any(|(level, text)| level == Level::Warn && text.contains("6762"));
        assert_eq!(warnings, warned, "{domains}");
    }
}

#[test]
fn the_bootstrap_and_root_issuers_serve_no_other_namespace() {
    let kinds: Vec<_> = objects(&plan(json!({})).unwrap())
        .into_iter()
        .filter(|object| object["kind"] == "ClusterIssuer")
        .map(|object| object["metadata"]["name"].clone())
        .collect();
    assert_eq!(kinds, ["internal"]);
}

#[test]
fn an_operators_authority_leaves_no_root_in_the_cluster() {
    let proposal = plan(everything_set()).unwrap();
    assert!(
        objects(&proposal)
            .iter()
            .all(|object| object["kind"] != "Certificate")
    );
}

#[test]
fn a_cluster_without_a_version_is_the_hosts_fault() {
    let mut cluster = harness::cluster("use1", "us-east-1");
    cluster.kubernetes_version = String::from("latest");
    let stage = Harness::new(&CertManager::describe(), "internal-ca")
        .cluster(cluster)
        .own("use1");
    assert!(matches!(
        stage.run(&Memory::new(), CertManager::plan),
        Err(Failure::Internal(_))
    ));
}

fn objects(proposal: &Proposal) -> Vec<Value> {
    let object = |action: &Action| match action {
        Action::Apply(object) => Some(support::document(object)),
        _ => None,
    };
    proposal
        .changes
        .iter()
        .filter_map(|change| object(&change.action))
        .collect()
}

#[test]
fn custom_resources_are_what_their_definitions_allow() {
    let Some(definitions) =
        support::definitions::Definitions::read(&["cert-manager.io", "trust.cert-manager.io"])
    else {
        return;
    };
    for config in [json!({}), everything_set()] {
        let proposal = plan(config).unwrap();
        for object in objects(&proposal) {
            let custom = object["apiVersion"]
                .as_str()
                .unwrap()
                .contains("cert-manager.io");
            let problems = definitions.problems(&object);
            assert_eq!(problems.is_some(), custom, "{object}");
            assert_eq!(
                problems.unwrap_or_default(),
                Vec::<String>::new(),
                "{object}"
            );
        }
    }
}

#[test]
fn values_are_what_their_charts_allow() {
    for config in [json!({}), everything_set()] {
        for change in plan(config).unwrap().changes {
            let Action::Release(release) = change.action else {
                continue;
            };
            let values = serde_json::from_str(&release.values).unwrap();
            let problems = support::chart::problems(&release.entry, &values, &[]);
            assert_eq!(
                problems.unwrap_or_default(),
                Vec::<String>::new(),
                "{}",
                release.entry
            );
        }
    }
}

#[test]
fn the_manifest_asks_for_every_object_release_and_fact() {
    for config in [json!({}), everything_set()] {
        let proposal = plan(config).unwrap();
        let tried = proposal
            .probes
            .iter()
            .filter_map(|probe| match &probe.check {
                ProbeCheck::Admission(check) => Some(serde_json::from_str(&check.object).unwrap()),
                _ => None,
            });
        for object in objects(&proposal).into_iter().chain(tried) {
            assert!(support::manifest::may_apply(&object), "{object}");
        }
        for change in &proposal.changes {
            let Action::Release(release) = &change.action else {
                continue;
            };
            let entries =
                support::manifest::texts(&support::manifest::lines("release")[0], "entries");
            assert!(entries.contains(&release.entry), "{}", release.entry);
        }
    }
    let facts = &support::manifest::lines("facts")[0];
    assert_eq!(
        support::manifest::texts(facts, "requires"),
        ["cluster.name"]
    );
    assert_eq!(
        support::manifest::texts(facts, "provides"),
        ["certificates.issuer"]
    );
}

#[test]
fn the_checks_find_what_is_wrong() {
    if let Some(definitions) = support::definitions::Definitions::read(&["cert-manager.io"]) {
        let broken = json!({
            "apiVersion": "cert-manager.io/v1",
            "kind": "Certificate",
            "spec": { "secretName": 1, "issuerRef": { "name": "a", "unknown": true } },
        });
        let problems = definitions.problems(&broken).unwrap();
        assert_eq!(problems.len(), 2, "{problems:?}");
    }
    for chart in ["cert-manager", "trust-manager"] {
        let problems = support::chart::problems(chart, &json!({ "replicas": 1 }), &[]);
        assert!(
            problems.is_none_or(|problems| problems.len() == 1),
            "{chart}"
        );
    }
}
