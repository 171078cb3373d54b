mod tables;

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::Identifier;
use serde_json::{Value, json};

use super::codes::*;
use super::{KopsGrant, KopsRequest, derive};
use crate::capability::{DeclaredFact, DeclaredFacts, Denial, DeriveContext, Reach, Request, Risk};
use crate::proposal::{Action, Change, InstanceGroup, KopsCluster, KopsRoll, OnImmutable};
use crate::template::Node;

fn identifier(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

fn context() -> DeriveContext {
    let mut facts = DeclaredFacts::default();
    for (name, format) in [
        ("use1/network.vpc-id", "aws-id"),
        ("use1/network.cidr", "cidr"),
        ("use1/network.subnet-ids", "map<aws-id>"),
        ("keys.etcd", "arn"),
        ("iam.orders-policy", "arn"),
        ("state.oidc-bucket", "dns-name"),
        ("state.note", "text"),
    ] {
        facts.insert(
            name.parse().unwrap(),
            DeclaredFact {
                format: format.parse().unwrap(),
                secret: false,
            },
        );
    }
    DeriveContext {
        stage: identifier("cluster"),
        cluster: Some(identifier("use1")),
        clusters: BTreeSet::from([identifier("use1"), identifier("euw1")]).into(),
        repository: None,
        facts,
        proposed: BTreeSet::new(),
        scopes: BTreeMap::new(),
    }
}

fn requests_of(
    spec: &Value,
    groups: &[(&str, Value)],
    roll: KopsRoll,
) -> Result<Vec<KopsRequest>, Denial> {
    let kops = KopsCluster {
        spec: Node::parse(spec).unwrap(),
        instance_groups: groups
            .iter()
            .map(|(name, spec)| InstanceGroup {
                name: identifier(name),
                spec: Node::parse(spec).unwrap(),
            })
            .collect(),
        secrets: vec![],
        roll,
    };
    let change = Change {
        id: identifier("cluster"),
        cluster: Some(identifier("use1")),
        after: vec![],
        on_immutable: OnImmutable::Fail,
        action: Action::Kops(kops.clone()),
    };
    let requests = derive(&kops, &change, &context())?;
    Ok(requests
        .into_iter()
        .filter_map(|request| match request {
            Request::Kops(request) => Some(request),
            _ => None,
        })
        .collect())
}

fn cluster(spec: Value) -> Result<Vec<KopsRequest>, Denial> {
    requests_of(&spec, &[], KopsRoll::Never)
}

fn group(mut spec: Value) -> Result<Vec<KopsRequest>, Denial> {
    if spec.get("role").is_none() {
        spec["role"] = json!("Node");
    }
    requests_of(
        &json!({"cloudProvider": "aws"}),
        &[("nodes", spec)],
        KopsRoll::Never,
    )
}

fn grant(value: Value) -> KopsGrant {
    serde_json::from_value(value).unwrap()
}

fn denied(grant: &KopsGrant, requests: &[KopsRequest]) -> Vec<String> {
    let context = context();
    let reach = Reach {
        own: context.cluster.as_ref(),
        clusters: &context.clusters,
    };
    requests
        .iter()
        .filter(|request| !grant.covers(request, reach))
        .map(ToString::to_string)
        .collect()
}

/// The cluster as a platform needs it.
fn secure() -> (Value, Value, Value) {
    let member = json!({
        "name": "a", "instanceGroup": "control-plane-a", "encryptedVolume": true, "kmsKeyId": "@{keys.etcd}", "volumeType": "gp3", "volumeSize": 20,
    });
    let spec = json!({
        "cloudProvider": "aws",
        "networkCIDR": "@{use1/network.cidr}",
        "networkID": "@{use1/network.vpc-id}",
        "nonMasqueradeCIDR": "100.64.0.0/10",
        "api": {"loadBalancer": {"class": "Network", "type": "Internal"}},
        "kubernetesApiAccess": ["@{use1/network.cidr}"],
        "sshAccess": [],
        "authorization": {"rbac": {}},
        "iam": {
            "legacy": false, "allowContainerRegistry": true, "useServiceAccountExternalPermissions": true,
            "serviceAccountExternalPermissions": [{"name": "api", "namespace": "orders", "aws": {"policyARNs": ["@{iam.orders-policy}"]}}],
        },
        "serviceAccountIssuerDiscovery": {
            "discoveryStore": "s3://@{state.oidc-bucket}/use1.shop.example.com/discovery", "enableAWSOIDCProvider": true,
            "additionalAudiences": ["sts.amazonaws.com"],
        },
        "certManager": {"enabled": true, "managed": false},
        "podIdentityWebhook": {"enabled": true, "replicas": 2},
        "encryptionConfig": true,
        "etcdClusters": [
            {"name": "main", "cpuRequest": "200m", "memoryRequest": "100Mi", "manager": {"backupRetentionDays": 90, "backupInterval": "15m"}, "etcdMembers": [member]},
            {"name": "events", "etcdMembers": [member]},
        ],
        "networking": {"calico": {"encapsulationMode": "vxlan", "wireguardEnabled": true, "prometheusMetricsEnabled": true, "typhaReplicas": 3, "bpfEnabled": false}},
        "kubelet": {
            "anonymousAuth": false, "authenticationTokenWebhook": true, "authorizationMode": "Webhook", "protectKernelDefaults": true, "readOnlyPort": 0,
            "seccompDefault": true, "eventQPS": 0, "podPidsLimit": 4096, "tlsMinVersion": "VersionTLS12", "rotateCertificates": true,
        },
        "kubeAPIServer": {
            "enableProfiling": false, "auditLogPath": "/var/log/kube-apiserver-audit.log", "auditLogMaxAge": 30, "auditLogMaxBackups": 10,
            "auditLogMaxSize": 100, "auditPolicyFile": "/etc/kubernetes/audit/policy.yaml", "tlsMinVersion": "VersionTLS12",
            "tlsCipherSuites": ["TLS_AES_128_GCM_SHA256"],
        },
        "fileAssets": [{"name": "audit-policy", "path": "/etc/kubernetes/audit/policy.yaml", "roles": ["ControlPlane"], "content": "rules: []"}],
        "kubeControllerManager": {"terminatedPodGCThreshold": 100, "enableProfiling": false},
        "kubeScheduler": {"enableProfiling": false},
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0, "drainAndTerminate": true},
        "subnets": [
            {"name": "us-east-1a", "zone": "us-east-1a", "type": "Private", "id": "@{use1/network.subnet-ids#/us-east-1a}", "egress": "nat-0abc"},
            {"name": "utility-us-east-1a", "zone": "us-east-1a", "type": "Utility", "id": "subnet-0abc"},
        ],
        "topology": {"dns": {"type": "Private"}},
        "updatePolicy": "external",
    });
    let machines = json!({
        "machineType": "m6i.large", "minSize": 1, "maxSize": 1, "subnets": ["us-east-1a"],
        "image": "099720109477/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260714",
        "associatePublicIp": false, "rootVolumeEncryption": true, "rootVolumeEncryptionKey": "@{keys.etcd}", "rootVolumeType": "gp3",
        "instanceMetadata": {"httpTokens": "required", "httpPutResponseHopLimit": 1}, "maxInstanceLifetime": "720h",
    });
    let mut control_plane = machines.clone();
    control_plane["role"] = json!("ControlPlane");
    let mut nodes = machines;
    nodes["role"] = json!("Node");
    nodes["autoscale"] = json!(true);
    (spec, control_plane, nodes)
}

fn secure_requests() -> Vec<KopsRequest> {
    let (spec, control_plane, nodes) = secure();
    requests_of(
        &spec,
        &[("control-plane-a", control_plane), ("nodes", nodes)],
        KopsRoll::AsNeeded,
    )
    .unwrap()
}

fn secure_grant() -> Value {
    json!({
        "clusters": ["own"],
        "fields": [
            "spec.*", "instanceGroup.spec.*", "spec.iam.serviceAccountExternalPermissions", "spec.fileAssets",
            "spec.serviceAccountIssuerDiscovery.discoveryStore", "spec.serviceAccountIssuerDiscovery.additionalAudiences",
            "spec.kubeAPIServer.auditLogPath", "spec.kubeAPIServer.auditPolicyFile", "instanceGroup.spec.image",
        ],
        "images": ["099720109477/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*"],
    })
}

#[test]
fn a_secure_cluster_is_mostly_plain() {
    let beyond: Vec<String> = secure_requests()
        .iter()
        .filter(|request| request.risk() > Risk::Plain)
        .map(ToString::to_string)
        .collect();
    let image = "099720109477/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260714";
    assert_eq!(
        beyond,
        [
            "set instanceGroup.spec.image of cluster use1".to_owned(),
            format!("run the image {image} (instanceGroup.spec.image) of cluster use1"),
            "set spec.fileAssets of cluster use1".to_owned(),
            "set spec.iam.serviceAccountExternalPermissions of cluster use1".to_owned(),
            "set spec.kubeAPIServer.auditLogPath of cluster use1".to_owned(),
            "set spec.kubeAPIServer.auditPolicyFile of cluster use1".to_owned(),
            "set spec.serviceAccountIssuerDiscovery.additionalAudiences of cluster use1".to_owned(),
            "set spec.serviceAccountIssuerDiscovery.discoveryStore of cluster use1".to_owned(),
        ]
    );
}

#[test]
fn taking_one_thing_out_of_a_grant_denies_exactly_what_it_covered() {
    let requests = secure_requests();
    assert_eq!(
        denied(&grant(secure_grant()), &requests),
        Vec::<String>::new()
    );
    assert!(grant(secure_grant()).problem().is_none());
    assert_eq!(
        denied(&grant(json!({"clusters": ["own"]})), &requests).len(),
        requests.len()
    );
    assert_eq!(
        denied(
            &grant(json!({"clusters": ["euw1"], "fields": ["spec.*"]})),
            &requests
        )
        .len(),
        requests.len()
    );
    let fields = secure_grant()["fields"].as_array().unwrap().len();
    for index in 2..fields {
        let mut smaller = secure_grant();
        let path = smaller["fields"].as_array_mut().unwrap().remove(index);
        let lost = format!("set {} of cluster use1", path.as_str().unwrap());
        assert_eq!(denied(&grant(smaller), &requests), [lost]);
    }
    let mut without_images = secure_grant();
    without_images["images"] = json!([]);
    let lost = denied(&grant(without_images), &requests);
    assert!(
        lost.len() == 1 && lost[0].starts_with("run the image "),
        "{lost:?}"
    );
}

#[test]
fn hostile_clusters_are_refused() {
    for (claim, spec, code) in [
        (
            "everybody may do everything",
            json!({"authorization": {"alwaysAllow": {}}}),
            NEVER,
        ),
        (
            "an API server that answers anybody",
            json!({"kubeAPIServer": {"anonymousAuth": true}}),
            NEVER,
        ),
        (
            "a kubelet that answers anybody",
            json!({"kubelet": {"anonymousAuth": true}}),
            NEVER,
        ),
        (
            "a kubelet of the control plane that answers anybody",
            json!({"masterKubelet": {"anonymousAuth": true}}),
            NEVER,
        ),
        (
            "a kubelet that allows everything",
            json!({"kubelet": {"authorizationMode": "AlwaysAllow"}}),
            NEVER,
        ),
        (
            "a read-only port",
            json!({"kubelet": {"readOnlyPort": 10255}}),
            NEVER,
        ),
        (
            "an API server that allows everything",
            json!({"kubeAPIServer": {"authorizationMode": "AlwaysAllow"}}),
            NEVER,
        ),
        (
            "the API for the internet",
            json!({"kubernetesApiAccess": ["0.0.0.0/0"]}),
            NEVER,
        ),
        (
            "the API for the internet, IPv6",
            json!({"kubernetesApiAccess": ["::/0"]}),
            NEVER,
        ),
        (
            "the API for the internet in halves",
            json!({"kubernetesApiAccess": ["0.0.0.0/1", "128.0.0.0/1"]}),
            NEVER,
        ),
        (
            "shells for the internet",
            json!({"sshAccess": ["10.0.0.0/8", "0.0.0.0/0"]}),
            NEVER,
        ),
        (
            "node ports for the internet",
            json!({"nodePortAccess": ["::/0"]}),
            NEVER,
        ),
        (
            "nodes with the rights of the control plane",
            json!({"iam": {"legacy": true}}),
            NEVER,
        ),
        (
            "another cloud",
            json!({"cloudProvider": "openstack"}),
            NEVER,
        ),
        (
            "a discovery store on the machine",
            json!({"serviceAccountIssuerDiscovery": {"discoveryStore": "file:///etc"}}),
            NEVER,
        ),
        (
            "a discovery store from a fact",
            json!({"serviceAccountIssuerDiscovery": {"discoveryStore": "@{state.oidc-bucket}"}}),
            NEVER,
        ),
        (
            "an issuer without TLS",
            json!({"kubeAPIServer": {"oidcIssuerURL": "http://login.example.com"}}),
            NEVER,
        ),
        (
            "Terraform that nobody reads",
            json!({"target": {"terraform": {"providerExtraConfig": {"a": "b"}}}}),
            NEVER,
        ),
        (
            "static Pods",
            json!({"kubelet": {"podManifestPath": "/tmp"}}),
            NEVER,
        ),
        (
            "another store",
            json!({"configBase": "s3://evil/x"}),
            HOST_FIELD,
        ),
        (
            "another key store",
            json!({"keyStore": "s3://evil/x"}),
            HOST_FIELD,
        ),
        (
            "another secret store",
            json!({"secretStore": "s3://evil/x"}),
            HOST_FIELD,
        ),
        (
            "another config store",
            json!({"configStore": "s3://evil/x"}),
            HOST_FIELD,
        ),
        (
            "a channel that reads the machine's role",
            json!({"channel": "metadata://aws/meta-data"}),
            HOST_FIELD,
        ),
        (
            "another version",
            json!({"kubernetesVersion": "https://evil/"}),
            HOST_FIELD,
        ),
        (
            "backups elsewhere",
            json!({"etcdClusters": [{"backups": {"backupStore": "s3://evil/x"}}]}),
            HOST_FIELD,
        ),
        ("an unknown field", json!({"evil": 1}), FIELD),
        (
            "a field of another cloud",
            json!({"cloudConfig": {"vSpherePassword": "x"}}),
            FIELD,
        ),
        (
            "an insecure port",
            json!({"kubeAPIServer": {"insecurePort": 8080}}),
            FIELD,
        ),
        (
            "another store of the API server",
            json!({"kubeAPIServer": {"etcdServers": ["http://evil"]}}),
            FIELD,
        ),
        (
            "passwords in a file",
            json!({"kubeAPIServer": {"basicAuthFile": "/x"}}),
            FIELD,
        ),
        ("a path as a key", json!({"kubelet.maxPods": 1}), FIELD),
        (
            "a path as a deeper key",
            json!({"api": {"loadBalancer.type": "Public"}}),
            FIELD,
        ),
        ("an expression as a key", json!({"${x}": 1}), FIELD),
        ("a spec that is a list", json!([{"channel": "x"}]), SHAPE),
        ("a component that is text", json!({"kubelet": "x"}), SHAPE),
        ("a component of texts", json!({"kubelet": ["x"]}), SHAPE),
        (
            "text where a flag belongs",
            json!({"kubelet": {"anonymousAuth": "false"}}),
            SHAPE,
        ),
        (
            "a map where a text belongs",
            json!({"networkID": {"a": "b"}}),
            SHAPE,
        ),
        (
            "a map where a text belongs, by a token",
            json!({"networkID": "@{use1/network.subnet-ids}"}),
            SHAPE,
        ),
        (
            "a map in a list of texts",
            json!({"kubernetesApiAccess": ["@{use1/network.subnet-ids}"]}),
            SHAPE,
        ),
        (
            "a map instead of a list of texts",
            json!({"kubernetesApiAccess": "@{use1/network.subnet-ids}"}),
            SHAPE,
        ),
        (
            "a text instead of a list of texts",
            json!({"additionalSans": "@{state.note}"}),
            SHAPE,
        ),
        (
            "a map in a label",
            json!({"cloudLabels": {"a": "@{use1/network.subnet-ids}"}}),
            SHAPE,
        ),
        (
            "a choice with an argument",
            json!({"authorization": {"rbac": {"x": 1}}}),
            SHAPE,
        ),
        (
            "a map where a list belongs",
            json!({"etcdClusters": {"name": "main"}}),
            SHAPE,
        ),
        (
            "a list where a map belongs",
            json!({"kubelet": [{"maxPods": 1}]}),
            SHAPE,
        ),
        (
            "a policy as text",
            json!({"additionalPolicies": {"node": "[]"}}),
            POLICY,
        ),
        (
            "a policy of nobody",
            json!({"additionalPolicies": {"nobody": []}}),
            SHAPE,
        ),
        ("no policy", json!({"additionalPolicies": {}}), SHAPE),
        (
            "everything but",
            json!({"additionalPolicies": {"node": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}}),
            POLICY,
        ),
        (
            "a token in an action",
            json!({"iam": {"serviceAccountExternalPermissions": [{"name": "a", "namespace": "b", "aws": {"inlinePolicy": [
                {"Effect": "Allow", "Action": "@{state.note}", "Resource": "*"},
            ]}}]}}),
            POLICY,
        ),
        (
            "a token in a service account",
            json!({"iam": {"serviceAccountExternalPermissions": [{"name": "@{state.note}", "namespace": "b"}]}}),
            SHAPE,
        ),
        (
            "a token in a script",
            json!({"fileAssets": [{"name": "a", "path": "/x", "content": "@{state.note}"}]}),
            SHAPE,
        ),
        (
            "a token in an image",
            json!({"kubeAPIServer": {"image": "@{state.note}"}}),
            SHAPE,
        ),
        (
            "a token in a subnet's type",
            json!({"subnets": [{"name": "a", "type": "@{state.note}"}]}),
            SHAPE,
        ),
        (
            "a token of nobody",
            json!({"networkID": "@{use1/other}"}),
            REFERENCE,
        ),
        (
            "a token of a Terraform root",
            json!({"networkID": "@{resource:aws_vpc.main.id}"}),
            REFERENCE,
        ),
        (
            "a policy from a fact that is none",
            json!({"externalPolicies": {"node": ["@{state.note}"]}}),
            REFERENCE,
        ),
        (
            "an etcd member on no group",
            json!({"etcdClusters": [{"name": "main", "etcdMembers": [{"name": "a", "instanceGroup": "x"}]}]}),
            REFERENCE,
        ),
    ] {
        match cluster(spec) {
            Err(denial) => assert_eq!(denial.code, code, "{claim}: {denial}"),
            Ok(requests) => panic!("{claim}: {requests:?}"),
        }
    }
}

#[test]
fn hostile_instance_groups_are_refused() {
    for (claim, spec, code) in [
        ("an unknown role", json!({"role": "Admin"}), NEVER),
        ("a role from a fact", json!({"role": "@{state.note}"}), NAME),
        ("an unknown field", json!({"evil": 1}), FIELD),
        (
            "a kubelet that answers anybody",
            json!({"kubelet": {"anonymousAuth": true}}),
            NEVER,
        ),
        (
            "a token in user data",
            json!({"additionalUserData": [{"name": "a", "type": "text/x-shellscript", "content": "curl @{use1/network.vpc-id}"}]}),
            SHAPE,
        ),
        (
            "a token in an image",
            json!({"image": "@{state.note}"}),
            SHAPE,
        ),
        (
            "a token in a subnet",
            json!({"subnets": ["@{use1/network.vpc-id}"]}),
            SHAPE,
        ),
    ] {
        match group(spec) {
            Err(denial) => assert_eq!(denial.code, code, "{claim}: {denial}"),
            Ok(requests) => panic!("{claim}: {requests:?}"),
        }
    }
    let node = json!({"role": "Node"});
    let twice = [("nodes", node.clone()), ("nodes", node.clone())];
    assert_eq!(
        requests_of(&json!({}), &twice, KopsRoll::Never)
            .unwrap_err()
            .code,
        NAME
    );
    let roll = KopsRoll::Groups(vec![identifier("others")]);
    assert_eq!(
        requests_of(&json!({}), &[("nodes", node.clone())], roll)
            .unwrap_err()
            .code,
        REFERENCE
    );
    let spec = |members: Value| json!({"etcdClusters": [{"name": "main", "etcdMembers": members}]});
    for members in [
        json!([{"name": "a", "instanceGroup": "nodes"}, {"name": "a", "instanceGroup": "nodes"}]),
        json!([{"name": "@{state.note}", "instanceGroup": "nodes"}]),
        json!([{"instanceGroup": "nodes"}]),
    ] {
        let denial = requests_of(
            &spec(members.clone()),
            &[("nodes", node.clone())],
            KopsRoll::Never,
        )
        .unwrap_err();
        assert_eq!(denial.code, NAME, "{members}");
    }
}

/// Every field that can do more than its name says, each alone: a grant of everything by wildcard
/// does not reach it, its own line does.
#[test]
fn code_and_rights_need_their_own_line() {
    let everything = grant(
        json!({"clusters": ["own"], "fields": ["spec.*", "instanceGroup.spec.*", "*"], "images": ["*"]}),
    );
    for (path, requests) in [
        ("spec.packages", cluster(json!({"packages": ["nc"]}))),
        (
            "spec.sysctlParameters",
            cluster(json!({"sysctlParameters": ["kernel.x=1"]})),
        ),
        (
            "spec.hooks",
            cluster(json!({"hooks": [{"name": "x", "manifest": "ExecStart=/bin/sh"}]})),
        ),
        (
            "spec.addons",
            cluster(json!({"addons": [{"manifest": "s3://evil/x"}]})),
        ),
        (
            "spec.assets",
            cluster(json!({"assets": {"fileRepository": "https://evil"}})),
        ),
        (
            "spec.containerd",
            cluster(json!({"containerd": {"configOverride": "x"}})),
        ),
        (
            "spec.etcdClusters.manager.env",
            cluster(json!({"etcdClusters": [{"manager": {"env": [{"name": "a", "value": "b"}]}}]})),
        ),
        (
            "spec.etcdClusters.manager.image",
            cluster(json!({"etcdClusters": [{"manager": {"image": "evil/x"}}]})),
        ),
        (
            "spec.kubeAPIServer.image",
            cluster(json!({"kubeAPIServer": {"image": "evil/x"}})),
        ),
        (
            "spec.kubeAPIServer.oidcIssuerURL",
            cluster(json!({"kubeAPIServer": {"oidcIssuerURL": "https://evil"}})),
        ),
        (
            "spec.kubeAPIServer.auditWebhookConfigFile",
            cluster(json!({"kubeAPIServer": {"auditWebhookConfigFile": "/x"}})),
        ),
        (
            "spec.kubernetesApiAccess",
            cluster(json!({"kubernetesApiAccess": ["203.0.113.0/24"]})),
        ),
        (
            "spec.api.loadBalancer.type",
            cluster(json!({"api": {"loadBalancer": {"type": "Public"}}})),
        ),
        (
            "spec.encryptionConfig",
            cluster(json!({"encryptionConfig": false})),
        ),
        ("spec.etcdClusters.etcdMembers.encryptedVolume", {
            let spec = json!({"etcdClusters": [{"name": "main", "etcdMembers": [{"name": "a", "instanceGroup": "n", "encryptedVolume": false}]}]});
            requests_of(
                &spec,
                &[("n", json!({"role": "ControlPlane"}))],
                KopsRoll::Never,
            )
        }),
        (
            "instanceGroup.spec.additionalUserData",
            group(json!({"additionalUserData": [{"name": "a", "content": "x"}]})),
        ),
        (
            "instanceGroup.spec.iam.profile",
            group(json!({"iam": {"profile": "arn:aws:iam::111122223333:instance-profile/admin"}})),
        ),
        (
            "instanceGroup.spec.associatePublicIp",
            group(json!({"associatePublicIp": true})),
        ),
        (
            "instanceGroup.spec.instanceMetadata.httpTokens",
            group(json!({"instanceMetadata": {"httpTokens": "optional"}})),
        ),
        (
            "instanceGroup.spec.rootVolumeEncryption",
            group(json!({"rootVolumeEncryption": false})),
        ),
    ] {
        let requests = requests.unwrap();
        let lost = denied(&everything, &requests);
        assert!(
            lost.len() == 1 && lost[0].ends_with(&format!(" {path} of cluster use1")),
            "{lost:?}"
        );
        let named = grant(
            json!({"clusters": ["own"], "fields": [path, "spec.*", "instanceGroup.spec.*"], "images": ["evil/x"]}),
        );
        assert_eq!(denied(&named, &requests), Vec::<String>::new(), "{path}");
    }
}

#[test]
fn rights_of_roles_are_granted_one_by_one() {
    let spec = json!({
        "additionalPolicies": {"node": [{"Effect": "Allow", "Action": ["s3:GetObject", "iam:PassRole"], "Resource": "arn:aws:s3:::shop-*"}]},
        "externalPolicies": {"node": ["arn:aws:iam::aws:policy/AdministratorAccess", "@{iam.orders-policy}"]},
    });
    let requests = cluster(spec).unwrap();
    let base = json!({"clusters": ["own"], "fields": ["spec.additionalPolicies", "spec.externalPolicies"]});
    assert_eq!(
        denied(&grant(base.clone()), &requests),
        [
            "in spec.additionalPolicies, allow iam:PassRole on arn:aws:s3:::shop-* of cluster use1",
            "in spec.additionalPolicies, allow s3:GetObject on arn:aws:s3:::shop-* of cluster use1",
            "attach the IAM policy arn:aws:iam::aws:policy/AdministratorAccess (spec.externalPolicies) of cluster use1",
        ]
    );
    let mut full = base;
    full["iam"] =
        json!([{"actions": ["s3:Get*", "iam:PassRole"], "resources": ["arn:aws:s3:::shop-*"]}]);
    full["policies"] = json!(["arn:aws:iam::aws:policy/AdministratorAccess"]);
    assert_eq!(
        denied(&grant(full.clone()), &requests),
        Vec::<String>::new()
    );
    assert_eq!(grant(full).risk(), Risk::Deputy);
}

#[test]
fn a_choice_without_arguments_is_asked_for_too() {
    let asked: Vec<String> = cluster(json!({"networking": {"cilium": {}}}))
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(asked, ["set spec.networking.cilium of cluster use1"]);
}

#[test]
fn a_grant_that_means_nothing_is_not_accepted() {
    for fields in [
        json!({"fields": ["spec.evil"]}),
        json!({"fields": ["spec.configBase"]}),
        json!({"fields": ["spec.authorization.alwaysAllow"]}),
        json!({"fields": ["spec.fileAssets.content"]}),
        json!({"policies": ["arn:aws:iam::aws:policy/*"]}),
    ] {
        let mut line = fields.clone();
        line["clusters"] = json!(["own"]);
        assert!(grant(line).problem().is_some(), "{fields}");
    }
    assert!(serde_json::from_value::<KopsGrant>(json!({"fields": []})).is_err());
    assert_eq!(grant(secure_grant()).risk(), Risk::Deputy);
}
