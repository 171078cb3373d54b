//! Kinds that limit and order Pods.

use super::pod_shape::SELECTOR;
use super::shape::Shape::{
    self, Bool, Dict, Fields, Fixed, Int, IntOrWord, List, Scalar, Text, Word,
};
use super::table::{KindPolicy, Object, never, nothing};
use crate::capability::denial::Denial;
use crate::capability::{Request, Risk};

const fn plain(
    group: &'static str,
    kind: &'static str,
    versions: &'static [&'static str],
    shape: Shape,
) -> KindPolicy {
    KindPolicy {
        group,
        kind,
        versions,
        risk: Risk::Plain,
        shape,
        beyond: never,
        implied: nothing,
    }
}

pub(super) const KINDS: &[KindPolicy] = &[
    plain(
        "",
        "ResourceQuota",
        &["v1"],
        Fields(&[(
            "spec",
            Fields(&[
                ("hard", Dict(&Scalar)),
                ("scopeSelector", Fixed),
                ("scopes", List(&Word)),
            ]),
        )]),
    ),
    plain(
        "",
        "LimitRange",
        &["v1"],
        Fields(&[(
            "spec",
            Fields(&[(
                "limits",
                List(&Fields(&[
                    ("default", Dict(&Scalar)),
                    ("defaultRequest", Dict(&Scalar)),
                    ("max", Dict(&Scalar)),
                    ("maxLimitRequestRatio", Dict(&Scalar)),
                    ("min", Dict(&Scalar)),
                    ("type", Word),
                ])),
            )]),
        )]),
    ),
    plain(
        "policy",
        "PodDisruptionBudget",
        &["v1"],
        Fields(&[(
            "spec",
            Fields(&[
                ("maxUnavailable", IntOrWord),
                ("minAvailable", IntOrWord),
                ("selector", SELECTOR),
                ("unhealthyPodEvictionPolicy", Word),
            ]),
        )]),
    ),
    plain(
        "autoscaling",
        "HorizontalPodAutoscaler",
        &["v2"],
        Fields(&[(
            "spec",
            Fields(&[
                ("behavior", Fixed),
                ("maxReplicas", Int),
                ("metrics", Fixed),
                ("minReplicas", Int),
                (
                    "scaleTargetRef",
                    Fields(&[("apiVersion", Word), ("kind", Word), ("name", Word)]),
                ),
            ]),
        )]),
    ),
    KindPolicy {
        group: "scheduling.k8s.io",
        kind: "PriorityClass",
        versions: &["v1"],
        risk: Risk::Power,
        shape: Fields(&[
            ("description", Text),
            ("globalDefault", Bool),
            ("preemptionPolicy", Word),
            ("value", Int),
        ]),
        beyond: never,
        implied: priority_class,
    },
];

/// The highest value that a class which is not the system's may have, from the API reference.
const MAX_PRIORITY: i64 = 1_000_000_000;

fn priority_class(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let value = object
        .body
        .get("value")
        .and_then(|value| value.node().as_i64())
        .unwrap_or_default();
    if object.object.name.starts_with("system-") || value > MAX_PRIORITY {
        return Err(object.body.forbidden(
            "such a class pushes out what the cluster itself needs",
            "choose another name and a value of at most one billion",
        ));
    }
    Ok(Vec::new())
}
