//! Roles and who gets them.

use serde_json::{Value, json};

use super::super::codes::{
    CONTROL_FIELD, FORBIDDEN, MALFORMED_FIELD, NOT_REQUESTED, UNKNOWN_FIELD,
};
use super::{apply, codes, exactly, object, put, with};

#[test]
fn a_role_gives_only_what_was_granted_right_by_right() {
    let granted = json!({"capability": "rbac", "clusters": ["own"], "namespaces": ["a"],
        "rules": [{"verbs": ["get", "list"], "groups": [""], "resources": ["configmaps"]}]});
    let grants = with(
        exactly("rbac.authorization.k8s.io", "Role", true),
        &[granted],
    );
    let role = |rule: Value| {
        apply(&object(
            "rbac.authorization.k8s.io/v1",
            "Role",
            Some("a"),
            json!({"rules": [rule]}),
        ))
    };
    let rule = |verb: &str, group: &str, resource: &str| json!({"verbs": [verb], "apiGroups": [group], "resources": [resource]});
    assert_eq!(codes(&grants, role(rule("get", "", "configmaps"))), [""; 0]);
    for hostile in [
        rule("*", "", "configmaps"),
        rule("get", "*", "configmaps"),
        rule("get", "", "*"),
        rule("get", "", "*/scale"),
        rule("list", "", "secrets"),
        rule("escalate", "rbac.authorization.k8s.io", "roles"),
        rule("bind", "rbac.authorization.k8s.io", "clusterroles"),
        rule("impersonate", "", "users"),
        rule("create", "", "serviceaccounts/token"),
        rule("create", "", "pods/exec"),
        rule("get", "", "nodes/proxy"),
        rule("delete", "", "configmaps"),
        rule("get", "apps", "configmaps"),
    ] {
        assert_eq!(
            codes(&grants, role(hostile.clone())),
            [NOT_REQUESTED],
            "{hostile}"
        );
    }
    let aggregated = object(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        None,
        json!({"aggregationRule": {}, "rules": []}),
    );
    assert_eq!(
        codes(
            &exactly("rbac.authorization.k8s.io", "ClusterRole", false),
            apply(&aggregated)
        ),
        [UNKNOWN_FIELD]
    );
    let into_view = put(
        object(
            "rbac.authorization.k8s.io/v1",
            "ClusterRole",
            None,
            json!({"rules": []}),
        ),
        "/metadata/labels/rbac.authorization.k8s.io~1aggregate-to-view",
        json!("true"),
    );
    let labels = json!({"capability": "labels", "clusters": ["own"], "prefixes": ["rbac.authorization.k8s.io/"], "namespaces": ["*"]});
    let grants = with(
        exactly("rbac.authorization.k8s.io", "ClusterRole", false),
        &[labels],
    );
    assert_eq!(
        codes(&grants, apply(&into_view)),
        [FORBIDDEN],
        "no grant adds rights to the roles of others"
    );
}

#[test]
fn a_right_in_a_namespace_is_not_one_in_the_cluster() {
    let granted = json!({"capability": "rbac", "clusters": ["own"], "namespaces": ["*"],
        "rules": [{"verbs": ["get"], "groups": [""], "resources": ["configmaps"]}]});
    let grants = with(
        exactly("rbac.authorization.k8s.io", "ClusterRole", false),
        &[granted],
    );
    let role = object(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        None,
        json!({"rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"]}]}),
    );
    assert_eq!(codes(&grants, apply(&role)), [NOT_REQUESTED]);
}

#[test]
fn roles_go_to_service_accounts_and_listed_groups_only() {
    let binding = |role: &str, subject: Value| {
        apply(&object(
            "rbac.authorization.k8s.io/v1",
            "ClusterRoleBinding",
            None,
            json!({
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}, "subjects": [subject]
            }),
        ))
    };
    let account = json!({"kind": "ServiceAccount", "name": "x", "namespace": "a"});
    let grants = with(
        exactly("rbac.authorization.k8s.io", "ClusterRoleBinding", false),
        &[json!({
            "capability": "rbac", "clusters": ["own"], "scope": "cluster",
            "roles": [{"kind": "ClusterRole", "name": "view"}], "subjects": [{"group": "shop-readers"}]
        })],
    );
    assert_eq!(codes(&grants, binding("view", account.clone())), [""; 0]);
    assert_eq!(
        codes(
            &grants,
            binding("view", json!({"kind": "Group", "name": "shop-readers"}))
        ),
        [""; 0]
    );
    assert_eq!(
        codes(&grants, binding("cluster-admin", account)),
        [NOT_REQUESTED]
    );
    for (subject, expected) in [
        (
            json!({"kind": "Group", "name": "system:authenticated"}),
            FORBIDDEN,
        ),
        (
            json!({"kind": "Group", "name": "system:masters"}),
            FORBIDDEN,
        ),
        (
            json!({"kind": "Group", "name": "system:serviceaccounts:a"}),
            FORBIDDEN,
        ),
        (json!({"kind": "User", "name": "eve"}), FORBIDDEN),
        (json!({"kind": "Group", "name": "others"}), NOT_REQUESTED),
        (
            json!({"kind": "ServiceAccount", "name": "x"}),
            MALFORMED_FIELD,
        ),
        (
            json!({"kind": "Group", "name": "@{use1/motd}"}),
            CONTROL_FIELD,
        ),
    ] {
        assert_eq!(
            codes(&grants, binding("view", subject.clone())),
            [expected],
            "{subject}"
        );
    }
}
