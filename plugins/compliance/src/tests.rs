use std::collections::BTreeMap;

use aegis_plugin::harness::{self, Harness, Memory};
use aegis_plugin::validation::{Finding, Outcome};
use aegis_plugin::{DocumentInfo, DocumentKind, Failure, MissingStage, Precision, Validation};
use serde_json::{Value, json};

use super::*;

fn info(identity: &str, kind: DocumentKind) -> DocumentInfo {
    DocumentInfo {
        identity: identity.into(),
        kind,
        stage: "stage".into(),
        cluster: (kind != DocumentKind::Terraform).then(|| "use1".into()),
        precision: Precision::Exact,
    }
}

fn good_cluster() -> Value {
    json!({
        "kind": "Cluster",
        "metadata": {"name": "use1.shop.example.com"},
        "spec": {
            "etcdClusters": [{"name": "main", "etcdMembers": [
                {"name": "a", "encryptedVolume": true, "kmsKeyId": "@{use1/keys.etcd-arn}"},
            ]}],
            "encryptionConfig": true,
            "api": {"loadBalancer": {"class": "Network", "type": "Internal"}},
            "kubernetesApiAccess": ["10.0.0.0/16"],
            "sshAccess": [],
            "authorization": {"rbac": {}},
            "kubeAPIServer": {
                "enableProfiling": false, "tlsMinVersion": "VersionTLS12",
                "auditLogPath": "/var/log/audit.log", "auditLogMaxAge": 30, "auditLogMaxBackups": 10,
                "auditLogMaxSize": 100, "auditPolicyFile": "/etc/audit.yaml",
            },
            "fileAssets": [{"name": "audit", "path": "/etc/audit.yaml", "content": "rules: []"}],
            "kubeControllerManager": {"enableProfiling": false},
            "kubeScheduler": {"enableProfiling": false},
            "kubelet": {
                "anonymousAuth": false, "authenticationTokenWebhook": true, "authorizationMode": "Webhook",
                "readOnlyPort": 0, "protectKernelDefaults": true, "tlsMinVersion": "VersionTLS13",
            },
            "networking": {"calico": {}},
            "serviceAccountIssuerDiscovery": {"enableAWSOIDCProvider": true},
            "subnets": [{"name": "a", "type": "Private"}, {"name": "utility-a", "type": "Utility"}],
        },
    })
}

fn good_group() -> Value {
    json!({"kind": "InstanceGroup", "spec": {
        "instanceMetadata": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "rootVolumeEncryption": true, "associatePublicIp": false, "subnets": ["a"],
    }})
}

fn resource(kind: &str, name: &str, body: Value) -> Value {
    json!({"type": kind, "name": name, "body": body, "depends-on": [], "lifecycle": {}})
}

fn good_root() -> Value {
    let deny_plain = json!({"Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }]});
    json!({"region": "us-east-1", "resources": [
        resource("aws_s3_bucket", "state", json!({"bucket": "shop-state"})),
        resource("aws_s3_bucket_server_side_encryption_configuration", "state", json!({
            "bucket": "@{resource:aws_s3_bucket.state.id}",
            "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}],
        })),
        resource("aws_s3_bucket_public_access_block", "state", json!({
            "bucket": "@{resource:aws_s3_bucket.state.id}", "block_public_acls": true, "block_public_policy": true,
            "ignore_public_acls": true, "restrict_public_buckets": true,
        })),
        resource("aws_s3_bucket_versioning", "state", json!({
            "bucket": "shop-state", "versioning_configuration": {"status": "Enabled"},
        })),
        resource("aws_s3_bucket_policy", "state", json!({
            "bucket": "@{resource:aws_s3_bucket.state.id}", "policy": deny_plain,
        })),
        resource("aws_kms_key", "state", json!({"enable_key_rotation": true})),
        resource("aws_iam_role", "deploy", json!({"assume_role_policy": {"Statement": [{
            "Effect": "Allow", "Principal": {"Federated": "@{resource:aws_iam_openid_connect_provider.github.arn}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"x:aud": "sts.amazonaws.com", "x:sub": "repo:a/b:environment:prod"}},
        }]}})),
        resource("aws_iam_role_policy", "deploy", json!({"policy": {"Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::shop-state/*"},
        ]}})),
        resource("aws_vpc", "main", json!({})),
        resource("aws_flow_log", "main", json!({"vpc_id": "@{resource:aws_vpc.main.id}"})),
        resource("aws_default_security_group", "main", json!({"vpc_id": "@{resource:aws_vpc.main.id}"})),
        resource("aws_vpc_security_group_ingress_rule", "endpoints", json!({
            "cidr_ipv4": "10.0.0.0/16", "ip_protocol": "tcp", "from_port": 443, "to_port": 443,
        })),
        resource("aws_cloudwatch_log_group", "flows", json!({
            "kms_key_id": "@{resource:aws_kms_key.state.arn}", "retention_in_days": 365,
        })),
    ]})
}

fn memory(root: Value, cluster: Value, group: Value) -> Memory {
    Memory::new()
        .with_document(info("terraform/foundation", DocumentKind::Terraform), root)
        .with_document(info("kops/use1", DocumentKind::KopsCluster), cluster)
        .with_document(
            info("kops/use1/nodes", DocumentKind::KopsInstanceGroup),
            group,
        )
}

fn harness() -> Harness {
    Harness::new(&Compliance::describe(), "controls").cluster(harness::cluster("use1", "us-east-1"))
}

fn evaluate(memory: &Memory) -> Vec<Finding> {
    harness().run(memory, Compliance::evaluate).unwrap()
}

fn outcomes(findings: &[Finding]) -> BTreeMap<&str, &Outcome> {
    findings
        .iter()
        .map(|finding| (finding.control.as_str(), &finding.outcome))
        .collect()
}

#[test]
fn the_descriptor_is_sound() {
    harness::check(&Compliance::describe()).unwrap();
    let mut ids: Vec<String> = Compliance::controls()
        .into_iter()
        .map(|control| control.id)
        .collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "control ids are unique");
    assert!(
        Compliance::controls()
            .iter()
            .all(|control| !control.remediation.is_empty())
    );
}

#[test]
fn a_hardened_plan_passes_every_control() {
    let findings = evaluate(&memory(good_root(), good_cluster(), good_group()));
    for finding in &findings {
        assert_eq!(finding.outcome, Outcome::Pass, "{finding:?}");
    }
    assert_eq!(outcomes(&findings).len(), Compliance::controls().len());
}

/// One thing is made worse; exactly one control must fail, at that place.
#[test]
fn each_control_fails_when_its_protection_is_taken_away() {
    type Break = fn(&mut Value);
    let cluster: Vec<(&str, &str, Break)> = vec![
        (
            "kops-etcd-encrypted",
            "/spec/etcdClusters/0/etcdMembers/0/encryptedVolume",
            |v| {
                v["spec"]["etcdClusters"][0]["etcdMembers"][0]["encryptedVolume"] = json!(false);
            },
        ),
        ("kops-etcd-encrypted", "/spec/etcdClusters", |v| {
            v["spec"]["etcdClusters"] = json!([])
        }),
        ("kops-secrets-encrypted", "/spec/encryptionConfig", |v| {
            v["spec"]["encryptionConfig"] = json!(false)
        }),
        ("kops-api-private", "/spec/api/loadBalancer/type", |v| {
            v["spec"]["api"] = json!({})
        }),
        ("kops-api-private", "/spec/kubernetesApiAccess/0", |v| {
            v["spec"]["kubernetesApiAccess"] = json!(["0.0.0.0/0"])
        }),
        ("kops-ssh-closed", "/spec/sshAccess/0", |v| {
            v["spec"]["sshAccess"] = json!(["::/0"])
        }),
        ("kops-ssh-closed", "/spec/sshAccess", |v| {
            v["spec"]["sshAccess"] = json!(null)
        }),
        (
            "kops-audit-log",
            "/spec/kubeAPIServer/auditLogMaxAge",
            |v| v["spec"]["kubeAPIServer"]["auditLogMaxAge"] = json!(7),
        ),
        ("kops-audit-log", "/spec/fileAssets", |v| {
            v["spec"]["fileAssets"] = json!([])
        }),
        ("kops-rbac", "/spec/authorization/alwaysAllow", |v| {
            v["spec"]["authorization"]["alwaysAllow"] = json!({})
        }),
        ("kops-rbac", "/spec/authorization/rbac", |v| {
            v["spec"]["authorization"] = json!({})
        }),
        (
            "kops-kubelet-hardened",
            "/spec/kubelet/anonymousAuth",
            |v| v["spec"]["kubelet"]["anonymousAuth"] = json!(true),
        ),
        (
            "kops-profiling-off",
            "/spec/kubeScheduler/enableProfiling",
            |v| v["spec"]["kubeScheduler"] = json!({}),
        ),
        ("kops-tls-version", "/spec/kubelet/tlsMinVersion", |v| {
            v["spec"]["kubelet"]["tlsMinVersion"] = json!("VersionTLS10")
        }),
        ("kops-network-policy", "/spec/networking", |v| {
            v["spec"]["networking"] = json!({"kubenet": {}})
        }),
        (
            "kops-pod-identity",
            "/spec/serviceAccountIssuerDiscovery/enableAWSOIDCProvider",
            |v| {
                v["spec"]["serviceAccountIssuerDiscovery"] = json!({});
            },
        ),
        ("kops-nodes-private", "/spec/subnets/0", |v| {
            v["spec"]["subnets"][0]["type"] = json!("Public")
        }),
    ];
    let group: Vec<(&str, &str, Break)> = vec![
        (
            "kops-metadata-service",
            "/spec/instanceMetadata/httpTokens",
            |v| {
                v["spec"]["instanceMetadata"]["httpTokens"] = json!("optional");
            },
        ),
        (
            "kops-root-volume-encrypted",
            "/spec/rootVolumeEncryption",
            |v| v["spec"]["rootVolumeEncryption"] = json!(null),
        ),
        ("kops-nodes-private", "/spec/associatePublicIp", |v| {
            v["spec"]["associatePublicIp"] = json!(true)
        }),
    ];
    let root: Vec<(&str, &str, Break)> = vec![
        ("aws-s3-encrypted", "/resources/1/body", |v| {
            v["resources"][1]["body"]["rule"][0]["apply_server_side_encryption_by_default"][0]["sse_algorithm"] =
                json!("AES256");
        }),
        (
            "aws-s3-private",
            "/resources/2/body/ignore_public_acls",
            |v| {
                v["resources"][2]["body"]["ignore_public_acls"] = json!(false);
            },
        ),
        ("aws-s3-versioned", "/resources/0/body", |v| {
            v["resources"][3]["body"]["versioning_configuration"]["status"] = json!("Suspended");
        }),
        ("aws-s3-tls", "/resources/0/body", |v| {
            v["resources"][4]["body"]["policy"]["Statement"] = json!([])
        }),
        (
            "aws-kms-rotation",
            "/resources/5/body/enable_key_rotation",
            |v| v["resources"][5]["body"] = json!({}),
        ),
        ("aws-kms-policy", "/resources/5/body/policy", |v| {
            v["resources"][5]["body"]["policy"] =
                json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": ["*"]}}});
        }),
        (
            "aws-iam-oidc-trust",
            "/resources/6/body/assume_role_policy",
            |v| {
                v["resources"][6]["body"]["assume_role_policy"]["Statement"][0]["Condition"]["StringEquals"]
                    ["x:sub"] = json!("repo:a/*");
            },
        ),
        ("aws-iam-no-admin", "/resources/7/body/policy", |v| {
            v["resources"][7]["body"]["policy"]["Statement"] =
                json!({"Effect": "Allow", "Action": "*", "Resource": ["*"]});
        }),
        ("aws-vpc-flow-logs", "/resources/8/body", |v| {
            v["resources"][9]["body"]["vpc_id"] = json!("vpc-other")
        }),
        (
            "aws-default-security-group",
            "/resources/10/body/ingress",
            |v| {
                v["resources"][10]["body"]["ingress"] = json!([{"protocol": "-1"}]);
            },
        ),
        ("aws-open-ports", "/resources/11/body", |v| {
            v["resources"][11]["body"]["cidr_ipv4"] = json!("0.0.0.0/0");
            v["resources"][11]["body"]["from_port"] = json!(22);
        }),
        ("aws-open-ports", "/resources/11/body", |v| {
            v["resources"][11]["body"]["cidr_ipv4"] = json!("128.0.0.0/1");
            v["resources"][11]["body"]["from_port"] = json!(22);
        }),
        (
            "aws-logs-retention",
            "/resources/12/body/retention_in_days",
            |v| {
                v["resources"][12]["body"]["retention_in_days"] = json!(0);
            },
        ),
    ];
    let broken = |pristine: Value, damage: Break| {
        let mut value = pristine;
        damage(&mut value);
        value
    };
    for (control, pointer, damage) in cluster {
        expect_one(
            &memory(good_root(), broken(good_cluster(), damage), good_group()),
            control,
            pointer,
        );
    }
    for (control, pointer, damage) in group {
        expect_one(
            &memory(good_root(), good_cluster(), broken(good_group(), damage)),
            control,
            pointer,
        );
    }
    for (control, pointer, damage) in root {
        expect_one(
            &memory(broken(good_root(), damage), good_cluster(), good_group()),
            control,
            pointer,
        );
    }
}

fn expect_one(memory: &Memory, control: &str, pointer: &str) {
    let findings = evaluate(memory);
    let failed: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.outcome != Outcome::Pass)
        .collect();
    assert_eq!(failed.len(), 1, "{control}: {failed:?}");
    assert_eq!(failed[0].outcome, Outcome::Fail);
    assert_eq!(
        (failed[0].control.as_str(), failed[0].pointer.as_deref()),
        (control, Some(pointer))
    );
}

#[test]
fn a_value_that_is_not_known_is_not_evaluated() {
    let mut cluster = good_cluster();
    cluster["spec"]["kubernetesApiAccess"] = json!(["@{use1/network.cidr}"]);
    let findings = evaluate(&memory(good_root(), cluster, good_group()));
    assert!(matches!(
        outcomes(&findings)["kops-api-private"],
        Outcome::NotEvaluated(_)
    ));
}

#[test]
fn nothing_to_look_at_is_not_a_pass() {
    let findings = evaluate(&Memory::new());
    assert_eq!(findings.len(), Compliance::controls().len());
    assert!(
        findings
            .iter()
            .all(|finding| matches!(finding.outcome, Outcome::NotEvaluated(_)))
    );
}

#[test]
fn a_missing_stage_makes_every_control_incomplete() {
    let missing = MissingStage {
        stage: "cluster".into(),
        cluster: Some("use1".into()),
        reason: "needs facts".into(),
    };
    let findings =
        evaluate(&memory(good_root(), good_cluster(), good_group()).with_missing_stage(missing));
    let open = findings
        .iter()
        .filter(|finding| matches!(finding.outcome, Outcome::NotEvaluated(_)))
        .count();
    assert_eq!(open, Compliance::controls().len());
}

/// The findings about the state bucket when the root says something more about it.
fn with_bucket(more: Vec<Value>, control: &str) -> Outcome {
    let mut root = good_root();
    root["resources"].as_array_mut().unwrap().extend(more);
    let findings = evaluate(&memory(root, good_cluster(), good_group()));
    outcomes(&findings)[control].clone()
}

#[test]
fn a_bucket_is_judged_by_who_can_read_it() {
    let acl = |acl: &str| {
        resource(
            "aws_s3_bucket_acl",
            "state",
            json!({"bucket": "@{resource:aws_s3_bucket.state.id}", "acl": acl}),
        )
    };
    assert_eq!(
        with_bucket(vec![acl("public-read")], "aws-s3-private"),
        Outcome::Fail
    );
    assert_eq!(
        with_bucket(vec![acl("private")], "aws-s3-private"),
        Outcome::Pass
    );
}

#[test]
fn a_bucket_that_publishes_discovery_documents_only_is_a_warning() {
    let discovery = json!([
        "arn:x/*/.well-known/openid-configuration",
        "arn:x/*/openid/v1/jwks"
    ]);
    for (action, resources, outcome) in [
        (json!("s3:GetObject"), discovery.clone(), Outcome::Warn),
        (json!(["s3:GetObject"]), discovery.clone(), Outcome::Warn),
        (json!("s3:GetObject"), json!("arn:x/*"), Outcome::Fail),
        (
            json!(["s3:GetObject", "s3:PutObject"]),
            discovery.clone(),
            Outcome::Fail,
        ),
        (json!("s3:*"), discovery.clone(), Outcome::Fail),
        (json!("s3:GetObject"), json!([]), Outcome::Fail),
    ] {
        let mut root = good_root();
        root["resources"][4]["body"]["policy"]["Statement"]
            .as_array_mut()
            .unwrap()
            .push(json!({
                "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resources,
            }));
        let findings = evaluate(&memory(root, good_cluster(), good_group()));
        assert_eq!(
            outcomes(&findings)["aws-s3-private"],
            &outcome,
            "{action} {resources}"
        );
    }
}

#[test]
fn a_bucket_for_access_logs_may_be_encrypted_by_s3() {
    let plain = |root: &mut Value| {
        root["resources"][1]["body"]["rule"][0]["apply_server_side_encryption_by_default"][0]["sse_algorithm"] =
            json!("AES256");
    };
    for (target, outcome) in [("shop-state", Outcome::Pass), ("another", Outcome::Fail)] {
        let mut root = good_root();
        plain(&mut root);
        root["resources"].as_array_mut().unwrap().push(resource(
            "aws_s3_bucket_logging",
            "other",
            json!({"bucket": "other", "target_bucket": target}),
        ));
        let findings = evaluate(&memory(root, good_cluster(), good_group()));
        assert_eq!(
            outcomes(&findings)["aws-s3-encrypted"],
            &outcome,
            "{target}"
        );
    }
}

#[test]
fn a_skipped_control_is_not_evaluated_and_an_unknown_one_is_refused() {
    let run = |config: Value| {
        harness().config(config).run(
            &memory(good_root(), good_cluster(), good_group()),
            Compliance::evaluate,
        )
    };
    let findings = run(json!({"skip": ["kops-rbac"]})).unwrap();
    assert!(matches!(
        outcomes(&findings)["kops-rbac"],
        Outcome::NotEvaluated(_)
    ));
    assert_eq!(
        run(json!({"skip": ["nope"]})),
        Err(Failure::invalid("/skip", "there is no control `nope`"))
    );
}
