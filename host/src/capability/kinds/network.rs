//! Service and NetworkPolicy.

use super::pod_shape::SELECTOR;
use super::shape::Shape::{self, Bool, Dict, Fields, Inline, Int, IntOrWord, List, Word};
use super::table::{KindPolicy, Object, never, nothing};
use crate::capability::denial::Denial;
use crate::capability::exposure::{Audience, Exposed, ExposureRequest};
use crate::capability::{Request, Risk};

pub(super) const KINDS: &[KindPolicy] = &[
    KindPolicy {
        group: "",
        kind: "Service",
        versions: &["v1"],
        risk: Risk::Plain,
        shape: Fields(&[("spec", SERVICE)]),
        beyond: never,
        implied: service,
    },
    KindPolicy {
        group: "networking.k8s.io",
        kind: "NetworkPolicy",
        versions: &["v1"],
        risk: Risk::Plain,
        shape: Fields(&[("spec", NETWORK_POLICY)]),
        beyond: never,
        implied: nothing,
    },
];

/// `externalIPs`, `externalName` and `loadBalancerIP` lead traffic to addresses that the author chooses; they are
/// not among the fields.
const SERVICE: Shape = Fields(&[
    ("allocateLoadBalancerNodePorts", Bool),
    ("clusterIP", Word),
    ("clusterIPs", List(&Word)),
    ("externalTrafficPolicy", Word),
    ("internalTrafficPolicy", Word),
    ("ipFamilies", List(&Word)),
    ("ipFamilyPolicy", Word),
    ("loadBalancerClass", Word),
    ("loadBalancerSourceRanges", List(&Inline)),
    (
        "ports",
        List(&Fields(&[
            ("appProtocol", Word),
            ("name", Word),
            ("nodePort", Int),
            ("port", Int),
            ("protocol", Word),
            ("targetPort", IntOrWord),
        ])),
    ),
    ("publishNotReadyAddresses", Bool),
    ("selector", Dict(&Word)),
    ("sessionAffinity", Word),
    (
        "sessionAffinityConfig",
        Fields(&[("clientIP", Fields(&[("timeoutSeconds", Int)]))]),
    ),
    ("trafficDistribution", Word),
    ("type", Word),
]);

const PEERS: Shape = List(&Fields(&[
    (
        "ipBlock",
        Fields(&[("cidr", Inline), ("except", List(&Inline))]),
    ),
    ("namespaceSelector", SELECTOR),
    ("podSelector", SELECTOR),
]));

const PORTS: Shape = List(&Fields(&[
    ("endPort", Int),
    ("port", IntOrWord),
    ("protocol", Word),
]));

const NETWORK_POLICY: Shape = Fields(&[
    ("podSelector", SELECTOR),
    ("policyTypes", List(&Word)),
    (
        "ingress",
        List(&Fields(&[("from", PEERS), ("ports", PORTS)])),
    ),
    ("egress", List(&Fields(&[("to", PEERS), ("ports", PORTS)]))),
]);

/// The annotation that both AWS controllers obey. The newer one's `…-scheme` alone would leave the older one's
/// load balancer open to the internet.
const INTERNAL: &str = "service.beta.kubernetes.io/aws-load-balancer-internal";
const SCHEME: &str = "service.beta.kubernetes.io/aws-load-balancer-scheme";

fn service(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let Some(spec) = object.body.get("spec") else {
        return Err(object.body.missing("spec"));
    };
    let exposed = match spec.literal_at("type")?.unwrap_or("ClusterIP") {
        "ClusterIP" => None,
        "NodePort" => Some(Exposed::NodePort),
        "LoadBalancer" => {
            let annotation = |name: &str| {
                let found = object
                    .object
                    .annotations
                    .iter()
                    .find(|(key, _)| key == name);
                found.map(|(_, value)| value.as_literal().unwrap_or_default())
            };
            let internal = annotation(INTERNAL) == Some("true")
                && annotation(SCHEME).is_none_or(|it| it == "internal");
            Some(Exposed::LoadBalancer(if internal {
                Audience::Internal
            } else {
                Audience::Internet
            }))
        }
        _ => {
            return Err(spec.forbidden(
                "a Service of this type leads its clients to a host that the author chooses",
                "use type ClusterIP, NodePort or LoadBalancer",
            ));
        }
    };
    let request = |what| {
        Request::Exposure(ExposureRequest {
            cluster: object.cluster.clone(),
            namespace: object.namespace().to_owned(),
            what,
        })
    };
    Ok(exposed.map(request).into_iter().collect())
}
