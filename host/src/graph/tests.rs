use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::fact::FactRef;
use crate::proposal::{FactMode, FactOffer, FactReach, FactRequirement, Scope, StageType};
use aegis_document::Identifier;

fn name(text: &str) -> Identifier {
    text.parse().unwrap()
}

fn stage_type(
    scope: Scope,
    requires: &[(&str, FactReach, &str)],
    provides: &[(&str, &str)],
) -> StageType {
    StageType {
        name: name("t"),
        title: String::new(),
        scope,
        config_version: 1,
        config_schema: json!({}),
        settings: vec![],
        requires: requires
            .iter()
            .map(|(fact, reach, format)| FactRequirement {
                name: name(fact),
                format: format.parse().unwrap(),
                schema: 1,
                mode: FactMode::Opaque,
                reach: *reach,
                optional: false,
                secret: false,
            })
            .collect(),
        provides: provides
            .iter()
            .map(|(fact, format)| FactOffer {
                name: name(fact),
                format: format.parse().unwrap(),
                schema: 1,
                secret: false,
            })
            .collect(),
        conflicts: vec![],
    }
}

/// Stages as (name, type, needs), all cluster-scoped ones in clusters `a` and `b`.
fn build(
    stages: &[(&str, StageType, &[&str])],
    supplied: &[(&str, &str)],
) -> Result<Graph, Vec<GraphProblem>> {
    let clusters = [name("a"), name("b")];
    let clusters: Vec<&Identifier> = clusters.iter().collect();
    let names: Vec<Identifier> = stages.iter().map(|stage| name(stage.0)).collect();
    let needs: Vec<Vec<Identifier>> = stages
        .iter()
        .map(|stage| stage.2.iter().map(|need| name(need)).collect())
        .collect();
    let nodes: Vec<StageNode<'_>> = stages
        .iter()
        .enumerate()
        .map(|(index, stage)| StageNode {
            name: &names[index],
            stage_type: &stage.1,
            needs: &needs[index],
            clusters: clusters.clone(),
        })
        .collect();
    let supplied: BTreeMap<FactRef, SuppliedFact> = supplied
        .iter()
        .map(|(fact, format)| {
            let supplied = SuppliedFact {
                format: format.parse().unwrap(),
                value: json!("x"),
                by_host: false,
            };
            (fact.parse().unwrap(), supplied)
        })
        .collect();
    Graph::build(&nodes, &clusters, &Supplied(supplied))
}

fn order(graph: &Graph) -> Vec<String> {
    graph
        .instances
        .iter()
        .map(|instance| instance.id.to_string())
        .collect()
}

use FactReach::{EachCluster, OwnCluster, Stack};

#[test]
fn facts_make_the_edges_and_clusters_do_not_wait_for_each_other() {
    let graph = build(
        &[
            (
                "cluster",
                stage_type(
                    Scope::Cluster,
                    &[("net.id", OwnCluster, "aws-id"), ("store", Stack, "text")],
                    &[],
                ),
                &[],
            ),
            (
                "network",
                stage_type(Scope::Cluster, &[], &[("net.id", "aws-id")]),
                &[],
            ),
            (
                "base",
                stage_type(Scope::Stack, &[], &[("store", "text")]),
                &[],
            ),
        ],
        &[],
    )
    .unwrap();
    assert_eq!(
        order(&graph),
        ["base", "a/network", "b/network", "a/cluster", "b/cluster"]
    );
    assert_eq!(
        graph.get(&"b/cluster".parse().unwrap()).unwrap().edges,
        [0, 2]
    );
}

#[test]
fn a_stage_of_the_stack_can_wait_for_each_cluster() {
    let graph = build(
        &[
            (
                "mesh",
                stage_type(Scope::Stack, &[("address", EachCluster, "dns-name")], &[]),
                &[],
            ),
            (
                "gateway",
                stage_type(Scope::Cluster, &[], &[("address", "dns-name")]),
                &[],
            ),
        ],
        &[],
    )
    .unwrap();
    assert_eq!(order(&graph), ["a/gateway", "b/gateway", "mesh"]);
    assert_eq!(graph.instances[2].edges, [0, 1]);
}

#[test]
fn a_supplied_fact_takes_the_place_of_a_stage() {
    let graph = build(
        &[(
            "cluster",
            stage_type(Scope::Cluster, &[("net.id", OwnCluster, "aws-id")], &[]),
            &[],
        )],
        &[("a/net.id", "aws-id"), ("b/net.id", "aws-id")],
    )
    .unwrap();
    assert_eq!(graph.instances[0].resolved[0].provider, Provider::Supplied);
}

#[test]
fn needs_order_stages_within_a_cluster() {
    let plain = || stage_type(Scope::Cluster, &[], &[]);
    let graph = build(&[("x", plain(), &["y"]), ("y", plain(), &[])], &[]).unwrap();
    assert_eq!(order(&graph), ["a/y", "b/y", "a/x", "b/x"]);
    assert_eq!(graph.instances[2].edges, [0]);
}

#[test]
fn each_problem_is_told_once_and_named() {
    let need = |format: &str| stage_type(Scope::Cluster, &[("net.id", OwnCluster, format)], &[]);
    let give = || stage_type(Scope::Cluster, &[], &[("net.id", "aws-id")]);
    type Stages<'a> = Vec<(&'a str, StageType, &'a [&'a str])>;
    type Supplied<'a> = Vec<(&'a str, &'a str)>;
    let cases: Vec<(Stages<'_>, Supplied<'_>, &str, &str)> = vec![
        (
            vec![("x", give(), &["nope"])],
            vec![],
            "AEG0201",
            "stage `x` needs `nope`",
        ),
        (
            vec![("x", need("aws-id"), &[])],
            vec![],
            "AEG0202",
            "nobody provides `a/net.id` (aws-id)",
        ),
        (
            vec![("x", give(), &[]), ("y", give(), &[])],
            vec![],
            "AEG0203",
            "by stage `x` and by stage `y`",
        ),
        (
            vec![("x", give(), &[])],
            vec![("a/net.id", "aws-id")],
            "AEG0203",
            "by the stack file and by stage `x`",
        ),
        (
            vec![("x", give(), &[]), ("y", need("arn"), &[])],
            vec![],
            "AEG0204",
            "is aws-id from stage `x`",
        ),
        (
            vec![(
                "x",
                stage_type(Scope::Stack, &[("net.id", OwnCluster, "arn")], &[]),
                &[],
            )],
            vec![],
            "AEG0207",
            "runs once for the stack",
        ),
        (
            vec![("x", give(), &["y"]), ("y", need("aws-id"), &[])],
            vec![],
            "AEG0208",
            "`a/x` → `a/y` → `a/x`",
        ),
    ];
    for (stages, supplied, code, words) in cases {
        let problems = build(&stages, &supplied).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].code(), code);
        assert!(problems[0].to_string().contains(words), "{}", problems[0]);
        assert!(!problems[0].help().is_empty());
    }
}

#[test]
fn meanings_and_secrets_must_agree() {
    let mut newer = stage_type(Scope::Cluster, &[], &[("k", "text")]);
    newer.provides[0].schema = 2;
    let mut secret = stage_type(Scope::Cluster, &[], &[("k", "text")]);
    secret.provides[0].secret = true;
    for (provider, code) in [(newer, "AEG0205"), (secret, "AEG0206")] {
        let consumer = stage_type(Scope::Cluster, &[("k", OwnCluster, "text")], &[]);
        let problems = build(&[("p", provider, &[]), ("c", consumer, &[])], &[]).unwrap_err();
        assert_eq!(problems[0].code(), code);
    }
}

#[test]
fn two_stages_of_one_class_exclude_each_other() {
    let mesh = || StageType {
        conflicts: vec![name("mesh")],
        ..stage_type(Scope::Cluster, &[], &[])
    };
    let problems = build(&[("istio", mesh(), &[]), ("linkerd", mesh(), &[])], &[]).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code(), "AEG0209");
}

#[test]
fn the_graph_is_drawn_in_four_ways() {
    let graph = build(
        &[
            (
                "cluster",
                stage_type(Scope::Cluster, &[("net.id", OwnCluster, "aws-id")], &[]),
                &[],
            ),
            (
                "network",
                stage_type(Scope::Cluster, &[], &[("net.id", "aws-id")]),
                &[],
            ),
        ],
        &[],
    )
    .unwrap();
    insta::assert_snapshot!("text", text(&graph));
    insta::assert_snapshot!("dot", dot(&graph));
    insta::assert_snapshot!("mermaid", mermaid(&graph));
    let picture = svg(&graph);
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    assert_eq!(picture.matches("<rect").count(), graph.instances.len());
}
