//! Calico's network policies. They can come before those of others, so they are powerful.

use super::shape::Shape::{self, Bool, Fields, Inline, Int, IntOrWord, List, Scalar, Word};
use super::table::{KindPolicy, never, nothing};
use crate::capability::Risk;

/// What traffic a rule means and what becomes of it. Only address blocks may come from facts.
const RULES: Shape = List(&Fields(&[
    ("action", Word),
    ("destination", END),
    (
        "http",
        Fields(&[
            ("methods", List(&Word)),
            ("paths", List(&Fields(&[("exact", Word), ("prefix", Word)]))),
        ]),
    ),
    ("icmp", ICMP),
    ("ipVersion", Int),
    ("metadata", Fields(&[("annotations", Shape::Dict(&Word))])),
    ("notICMP", ICMP),
    ("notProtocol", IntOrWord),
    ("protocol", IntOrWord),
    ("source", END),
]));

const ICMP: Shape = Fields(&[("code", Int), ("type", Int)]);

/// One end of a connection.
const END: Shape = Fields(&[
    ("domains", List(&Word)),
    ("namespaceSelector", Word),
    ("nets", List(&Inline)),
    ("notNets", List(&Inline)),
    ("notPorts", List(&IntOrWord)),
    ("notSelector", Word),
    ("ports", List(&IntOrWord)),
    ("selector", Word),
    (
        "serviceAccounts",
        Fields(&[("names", List(&Word)), ("selector", Word)]),
    ),
    ("services", Fields(&[("name", Word), ("namespace", Word)])),
]);

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
                ("egress", RULES),
                ("ingress", RULES),
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
                ("egress", RULES),
                ("ingress", RULES),
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
