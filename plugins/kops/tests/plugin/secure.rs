//! What every cluster has, whatever is configured.

use crate::support::{cluster, configurations, documents, plan, stage, stage_with_key};
use aegis_plugin::harness::{Harness, Memory};
use aegis_plugin::provisioning::Action;
use aegis_plugin::{Cluster, FactSource, Provisioning, harness};
use aegis_plugin_kops::Kops;
use serde_json::{Value, json};

#[test]
fn the_cluster_is_closed_and_hardened() {
    for (name, stage) in configurations() {
        let spec = documents(&plan(&stage).unwrap()).0["spec"].clone();
        let tls = json!("VersionTLS12");
        for (pointer, want) in [
            ("/api/loadBalancer/type", json!("Internal")),
            ("/api/loadBalancer/class", json!("Network")),
            ("/sshAccess", json!([])),
            ("/nodePortAccess", json!([])),
            ("/authorization", json!({ "rbac": {} })),
            ("/iam/legacy", json!(false)),
            ("/iam/useServiceAccountExternalPermissions", json!(true)),
            (
                "/serviceAccountIssuerDiscovery/enableAWSOIDCProvider",
                json!(true),
            ),
            ("/certManager", json!({ "enabled": true, "managed": false })),
            ("/podIdentityWebhook/enabled", json!(true)),
            ("/kubeAPIServer/anonymousAuth", json!(false)),
            ("/kubeAPIServer/enableProfiling", json!(false)),
            ("/kubeAPIServer/tlsMinVersion", tls.clone()),
            (
                "/kubeAPIServer/appendAdmissionPlugins/0",
                json!("DenyServiceExternalIPs"),
            ),
            ("/kubeControllerManager/enableProfiling", json!(false)),
            (
                "/kubeControllerManager/useServiceAccountCredentials",
                json!(true),
            ),
            ("/kubeControllerManager/tlsMinVersion", tls.clone()),
            ("/kubeScheduler/enableProfiling", json!(false)),
            ("/topology/dns/type", json!("Private")),
            ("/networking/calico/wireguardEnabled", json!(true)),
            ("/networking/calico/encapsulationMode", json!("ipip")),
            ("/networking/calico/awsSrcDstCheck", json!("DoNothing")),
        ] {
            assert_eq!(spec.pointer(pointer), Some(&want), "{name}: {pointer}");
        }
        for kubelet in ["kubelet", "masterKubelet"] {
            for (flag, want) in [
                ("anonymousAuth", json!(false)),
                ("authenticationTokenWebhook", json!(true)),
                ("authorizationMode", json!("Webhook")),
                ("readOnlyPort", json!(0)),
                ("protectKernelDefaults", json!(true)),
                ("seccompDefault", json!(true)),
                ("rotateCertificates", json!(true)),
                ("podPidsLimit", json!(4096)),
                ("eventQPS", json!(0)),
                ("tlsMinVersion", tls.clone()),
            ] {
                assert_eq!(spec[kubelet][flag], want, "{name}: {kubelet}.{flag}");
            }
        }
        for component in [
            "kubelet",
            "masterKubelet",
            "kubeAPIServer",
            "kubeControllerManager",
        ] {
            for suite in spec[component]["tlsCipherSuites"].as_array().unwrap() {
                let suite = suite.as_str().unwrap();
                assert!(
                    suite.starts_with("TLS_ECDHE_"),
                    "{suite} has no forward secrecy"
                );
                assert!(
                    suite.contains("_GCM_") || suite.contains("POLY1305"),
                    "{suite} is not authenticated"
                );
            }
        }
    }
}

#[test]
fn etcd_has_an_odd_number_of_members_on_volumes_with_the_clusters_key() {
    for zones in [
        &["a"][..],
        &["a", "b"],
        &["a", "b", "c"],
        &["a", "b", "c", "d"],
    ] {
        let (cluster, groups) = documents(&plan(&stage(cluster(zones))).unwrap());
        let etcd = cluster["spec"]["etcdClusters"].as_array().unwrap();
        let names: Vec<_> = etcd
            .iter()
            .map(|cluster| cluster["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["main", "events"]);
        for cluster in etcd {
            assert_eq!(cluster["manager"]["backupRetentionDays"], 90);
            let members = cluster["etcdMembers"].as_array().unwrap();
            assert_eq!(members.len() % 2, 1, "{zones:?}");
            for member in members {
                assert_eq!(member["encryptedVolume"], true);
                assert_eq!(member["kmsKeyId"], "@{use1/keys.etcd-arn}");
                assert_eq!(member["volumeType"], "gp3");
                let group = groups
                    .iter()
                    .find(|group| group["metadata"]["name"] == member["instanceGroup"])
                    .unwrap();
                assert_eq!(group["spec"]["role"], "ControlPlane");
            }
            let control_plane = groups
                .iter()
                .filter(|group| group["spec"]["role"] == "ControlPlane")
                .count();
            assert_eq!(control_plane, members.len(), "each machine has one member");
        }
    }
}

#[test]
fn machines_are_private_encrypted_and_keep_their_credentials() {
    for (name, stage) in configurations() {
        let (cluster, groups) = documents(&plan(&stage).unwrap());
        let subnets = cluster["spec"]["subnets"].as_array().unwrap();
        for group in groups {
            let spec = &group["spec"];
            assert_eq!(spec["associatePublicIp"], false, "{name}");
            assert_eq!(
                spec["instanceMetadata"],
                json!({ "httpTokens": "required", "httpPutResponseHopLimit": 1 })
            );
            assert_eq!(spec["rootVolumeEncryption"], true);
            assert_eq!(spec["rootVolumeEncryptionKey"], "@{use1/keys.volumes-arn}");
            for subnet in spec["subnets"].as_array().unwrap() {
                let found = subnets
                    .iter()
                    .find(|found| found["name"] == *subnet)
                    .unwrap();
                assert_eq!(found["type"], "Private");
            }
            let lifetime = spec.get("maxInstanceLifetime");
            assert!(
                spec["role"] == "Node" || lifetime.is_none(),
                "etcd's machines are not replaced all at once"
            );
        }
    }
}

#[test]
fn the_subnets_are_those_of_the_network_stage() {
    let (large, small) = (
        stage(cluster(&["a", "b"])),
        stage(cluster(&["a"])).without("network.nat-gateway-ids"),
    );
    let subnets = documents(&plan(&large).unwrap()).0["spec"]["subnets"].clone();
    assert_eq!(
        subnets,
        json!([
            { "name": "us-east-1a", "zone": "us-east-1a", "type": "Private", "cidr": "10.0.16.0/24",
              "id": "@{use1/network.private-subnet-ids#/us-east-1a}",
              "egress": "@{use1/network.nat-gateway-ids#/us-east-1a}" },
            { "name": "utility-us-east-1a", "zone": "us-east-1a", "type": "Utility", "cidr": "10.0.128.0/24",
              "id": "@{use1/network.utility-subnet-ids#/us-east-1a}" },
            { "name": "us-east-1b", "zone": "us-east-1b", "type": "Private", "cidr": "10.0.17.0/24",
              "id": "@{use1/network.private-subnet-ids#/us-east-1b}",
              "egress": "@{use1/network.nat-gateway-ids#/us-east-1b}" },
            { "name": "utility-us-east-1b", "zone": "us-east-1b", "type": "Utility", "cidr": "10.0.129.0/24",
              "id": "@{use1/network.utility-subnet-ids#/us-east-1b}" },
        ])
    );
    let subnets = documents(&plan(&small).unwrap()).0["spec"]["subnets"].clone();
    assert_eq!(
        subnets[0]["egress"], "External",
        "without NAT gateways somebody else decides"
    );
}

/// The source of a fact that is known at plan time.
fn known(stage: &Harness, name: &str) -> Value {
    let proposal = plan(stage).unwrap();
    let fact = proposal
        .provides
        .iter()
        .find(|fact| fact.name == name)
        .unwrap();
    let FactSource::Value(value) = &fact.source else {
        panic!("{name} is not known")
    };
    serde_json::from_str(value).unwrap()
}

#[test]
fn the_issuer_is_where_kops_publishes_the_keys() {
    for (region, host) in [
        ("us-east-1", "s3.us-east-1.amazonaws.com"),
        ("eu-central-1", "s3.eu-central-1.amazonaws.com"),
        ("cn-north-1", "s3.cn-north-1.amazonaws.com.cn"),
    ] {
        let zone = format!("{region}a");
        let cluster = Cluster {
            zones: vec![zone.clone()],
            ..harness::cluster("main", region)
        };
        let stage = Harness::new(&Kops::describe(), "cluster")
            .cluster(cluster)
            .own("main")
            .without("encryption.configuration")
            .fact(
                "network.private-subnet-cidrs",
                json!({ zone.clone(): "10.0.0.0/24" }),
            )
            .fact(
                "network.utility-subnet-cidrs",
                json!({ zone: "10.0.1.0/24" }),
            )
            .fact("oidc.bucket", json!("shop-oidc"))
            .fact("oidc.region", json!(region));
        let discovery =
            documents(&plan(&stage).unwrap()).0["spec"]["serviceAccountIssuerDiscovery"].clone();
        assert_eq!(
            discovery["discoveryStore"],
            "s3://shop-oidc/main.shop.example.com/discovery"
        );
        assert_eq!(
            known(&stage, "cluster.oidc-issuer"),
            format!("https://shop-oidc.{host}/main.shop.example.com/discovery")
        );
    }
}

#[test]
fn the_facts_say_what_the_documents_say() {
    let stage = stage(cluster(&["a"]));
    let spec = documents(&plan(&stage).unwrap()).0["spec"].clone();
    assert_eq!(known(&stage, "cluster.name"), "use1.shop.example.com");
    assert_eq!(
        known(&stage, "cluster.api-server"),
        format!("https://{}", spec["masterPublicName"].as_str().unwrap())
    );
}

#[test]
fn secrets_are_encrypted_when_the_key_can_be_delivered() {
    let with_key = |config: Value| stage_with_key(cluster(&["a"])).config(config);
    let without_key = stage(cluster(&["a"]));
    for (stage, encrypted) in [
        (with_key(json!({})), true),
        (with_key(json!({ "secrets-encryption": "required" })), true),
        (with_key(json!({ "secrets-encryption": "off" })), false),
        (without_key, false),
    ] {
        let proposal = plan(&stage).unwrap();
        let Action::Kops(kops) = &proposal.changes[0].action else {
            panic!("a kOps change was expected")
        };
        let spec: Value = serde_json::from_str(&kops.spec).unwrap();
        assert_eq!(
            spec.get("encryptionConfig"),
            encrypted.then_some(&json!(true))
        );
        let secrets: Vec<_> = kops
            .secrets
            .iter()
            .map(|secret| (&*secret.name, &*secret.fact))
            .collect();
        let wanted = [("encryptionconfig", "encryption.configuration")];
        assert_eq!(secrets, wanted[..usize::from(encrypted)]);
        assert!(
            !kops.spec.contains("encryption.configuration"),
            "a secret is in no document"
        );
    }
}

#[test]
fn a_control_plane_that_one_zone_can_stop_is_told() {
    for (zones, told) in [(&["a"][..], 0), (&["a", "b"], 1), (&["a", "b", "c"], 0)] {
        let host = Memory::new();
        let request = stage(cluster(zones)).request();
        Kops::plan(&request, &host).unwrap();
        assert_eq!(host.messages().len(), told, "{zones:?}");
    }
}

#[test]
fn every_role_is_bounded_by_the_stack_or_the_operator() {
    let boundary = |stage: &Harness| {
        let cluster = documents(&plan(stage).unwrap()).0;
        cluster["spec"]["iam"].get("permissionsBoundary").cloned()
    };
    let own = json!({ "permissions-boundary": "arn:aws:iam::111122223333:policy/own" });
    let of_stack = stage(cluster(&["a"]));
    let of_nobody = of_stack.clone().without("iam.boundary-arn");
    for (stage, want) in [
        (of_stack.clone(), Some(json!("@{iam.boundary-arn}"))),
        (
            of_stack.config(own),
            Some(json!("arn:aws:iam::111122223333:policy/own")),
        ),
        (of_nobody, None),
    ] {
        assert_eq!(boundary(&stage), want);
    }
}
