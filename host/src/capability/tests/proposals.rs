//! Proposals as a whole.

use serde_json::{Value, json};

use super::super::codes::{
    CYCLE, DANGLING, DUPLICATE, FACT_OFFER, KIND_CEILING, MALFORMED_FIELD, MALFORMED_NAME,
    NOT_GRANTED, NOT_REQUESTED, SCOPE,
};
use super::super::{AuthorizedProposal, Denial, authorize_proposal};
use super::{apply, context, effective, effective_of, id, widest, with};
use crate::proposal::{
    CertificateAuthority, Change, FactMode, FactOffer, FactReach, FactRequirement, FactSource,
    Generator, Kind, Moved, ObjectRef, Probe, ProbeCheck, Proposal, ProvidedFact, Scope, StageType,
};
use crate::template::Node;

fn stage_type(offers: &[(&str, &str, bool)]) -> StageType {
    StageType {
        name: id("mesh"),
        title: "Mesh".into(),
        scope: Scope::Cluster,
        config_version: 1,
        config_schema: json!({}),
        settings: Vec::new(),
        requires: vec![FactRequirement {
            name: id("network.vpc-id"),
            format: "aws-id".parse().unwrap(),
            schema: 1,
            mode: FactMode::Opaque,
            reach: FactReach::OwnCluster,
            optional: false,
            secret: false,
        }],
        provides: offers
            .iter()
            .map(|(name, format, secret)| FactOffer {
                name: id(name),
                format: format.parse().unwrap(),
                schema: 1,
                secret: *secret,
            })
            .collect(),
        conflicts: Vec::new(),
    }
}

fn config(name: &str, change_id: &str) -> Change {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "a"}});
    Change {
        id: id(change_id),
        ..apply(&object)
    }
}

fn grants() -> Value {
    with(
        widest(),
        &[json!({"capability": "facts", "provides": ["mesh.address", "mesh.key"]})],
    )
}

fn judge(
    proposal: Proposal,
    offers: &[(&str, &str, bool)],
) -> Result<AuthorizedProposal, Vec<Denial>> {
    authorize_proposal(
        &effective(Kind::Gitops, &grants()),
        proposal,
        &stage_type(offers),
        &context(),
    )
}

fn codes(proposal: Proposal, offers: &[(&str, &str, bool)]) -> Vec<&'static str> {
    judge(proposal, offers)
        .err()
        .unwrap_or_default()
        .iter()
        .map(|denial| denial.code)
        .collect()
}

fn provided(name: &str, source: FactSource) -> Proposal {
    Proposal {
        provides: vec![ProvidedFact {
            name: id(name),
            source,
        }],
        ..Proposal::default()
    }
}

#[test]
fn an_honest_proposal_is_authorised_with_the_grants_it_used() {
    let proposal = Proposal {
        changes: vec![
            config("a", "first"),
            Change {
                after: vec![id("first")],
                ..config("b", "second")
            },
        ],
        provides: vec![ProvidedFact {
            name: id("mesh.address"),
            source: FactSource::Value(json!("a.b")),
        }],
        probes: vec![Probe {
            id: id("up"),
            cluster: None,
            check: ProbeCheck::ApiReachable,
            timeout_seconds: 60,
        }],
        moved: vec![Moved {
            cluster: None,
            from: "kubernetes/ConfigMap/a/old".into(),
            to: "kubernetes/ConfigMap/a/a".into(),
        }],
    };
    let authorized = judge(proposal, &[("mesh.address", "dns-name", false)]).unwrap();
    assert_eq!(authorized.changes().len(), 2);
    assert_eq!(authorized.changes()[0].requests().len(), 1);
    assert_eq!(authorized.grants().len(), 3);
}

#[test]
fn the_parts_of_a_proposal_fit_together() {
    let changes = |changes: Vec<Change>| Proposal {
        changes,
        ..Proposal::default()
    };
    let after = |change: Change, before: &str| Change {
        after: vec![id(before)],
        ..change
    };
    for (claim, proposal, expected) in [
        (
            "one id twice",
            changes(vec![config("a", "x"), config("b", "x")]),
            vec![DUPLICATE],
        ),
        (
            "one object twice",
            changes(vec![config("a", "x"), config("a", "y")]),
            vec![DUPLICATE],
        ),
        (
            "after nothing",
            changes(vec![after(config("a", "x"), "y")]),
            vec![DANGLING],
        ),
        (
            "after itself",
            changes(vec![after(config("a", "x"), "x")]),
            vec![CYCLE],
        ),
        (
            "in a circle",
            changes(vec![
                after(config("a", "x"), "y"),
                after(config("b", "y"), "x"),
            ]),
            vec![CYCLE],
        ),
        (
            "another cluster",
            changes(vec![Change {
                cluster: Some(id("euw1")),
                ..config("a", "x")
            }]),
            vec![super::super::codes::OUT_OF_REACH],
        ),
        (
            "two moves of one thing",
            Proposal {
                moved: vec![
                    Moved {
                        cluster: None,
                        from: "k/a".into(),
                        to: "k/b".into(),
                    },
                    Moved {
                        cluster: None,
                        from: "k/a".into(),
                        to: "k/c".into(),
                    },
                ],
                ..Proposal::default()
            },
            vec![DUPLICATE],
        ),
        (
            "a move into another driver",
            Proposal {
                moved: vec![Moved {
                    cluster: None,
                    from: "k/a".into(),
                    to: "terraform/b".into(),
                }],
                ..Proposal::default()
            },
            vec![MALFORMED_NAME],
        ),
    ] {
        assert_eq!(codes(proposal, &[]), expected, "{claim}");
    }
}

#[test]
fn two_files_that_differ_in_case_only_are_one() {
    let file = |path: &str, change_id: &str| Change {
        id: id(change_id),
        ..super::change(
            crate::proposal::Action::File(crate::proposal::File {
                path: path.into(),
                content: crate::template::Templated::literal("x"),
            }),
            None,
        )
    };
    let proposal = Proposal {
        changes: vec![file("docs/Readme.md", "x"), file("docs/README.md", "y")],
        ..Proposal::default()
    };
    assert_eq!(codes(proposal, &[]), [DUPLICATE]);
}

#[test]
fn facts_are_those_that_were_offered_and_granted() {
    let address = ("mesh.address", "dns-name", false);
    let value = |value: Value| provided("mesh.address", FactSource::Value(value));
    assert_eq!(codes(value(json!("a.b")), &[address]), [""; 0]);
    assert_eq!(
        codes(value(json!("a b")), &[address]),
        [FACT_OFFER],
        "of another format"
    );
    assert_eq!(codes(value(json!("a.b")), &[]), [FACT_OFFER], "not offered");
    assert_eq!(
        codes(Proposal::default(), &[address]),
        [FACT_OFFER],
        "left out"
    );
    let other = ("mesh.root-ca", "text", false);
    assert_eq!(
        codes(
            provided("mesh.root-ca", FactSource::Value(json!("x"))),
            &[other]
        ),
        [NOT_REQUESTED],
        "not granted"
    );
    let ungranted = effective_of(Kind::Gitops, &grants(), &widest());
    let denials = authorize_proposal(
        &ungranted,
        value(json!("a.b")),
        &stage_type(&[address]),
        &context(),
    )
    .unwrap_err();
    assert_eq!(
        denials.iter().map(|denial| denial.code).collect::<Vec<_>>(),
        [NOT_GRANTED]
    );
}

#[test]
fn secrets_stay_secret_and_are_never_written_down() {
    let key = |secret| ("mesh.key", "text", secret);
    let of_secret = FactSource::KubernetesField {
        cluster: None,
        object: ObjectRef {
            group: String::new(),
            kind: "Secret".into(),
            namespace: Some("a".into()),
            name: "x".into(),
        },
        pointer: "/data/key".into(),
        until_seconds: 60,
    };
    let token = |ttl_seconds| FactSource::TokenRequest {
        namespace: "a".into(),
        service_account: "x".into(),
        audience: "y".into(),
        ttl_seconds,
    };
    let authority = |parent: Option<&str>| {
        FactSource::Generated(Generator::CertificateAuthority(CertificateAuthority {
            common_name: "Shop root".into(),
            parent: parent.map(id),
            validity_days: 3650,
        }))
    };
    for (claim, source, secret, expected) in [
        (
            "a secret as a value",
            FactSource::Value(json!("hunter2")),
            true,
            vec![FACT_OFFER],
        ),
        (
            "a Secret's field as a public fact",
            of_secret.clone(),
            false,
            vec![FACT_OFFER],
        ),
        ("a stranger's Secret", of_secret, true, vec![NOT_REQUESTED]),
        (
            "a token as a public fact",
            token(3600),
            false,
            vec![FACT_OFFER],
        ),
        (
            "a token without a grant",
            token(3600),
            true,
            vec![NOT_REQUESTED],
        ),
        (
            "a token for ever",
            token(u32::MAX),
            true,
            vec![MALFORMED_FIELD],
        ),
        (
            "random bytes as a public fact",
            FactSource::Generated(Generator::Bytes(32)),
            false,
            vec![FACT_OFFER],
        ),
        (
            "random bytes",
            FactSource::Generated(Generator::Bytes(32)),
            true,
            vec![],
        ),
        (
            "one random byte",
            FactSource::Generated(Generator::Bytes(1)),
            true,
            vec![MALFORMED_FIELD],
        ),
        ("an authority", authority(None), true, vec![]),
        (
            "an authority under a required one",
            authority(Some("mesh.ca-key")),
            true,
            vec![],
        ),
        (
            "an authority under itself",
            authority(Some("mesh.key")),
            true,
            vec![DANGLING],
        ),
        (
            "an authority under nothing",
            authority(Some("other")),
            true,
            vec![DANGLING],
        ),
        (
            "the operator's store",
            FactSource::External("prod/db".into()),
            true,
            vec![NOT_REQUESTED],
        ),
        (
            "the operator's store in public",
            FactSource::External("prod/db".into()),
            false,
            vec![FACT_OFFER],
        ),
        (
            "a certificate of nothing",
            FactSource::Generated(Generator::Certificate(id("other"))),
            false,
            vec![DANGLING],
        ),
        (
            "an output of no root",
            FactSource::TerraformOutput {
                root: id("x"),
                output: "y".into(),
            },
            false,
            vec![DANGLING],
        ),
        (
            "an answer of no tool",
            FactSource::ToolOutput {
                change: id("x"),
                pointer: String::new(),
            },
            false,
            vec![DANGLING],
        ),
        (
            "a field of no cluster",
            FactSource::KopsField("/spec".into()),
            false,
            vec![DANGLING],
        ),
    ] {
        assert_eq!(
            codes(provided("mesh.key", source), &[key(secret)]),
            expected,
            "{claim}"
        );
    }
}

#[test]
fn probes_look_at_the_stages_own_objects_or_need_a_grant() {
    let probe = |check| Probe {
        id: id("p"),
        cluster: None,
        check,
        timeout_seconds: 60,
    };
    let object = |name: &str| ObjectRef {
        group: String::new(),
        kind: "ConfigMap".into(),
        namespace: Some("a".into()),
        name: name.into(),
    };
    let pod = |namespace: &str| {
        Node::parse(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe", "namespace": namespace},
            "spec": {"containers": [{"name": "x", "image": "x", "securityContext": {"privileged": true}}]}}))
        .unwrap()
    };
    let condition = |name: &str| ProbeCheck::Condition {
        object: object(name),
        condition: "Ready".into(),
        status: "True".into(),
    };
    for (claim, probe, expected) in [
        ("an own object", probe(condition("own")), vec![]),
        ("a stranger's object", probe(condition("other")), vec![NOT_REQUESTED]),
        ("a fact of nobody", probe(ProbeCheck::FactPresent(id("other"))), vec![DANGLING]),
        ("an application of nobody", probe(ProbeCheck::ApplicationSynced("x".into())), vec![DANGLING]),
        ("without patience", Probe { timeout_seconds: 0, ..probe(ProbeCheck::ApiReachable) }, vec![MALFORMED_FIELD]),
        ("another cluster", Probe { cluster: Some(id("euw1")), ..probe(ProbeCheck::ApiReachable) }, vec![SCOPE]),
        ("a dry run without a grant", probe(ProbeCheck::Admission { object: pod("a"), admitted: false }), vec![NOT_REQUESTED]),
        (
            "a dry run of a review",
            probe(ProbeCheck::Admission {
                object: Node::parse(&json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "metadata": {"name": "x"}})).unwrap(),
                admitted: true,
            }),
            vec![super::super::codes::UNKNOWN_SCOPE],
        ),
    ] {
        let proposal = Proposal { changes: vec![config("own", "x")], probes: vec![probe], ..Proposal::default() };
        assert_eq!(codes(proposal, &[]), expected, "{claim}");
    }
}

#[test]
fn a_role_of_the_same_proposal_can_be_bound() {
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r", "namespace": "a"}, "rules": []});
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "r", "namespace": "a"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "ServiceAccount", "name": "x"}]});
    let grants = with(
        grants(),
        &[
            json!({"capability": "cluster.apply", "clusters": ["own"], "group": "rbac.authorization.k8s.io",
        "kinds": ["Role", "RoleBinding"], "names": ["*"], "namespaces": ["a"]}),
        ],
    );
    let run = |changes: Vec<Change>| {
        authorize_proposal(
            &effective(Kind::Security, &grants),
            Proposal {
                changes,
                ..Proposal::default()
            },
            &stage_type(&[]),
            &context(),
        )
        .err()
        .unwrap_or_default()
        .len()
    };
    let binding = Change {
        id: id("binding"),
        ..apply(&binding)
    };
    assert_eq!(run(vec![apply(&role), binding.clone()]), 0);
    assert_eq!(run(vec![binding]), 1, "somebody else's role needs a grant");
}

#[test]
fn a_validation_plugin_provides_nothing() {
    let denials = authorize_proposal(
        &effective(Kind::Validation, &grants()),
        provided("mesh.address", FactSource::Value(json!("a.b"))),
        &stage_type(&[("mesh.address", "dns-name", false)]),
        &context(),
    )
    .unwrap_err();
    assert_eq!(denials[0].code, KIND_CEILING);
}

#[test]
fn a_kind_that_the_proposal_defines_has_the_scope_it_says() {
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.acme.example.com"},
        "spec": {"group": "acme.example.com", "names": {"kind": "Thing", "plural": "things"}, "scope": "Namespaced", "versions": []}
    });
    let thing = json!({"apiVersion": "acme.example.com/v1", "kind": "Thing", "metadata": {"name": "x", "namespace": "a"}});
    let line = |group: &str, kind: &str, rest: Value| {
        let mut line = json!({"capability": "cluster.apply", "clusters": ["own"], "group": group, "kinds": [kind]});
        line.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        line
    };
    let grants = with(
        grants(),
        &[
            line(
                "apiextensions.k8s.io",
                "CustomResourceDefinition",
                json!({"names": ["*"], "scope": "cluster"}),
            ),
            line(
                "acme.example.com",
                "Thing",
                json!({"names": ["x"], "namespaces": ["a"], "unchecked": true}),
            ),
            json!({"capability": "intercept", "clusters": ["own"], "definitions": ["acme.example.com"]}),
        ],
    );
    let run = |changes: Vec<Change>| {
        authorize_proposal(
            &effective(Kind::Security, &grants),
            Proposal {
                changes,
                ..Proposal::default()
            },
            &stage_type(&[]),
            &context(),
        )
        .err()
        .unwrap_or_default()
        .iter()
        .map(|denial| denial.code)
        .collect::<Vec<_>>()
    };
    let thing = Change {
        id: id("thing"),
        ..apply(&thing)
    };
    assert_eq!(run(vec![apply(&definition), thing.clone()]), [""; 0]);
    assert_eq!(run(vec![thing]), [super::super::codes::UNKNOWN_SCOPE]);
}
