//! Issuers, certificates and trust bundles.

use super::shape::Shape::{self, Bool, Dict, Fields, Fixed, Int, List, Text, Word};
use super::table::{KindPolicy, Object, never, nothing};
use crate::capability::certificates::{Certificate, CertificateRequest};
use crate::capability::denial::Denial;
use crate::capability::derive::{Cursor, keys};
use crate::capability::{Request, Risk, codes, syntax};
use crate::proposal::ObjectRef;

const GROUP: &str = "cert-manager.io";

pub(super) const KINDS: &[KindPolicy] = &[
    KindPolicy {
        group: GROUP,
        kind: "Issuer",
        versions: &["v1"],
        risk: Risk::Power,
        shape: ISSUER,
        beyond: asks_others,
        implied: issuer,
    },
    KindPolicy {
        group: GROUP,
        kind: "ClusterIssuer",
        versions: &["v1"],
        risk: Risk::Power,
        shape: ISSUER,
        beyond: asks_others,
        implied: issuer,
    },
    KindPolicy {
        group: GROUP,
        kind: "Certificate",
        versions: &["v1"],
        risk: Risk::Power,
        shape: CERTIFICATE,
        beyond: never,
        implied: certificate,
    },
    KindPolicy {
        group: "trust.cert-manager.io",
        kind: "Bundle",
        versions: &["v1alpha1"],
        risk: Risk::Power,
        shape: BUNDLE,
        beyond: never,
        implied: nothing,
    },
];

const ISSUER: Shape = Fields(&[(
    "spec",
    Fields(&[
        (
            "selfSigned",
            Fields(&[("crlDistributionPoints", List(&Word))]),
        ),
        (
            "ca",
            Fields(&[
                ("secretName", Word),
                ("crlDistributionPoints", List(&Word)),
                ("issuingCertificateURLs", List(&Word)),
                ("ocspServers", List(&Word)),
            ]),
        ),
    ]),
)]);

/// Issuers that send requests, and identities with them, to a server: ACME, Vault, Venafi, others' own.
fn asks_others(body: &Cursor<'_>) -> bool {
    body.get("spec")
        .and_then(|spec| spec.entries().ok())
        .is_some_and(|entries| {
            entries
                .iter()
                .any(|(key, _)| !["selfSigned", "ca"].contains(key))
        })
}

/// Key stores, literal subjects and other names are not among the fields.
const CERTIFICATE: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("additionalOutputFormats", List(&Fields(&[("type", Word)]))),
        ("commonName", Word),
        ("dnsNames", List(&Word)),
        ("duration", Word),
        ("emailAddresses", List(&Word)),
        ("encodeUsagesInRequest", Bool),
        ("ipAddresses", List(&Word)),
        ("isCA", Bool),
        (
            "issuerRef",
            Fields(&[("group", Word), ("kind", Word), ("name", Word)]),
        ),
        ("nameConstraints", Fixed),
        (
            "privateKey",
            Fields(&[
                ("algorithm", Word),
                ("encoding", Word),
                ("rotationPolicy", Word),
                ("size", Int),
            ]),
        ),
        ("renewBefore", Word),
        ("renewBeforePercentage", Int),
        ("revisionHistoryLimit", Int),
        ("secretName", Word),
        (
            "secretTemplate",
            Fields(&[("annotations", Dict(&Text)), ("labels", Dict(&Word))]),
        ),
        ("signatureAlgorithm", Word),
        (
            "subject",
            Fields(&[
                ("countries", List(&Word)),
                ("localities", List(&Word)),
                ("organizationalUnits", List(&Word)),
                ("organizations", List(&Word)),
                ("postalCodes", List(&Word)),
                ("provinces", List(&Word)),
                ("serialNumber", Word),
                ("streetAddresses", List(&Word)),
            ]),
        ),
        ("uris", List(&Word)),
        ("usages", List(&Word)),
    ]),
)]);

/// Only certificates come out of a bundle, whatever its sources hold. A target that is a Secret is not among
/// the fields.
const BUNDLE: Shape = Fields(&[(
    "spec",
    Fields(&[
        (
            "sources",
            List(&Fields(&[
                ("configMap", Fields(&[("key", Word), ("name", Word)])),
                ("inLine", Text),
                ("secret", Fields(&[("key", Word), ("name", Word)])),
                ("useDefaultCAs", Bool),
            ])),
        ),
        (
            "target",
            Fields(&[
                ("configMap", Fields(&[("key", Word)])),
                ("namespaceSelector", super::pod_shape::SELECTOR),
            ]),
        ),
    ]),
)]);

/// An issuer that signs with a key needs the right to that key, unless the stage itself proposes its Secret.
fn issuer(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let Some(authority) = object.body.find(&["spec", "ca"]) else {
        return Ok(Vec::new());
    };
    let secret = authority.required("secretName")?;
    if !syntax::is_dns_subdomain(secret) {
        return Err(authority.refuse(
            codes::MALFORMED_NAME,
            "this is not the name of a Secret",
            "use a DNS name",
        ));
    }
    let namespace = object.object.namespace.clone();
    let own = namespace.is_some()
        && object.context.proposes(
            object.cluster,
            &ObjectRef {
                group: String::new(),
                kind: "Secret".to_owned(),
                namespace: namespace.clone(),
                name: secret.to_owned(),
            },
        );
    let request = CertificateRequest::Sign {
        cluster: object.cluster.clone(),
        namespace,
        secret: secret.to_owned(),
    };
    Ok(if own {
        Vec::new()
    } else {
        vec![Request::Certificates(request)]
    })
}

/// What cert-manager uses when a certificate states no usages.
const DEFAULT_USAGES: &[&str] = &["digital signature", "key encipherment"];

fn certificate(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let Some(spec) = object.body.get("spec") else {
        return Err(object.body.missing("spec"));
    };
    let secret = spec.required("secretName")?;
    if !syntax::is_dns_subdomain(secret) {
        return Err(spec.refuse(
            codes::MALFORMED_NAME,
            "this is not the name of a Secret",
            "use a DNS name",
        ));
    }
    let authority = spec.bool_at("isCA")?.unwrap_or(false);
    let mut identities = Vec::new();
    for list in ["dnsNames", "ipAddresses", "uris", "emailAddresses"] {
        identities.extend(spec.literals_at(list)?);
    }
    // An authority's name is for people; a leaf's is one that old clients check.
    if let Some(name) = spec.literal_at("commonName")?.filter(|_| !authority) {
        identities.push(name);
    }
    let mut usages = spec.literals_at("usages")?;
    if usages.is_empty() {
        usages.extend(DEFAULT_USAGES);
    }
    let mut requests = Vec::new();
    if let Some(template) = spec.get("secretTemplate") {
        requests.extend(keys(object, &template)?);
    }
    requests.push(Request::Certificates(CertificateRequest::Certificate(
        Certificate {
            cluster: object.cluster.clone(),
            namespace: object.namespace().to_owned(),
            secret: secret.to_owned(),
            issuer: issuer_of(object, &spec)?,
            identities: sorted(identities),
            usages: sorted(usages),
            authority,
        },
    )));
    Ok(requests)
}

fn sorted(items: Vec<&str>) -> Vec<String> {
    let mut items: Vec<String> = items.into_iter().map(str::to_owned).collect();
    items.sort();
    items.dedup();
    items
}

/// The issuer's name as a grant writes it; `None` when the stage itself proposes it.
fn issuer_of(object: &Object<'_>, spec: &Cursor<'_>) -> Result<Option<String>, Denial> {
    let Some(reference) = spec.get("issuerRef") else {
        return Err(spec.missing("issuerRef"));
    };
    let name = reference.required("name")?;
    let kind = reference.literal_at("kind")?.unwrap_or("Issuer");
    let group = reference.literal_at("group")?.unwrap_or(GROUP);
    if !syntax::is_dns_subdomain(name) || !syntax::is_kind(kind) || !syntax::is_api_group(group) {
        return Err(reference.refuse(
            codes::MALFORMED_NAME,
            "this is not the name of an issuer",
            "name one exactly",
        ));
    }
    let issuer = ObjectRef {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: object
            .object
            .namespace
            .clone()
            .filter(|_| kind != "ClusterIssuer"),
        name: name.to_owned(),
    };
    if group == GROUP && object.context.proposes(object.cluster, &issuer) {
        return Ok(None);
    }
    let kind = if group == GROUP {
        kind.to_owned()
    } else {
        format!("{kind}.{group}")
    };
    Ok(Some(format!("{kind}/{name}")))
}
