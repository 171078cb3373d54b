//! The chain of authorities, and the trust in its root.

use aegis_plugin::kubernetes::Object;
use aegis_plugin::{Cluster, Request};
use serde_json::{Value, json};

use crate::config::{Authority, Config};
use crate::{domain, names};

const GROUP: &str = "cert-manager.io";

/// Addresses that are never public: RFC 1918, RFC 6598, loopback, and their IPv6 counterparts.
const PRIVATE_ADDRESSES: [&str; 7] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
];

/// Hours before the root's end at which it is renewed: a year, in which a person can bring the new root to
/// everybody who trusts the old one.
const ROOT_RENEWAL_HOURS: u32 = 365 * 24;

/// From the first object to the last: each needs those before it. With each object, its change's id.
pub fn objects(
    request: &Request,
    cluster: &Cluster,
    config: &Config,
) -> Vec<(&'static str, Object)> {
    let mut objects = Vec::new();
    if let Authority::Generated {
        organization,
        root_days,
        intermediate_days,
    } = &config.authority
    {
        let subject = json!({
            "organizations": [organization.as_ref().unwrap_or(&request.stack)],
            "organizationalUnits": [cluster.name],
        });
        objects.extend([
            (
                "bootstrap-issuer",
                issuer("Issuer", names::BOOTSTRAP, json!({ "selfSigned": {} })),
            ),
            (
                "root-certificate",
                certificate(
                    names::ROOT,
                    names::BOOTSTRAP,
                    json!({
                        "commonName": "Root authority",
                        "subject": subject,
                        "duration": hours(*root_days),
                        "renewBefore": format!("{ROOT_RENEWAL_HOURS}h"),
                    }),
                ),
            ),
            (
                "root-issuer",
                issuer("Issuer", names::ROOT, ca(names::ROOT)),
            ),
            (
                "intermediate-certificate",
                certificate(
                    names::INTERMEDIATE,
                    names::ROOT,
                    json!({
                        "commonName": "Intermediate authority",
                        "subject": subject,
                        "duration": hours(*intermediate_days),
                        "nameConstraints": constraints(request, config),
                    }),
                ),
            ),
        ]);
    }
    objects.push((
        "issuer",
        issuer("ClusterIssuer", names::ISSUER, ca(names::INTERMEDIATE)),
    ));
    objects
}

/// What namespaces get. The root, not the intermediate: servers send the intermediate with their certificate,
/// so that it can be renewed without anybody who trusts it taking part.
pub fn bundle(config: &Config) -> Object {
    let root = match &config.authority {
        Authority::Generated { .. } => {
            json!({ "secret": { "name": names::ROOT, "key": "tls.crt" } })
        }
        Authority::Supplied { root } => json!({ "inLine": root }),
    };
    let also = config
        .trust
        .also
        .iter()
        .map(|root| json!({ "inLine": root }));
    let mut target = json!({ "configMap": { "key": names::BUNDLE_KEY } });
    if !config.trust.namespace_labels.is_empty() {
        target["namespaceSelector"] = json!({ "matchLabels": config.trust.namespace_labels });
    }
    let sources: Vec<Value> = std::iter::once(root).chain(also).collect();
    Object::new("trust.cert-manager.io", "v1alpha1", "Bundle", names::BUNDLE)
        .body(json!({ "spec": { "sources": sources, "target": target } }))
}

/// Where the intermediate may sign (RFC 5280, 4.2.1.10). Whoever steals its key can still not pretend to be a
/// site of the internet.
fn constraints(request: &Request, config: &Config) -> Value {
    let mut domains: Vec<&str> = config.domains.iter().map(String::as_str).collect();
    domains.extend(domain::IN_CLUSTER);
    domains.push(&request.domain);
    domains.sort_unstable();
    domains.dedup();
    json!({
        "critical": true,
        "permitted": {
            "dnsDomains": domains,
            "ipRanges": PRIVATE_ADDRESSES,
            // The identities of workloads: `spiffe://cluster.local/…`.
            "uriDomains": domains,
        },
    })
}

fn issuer(kind: &str, name: &str, spec: Value) -> Object {
    let issuer = Object::new(GROUP, "v1", kind, name).body(json!({ "spec": spec }));
    if kind == "Issuer" {
        issuer.namespace(names::NAMESPACE)
    } else {
        issuer
    }
}

fn ca(secret: &str) -> Value {
    json!({ "ca": { "secretName": secret } })
}

/// An authority's certificate, with a new key at each renewal. Its Secret is called as it is.
fn certificate(name: &str, issuer: &str, fields: Value) -> Object {
    let mut spec = json!({
        "isCA": true,
        "issuerRef": { "group": GROUP, "kind": "Issuer", "name": issuer },
        "privateKey": { "algorithm": "ECDSA", "size": 384, "rotationPolicy": "Always" },
        "secretName": name,
        "usages": ["cert sign", "crl sign"],
    });
    if let (Value::Object(spec), Value::Object(fields)) = (&mut spec, fields) {
        spec.extend(fields);
    }
    Object::new(GROUP, "v1", "Certificate", name)
        .namespace(names::NAMESPACE)
        .body(json!({ "spec": spec }))
}

fn hours(days: u32) -> String {
    format!("{}h", u64::from(days) * 24)
}
