//! Claims about whole proposals, and the proposals themselves.

use aegis_plugin::harness::{self, Harness, Memory};
use aegis_plugin::provisioning::{Action, Proposal};
use aegis_plugin::terraform::Root;
use aegis_plugin::{Failure, Provisioning};
use serde_json::{Value, json};

use crate::Terraform;

fn harness(stage_type: &str) -> Harness {
    let mut europe = harness::cluster("euw1", "eu-west-1");
    europe.cidr = "10.1.0.0/16".to_owned();
    Harness::new(&Terraform::describe(), stage_type)
        .cluster(harness::cluster("use1", "us-east-1"))
        .cluster(europe)
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
fn a_workflow_is_trusted_by_its_exact_repository_and_environment() {
    let proposal = run(harness("foundation").settings(github())).unwrap();
    let roles = bodies(root(&proposal), "aws_iam_role");
    assert_eq!(
        roles[0].1["assume_role_policy"]["Statement"][0]["Condition"],
        json!({
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": "repo:example/shop:environment:prod",
            },
        })
    );
}

#[test]
fn a_provider_that_the_account_has_is_trusted_and_not_made_again() {
    let plan = |provider: &str| {
        let config = json!({ "github-provider": provider });
        run(harness("foundation").settings(github()).config(config)).unwrap()
    };
    let (made, existing) = (plan("create"), plan("existing"));
    let (made, existing) = (root(&made), root(&existing));
    assert_eq!(bodies(made, "aws_iam_openid_connect_provider").len(), 1);
    assert!(bodies(existing, "aws_iam_openid_connect_provider").is_empty());
    assert_eq!(
        bodies(made, "aws_iam_role"),
        bodies(existing, "aws_iam_role")
    );
}

#[test]
fn without_a_repository_no_workflow_is_trusted() {
    let proposal = run(harness("foundation")).unwrap();
    let root = root(&proposal);
    assert!(bodies(root, "aws_iam_role").is_empty());
    assert!(bodies(root, "aws_iam_openid_connect_provider").is_empty());
    assert!(
        root.outputs
            .iter()
            .all(|output| output.name != "deploy-role-arn")
    );
}

#[test]
fn a_repository_that_is_not_one_exact_environment_is_refused() {
    for (repository, environment, pointer) in [
        ("example/*", "prod", "/github/repository"),
        ("example", "prod", "/github/repository"),
        ("*/shop", "prod", "/github/repository"),
        ("example/shop:ref", "prod", "/github/repository"),
        ("example/shop/x", "prod", "/github/repository"),
        ("example/@{x}", "prod", "/github/repository"),
        ("example/shop", "*", "/github/environment"),
        ("example/shop", "", "/github/environment"),
        ("example/shop", "a:b", "/github/environment"),
    ] {
        let settings =
            json!({ "github": { "repository": repository, "environment": environment } });
        let found = problems(harness("foundation").settings(settings));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, pointer);
        assert!(found[0].1.starts_with("in the stack's settings: "));
    }
    let no_environment = json!({ "github": { "repository": "example/shop", "branch": "main" } });
    let found = problems(harness("foundation").settings(no_environment));
    assert_eq!(found[0].0, "/github/environment");
}

#[test]
fn only_discovery_documents_are_public() {
    let proposal = run(harness("foundation").settings(github())).unwrap();
    let root = root(&proposal);
    for (name, block) in bodies(root, "aws_s3_bucket_public_access_block") {
        let by_policy = name == "oidc";
        assert_eq!(block["block_public_acls"], true, "{name}");
        assert_eq!(block["ignore_public_acls"], true, "{name}");
        assert_eq!(block["block_public_policy"], !by_policy, "{name}");
        assert_eq!(block["restrict_public_buckets"], !by_policy, "{name}");
    }
    let open: Vec<Value> = bodies(root, "aws_s3_bucket_policy")
        .into_iter()
        .flat_map(|(_, body)| body["policy"]["Statement"].as_array().unwrap().clone())
        .filter(|statement| statement["Effect"] == "Allow" && statement["Principal"] == "*")
        .collect();
    let [statement] = open.as_slice() else {
        panic!("there is not one open statement: {open:?}");
    };
    assert_eq!(statement["Action"], "s3:GetObject");
    assert_eq!(
        statement["Resource"],
        json!([
            "@{resource:aws_s3_bucket.oidc.arn}/*/.well-known/openid-configuration",
            "@{resource:aws_s3_bucket.oidc.arn}/*/openid/v1/jwks",
        ])
    );
    assert!(bodies(root, "aws_s3_bucket_acl").is_empty());
}

#[test]
fn every_bucket_is_encrypted_closed_owned_and_reached_by_tls_only() {
    let proposal = run(harness("foundation")).unwrap();
    let root = root(&proposal);
    let buckets: Vec<String> = bodies(root, "aws_s3_bucket")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(buckets, ["state", "oidc", "access-logs"]);
    for part in [
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
    ] {
        let names: Vec<String> = bodies(root, part)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, buckets, "{part}");
    }
    for (name, body) in bodies(root, "aws_s3_bucket_policy") {
        let statements = body["policy"]["Statement"].as_array().unwrap();
        let refused = statements
            .iter()
            .filter(|statement| statement["Effect"] == "Deny")
            .count();
        assert_eq!(refused, 2, "{name}");
    }
}

#[test]
fn what_holds_state_is_never_destroyed() {
    let proposal = run(harness("foundation").settings(github())).unwrap();
    let kept: Vec<String> = root(&proposal)
        .resources
        .iter()
        .filter(|resource| resource.lifecycle.prevent_destroy)
        .map(|resource| format!("{}.{}", resource.type_, resource.name))
        .collect();
    assert_eq!(
        kept,
        [
            "aws_kms_key.state",
            "aws_s3_bucket.state",
            "aws_s3_bucket.oidc"
        ]
    );
}

#[test]
fn bucket_names_fit_s3_whatever_the_stack_is_called() {
    let long = "a".repeat(60);
    let proposal = run(harness("foundation")
        .stack(&long)
        .domain(&format!("{long}.example.com")))
    .unwrap();
    for (_, body) in bodies(root(&proposal), "aws_s3_bucket") {
        let name = body["bucket"].as_str().unwrap();
        assert_eq!(name.len(), 63, "{name}");
    }
}

#[test]
fn the_foundation_needs_a_region() {
    let harness = Harness::new(&Terraform::describe(), "foundation");
    let found = problems(harness.clone());
    assert_eq!(found[0].0, "/region");
    let harness = harness.config(json!({ "region": "us-gov-west-1" }));
    assert_eq!(root(&run(harness.clone()).unwrap()).region, "us-gov-west-1");
    for region in ["", "us-east", "us-east-1a", "US-EAST-1", "us--1", "@{x}"] {
        let found = problems(harness.clone().config(json!({ "region": region })));
        assert_eq!(found[0].0, "/region", "{region}");
    }
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
fn one_gateway_serves_all_zones_and_stays_when_the_others_come() {
    let network = |nat: &str| {
        let harness = harness("network").own("use1").config(json!({ "nat": nat }));
        run(harness).unwrap()
    };
    let (single, per_zone) = (network("single"), network("per-zone"));
    let (single, per_zone) = (root(&single), root(&per_zone));
    assert_eq!(bodies(single, "aws_nat_gateway").len(), 1);
    assert_eq!(bodies(per_zone, "aws_nat_gateway").len(), 3);
    assert_eq!(
        bodies(single, "aws_nat_gateway")[0],
        bodies(per_zone, "aws_nat_gateway")[0]
    );
    let routed: Vec<Value> = bodies(single, "aws_route")
        .into_iter()
        .filter_map(|(_, body)| body.get("nat_gateway_id").cloned())
        .collect();
    assert_eq!(
        routed,
        vec![json!("@{resource:aws_nat_gateway.us-east-1a.id}"); 3]
    );
}

#[test]
fn nothing_comes_in_but_https_from_the_network() {
    let proposal = run(harness("network").own("use1")).unwrap();
    let root = root(&proposal);
    let rules = bodies(root, "aws_vpc_security_group_ingress_rule");
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].1["cidr_ipv4"], "10.0.0.0/16");
    assert_eq!(rules[0].1["from_port"], 443);
    assert!(bodies(root, "aws_vpc_security_group_egress_rule").is_empty());
    let default = &bodies(root, "aws_default_security_group")[0].1;
    assert!(default.get("ingress").is_none() && default.get("egress").is_none());
    for (name, subnet) in bodies(root, "aws_subnet") {
        assert_eq!(subnet["map_public_ip_on_launch"], false, "{name}");
    }
}

#[test]
fn any_number_of_zones_gets_its_subnets() {
    for (cidr, letters) in [
        ("10.0.0.0/24", "b"),
        ("10.0.0.0/24", "abcd"),
        ("10.0.0.0/22", "abcdefgh"),
    ] {
        let mut cluster = harness::cluster("use1", "us-east-1");
        cluster.cidr = cidr.to_owned();
        cluster.zones = letters
            .chars()
            .map(|zone| format!("us-east-1{zone}"))
            .collect();
        let harness = Harness::new(&Terraform::describe(), "network")
            .cluster(cluster)
            .own("use1");
        let proposal = run(harness).unwrap();
        let count = |kind: &str| bodies(root(&proposal), kind).len();
        assert_eq!(count("aws_subnet"), letters.len() * 3);
        assert_eq!(count("aws_route_table_association"), letters.len() * 3);
        assert_eq!(count("aws_nat_gateway"), letters.len());
    }
}

#[test]
fn interface_endpoints_of_china_are_refused_and_the_rest_works() {
    let china = Harness::new(&Terraform::describe(), "network")
        .cluster(harness::cluster("cnn1", "cn-north-1"))
        .own("cnn1");
    assert_eq!(problems(china.clone())[0].0, "/endpoints/interface");
    run(china.config(json!({ "endpoints": { "interface": [] } }))).unwrap();
}

#[test]
fn keys_are_left_to_the_account_and_rotate() {
    let proposal = run(harness("keys").own("use1")).unwrap();
    let keys = bodies(root(&proposal), "aws_kms_key");
    assert_eq!(keys.len(), 4);
    for (name, key) in keys {
        assert_eq!(key["enable_key_rotation"], true, "{name}");
        let first = &key["policy"]["Statement"][0];
        assert_eq!(first["Action"], "kms:*", "{name}");
        let grants = key["policy"]["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|statement| statement["Action"] == "kms:CreateGrant")
            .map(|statement| statement["Condition"]["Bool"]["kms:GrantIsForAWSResource"].clone());
        assert!(grants.clone().all(|only_aws| only_aws == "true"), "{name}");
        assert_eq!(grants.count(), usize::from(name == "volumes"), "{name}");
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
