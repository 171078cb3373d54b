//! Kyverno's validating policies. Those that change, make or delete objects stay opaque, and exceptions are the
//! operator's.

use super::admission::{MATCH, rules};
use super::cel::reaches_out;
use super::shape::Shape::{self, Fields, Fixed, Int, List, Word};
use super::table::{KindPolicy, Object};
use crate::capability::denial::Denial;
use crate::capability::derive::Cursor;
use crate::capability::{Request, Risk};

const fn policy(kind: &'static str, shape: Shape) -> KindPolicy {
    KindPolicy {
        group: "policies.kyverno.io",
        kind,
        versions: &["v1"],
        risk: Risk::Power,
        shape,
        beyond: asks_elsewhere,
        implied: matched,
    }
}

pub(super) const KINDS: &[KindPolicy] = &[
    policy("ValidatingPolicy", VALIDATING),
    policy("NamespacedValidatingPolicy", VALIDATING),
    policy("ImageValidatingPolicy", IMAGES),
    policy("NamespacedImageValidatingPolicy", IMAGES),
];

const VALIDATING: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("auditAnnotations", Fixed),
        ("autogen", Fixed),
        ("evaluation", Fixed),
        ("failurePolicy", Word),
        ("matchConditions", Fixed),
        ("matchConstraints", MATCH),
        ("validationActions", List(&Word)),
        ("validations", Fixed),
        ("variables", Fixed),
        ("webhookConfiguration", Fields(&[("timeoutSeconds", Int)])),
    ]),
)]);

/// Credentials of registries are not among the fields.
const IMAGES: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("attestations", Fixed),
        ("attestors", Fixed),
        ("auditAnnotations", Fixed),
        ("autogen", Fixed),
        ("evaluation", Fixed),
        ("failurePolicy", Word),
        ("images", Fixed),
        ("matchConditions", Fixed),
        ("matchConstraints", MATCH),
        ("matchImageReferences", Fixed),
        ("validationActions", List(&Word)),
        ("validationConfigurations", Fixed),
        ("validations", Fixed),
        ("variables", Fixed),
        ("webhookConfiguration", Fields(&[("timeoutSeconds", Int)])),
    ]),
)]);

/// Expressions that fetch or read something else than what they judge.
fn asks_elsewhere(body: &Cursor<'_>) -> bool {
    let Some(spec) = body.get("spec") else {
        return false;
    };
    [
        "auditAnnotations",
        "images",
        "matchConditions",
        "matchImageReferences",
        "validations",
        "variables",
    ]
    .iter()
    .filter_map(|field| spec.get(field))
    .any(|field| {
        field.items().map_or_else(
            |_| reaches_out(field.node()),
            |items| items.iter().any(asks),
        )
    })
}

/// The messages for people are no expressions.
fn asks(item: &Cursor<'_>) -> bool {
    item.entries().map_or_else(
        |_| reaches_out(item.node()),
        |entries| {
            entries.iter().any(|(key, value)| {
                *key != "message" && *key != "name" && reaches_out(value.node())
            })
        },
    )
}

fn matched(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let Some(constraints) = object.body.find(&["spec", "matchConstraints"]) else {
        return Err(object.body.missing("matchConstraints"));
    };
    rules(object, &constraints, "resourceRules", None)
}
