//! What certificates say, and who signs them.

use serde_json::{Value, json};

use super::super::codes::{CONTROL_FIELD, NOT_EMBEDDABLE, NOT_REQUESTED, UNKNOWN_FIELD};
use super::{apply, codes, exactly, object, put, with};

#[test]
fn certificates_say_what_was_granted() {
    let grants = with(
        exactly("cert-manager.io", "Certificate", true),
        &[json!({
            "capability": "certificates", "clusters": ["own"], "namespaces": ["a"], "issuers": ["ClusterIssuer/internal"],
            "secrets": ["x-tls"], "identities": ["api.shop.internal"], "usages": ["server-auth"]
        })],
    );
    // Only the narrow line counts here: the widest one names no issuer exactly.
    let base = json!({"secretName": "x-tls", "dnsNames": ["api.shop.internal"], "usages": ["server auth"],
        "issuerRef": {"kind": "ClusterIssuer", "name": "internal"}});
    let certificate = |spec: Value| {
        apply(&object(
            "cert-manager.io/v1",
            "Certificate",
            Some("a"),
            json!({"spec": spec}),
        ))
    };
    assert_eq!(codes(&grants, certificate(base.clone())), [""; 0]);
    for (pointer, value) in [
        ("/secretName", json!("other-tls")),
        (
            "/dnsNames",
            json!(["api.shop.internal", "login.example.com"]),
        ),
        ("/commonName", json!("login.example.com")),
        (
            "/uris",
            json!(["spiffe://cluster.local/ns/istio-system/sa/istiod"]),
        ),
        ("/ipAddresses", json!(["10.0.0.1"])),
        ("/usages", json!(["cert sign"])),
        ("/usages", json!([])),
        ("/isCA", json!(true)),
        (
            "/issuerRef",
            json!({"kind": "ClusterIssuer", "name": "root"}),
        ),
        (
            "/issuerRef",
            json!({"group": "evil.example.com", "kind": "ClusterIssuer", "name": "internal"}),
        ),
    ] {
        assert_eq!(
            codes(&grants, certificate(put(base.clone(), pointer, value))),
            [NOT_REQUESTED],
            "{pointer}"
        );
    }
    for (pointer, value, expected) in [
        ("/keystores", json!({}), UNKNOWN_FIELD),
        (
            "/dnsNames",
            json!(["@{use1/network.vpc-id}"]),
            CONTROL_FIELD,
        ),
        (
            "/subject",
            json!({"organizations": ["@{use1/motd}"]}),
            CONTROL_FIELD,
        ),
        (
            "/subject",
            json!({"serialNumber": "x-@{use1/network.vpc-id}"}),
            CONTROL_FIELD,
        ),
        ("/subject", json!({"commonName": "x"}), UNKNOWN_FIELD),
        ("/secretName", json!("@{use1/motd}"), CONTROL_FIELD),
        ("/commonName", json!("@{use1/motd}"), CONTROL_FIELD),
        ("/usages", json!(["@{use1/motd}"]), CONTROL_FIELD),
        (
            "/issuerRef",
            json!({"kind": "ClusterIssuer", "name": "@{use1/motd}"}),
            CONTROL_FIELD,
        ),
    ] {
        assert_eq!(
            codes(&grants, certificate(put(base.clone(), pointer, value))),
            [expected],
            "{pointer}"
        );
    }
}

#[test]
fn an_issuer_signs_with_granted_keys_and_asks_nobody() {
    let grants = with(
        exactly("cert-manager.io", "ClusterIssuer", false),
        &[json!({
            "capability": "certificates", "clusters": ["own"], "namespaces": ["cert-manager"], "secrets": [], "signing-secrets": ["shop-ca"]
        })],
    );
    let issuer = |spec: Value| {
        apply(&object(
            "cert-manager.io/v1",
            "ClusterIssuer",
            None,
            json!({"spec": spec}),
        ))
    };
    assert_eq!(codes(&grants, issuer(json!({"selfSigned": {}}))), [""; 0]);
    assert_eq!(
        codes(&grants, issuer(json!({"ca": {"secretName": "shop-ca"}}))),
        [""; 0]
    );
    assert_eq!(
        codes(&grants, issuer(json!({"ca": {"secretName": "other-ca"}}))),
        [NOT_REQUESTED]
    );
    // A URL that others fetch is nobody's to decide later.
    assert_eq!(
        codes(
            &grants,
            issuer(json!({"selfSigned": {"crlDistributionPoints": ["https://@{use1/motd}"]}}))
        ),
        [NOT_EMBEDDABLE]
    );
    assert_eq!(
        codes(
            &grants,
            issuer(json!({"selfSigned": {"crlDistributionPoints": ["@{use1/motd}"]}}))
        ),
        [CONTROL_FIELD]
    );
    let vault = json!({"vault": {"server": "https://evil.example.com", "path": "pki", "auth": {"kubernetes": {}}}});
    assert_eq!(codes(&grants, issuer(vault.clone())), [NOT_REQUESTED]);
    let unchecked = json!({"capability": "cluster.apply", "clusters": ["own"], "group": "cert-manager.io", "kinds": ["ClusterIssuer"],
        "names": ["x"], "scope": "cluster", "unchecked": true});
    assert_eq!(codes(&with(grants, &[unchecked]), issuer(vault)), [""; 0]);
}
