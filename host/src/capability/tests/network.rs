//! Services and the mesh.

use serde_json::{Value, json};

use super::super::codes::{
    CONTROL_FIELD, FORBIDDEN, MALFORMED_FIELD, NOT_EMBEDDABLE, NOT_REQUESTED, UNKNOWN_FIELD,
};
use super::{apply, codes, exactly, object, put, widest, with};

#[test]
fn a_service_leads_nobody_astray() {
    let service = |spec: Value| apply(&object("v1", "Service", Some("a"), json!({"spec": spec})));
    for (spec, expected) in [
        (json!({"type": "ExternalName", "ports": []}), FORBIDDEN),
        (json!({"externalName": "evil.example.com"}), UNKNOWN_FIELD),
        (json!({"externalIPs": ["10.0.0.1"]}), UNKNOWN_FIELD),
        (json!({"loadBalancerIP": "10.0.0.1"}), UNKNOWN_FIELD),
        (json!({"type": "LoadBalancer"}), NOT_REQUESTED),
        (json!({"type": "NodePort"}), NOT_REQUESTED),
        (json!({"type": "@{use1/motd}"}), CONTROL_FIELD),
    ] {
        assert_eq!(
            codes(&widest(), service(spec.clone())),
            [expected],
            "{spec}"
        );
    }
    let balancer = object(
        "v1",
        "Service",
        Some("a"),
        json!({"spec": {"type": "LoadBalancer"}}),
    );
    let internal = put(
        balancer.clone(),
        "/metadata/annotations/service.beta.kubernetes.io~1aws-load-balancer-internal",
        json!("true"),
    );
    let scheme_only = put(
        balancer,
        "/metadata/annotations/service.beta.kubernetes.io~1aws-load-balancer-scheme",
        json!("internal"),
    );
    let grants = with(
        widest(),
        &[
            json!({"capability": "exposure", "clusters": ["own"], "namespaces": ["a"], "load-balancers": ["internal"]}),
            json!({"capability": "labels", "clusters": ["own"], "prefixes": ["service.beta.kubernetes.io/"], "namespaces": ["a"]}),
        ],
    );
    assert_eq!(codes(&grants, apply(&internal)), [""; 0]);
    assert_eq!(
        codes(&grants, apply(&scheme_only)),
        [NOT_REQUESTED],
        "one of two controllers would open it to the internet"
    );
}

#[test]
fn a_policy_of_the_mesh_is_judged_until_it_asks_others() {
    let grants = with(
        exactly("security.istio.io", "AuthorizationPolicy", true),
        &[
            json!({"capability": "cluster.apply", "clusters": ["own"], "group": "networking.istio.io", "kinds": ["DestinationRule", "Gateway"],
            "names": ["*"], "namespaces": ["*"]}),
        ],
    );
    let policy = |spec: Value| {
        apply(&object(
            "security.istio.io/v1",
            "AuthorizationPolicy",
            Some("a"),
            json!({"spec": spec}),
        ))
    };
    let rule = |spec: Value| {
        apply(&object(
            "networking.istio.io/v1",
            "DestinationRule",
            Some("a"),
            json!({"spec": spec}),
        ))
    };
    let gateway = |spec: Value| {
        apply(&object(
            "networking.istio.io/v1",
            "Gateway",
            Some("a"),
            json!({"spec": spec}),
        ))
    };
    for (claim, change, expected) in [
        ("deny everything", policy(json!({})), vec![]),
        (
            "allow some",
            policy(json!({"action": "ALLOW", "rules": [{"from": []}]})),
            vec![],
        ),
        (
            "ask a provider",
            policy(json!({"action": "CUSTOM", "provider": {"name": "x"}})),
            vec![NOT_REQUESTED],
        ),
        (
            "an action by token",
            policy(json!({"action": "@{use1/motd}"})),
            vec![NOT_REQUESTED],
        ),
        (
            "balance an own host",
            rule(json!({"host": "api", "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}})),
            vec![],
        ),
        (
            "speak for a stranger",
            rule(json!({"host": "api.b.svc.cluster.local"})),
            vec![NOT_REQUESTED],
        ),
        (
            "speak for all",
            rule(json!({"host": "*.local"})),
            vec![NOT_REQUESTED],
        ),
        (
            "without mTLS",
            rule(
                json!({"host": "api", "trafficPolicy": {"portLevelSettings": [{"tls": {"mode": "DISABLE"}}]}}),
            ),
            vec![NOT_REQUESTED],
        ),
        (
            "pass through",
            gateway(
                json!({"servers": [{"hosts": ["*.local"], "tls": {"mode": "AUTO_PASSTHROUGH"}}]}),
            ),
            vec![],
        ),
        (
            "a stranger's key",
            gateway(json!({"servers": [{"hosts": ["x"], "tls": {"credentialName": "x-tls"}}]})),
            vec![NOT_REQUESTED],
        ),
    ] {
        assert_eq!(codes(&grants, change), expected, "{claim}");
    }
}

#[test]
fn a_rule_of_a_network_policy_is_literal_but_for_its_blocks() {
    let calico = exactly("projectcalico.org", "NetworkPolicy", true);
    let rule = |rule: Value| {
        let spec = json!({"selector": "all()", "ingress": [rule.clone()], "egress": [rule]});
        apply(&object(
            "projectcalico.org/v3",
            "NetworkPolicy",
            Some("a"),
            json!({"spec": spec}),
        ))
    };
    let block = "@{use1/network.vpc-id}";
    for (value, expected) in [
        (
            json!({"action": "Allow", "protocol": "TCP", "source": {"nets": ["10.0.0.0/8", block]}, "destination": {"ports": [443, "8000:9000"]}}),
            None,
        ),
        (
            json!({"action": "Allow", "icmp": {"type": 8}, "ipVersion": 4, "source": {"serviceAccounts": {"names": ["api"]}}, "http": {"methods": ["GET"], "paths": [{"exact": "/"}]}}),
            None,
        ),
        (json!({"action": "@{use1/motd}"}), Some(CONTROL_FIELD)),
        (json!({"protocol": block}), Some(CONTROL_FIELD)),
        (json!({"source": {"selector": block}}), Some(CONTROL_FIELD)),
        (
            json!({"source": {"namespaceSelector": "has(@{use1/port})"}}),
            Some(CONTROL_FIELD),
        ),
        (
            json!({"destination": {"domains": [block]}}),
            Some(CONTROL_FIELD),
        ),
        (
            json!({"destination": {"ports": ["@{use1/port}"]}}),
            Some(CONTROL_FIELD),
        ),
        (
            json!({"source": {"serviceAccounts": {"names": [block]}}}),
            Some(CONTROL_FIELD),
        ),
        (
            json!({"source": {"nets": ["@{use1/motd}"]}}),
            Some(NOT_EMBEDDABLE),
        ),
        (
            json!({"source": {"nets": "@{use1/zones}"}}),
            Some(MALFORMED_FIELD),
        ),
        (
            json!({"source": {"nets": ["@{use1/zones}"]}}),
            Some(MALFORMED_FIELD),
        ),
        (json!({"evil": 1}), Some(UNKNOWN_FIELD)),
        (json!({"source": {"evil": []}}), Some(UNKNOWN_FIELD)),
    ] {
        assert_eq!(
            codes(&calico, rule(value.clone())).first().copied(),
            expected,
            "{value}"
        );
    }
}
