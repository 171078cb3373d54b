//! What a good file means.

use serde_json::json;

use super::{EVERY_KEY, HEAD, example_files, examples, good, with};
use crate::stack::{
    Access, ChangeKind, Landing, Partition, ReleaseOwner, Severity, Stack, StructuralChanges, load,
};

#[test]
fn the_examples_are_good() {
    let files = example_files();
    assert!(files.len() >= 2, "{files:?}");
    for (name, text) in files {
        if let Err(problems) = crate::stack::parse(&name, &text) {
            panic!("{name}: {:#?}", problems.iter().collect::<Vec<_>>());
        }
    }
}

#[test]
fn the_smallest_file_gets_defaults() {
    let stack = load(&examples().join("minimal/aegis.yaml")).unwrap();
    let cluster = stack.clusters.get("euc1").unwrap();
    assert_eq!(cluster.dns_name, "euc1.demo.example.com");
    assert_eq!(
        cluster.zones,
        ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    );
    assert_eq!(cluster.partition, Partition::Aws);
    assert_eq!(cluster.kubernetes_version.to_string(), "1.36.3");
    assert_eq!(cluster.access, Access::Direct);
    assert_eq!(stack.tree, "platform");
    assert_eq!(stack.policy.block_at, Severity::High);
    assert_eq!(stack.policy.approvals, 0);
    assert_eq!(stack.policy.structural, StructuralChanges::Allow);
    for kind in ChangeKind::ALL {
        assert_eq!(stack.deliver.landing(*kind), Landing::Tree);
    }
    assert_eq!(stack.stages.len(), 7);
    let network = stack.stages.get("network").unwrap();
    assert_eq!(network.plugin.to_string(), "aegis/terraform/network");
    assert_eq!(
        network.span(),
        None,
        "a preset's stage has no place in the file"
    );
}

#[test]
fn the_two_clusters_differ_where_the_file_says_so() {
    let stack = load(&examples().join("two-clusters/aegis.yaml")).unwrap();
    let cluster = stack.stages.get("cluster").unwrap();
    let maximum = |name: &str| cluster.config(Some(name)).get("nodes")?.get("max").cloned();
    assert_eq!(maximum("use1"), Some(json!(12)));
    assert_eq!(maximum("euw1"), Some(json!(6)));
    let machine = |name: &str| {
        cluster
            .config(Some(name))
            .get("nodes")?
            .get("machine-type")
            .cloned()
    };
    assert_eq!(machine("euw1"), machine("use1"));
    assert_eq!(stack.account.as_deref(), Some("111122223333"));
}

#[test]
fn every_key_has_its_meaning() {
    let stack = good(EVERY_KEY);
    assert_eq!(
        stack.account.as_deref(),
        Some("012345678901"),
        "digits stay digits"
    );
    let cluster = |name: &str| stack.clusters.get(name).unwrap();
    assert_eq!(cluster("use1").kubernetes_version.to_string(), "1.36.2");
    assert_eq!(cluster("use2").kubernetes_version.to_string(), "1.36.1");
    assert_eq!(
        cluster("euw1").zones,
        ["eu-west-1a", "eu-west-1c"],
        "sorted"
    );
    assert_eq!(
        cluster("use1").access,
        Access::ProxyUrl("https://proxy.example.com:3128".to_owned())
    );
    assert_eq!(cluster("euw1").access, Access::Exec("bastion".to_owned()));

    let stage = |name: &str| stack.stages.get(name).unwrap();
    assert_eq!(
        serde_json::Value::Object(stage("cluster").config(Some("euw1")).clone()),
        json!({"nodes": {"machine-type": "m6i.large", "max": 6}}),
        "null removes"
    );
    assert_eq!(stage("cluster").off_for("use2"), Some("not yet"));
    assert_eq!(stage("cluster").off_for("use1"), None);
    assert_eq!(
        stage("compliance").off_for("use1"),
        Some("audited elsewhere")
    );
    assert_eq!(stage("compliance").plugin.to_string(), "aegis/compliance");
    assert!(stage("mesh").needs.contains("cluster"));

    assert_eq!(
        stack.fact(Some("use1"), "network.vpc-id").unwrap().value,
        json!("vpc-0abc")
    );
    assert_eq!(stack.facts(None).count(), 1);
    assert_eq!(stack.facts(Some("use1")).count(), 2);
    assert_eq!(stack.facts(Some("euw1")).count(), 0);
    assert_eq!(stack.policy.block_at, Severity::Medium);
    assert_eq!(
        stack.release_owners.get("mesh"),
        Some(&ReleaseOwner::Argocd)
    );
    let git = stack.git.as_ref().unwrap();
    assert_eq!(
        (git.branch.as_str(), git.path.as_str()),
        ("release/1", "infra/live")
    );
    assert_eq!(
        stack.settings.get("nothing"),
        Some(&json!(null)),
        "settings stay as written"
    );
}

#[test]
fn a_value_of_the_configuration_is_found_where_it_was_written() {
    let stack = good(EVERY_KEY);
    let cluster = stack.stages.get("cluster").unwrap();
    let line = |name: Option<&str>, pointer: &str| cluster.span_of(name, pointer).unwrap().line;
    assert_eq!(line(Some("use1"), "/nodes/max"), 25);
    assert_eq!(
        line(Some("euw1"), "/nodes/max"),
        28,
        "the cluster's own part"
    );
    assert_eq!(
        line(Some("euw1"), "/nodes/machine-type"),
        25,
        "merged from the stage"
    );
    assert_eq!(line(Some("euw1"), "/nodes/absent"), 28, "the nearest place");
    assert_eq!(line(None, "/absent"), 24, "the stage itself");
    let settings = stack.settings_span("/service-accounts/0/policies").unwrap();
    assert_eq!(settings.line, 21);
}

#[test]
fn another_plugin_does_not_inherit_a_configuration() {
    let stack = good(&with(
        "stages: {delivery: {use: acme/flux, config: {a: 1}}}\n",
    ));
    let delivery = stack.stages.get("delivery").unwrap();
    assert_eq!(delivery.plugin.to_string(), "acme/flux");
    assert_eq!(delivery.config(None).len(), 1);
    assert_eq!(
        delivery.use_span().map(|span| (span.line, span.column)),
        Some((7, 26))
    );
}

#[test]
fn zones_of_an_unknown_region_can_be_listed() {
    let text = HEAD.replace(
        "us-east-1,",
        "us-future-9, zones: [us-future-9b, us-future-9a],",
    );
    let stack = good(&text);
    let cluster = stack.clusters.get("use1").unwrap();
    assert_eq!(cluster.zones, ["us-future-9a", "us-future-9b"]);
}

#[test]
fn partitions_follow_the_region() {
    for (region, zones, partition) in [
        ("us-gov-west-1", 3, Partition::AwsUsGov),
        ("cn-northwest-1", 3, Partition::AwsCn),
        ("us-east-1", 1, Partition::Aws),
    ] {
        let stack = good(&HEAD.replace("us-east-1,", &format!("{region}, zones: {zones},")));
        let cluster = stack.clusters.get("use1").unwrap();
        assert_eq!(cluster.partition, partition);
        assert_eq!(cluster.zones.len(), zones);
    }
}

fn canonical(stack: &Stack) -> String {
    stack.canonical().to_string()
}

#[test]
fn the_canonical_form_is_the_meaning_only() {
    let short = good(HEAD);
    let long = good(
        "# Another way to say the same.\n---\nclusters:\n  use1:\n    cidr: \"10.0.0.0/16\"\n    \
         zones: [us-east-1c, us-east-1b, us-east-1a]\n    region: 'us-east-1'\n    access: direct\n\
         domain: shop.example.com\nname: shop\naegis: 0x1\nkubernetes: 1.36.3\ntree: platform\n\
         policy: {approvals: 0}\nfacts: {use1: {}}\nsettings: {}\npreset: none\nstages:\n  \
         foundation: {use: aegis/terraform/foundation}\n  keys: {use: aegis/terraform/keys}\n  network: {use: \"aegis/terraform/network\"}\n  \
         cluster: {use: aegis/kops}\n  certificates: {use: aegis/cert-manager}\n  \
         delivery: {use: aegis/argocd@*, config: {}}\n  compliance: {use: aegis/compliance, config: {a: null}}\n",
    );
    assert_eq!(canonical(&short), canonical(&long));
    assert!(!canonical(&short).contains("aegis.yaml"));
}

#[test]
fn the_canonical_form_tells_every_difference() {
    let base = canonical(&good(EVERY_KEY));
    let changes = [
        ("name: shop", "name: other"),
        ("domain: shop.example.com", "domain: other.example.com"),
        ("012345678901\n", "111122223333\n"),
        ("kubernetes: 1.36.1", "kubernetes: 1.36.0"),
        ("zones: 3", "zones: 2"),
        ("10.2.0.0/20", "10.3.0.0/20"),
        ("region: us-east-2", "region: us-west-2"),
        ("access: ssm", "access: direct"),
        ("bastion", "tunnel"),
        ("orders-bucket", "other-bucket"),
        ("max: 12", "max: 13"),
        ("max: 6", "max: 7"),
        ("\"not yet\"", "\"never\""),
        ("needs: [cluster]", "needs: [network]"),
        ("^2.1", "^2.2"),
        ("audited elsewhere", "audited here"),
        ("vpc-0abc", "vpc-0abd"),
        ("approvals: 2", "approvals: 1"),
        ("block-at: medium", "block-at: low"),
        ("structural: refuse", "structural: allow"),
        ("kops-etcd-encrypted", "other"),
        ("2027-01-31", "2027-02-01"),
        (
            "document: kubernetes/use1/DaemonSet/logs",
            "document: other",
        ),
        ("branch: release/1", "branch: main"),
        ("infra/live", "infra/other"),
        ("tree: infra", "tree: platform"),
        ("mesh: argocd", "mesh: aegis"),
        (
            "preset: standard",
            "preset: none\n# without the preset, these name no plugin",
        ),
    ];
    for (from, to) in changes {
        assert!(EVERY_KEY.contains(from), "{from}");
        let text = EVERY_KEY.replacen(from, to, 1);
        match crate::stack::parse("aegis.yaml", &text) {
            Ok(stack) => assert_ne!(canonical(&stack), base, "{from} to {to}"),
            Err(_) => assert!(from.starts_with("preset"), "{from} to {to}"),
        }
    }
}

#[test]
fn numbers_that_mean_the_same_become_the_same() {
    let digest = |number: &str| {
        let stack = good(&with(&format!("settings: {{a: {number}}}\n")));
        let sent = stack.settings.get("a").unwrap().to_string();
        (sent, aegis_document::digest_of(&stack.canonical()).unwrap())
    };
    assert_eq!(digest("1.0"), digest("1"));
    assert_eq!(digest("-0.0"), digest("0"));
    assert_eq!(digest("0x10"), digest("16"));
    assert_ne!(digest("9007199254740991").1, digest("9007199254740990").1);
    assert_ne!(digest("1.5").1, digest("1.25").1);
}
