//! Claims about the foundation.

use aegis_plugin::Provisioning;
use aegis_plugin::harness::Harness;
use serde_json::{Value, json};

use super::{bodies, github, harness, problems, root, run};
use crate::Terraform;

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
fn with_clusters_in_several_regions_the_region_is_named() {
    let several = harness("foundation").cluster(harness::cluster("use1", "us-east-1"));
    let found = problems(several.clone());
    assert_eq!(found[0].0, "/region");
    assert!(found[0].1.contains("several regions"), "{}", found[0].1);
    let named = several.config(json!({ "region": "us-east-1" }));
    assert_eq!(root(&run(named).unwrap()).region, "us-east-1");
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
