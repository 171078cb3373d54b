//! Calico's network policies. They can come before those of others, so they are powerful.

use super::shape::Shape::{self, Bool, Fields, List, Open, Scalar, Word};
use super::table::{KindPolicy, never, nothing};
use crate::capability::Risk;

const fn policy(kind: &'static str, shape: Shape) -> KindPolicy {
    KindPolicy {
        group: "projectcalico.org",
        kind,
        versions: &["v3"],
        risk: Risk::Power,
        shape,
        beyond: never,
        implied: nothing,
    }
}

pub(super) const KINDS: &[KindPolicy] = &[
    policy(
        "NetworkPolicy",
        Fields(&[(
            "spec",
            Fields(&[
                ("egress", List(&Open)),
                ("ingress", List(&Open)),
                ("order", Scalar),
                ("selector", Word),
                ("serviceAccountSelector", Word),
                ("tier", Word),
                ("types", List(&Word)),
            ]),
        )]),
    ),
    policy(
        "GlobalNetworkPolicy",
        Fields(&[(
            "spec",
            Fields(&[
                ("applyOnForward", Bool),
                ("egress", List(&Open)),
                ("ingress", List(&Open)),
                ("namespaceSelector", Word),
                ("order", Scalar),
                ("selector", Word),
                ("serviceAccountSelector", Word),
                ("tier", Word),
                ("types", List(&Word)),
            ]),
        )]),
    ),
];
