//! What Prometheus scrapes and computes. Endpoints with credentials are not among the fields.

use super::pod_shape::SELECTOR;
use super::shape::Shape::{self, Bool, Fields, Fixed, IntOrWord, List, Word};
use super::table::{KindPolicy, never, nothing};
use crate::capability::Risk;

const fn policy(kind: &'static str, shape: Shape) -> KindPolicy {
    KindPolicy {
        group: "monitoring.coreos.com",
        kind,
        versions: &["v1"],
        risk: Risk::Plain,
        shape,
        beyond: never,
        implied: nothing,
    }
}

pub(super) const KINDS: &[KindPolicy] = &[
    policy("ServiceMonitor", MONITOR),
    policy("PodMonitor", MONITOR),
    policy(
        "PrometheusRule",
        Fields(&[("spec", Fields(&[("groups", Fixed)]))]),
    ),
];

/// Files are those of the Prometheus Pod; they prove who asks and are sent to nobody.
const ENDPOINTS: Shape = List(&Fields(&[
    ("honorLabels", Bool),
    ("honorTimestamps", Bool),
    ("interval", Word),
    ("metricRelabelings", Fixed),
    ("path", Word),
    ("port", Word),
    ("relabelings", Fixed),
    ("scheme", Word),
    ("scrapeTimeout", Word),
    ("targetPort", IntOrWord),
    (
        "tlsConfig",
        Fields(&[
            ("caFile", Word),
            ("certFile", Word),
            ("insecureSkipVerify", Bool),
            ("keyFile", Word),
            ("serverName", Word),
        ]),
    ),
]));

const MONITOR: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("attachMetadata", Fixed),
        ("endpoints", ENDPOINTS),
        ("jobLabel", Word),
        (
            "namespaceSelector",
            Fields(&[("any", Bool), ("matchNames", List(&Word))]),
        ),
        ("podMetricsEndpoints", ENDPOINTS),
        ("podTargetLabels", List(&Word)),
        ("selector", SELECTOR),
        ("targetLabels", List(&Word)),
    ]),
)]);
