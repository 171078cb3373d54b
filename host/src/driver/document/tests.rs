use std::collections::BTreeMap;

use aegis_document::Identifier;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixtures::*;
use super::*;
use crate::proposal::*;
use crate::stack::ReleaseOwner;

fn of(action: Action) -> Result<Vec<(Identity, Document)>, DocumentError> {
    built(action, Some("use1"), ReleaseOwner::Aegis)
}

fn all() -> Vec<(Identity, Document)> {
    let actions = [
        Action::Terraform(root(&[
            (
                "aws_vpc",
                "b",
                json!({"cidr_block": "10.0.0.0/16", "tags": {"${x}": "@@{y}"}}),
            ),
            ("aws_vpc", "a", json!({})),
        ])),
        Action::Kops(kops()),
        Action::Apply(object()),
        Action::EnsureAbsent(object().reference()),
        Action::Release(release()),
        Action::Application(application()),
        Action::Workflow(workflow()),
        Action::File(File {
            path: "docs/a.md".into(),
            content: Templated::parse("@{use1/x} @@{y}").unwrap(),
        }),
        Action::Tool(tool()),
    ];
    let mut all: Vec<_> = actions
        .into_iter()
        .flat_map(|action| of(action).unwrap())
        .collect();
    all.extend(
        built(
            Action::Release(release()),
            Some("use1"),
            ReleaseOwner::Argocd,
        )
        .unwrap(),
    );
    all
}

#[test]
fn every_document_reads_back_from_its_stored_form() {
    for (identity, document) in all() {
        let source = document.to_source();
        assert_eq!(
            Document::parse(&identity, &source).unwrap(),
            document,
            "{identity}"
        );
        assert!(Document::parse(&identity, &json!({})).is_err());
        assert!(Document::parse(&identity, &json!([])).is_err());
        if !matches!(document, Document::Kubernetes(_)) {
            let mut more = source;
            more["unknown-field"] = json!(1);
            assert!(Document::parse(&identity, &more).is_err(), "{identity}");
        }
    }
}

#[test]
fn a_document_is_not_that_of_another_identity() {
    let all = all();
    for (identity, document) in &all {
        for (other, _) in all.iter().filter(|(other, _)| other != identity) {
            let kinds = (
                std::mem::discriminant(identity),
                std::mem::discriminant(other),
            );
            if kinds.0 != kinds.1 {
                assert!(
                    Document::parse(other, &document.to_source()).is_err(),
                    "{identity} as {other}"
                );
            }
        }
    }
    for (wrong, right) in [
        (
            "kubernetes/use1/apps/Deployment/shop/other",
            "kubernetes/use1/apps/Deployment/shop/api",
        ),
        (
            "release/use1/istio-system/other",
            "release/use1/istio-system/istiod",
        ),
        ("application/use1/other", "application/use1/apps"),
        ("kops/use1/other", "kops/use1/nodes"),
        ("tool/other/change@use1", "tool/dns/change@use1"),
    ] {
        let right: Identity = right.parse().unwrap();
        let (_, document) = all.iter().find(|(identity, _)| *identity == right).unwrap();
        assert!(
            Document::parse(&wrong.parse().unwrap(), &document.to_source()).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn a_token_in_a_control_field_is_refused() {
    for (identity, pointer) in [
        ("kubernetes/use1/apps/Deployment/shop/api", "/metadata/name"),
        ("kubernetes/use1/apps/Deployment/shop/api", "/kind"),
        (
            "kubernetes/use1/apps/Deployment/shop/api",
            "/metadata/labels/a",
        ),
        ("terraform/network-use1", "/resources/0/type"),
        ("terraform/network-use1", "/resources/0/depends-on/0"),
        ("terraform/network-use1", "/region"),
        ("release/use1/istio-system/istiod", "/chart/version"),
        ("release/use1/istio-system/istiod", "/owner"),
        ("application/use1/apps", "/path"),
        ("workflow/deploy", "/jobs/0/steps/1/run"),
        ("kops/use1", "/metadata/name"),
        ("kops/use1", "/roll/0"),
        ("tool/dns/change@use1", "/adapter"),
    ] {
        let identity: Identity = identity.parse().unwrap();
        let documents = all();
        let (_, document) = documents
            .iter()
            .find(|(other, _)| *other == identity)
            .unwrap();
        let mut source = document.to_source();
        *source.pointer_mut(pointer).unwrap() = json!("@{use1/x}");
        assert!(
            Document::parse(&identity, &source).is_err(),
            "{identity} {pointer}"
        );
    }
}

#[test]
fn the_host_decides_where_a_cluster_keeps_its_keys() {
    let documents = of(Action::Kops(kops())).unwrap();
    let [(cluster, document), (group, nodes)] = documents.as_slice() else {
        panic!("{documents:?}")
    };
    assert_eq!(
        (cluster.to_string(), group.to_string()),
        ("kops/use1".into(), "kops/use1/nodes".into())
    );
    let source = document.to_source();
    assert_eq!(
        source["spec"]["configBase"],
        "s3://@{state.bucket}/use1.shop.example.com"
    );
    assert_eq!(source["spec"]["kubernetesVersion"], "1.36.3");
    assert_eq!(source["metadata"]["name"], "use1.shop.example.com");
    assert_eq!(
        nodes.to_source()["metadata"]["labels"]["kops.k8s.io/cluster"],
        "use1.shop.example.com"
    );
    for field in KOPS_HOST_FIELDS {
        let mut evil = kops();
        evil.spec = node(json!({field: "s3://evil"}));
        assert!(
            matches!(
                of(Action::Kops(evil)),
                Err(DocumentError::KopsHostField { .. })
            ),
            "{field}"
        );
    }
}

#[test]
fn what_the_host_added_is_not_authorised_again() {
    for (identity, document) in all() {
        let action = document.to_action(&identity).unwrap();
        match action {
            Action::Kops(cluster) => {
                assert!(
                    KOPS_HOST_FIELDS
                        .iter()
                        .all(|field| cluster.spec.get(field).is_none())
                );
            }
            Action::Apply(object) => assert_eq!(object.labels.len(), 2),
            action => {
                // Proposing it again gives the same document.
                let owner = match &document {
                    Document::Release(release) => release.owner,
                    _ => ReleaseOwner::Aegis,
                };
                let again = built(
                    action,
                    identity.cluster().map(Identifier::as_str).or(Some("use1")),
                    owner,
                )
                .unwrap();
                assert_eq!(again, [(identity, document)]);
            }
        }
    }
}

#[test]
fn objects_carry_the_marks_of_their_stack_and_stage() {
    let (_, document) = of(Action::Apply(object())).unwrap().remove(0);
    let labels = document.to_source()["metadata"]["labels"].clone();
    assert_eq!(
        labels,
        json!({"a": "1", "b": "@@{literal}", STACK_LABEL: "shop", STAGE_LABEL: "mesh"})
    );
}

#[test]
fn proposals_that_have_no_document_are_refused() {
    let with_status = KubernetesObject {
        body: node(json!({"status": {}})),
        ..object()
    };
    let twice = KubernetesObject {
        labels: vec![("a".into(), "1".into()), ("a".into(), "2".into())],
        ..object()
    };
    let marked = KubernetesObject {
        labels: vec![(STACK_LABEL.into(), "other".into())],
        ..object()
    };
    let no_map = KubernetesObject {
        body: node(json!([])),
        ..object()
    };
    let unknown_chart = Release {
        entry: name("evil"),
        ..release()
    };
    let block = ("aws_vpc", "a", json!({}));
    let mut groups = kops();
    groups
        .instance_groups
        .push(groups.instance_groups[0].clone());
    let mut holes = tool();
    holes.holes.push(holes.holes[0].clone());
    for (action, what) in [
        (Action::Apply(with_status), "status"),
        (Action::Apply(twice), "a label twice"),
        (Action::Apply(marked), "a host label"),
        (Action::Apply(no_map), "a list"),
        (Action::Release(unknown_chart), "a chart"),
        (
            Action::Terraform(root(&[block.clone(), block])),
            "a block twice",
        ),
        (Action::Kops(groups), "a group twice"),
        (Action::Tool(holes), "a hole twice"),
    ] {
        assert!(of(action).is_err(), "{what}");
    }
    assert_eq!(
        built(Action::Apply(object()), None, ReleaseOwner::Aegis),
        Err(DocumentError::NoCluster)
    );
    assert!(built(Action::Kops(kops()), Some("apne1"), ReleaseOwner::Aegis).is_err());
}

#[test]
fn the_order_of_a_proposal_does_not_matter() {
    let blocks = [
        ("aws_vpc", "a", json!({})),
        ("aws_subnet", "b", json!({})),
        ("aws_vpc", "b", json!({})),
    ];
    let mut reversed = blocks.clone();
    reversed.reverse();
    assert_eq!(
        of(Action::Terraform(root(&blocks))),
        of(Action::Terraform(root(&reversed)))
    );
}

#[test]
fn binding_leaves_what_is_unknown() {
    let (identity, document) = of(Action::Apply(object())).unwrap().remove(0);
    assert_eq!(document.facts().len(), 1);
    let mut binding = Binding::default();
    assert_eq!(document.bind(&identity, &binding).unwrap(), document);
    binding.insert(
        "use1/network.vpc-id".parse().unwrap(),
        "aws-id".parse().unwrap(),
        json!("vpc-1"),
    );
    let bound = document.bind(&identity, &binding).unwrap();
    assert!(bound.facts().is_empty());
    assert_eq!(
        bound.to_source()["metadata"]["annotations"]["vpc"],
        "vpc-vpc-1"
    );
    binding.insert(
        "use1/network.vpc-id".parse().unwrap(),
        "aws-id".parse().unwrap(),
        json!("x\ny"),
    );
    assert!(document.bind(&identity, &binding).is_err());
}

#[test]
fn a_port_in_a_place_for_text_is_printed() {
    let file = Document::File(Templated::parse("@{use1/port}").unwrap());
    let identity: Identity = "file/a".parse().unwrap();
    let mut binding = Binding::default();
    binding.insert(
        "use1/port".parse().unwrap(),
        "port".parse().unwrap(),
        json!(443),
    );
    assert_eq!(
        file.bind(&identity, &binding).unwrap(),
        Document::File(Templated::literal("443"))
    );
    binding.insert(
        "use1/port".parse().unwrap(),
        "list<port>".parse().unwrap(),
        json!([443]),
    );
    assert!(file.bind(&identity, &binding).is_err());
}

proptest! {
    #[test]
    fn any_content_of_a_body_reads_back(
        entries in proptest::collection::btree_map("[a-z@{}$]{1,6}", "([ab$%@{}\"]|@@\\{|@\\{use1/x\\}){0,8}", 0..6),
    ) {
        let value = Value::Object(entries.into_iter().map(|(key, text)| (key, Value::from(text))).collect());
        if let Ok(body) = Node::parse(&value) {
            let spec = Node::Map(BTreeMap::from([("spec".to_owned(), body)]));
            let (identity, document) = of(Action::Apply(KubernetesObject { body: spec, ..object() })).unwrap().remove(0);
            prop_assert_eq!(Document::parse(&identity, &document.to_source()).unwrap(), document);
        }
    }
}
