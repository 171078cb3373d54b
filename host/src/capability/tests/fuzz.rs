//! No document makes the judgement fail, whatever is in it.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::{derive, kinds};
use super::{change, context};
use crate::proposal::{Action, KubernetesObject};
use crate::template::{Node, Templated};

/// Keys that policies look at, so that random documents go deep.
const KEYS: &[&str] = &[
    "spec",
    "template",
    "containers",
    "initContainers",
    "securityContext",
    "volumes",
    "name",
    "image",
    "rules",
    "verbs",
    "apiGroups",
    "resources",
    "roleRef",
    "subjects",
    "kind",
    "webhooks",
    "clientConfig",
    "service",
    "namespace",
    "operations",
    "metadata",
    "labels",
    "annotations",
    "data",
    "stringData",
    "type",
    "jobTemplate",
    "secretName",
    "issuerRef",
    "dnsNames",
    "usages",
    "source",
    "destination",
    "project",
    "env",
    "valueFrom",
    "secretKeyRef",
    "tolerations",
    "key",
    "projected",
    "sources",
    "group",
    "conversion",
    "webhook",
    "ports",
    "selector",
    "capabilities",
    "add",
    "drop",
    "matchConstraints",
    "resourceRules",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-zA-Z@{}/#.:*_-]{0,12}".prop_map(Value::from),
        Just(json!("@{use1/network.vpc-id}")),
        Just(json!("@{use1/mesh.ca-key}")),
        Just(json!("ServiceAccount")),
    ];
    leaf.prop_recursive(8, 64, 6, |inner| {
        let key = prop_oneof![4 => proptest::sample::select(KEYS).prop_map(str::to_owned), 1 => "[a-zA-Z./]{0,8}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_body_of_any_known_kind_panics(body in any_json(), text in "\\PC{0,20}") {
        let Ok(body) = Node::parse(&body) else { return Ok(()) };
        for (group, kind, versions) in kinds::known() {
            let object = KubernetesObject {
                group: group.to_owned(),
                version: versions.first().copied().unwrap_or("v1").to_owned(),
                kind: kind.to_owned(),
                namespace: Some("a".into()).filter(|_| kinds::scope_of(&crate::proposal::Collection { group: group.into(), kind: kind.into() }) == Some(crate::capability::ObjectScope::Namespaced)),
                name: "x".into(),
                labels: vec![(text.clone(), text.clone())].into_iter().filter(|_| text.len() % 2 == 0).collect(),
                annotations: vec![("note".into(), Templated::literal(text.clone()))],
                body: body.clone(),
            };
            let _ = derive(&change(Action::Apply(object), Some("use1")), &context());
        }
    }

    #[test]
    fn no_name_panics(name in "\\PC{0,40}", namespace in "\\PC{0,40}", path in "\\PC{0,40}") {
        let object = KubernetesObject {
            group: namespace.clone(), version: name.clone(), kind: path.clone(), namespace: Some(namespace.clone()),
            name: name.clone(), labels: Vec::new(), annotations: Vec::new(), body: Node::Null,
        };
        let _ = derive(&change(Action::Apply(object), Some("use1")), &context());
        let file = crate::proposal::File { path, content: Templated::literal(name) };
        let _ = derive(&change(Action::File(file), None), &context());
    }

    #[test]
    fn deriving_twice_gives_the_same(body in any_json()) {
        let Ok(body) = Node::parse(&body) else { return Ok(()) };
        let object = KubernetesObject {
            group: "apps".into(), version: "v1".into(), kind: "Deployment".into(), namespace: Some("a".into()),
            name: "x".into(), labels: Vec::new(), annotations: Vec::new(), body,
        };
        let change = change(Action::Apply(object), Some("use1"));
        prop_assert_eq!(derive(&change, &context()), derive(&change, &context()));
    }
}
