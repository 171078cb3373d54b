//! Requests for the plugin, and the documents that come out.

pub mod yaml;

use std::path::PathBuf;

use aegis_plugin::harness::{self, Harness, Memory};
use aegis_plugin::provisioning::{Action, Proposal};
use aegis_plugin::{Cluster, Failure, Provisioning};
use aegis_plugin_kops::Kops;
use serde_json::{Map, Value, json};

/// A cluster in these zones of us-east-1.
pub fn cluster(zones: &[&str]) -> Cluster {
    let zones = zones
        .iter()
        .map(|zone| format!("us-east-1{zone}"))
        .collect();
    Cluster {
        zones,
        ..harness::cluster("use1", "us-east-1")
    }
}

/// The stage for a cluster, with everything that it needs of others. Nobody provides the secret fact.
pub fn stage(cluster: Cluster) -> Harness {
    stage_with_key(cluster).without("encryption.configuration")
}

/// The stage for a cluster whose API server can encrypt Secrets.
pub fn stage_with_key(cluster: Cluster) -> Harness {
    let subnets = |third: usize| -> Value {
        let blocks = cluster.zones.iter().enumerate();
        Value::Object(
            blocks
                .map(|(index, zone)| (zone.clone(), json!(format!("10.0.{}.0/24", third + index))))
                .collect(),
        )
    };
    let (private, utility) = (subnets(16), subnets(128));
    let name = cluster.name.clone();
    Harness::new(&Kops::describe(), "cluster")
        .cluster(cluster)
        .own(&name)
        .fact("network.private-subnet-cidrs", private)
        .fact("network.utility-subnet-cidrs", utility)
        .fact("oidc.bucket", json!("shop-shop-example-com-oidc"))
        .fact("oidc.region", json!("us-east-1"))
        .fact("aws.account-id", json!("111122223333"))
}

pub fn plan(stage: &Harness) -> Result<Proposal, Failure> {
    stage.run(&Memory::new(), Kops::plan)
}

/// The Cluster and the InstanceGroups of a proposal as kOps reads them, with what the host adds.
pub fn documents(proposal: &Proposal) -> (Value, Vec<Value>) {
    let [change] = proposal.changes.as_slice() else {
        panic!("one change was expected")
    };
    let Action::Kops(kops) = &change.action else {
        panic!("a kOps change was expected")
    };
    let host: Map<String, Value> = serde_json::from_value(json!({
        "channel": "stable",
        "configBase": "s3://shop-shop-example-com-state/kops/use1.shop.example.com",
        "kubernetesVersion": "1.36.3",
    }))
    .unwrap();
    let mut spec: Map<String, Value> = serde_json::from_str(&kops.spec).unwrap();
    for (field, value) in host {
        assert!(
            spec.insert(field.clone(), value).is_none(),
            "{field} is the host's"
        );
    }
    let cluster = json!({
        "apiVersion": "kops.k8s.io/v1alpha2",
        "kind": "Cluster",
        "metadata": { "name": "use1.shop.example.com" },
        "spec": spec,
    });
    let groups = kops.instance_groups.iter().map(|group| {
        json!({
            "apiVersion": "kops.k8s.io/v1alpha2",
            "kind": "InstanceGroup",
            "metadata": { "name": group.name, "labels": { "kops.k8s.io/cluster": "use1.shop.example.com" } },
            "spec": serde_json::from_str::<Value>(&group.spec).unwrap(),
        })
    });
    (cluster, groups.collect())
}

/// The Cluster alone.
pub fn cluster_of(stage: &Harness) -> Value {
    documents(&plan(stage).unwrap()).0
}

/// An instance group by name.
pub fn group_of(stage: &Harness, name: &str) -> Value {
    let groups = documents(&plan(stage).unwrap()).1;
    let found = groups
        .into_iter()
        .find(|group| group["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("there is no group `{name}`"))
}

/// What the two golden answers are for: a cluster as in a large stack, and a small one.
pub fn configurations() -> [(&'static str, Harness); 2] {
    let three_zones = stage(cluster(&["a", "b", "c"]))
        .cluster(Cluster { cidr: String::from("10.1.0.0/16"), ..harness::cluster("euw1", "eu-west-1") })
        .settings(json!({ "service-accounts": [
            { "namespace": "orders", "name": "api", "policies": ["orders-bucket"] },
            { "namespace": "billing", "name": "export", "policies": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"] },
        ] }))
        .config(json!({
            "nodes": { "machine-type": "m6i.large", "min": 3, "max": 12 },
            "node-groups": {
                "batch": {
                    "machine-type": "m7g.xlarge", "min": 0, "max": 20, "zones": ["us-east-1c", "us-east-1a"],
                    "spot": { "machine-types": ["m6g.xlarge", "r7g.xlarge"], "on-demand-base": 1 },
                    "labels": { "node.kubernetes.io/pool": "batch" },
                    "taints": ["batch=true:NoSchedule"],
                    "max-age-days": 7,
                },
            },
            "api-access": ["10.200.0.0/16"],
            "permissions-boundary": "arn:aws:iam::111122223333:policy/boundary",
            "always-pull-images": true,
            "tags": { "cost-center": "42" },
        }));
    let one_zone = stage(cluster(&["a"]))
        .without("network.nat-gateway-ids")
        .config(json!({
            "control-plane": { "machine-type": "t3.medium", "volume-gib": 32 },
            "nodes": { "machine-type": "t3.medium", "min": 1, "max": 2, "volume-gib": 32, "max-age-days": 0 },
            "autoscaling": false,
            "metrics-server": false,
            "calico": { "typha-replicas": 0, "metrics": false },
            "dns-zone": "Z0123456789ABCDEFGHIJ",
            "rolling-update": { "mode": "never", "surge": 0, "unavailable": 1 },
            "os-updates": "unattended",
            "tag-subnets": true,
        }));
    [("three-zones", three_zones), ("one-zone", one_zone)]
}

/// The folder of the custom resource definitions, when it is on the machine: `$AEGIS_CORPORA/crds`, or beside
/// the repository.
pub fn crds() -> Option<PathBuf> {
    let corpora = std::env::var_os("AEGIS_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"),
        PathBuf::from,
    );
    let folder = corpora.join("crds");
    folder.is_dir().then_some(folder)
}
