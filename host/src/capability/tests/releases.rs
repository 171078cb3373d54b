//! Releases of charts.

use serde_json::json;

use super::super::codes::{MALFORMED_NAME, NOT_EMBEDDABLE, NOT_REQUESTED};
use super::{change, codes, id, widest};
use crate::proposal::{Action, CrdPolicy, HooksPolicy, Release};
use crate::template::Node;

#[test]
fn a_release_is_an_entry_of_the_catalogue_by_its_exact_name() {
    let release = |name: &str, crds| {
        change(
            Action::Release(Release {
                name: name.into(),
                namespace: "istio-system".into(),
                entry: id("istiod"),
                values: Node::parse(&json!({})).unwrap(),
                crds,
                hooks: HooksPolicy::Skip,
            }),
            Some("use1"),
        )
    };
    assert_eq!(
        codes(&widest(), release("istiod", CrdPolicy::Skip)),
        [NOT_REQUESTED],
        "a chart is code: no wildcard reaches it"
    );
    let grants = json!([{"capability": "release", "clusters": ["own"], "entries": ["istiod"], "namespaces": ["istio-system"]}]);
    assert_eq!(codes(&grants, release("istiod", CrdPolicy::Skip)), [""; 0]);
    assert_eq!(
        codes(&grants, release("istiod", CrdPolicy::Manage)),
        [NOT_REQUESTED]
    );
    assert_eq!(
        codes(&grants, release("Istiod", CrdPolicy::Skip)),
        [MALFORMED_NAME]
    );
}

#[test]
fn free_text_does_not_go_into_the_values_of_a_chart() {
    let grants = json!([{"capability": "release", "clusters": ["own"], "entries": ["istiod"], "namespaces": ["istio-system"]}]);
    for (values, expected) in [
        (
            json!({"vpc": "@{use1/network.vpc-id}", "role": "x-@{use1/irsa.api}", "port": "@{use1/port}"}),
            None,
        ),
        (json!({"zone": "@{use1/zones#/a}"}), None),
        (json!({"motd": "@{use1/motd}"}), Some(NOT_EMBEDDABLE)),
        (
            json!({"deep": [{"zones": "@{use1/zones}"}]}),
            Some(NOT_EMBEDDABLE),
        ),
    ] {
        let release = Release {
            name: "istiod".into(),
            namespace: "istio-system".into(),
            entry: id("istiod"),
            values: Node::parse(&values).unwrap(),
            crds: CrdPolicy::Skip,
            hooks: HooksPolicy::Skip,
        };
        let found = codes(&grants, change(Action::Release(release), Some("use1")));
        assert_eq!(found.first().copied(), expected, "{values}");
    }
}
