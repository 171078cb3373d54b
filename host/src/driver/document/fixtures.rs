//! Proposals of every kind, for tests.

use aegis_document::{Digest, Identifier};
use serde_json::{Value, json};

use super::*;
use crate::plan::InstanceId;
use crate::proposal::*;
use crate::stack::ReleaseOwner;

pub(crate) fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

pub(crate) fn node(value: Value) -> Node {
    Node::parse(&value).unwrap()
}

pub(crate) fn target() -> TargetContext {
    let cluster = |cluster: &str, region: &str| {
        let target = ClusterTarget {
            dns_name: format!("{cluster}.shop.example.com"),
            region: region.into(),
            kubernetes_version: "1.36.3".into(),
        };
        (name(cluster), target)
    };
    TargetContext {
        stack: name("shop"),
        account: Some("111122223333".into()),
        clusters: [cluster("use1", "us-east-1"), cluster("euw1", "eu-west-1")].into(),
        state: StateStore {
            bucket: Templated::parse("@{state.bucket}").unwrap(),
            region: "us-east-1".into(),
            kms_key: None,
        },
        charts: [(
            name("istiod"),
            ChartPin {
                repository: "https://istio-release.storage.googleapis.com/charts".into(),
                chart: "istiod".into(),
                version: "1.30.3".into(),
                digest: Some(Digest::of("chart")),
            },
        )]
        .into(),
        argocd: ArgoTarget {
            namespace: "argocd".into(),
            project: "shop".into(),
        },
    }
}

/// The documents of an action of the stage `mesh`.
pub(crate) fn built(
    action: Action,
    cluster: Option<&str>,
    owner: ReleaseOwner,
) -> Result<Vec<(Identity, Document)>, DocumentError> {
    let change = Change {
        id: name("change"),
        cluster: cluster.map(name),
        after: Vec::new(),
        on_immutable: OnImmutable::Fail,
        action,
    };
    let instance: InstanceId = "use1/mesh".parse().unwrap();
    let origin = Origin {
        target: &target(),
        instance: &instance,
        provides_state: false,
        release_owner: owner,
    };
    documents(&change, origin)
}

pub(crate) fn root(resources: &[(&str, &str, Value)]) -> TerraformRoot {
    let block = |(kind, name, body): &(&str, &str, Value)| TerraformBlock {
        kind: (*kind).into(),
        name: (*name).into(),
        body: node(body.clone()),
        depends_on: vec!["aws_vpc.b".into()],
        lifecycle: Lifecycle {
            create_before_destroy: true,
            prevent_destroy: false,
            ignore_changes: vec!["tags".into()],
        },
    };
    TerraformRoot {
        root: name("network-use1"),
        region: "us-east-1".into(),
        providers: vec![Provider {
            source: "hashicorp/aws".into(),
            version: ">= 5.100.0".into(),
        }],
        resources: resources.iter().map(block).collect(),
        data: Vec::new(),
        outputs: vec![TerraformOutput {
            name: "vpc".into(),
            value: node(json!("@{resource:aws_vpc.a.id}")),
            sensitive: false,
        }],
    }
}

pub(crate) fn kops() -> KopsCluster {
    KopsCluster {
        spec: node(json!({"networkID": "@{use1/network.vpc-id}", "sshAccess": []})),
        instance_groups: vec![InstanceGroup {
            name: name("nodes"),
            spec: node(json!({"role": "Node", "subnets": ["@{use1/network.subnets#/a}"]})),
        }],
        secrets: vec![KopsSecret {
            name: name("encryptionconfig"),
            fact: name("encryption-key"),
        }],
        roll: KopsRoll::Groups(vec![name("nodes")]),
    }
}

pub(crate) fn object() -> KubernetesObject {
    KubernetesObject {
        group: "apps".into(),
        version: "v1".into(),
        kind: "Deployment".into(),
        namespace: Some("shop".into()),
        name: "api".into(),
        labels: vec![("b".into(), "@{literal}".into()), ("a".into(), "1".into())],
        annotations: vec![(
            "vpc".into(),
            Templated::parse("vpc-@{use1/network.vpc-id}").unwrap(),
        )],
        body: node(json!({"spec": {"replicas": 2, "vpc": "@{use1/network.vpc-id}"}})),
    }
}

pub(crate) fn release() -> Release {
    Release {
        name: "istiod".into(),
        namespace: "istio-system".into(),
        entry: name("istiod"),
        values: node(json!({"meshConfig": {"trustDomain": "@{use1/mesh.domain}"}})),
        crds: CrdPolicy::Manage,
        hooks: HooksPolicy::Skip,
    }
}

pub(crate) fn application() -> Application {
    Application {
        name: "apps".into(),
        project: "shop".into(),
        repository: "https://git.example.com/shop".into(),
        revision: "0123456789012345678901234567890123456789".into(),
        path: "clusters/use1/apps".into(),
        destination_cluster: "use1".into(),
        destination_namespace: "apps".into(),
        sync: SyncPolicy {
            automated: true,
            prune: true,
            self_heal: false,
        },
        wave: 3,
    }
}

pub(crate) fn workflow() -> Workflow {
    Workflow {
        file: name("deploy"),
        name: "Deploy: on".into(),
        triggers: vec![
            Trigger::Push(vec!["main".into()]),
            Trigger::Tag(vec!["v*".into()]),
            Trigger::PullRequest(Vec::new()),
            Trigger::Schedule("0 4 * * 1".into()),
            Trigger::Manual,
        ],
        concurrency: Some("deploy".into()),
        jobs: vec![Job {
            id: name("build"),
            runs_on: "ubuntu-24.04".into(),
            needs: Vec::new(),
            environment: Some("production".into()),
            permissions: vec![
                Permission {
                    name: "id-token".into(),
                    access: Access::Write,
                },
                Permission {
                    name: "contents".into(),
                    access: Access::Read,
                },
            ],
            timeout_minutes: 15,
            steps: vec![
                Step::Uses {
                    name: "Check out".into(),
                    action: "actions/checkout".into(),
                    commit: "0123456789012345678901234567890123456789".into(),
                    version: "v5.0.0".into(),
                    with: vec![("fetch-depth".into(), "0".into())],
                },
                Step::Run {
                    name: "Build".into(),
                    script: "set -e\nmake \"$TARGET\"\n".into(),
                    env: vec![("TARGET".into(), "all".into())],
                },
            ],
        }],
    }
}

pub(crate) fn tool() -> ToolCall {
    ToolCall {
        adapter: name("dns"),
        holes: vec![
            ("zone".into(), node(json!("@{use1/dns.zone}"))),
            ("count".into(), node(json!(2))),
        ],
        inputs: vec![(
            "records.txt".into(),
            Templated::parse("a @{use1/dns.address}\n").unwrap(),
        )],
        stdin_secrets: vec![name("dns.token")],
        idempotent: true,
        probe: Some(name("dns-probe")),
        undo: None,
    }
}
