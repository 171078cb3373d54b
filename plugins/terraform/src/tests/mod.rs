//! Claims about whole proposals, and the proposals themselves.

use aegis_plugin::harness::{self, Harness, Memory};
use aegis_plugin::provisioning::{Action, Proposal};
use aegis_plugin::terraform::Root;
use aegis_plugin::{Failure, Provisioning};
use serde_json::{Value, json};

use crate::Terraform;

mod examples;
mod foundation;
mod keys;
mod network;

fn harness(stage_type: &str) -> Harness {
    let mut europe = harness::cluster("euw1", "eu-west-1");
    europe.cidr = "10.1.0.0/16".to_owned();
    let harness = Harness::new(&Terraform::describe(), stage_type).cluster(europe);
    match stage_type {
        // In one region, so that it need not be named.
        "foundation" => harness,
        _ => harness.cluster(harness::cluster("use1", "us-east-1")),
    }
}

fn run(harness: Harness) -> Result<Proposal, Failure> {
    harness.run(&Memory::new(), Terraform::plan)
}

fn github() -> Value {
    json!({ "github": { "repository": "example/shop", "environment": "prod" } })
}

/// The one root of a proposal.
fn root(proposal: &Proposal) -> &Root {
    let [change] = proposal.changes.as_slice() else {
        panic!("there is not one change");
    };
    let Action::Terraform(root) = &change.action else {
        panic!("it is no root");
    };
    root
}

/// The bodies of the root's resources of a type, by name.
fn bodies(root: &Root, kind: &str) -> Vec<(String, Value)> {
    root.resources
        .iter()
        .filter(|resource| resource.type_ == kind)
        .map(|resource| {
            let body = serde_json::from_str(&resource.body).unwrap();
            (resource.name.clone(), body)
        })
        .collect()
}

fn problems(harness: Harness) -> Vec<(String, String)> {
    let Err(Failure::InvalidConfig(problems)) = run(harness) else {
        panic!("it was accepted");
    };
    problems
        .into_iter()
        .map(|problem| (problem.pointer, problem.message))
        .collect()
}

#[test]
fn the_descriptor_keeps_the_rules() {
    harness::check(&Terraform::describe()).unwrap();
    let types: Vec<_> = Terraform::describe()
        .stage_types
        .into_iter()
        .map(|stage_type| stage_type.name)
        .collect();
    assert_eq!(types, ["foundation", "network", "keys"]);
}

#[test]
fn the_foundation_without_anything_set() {
    insta::assert_snapshot!(harness::render(&run(harness("foundation")).unwrap()));
}

#[test]
fn the_foundation_with_a_repository_that_delivers() {
    let harness = harness("foundation").settings(github()).config(json!({
        "region": "eu-central-1",
        "keep-versions-days": 30,
        "access-logs": { "enabled": false },
        "tags": { "team": "platform" },
    }));
    insta::assert_snapshot!(harness::render(&run(harness).unwrap()));
}

#[test]
fn a_network_without_anything_set() {
    insta::assert_snapshot!(harness::render(
        &run(harness("network").own("use1")).unwrap()
    ));
}

#[test]
fn a_network_in_which_everything_is_set() {
    let harness = harness("network").own("euw1").config(json!({
        "nat": "single",
        "endpoints": { "gateway": ["s3", "dynamodb"], "interface": [] },
        "flow-logs": { "enabled": false },
        "subnets": {
            "eu-west-1b": { "private": "10.1.64.0/19", "public": "10.1.96.0/24", "utility": "10.1.97.0/24" },
        },
        "tags": { "team": "platform" },
    }));
    insta::assert_snapshot!(harness::render(&run(harness).unwrap()));
}

#[test]
fn keys_without_anything_set() {
    insta::assert_snapshot!(harness::render(&run(harness("keys").own("use1")).unwrap()));
}

#[test]
fn keys_in_which_everything_is_set() {
    let harness = harness("keys").own("euw1").config(json!({
        "deletion-window-days": 7,
        "rotation-days": 90,
        "autoscaling": false,
        "tags": { "team": "platform" },
    }));
    insta::assert_snapshot!(harness::render(&run(harness).unwrap()));
}

#[test]
fn the_descriptor_of_every_stage_type() {
    let mut descriptor = Terraform::describe();
    "0.0.0".clone_into(&mut descriptor.version);
    insta::assert_snapshot!(harness::render(&descriptor));
}

#[test]
fn wrong_configuration_is_pointed_at() {
    for (stage_type, config, pointers) in [
        ("network", json!({ "nat": "none" }), vec!["/nat"]),
        ("network", json!({ "nats": 1 }), vec!["/nats"]),
        (
            "network",
            json!({ "flow-logs": { "retention-days": 8, "aggregation-seconds": 61 }, "tags": { "aws:x": "y" } }),
            vec![
                "/tags/aws:x",
                "/flow-logs/retention-days",
                "/flow-logs/aggregation-seconds",
            ],
        ),
        (
            "network",
            json!({ "endpoints": { "interface": ["sts", "Bad", "s3", "sts"] } }),
            vec![
                "/endpoints/interface/1",
                "/endpoints/interface/2",
                "/endpoints/interface/3",
            ],
        ),
        (
            "network",
            json!({ "subnets": { "us-east-1f": { "private": "a", "public": "b", "utility": "c" } } }),
            vec!["/subnets/us-east-1f"],
        ),
        (
            "keys",
            json!({ "deletion-window-days": 6, "rotation-days": 89 }),
            vec!["/deletion-window-days", "/rotation-days"],
        ),
        (
            "foundation",
            json!({ "keep-versions-days": 0, "access-logs": { "retention-days": 0 } }),
            vec!["/keep-versions-days", "/access-logs/retention-days"],
        ),
    ] {
        let mut harness = harness(stage_type).config(config.clone());
        if stage_type != "foundation" {
            harness = harness.own("use1");
        }
        let found: Vec<String> = problems(harness).into_iter().map(|(at, _)| at).collect();
        assert_eq!(found, pointers, "{config}");
    }
}

#[test]
fn operators_tags_are_on_everything_that_takes_tags() {
    for (stage_type, own) in [
        ("foundation", None),
        ("network", Some("use1")),
        ("keys", Some("use1")),
    ] {
        let mut harness = harness(stage_type)
            .settings(github())
            .config(json!({ "tags": { "team": "platform" } }));
        if let Some(own) = own {
            harness = harness.own(own);
        }
        let proposal = run(harness).unwrap();
        for resource in &root(&proposal).resources {
            let body: Value = serde_json::from_str(&resource.body).unwrap();
            if let Some(tags) = body.get("tags") {
                assert_eq!(tags["team"], "platform", "{}", resource.name);
                assert_eq!(tags["aegis:stack"], "shop", "{}", resource.name);
            }
        }
    }
}
