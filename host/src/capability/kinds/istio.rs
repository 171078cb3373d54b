//! Istio's kinds whose fields are few enough to judge. Its other kinds hold code, or routes for hosts of
//! others: they stay opaque.

use super::pod_shape::SELECTOR;
use super::shape::Shape::{self, Dict, Fields, Fixed, Int, List, Word};
use super::table::{KindPolicy, Object, never, nothing};
use crate::capability::denial::Denial;
use crate::capability::derive::Cursor;
use crate::capability::pods::{PodNeed, PodsRequest};
use crate::capability::{Request, Risk, codes, syntax};

const VERSIONS: &[&str] = &["v1", "v1beta1"];

const fn policy(
    group: &'static str,
    kind: &'static str,
    shape: Shape,
    beyond: fn(&Cursor<'_>) -> bool,
    implied: fn(&Object<'_>) -> Result<Vec<Request>, Denial>,
) -> KindPolicy {
    KindPolicy {
        group,
        kind,
        versions: VERSIONS,
        risk: Risk::Power,
        shape,
        beyond,
        implied,
    }
}

pub(super) const KINDS: &[KindPolicy] = &[
    policy(
        "security.istio.io",
        "PeerAuthentication",
        PEER_AUTHENTICATION,
        never,
        nothing,
    ),
    policy(
        "security.istio.io",
        "AuthorizationPolicy",
        AUTHORIZATION_POLICY,
        asks_a_provider,
        nothing,
    ),
    policy("networking.istio.io", "Gateway", GATEWAY, never, gateway),
    policy(
        "networking.istio.io",
        "DestinationRule",
        DESTINATION_RULE,
        is_of_another,
        nothing,
    ),
];

const MTLS: Shape = Fields(&[("mode", Word)]);

const PEER_AUTHENTICATION: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("mtls", MTLS),
        ("portLevelMtls", Dict(&MTLS)),
        ("selector", SELECTOR),
    ]),
)]);

const AUTHORIZATION_POLICY: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("action", Word),
        ("rules", Fixed),
        ("selector", SELECTOR),
        ("targetRef", Fixed),
        ("targetRefs", Fixed),
    ]),
)]);

/// `CUSTOM` hands every request to a server of the mesh's configuration.
fn asks_a_provider(body: &Cursor<'_>) -> bool {
    let Some(spec) = body.get("spec") else {
        return false;
    };
    let usual = spec.get("action").is_none_or(|action| {
        action
            .node()
            .as_str()
            .is_some_and(|action| ["ALLOW", "DENY", "AUDIT"].contains(&action))
    });
    !usual || spec.get("provider").is_some()
}

const GATEWAY: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("selector", Dict(&Word)),
        (
            "servers",
            List(&Fields(&[
                ("hosts", List(&Word)),
                ("name", Word),
                (
                    "port",
                    Fields(&[
                        ("name", Word),
                        ("number", Int),
                        ("protocol", Word),
                        ("targetPort", Int),
                    ]),
                ),
                (
                    "tls",
                    Fields(&[
                        ("cipherSuites", List(&Word)),
                        ("credentialName", Word),
                        ("httpsRedirect", Shape::Bool),
                        ("maxProtocolVersion", Word),
                        ("minProtocolVersion", Word),
                        ("mode", Word),
                    ]),
                ),
            ])),
        ),
    ]),
)]);

/// A server that ends TLS uses the key in a Secret.
fn gateway(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let mut requests = Vec::new();
    for server in object
        .body
        .get("spec")
        .map_or_else(|| Ok(Vec::new()), |spec| spec.list("servers"))?
    {
        let Some(tls) = server.get("tls") else {
            continue;
        };
        if let Some(name) = tls.literal_at("credentialName")? {
            if !syntax::is_dns_subdomain(name) {
                return Err(tls.refuse(
                    codes::MALFORMED_NAME,
                    "this is not the name of a Secret",
                    "use a DNS name",
                ));
            }
            requests.push(Request::Pods(PodsRequest {
                cluster: object.cluster.clone(),
                namespace: object.namespace().to_owned(),
                need: PodNeed::Secret(name.to_owned()),
            }));
        }
    }
    Ok(requests)
}

const DESTINATION_RULE: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("exportTo", List(&Word)),
        ("host", Word),
        ("subsets", Fixed),
        ("trafficPolicy", Fixed),
        ("workloadSelector", SELECTOR),
    ]),
)]);

/// A rule that speaks for a host outside of its namespace, or sets how TLS is spoken to it. Within its own
/// namespace and with the mesh's own TLS, a rule only balances.
fn is_of_another(body: &Cursor<'_>) -> bool {
    let Some(spec) = body.get("spec") else {
        return false;
    };
    let own = spec
        .get("host")
        .and_then(|host| host.node().as_str())
        .is_some_and(syntax::is_dns_label);
    let mut plain_tls = true;
    spec.node().visit(&mut |place| {
        if place.pointer.ends_with("/tls") {
            let fields = place.node.as_map();
            let mutual = place
                .node
                .get("mode")
                .and_then(crate::template::Node::as_str)
                == Some("ISTIO_MUTUAL");
            plain_tls &= mutual && fields.is_some_and(|fields| fields.len() == 1);
        }
    });
    !own || !plain_tls
}
