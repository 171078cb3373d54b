//! What a configuration may say.

use crate::support::{cluster, cluster_of, group_of, plan, stage};
use aegis_plugin::harness::{self, Harness};
use aegis_plugin::{Cluster, Failure, Provisioning};
use aegis_plugin_kops::Kops;
use serde_json::{Value, json};

fn three_zones() -> Harness {
    stage(cluster(&["a", "b", "c"]))
}

fn problems(stage: &Harness) -> Vec<(String, String)> {
    match plan(stage) {
        Err(Failure::InvalidConfig(problems)) => problems
            .into_iter()
            .map(|problem| (problem.pointer, problem.message))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_descriptor_keeps_the_rules() {
    harness::check(&Kops::describe()).unwrap();
}

#[test]
fn every_option_has_a_default_and_a_description() {
    let schema: Value =
        serde_json::from_str(&Kops::describe().stage_types[0].config_schema).unwrap();
    assert!(schema.get("required").is_none());
    for (name, option) in schema["properties"].as_object().unwrap() {
        assert!(option["description"].is_string(), "{name}");
    }
    for (definition, schema) in schema["$defs"].as_object().unwrap() {
        assert!(schema.get("required").is_none(), "{definition}");
        for (name, option) in schema["properties"].as_object().into_iter().flatten() {
            assert!(option["description"].is_string(), "{definition}.{name}");
        }
    }
}

#[test]
fn the_schema_refuses_numbers_out_of_range_and_unknown_keys() {
    let schema: Value =
        serde_json::from_str(&Kops::describe().stage_types[0].config_schema).unwrap();
    let validator = jsonschema::options().build(&schema).unwrap();
    for good in [
        json!({}),
        json!({ "nodes": { "max": 6 }, "node-groups": { "gpu": {} } }),
        json!({ "audit": { "max-age-days": 90 }, "secrets-encryption": "required" }),
    ] {
        assert!(validator.is_valid(&good), "{good}");
    }
    for bad in [
        json!({ "audit": { "max-age-days": 7 } }),
        json!({ "audit": { "max-backups": 1 } }),
        json!({ "audit": { "max-size-mb": 10 } }),
        json!({ "etcd": { "backup-retention-days": 1 } }),
        json!({ "etcd": { "encrypted": false } }),
        json!({ "nodes": { "max-age-days": 366 } }),
        json!({ "nodes": { "instance-metadata": "optional" } }),
        json!({ "pids-per-pod": 0 }),
        json!({ "secrets-encryption": "no" }),
        json!({ "kubernetesVersion": "1.36.3" }),
        json!({ "channel": "file:///etc/passwd" }),
    ] {
        assert!(!validator.is_valid(&bad), "{bad}");
    }
}

#[test]
fn a_configuration_that_cannot_be_is_pointed_at() {
    for (config, pointer, message) in [
        (
            json!({ "api-access": ["0.0.0.0/0"] }),
            "/api-access/0",
            "of the internet",
        ),
        (
            json!({ "api-access": ["10.9.0.0/16", "::/0"] }),
            "/api-access/1",
            "of the internet",
        ),
        (
            json!({ "ssh-access": ["0.0.0.0/0"] }),
            "/ssh-access/0",
            "of the internet",
        ),
        (
            json!({ "ssh-access": ["203.0.113.0/24"] }),
            "/ssh-access/0",
            "of the internet",
        ),
        (
            json!({ "ssh-access": ["pl-0123"] }),
            "/ssh-access/0",
            "not a block",
        ),
        (
            json!({ "internal-cidr": "10.0.0.0/12" }),
            "/internal-cidr",
            "the network of cluster `use1`",
        ),
        (
            json!({ "internal-cidr": "100.64.0.0/8" }),
            "/internal-cidr",
            "`100.0.0.0/8` is",
        ),
        (
            json!({ "internal-cidr": "52.0.0.0/9" }),
            "/internal-cidr",
            "of the internet",
        ),
        (
            json!({ "internal-cidr": "100.64.0.0/17" }),
            "/internal-cidr",
            "between /9 and /16",
        ),
        (
            json!({ "internal-cidr": "fd00::/16" }),
            "/internal-cidr",
            "IPv4",
        ),
        (
            json!({ "control-plane": { "count": 2 } }),
            "/control-plane/count",
            "1, 3 or 5",
        ),
        (
            json!({ "control-plane": { "machine-type": "large" } }),
            "/control-plane/machine-type",
            "EC2",
        ),
        (
            json!({ "control-plane": { "image": "ssm:/aws/x" } }),
            "/control-plane/image",
            "stays the same",
        ),
        (json!({ "image": "ubuntu" }), "/image", "stays the same"),
        (
            json!({ "nodes": { "min": 0 } }),
            "/nodes/min",
            "at least one",
        ),
        (
            json!({ "nodes": { "max": 2 } }),
            "/nodes/max",
            "`min`, which is 3",
        ),
        (
            json!({ "nodes": { "machine-type": "m6i" } }),
            "/nodes/machine-type",
            "EC2",
        ),
        (
            json!({ "nodes": { "zones": ["us-east-1d"] } }),
            "/nodes/zones/0",
            "no zone `us-east-1d`",
        ),
        (
            json!({ "nodes": { "zones": ["us-east-1a", "us-east-1a"] } }),
            "/nodes/zones/1",
            "twice",
        ),
        (
            json!({ "nodes": { "zones": [] } }),
            "/nodes/zones",
            "at least one",
        ),
        (
            json!({ "nodes": { "labels": { "kubernetes.io/role": "x" } } }),
            "/nodes/labels/kubernetes.io~1role",
            "itself",
        ),
        (
            json!({ "nodes": { "labels": { "team": "a b" } } }),
            "/nodes/labels/team",
            "value",
        ),
        (
            json!({ "nodes": { "labels": { "team": "@{keys.etcd-arn}" } } }),
            "/nodes/labels/team",
            "value",
        ),
        (
            json!({ "nodes": { "taints": ["a=b:Never"] } }),
            "/nodes/taints/0",
            "NoSchedule",
        ),
        (
            json!({ "nodes": { "taints": ["a"] } }),
            "/nodes/taints/0",
            "not a taint",
        ),
        (
            json!({ "nodes": { "taints": ["a:NoExecute", "a:NoExecute"] } }),
            "/nodes/taints/1",
            "twice",
        ),
        (
            json!({ "nodes": { "spot": { "on-demand-base": 7 } } }),
            "/nodes/spot/on-demand-base",
            "6",
        ),
        (
            json!({ "nodes": { "spot": { "machine-types": ["m6i.large"] } } }),
            "/nodes/spot/machine-types/0",
            "twice",
        ),
        (
            json!({ "node-groups": { "nodes": {} } }),
            "/node-groups/nodes",
            "another group",
        ),
        (
            json!({ "node-groups": { "control-plane-x": {} } }),
            "/node-groups/control-plane-x",
            "another group",
        ),
        (
            json!({ "node-groups": { "Gpu": {} } }),
            "/node-groups/Gpu",
            "no name",
        ),
        (
            json!({ "node-groups": { "gpu": { "max": 0, "min": 0 } } }),
            "/node-groups/gpu/max",
            "at least one",
        ),
        (
            json!({ "dns-zone": "example.org" }),
            "/dns-zone",
            "use1.shop.example.com",
        ),
        (
            json!({ "dns-zone": "hop.example.com" }),
            "/dns-zone",
            "use1.shop.example.com",
        ),
        (
            json!({ "permissions-boundary": "arn:aws:iam::aws:role/x" }),
            "/permissions-boundary",
            "IAM policy",
        ),
        (json!({ "tags": { "Name": "x" } }), "/tags/Name", "kOps"),
        (json!({ "tags": { "a": "@{b}" } }), "/tags/a", "letters"),
        (
            json!({ "rolling-update": { "surge": 0 } }),
            "/rolling-update/surge",
            "nothing can be replaced",
        ),
        (
            json!({ "secrets-encryption": "required" }),
            "/secrets-encryption",
            "nobody provides",
        ),
        (json!({ "image": 1 }), "/image", "string"),
        (
            json!({ "nodes": { "mim": 1 } }),
            "/nodes/mim",
            "unknown field",
        ),
    ] {
        let found = problems(&three_zones().config(config.clone()));
        assert_eq!(found.len(), 1, "{config}: {found:?}");
        assert_eq!(found[0].0, pointer, "{config}");
        assert!(found[0].1.contains(message), "{config}: {}", found[0].1);
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let stage = three_zones()
        .settings(json!({ "service-accounts": [{ "namespace": "*", "name": "api", "policies": [] }] }))
        .config(json!({ "api-access": ["0.0.0.0/0"], "nodes": { "min": 9 }, "control-plane": { "count": 4 } }));
    let pointers: Vec<_> = problems(&stage)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect();
    assert_eq!(
        pointers,
        [
            "/control-plane/count",
            "/nodes/max",
            "/api-access/0",
            "/service-accounts/0/namespace",
            "/service-accounts/0/policies",
        ]
    );
}

#[test]
fn pods_of_no_cluster_get_addresses_of_another_ones_network() {
    let other = Cluster {
        cidr: String::from("100.100.0.0/16"),
        ..harness::cluster("euw1", "eu-west-1")
    };
    let found = problems(&three_zones().cluster(other));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "/internal-cidr");
    assert!(found[0].1.contains("`euw1`"), "{}", found[0].1);
}

#[test]
fn the_blocks_of_pods_and_services_follow_the_configured_one() {
    let spec =
        cluster_of(&three_zones().config(json!({ "internal-cidr": "172.16.0.0/12" })))["spec"]
            .clone();
    assert_eq!(spec["nonMasqueradeCIDR"], "172.16.0.0/12");
    assert_eq!(spec["podCIDR"], "172.24.0.0/13");
    assert_eq!(spec["serviceClusterIPRange"], "172.16.0.0/15");
}

#[test]
fn what_is_configured_is_in_the_documents() {
    let own = json!({
        "api-access": ["10.0.7.0/24", "10.200.0.0/16"],
        "ssh-access": ["10.200.0.0/16"],
        "image": "ami-0123456789abcdef0",
        "nodes": { "image": "099720109477/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260901" },
        "dns-zone": "shop.example.com",
        "calico": { "typha-replicas": 5, "metrics": false },
        "etcd": { "volume-gib": 50, "backup-interval-minutes": 60 },
        "pids-per-pod": 1000,
    });
    let stage = three_zones().config(own);
    let spec = cluster_of(&stage)["spec"].clone();
    for (pointer, want) in [
        // A part of the cluster's own network adds nothing.
        (
            "/kubernetesApiAccess",
            json!(["10.0.0.0/16", "10.200.0.0/16"]),
        ),
        ("/sshAccess", json!(["10.200.0.0/16"])),
        ("/dnsZone", json!("shop.example.com")),
        ("/networking/calico/typhaReplicas", json!(5)),
        ("/networking/calico/prometheusMetricsEnabled", json!(false)),
        ("/etcdClusters/0/etcdMembers/0/volumeSize", json!(50)),
        ("/etcdClusters/1/manager/backupInterval", json!("1h0m0s")),
        ("/kubelet/podPidsLimit", json!(1000)),
        ("/masterKubelet/podPidsLimit", json!(1000)),
    ] {
        assert_eq!(spec.pointer(pointer), Some(&want), "{pointer}");
    }
    assert!(
        group_of(&stage, "nodes")["spec"]["image"]
            .as_str()
            .unwrap()
            .ends_with("-20260901")
    );
    assert_eq!(
        group_of(&stage, "control-plane-us-east-1a")["spec"]["image"],
        "ami-0123456789abcdef0"
    );
}

#[test]
fn facts_that_are_missing_are_named_at_once() {
    let bare = Harness::new(&Kops::describe(), "cluster")
        .cluster(cluster(&["a"]))
        .own("use1");
    assert_eq!(
        plan(&bare),
        Err(Failure::NeedsFact(
            [
                "network.private-subnet-cidrs",
                "network.utility-subnet-cidrs",
                "oidc.bucket",
                "oidc.region"
            ]
            .map(str::to_owned)
            .into()
        ))
    );
}

#[test]
fn a_network_that_does_not_fit_the_cluster_is_refused() {
    let with = |private: Value, bucket: &str| {
        Harness::new(&Kops::describe(), "cluster")
            .cluster(cluster(&["a", "b"]))
            .own("use1")
            .fact("network.private-subnet-cidrs", private)
            .fact(
                "network.utility-subnet-cidrs",
                json!({ "us-east-1a": "10.0.128.0/24", "us-east-1b": "10.0.129.0/24" }),
            )
            .fact("oidc.bucket", json!(bucket))
            .fact("oidc.region", json!("us-east-1"))
    };
    for (private, bucket, message) in [
        (
            json!({ "us-east-1a": "10.0.0.0/24" }),
            "oidc",
            "no private subnet in the zone us-east-1b",
        ),
        (
            json!({ "us-east-1a": "10.0.0.0/24", "us-east-1b": "10.9.0.0/24" }),
            "oidc",
            "not in the cluster's network",
        ),
        (
            json!({ "us-east-1a": "10.0.0.0/24", "us-east-1b": "10.0.1.0/24" }),
            "oidc.example.com",
            "without dots",
        ),
    ] {
        let Err(Failure::Unsupported(found)) = plan(&with(private.clone(), bucket)) else {
            panic!("{private} was accepted");
        };
        assert!(found.contains(message), "{found}");
    }
}
