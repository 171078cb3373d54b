//! Where secrets and tokens may stand.

use serde_json::{Value, json};

use super::super::codes::{
    CONTROL_FIELD, MALFORMED_FIELD, NOT_EMBEDDABLE, NOT_REQUESTED, SECRET_SINK, UNDECLARED_FACT,
};
use super::{apply, change, codes, codes_of, effective, id, put, widest, with};
use crate::proposal::{Action, CrdPolicy, File, HooksPolicy, Kind, Release, ToolCall};
use crate::template::{Node, Templated};

const KEY: &str = "@{use1/mesh.ca-key}";

fn secret(field: &str, value: &str) -> Value {
    put(
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cacerts", "namespace": "istio-system"}}),
        &format!("/{field}/ca-key.pem"),
        json!(value),
    )
}

fn grants() -> Value {
    with(
        widest(),
        &[
            json!({"capability": "cluster.apply", "clusters": ["own"], "group": "", "kinds": ["Secret"], "names": ["cacerts"], "namespaces": ["*"]}),
        ],
    )
}

fn flow(namespace: &str, name: &str, key: &str) -> Value {
    json!({"capability": "secret", "fact": "mesh.ca-key",
        "into": {"kubernetes-secret": {"clusters": ["own"], "namespace": namespace, "names": [name], "keys": [key]}}})
}

#[test]
fn a_secret_goes_where_its_flow_was_granted() {
    let granted = with(grants(), &[flow("istio-system", "cacerts", "ca-key.pem")]);
    assert_eq!(codes(&granted, apply(&secret("stringData", KEY))), [""; 0]);
    assert_eq!(codes(&granted, apply(&secret("data", KEY))), [""; 0]);
    assert_eq!(
        codes(&grants(), apply(&secret("stringData", KEY))),
        [NOT_REQUESTED]
    );
    for other in [
        flow("orders", "cacerts", "ca-key.pem"),
        flow("istio-system", "x", "ca-key.pem"),
        flow("istio-system", "cacerts", "x"),
    ] {
        assert_eq!(
            codes(
                &with(grants(), std::slice::from_ref(&other)),
                apply(&secret("stringData", KEY))
            ),
            [NOT_REQUESTED],
            "{other}"
        );
    }
}

#[test]
fn a_secret_goes_nowhere_else() {
    let granted = with(grants(), &[flow("istio-system", "cacerts", "*")]);
    let object = |api_version: &str, kind: &str, body: Value| {
        let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": "a"}});
        object
            .as_object_mut()
            .unwrap()
            .extend(body.as_object().unwrap().clone());
        object
    };
    for hostile in [
        secret("stringData", &format!("prefix {KEY}")),
        secret("data", &format!("{KEY}{KEY}")),
        put(
            secret("stringData", "x"),
            "/metadata/annotations/note",
            json!(KEY),
        ),
        put(secret("stringData", "x"), "/type", json!(KEY)),
        object("v1", "ConfigMap", json!({"data": {"k": KEY}})),
        object("v1", "Service", json!({"spec": {"clusterIP": KEY}})),
        object(
            "batch/v1",
            "Job",
            json!({"spec": {"template": {"spec": {"containers": [{"name": "x", "env": [{"name": "k", "value": KEY}]}]}}}}),
        ),
        object(
            "networking.istio.io/v1",
            "EnvoyFilter",
            json!({"spec": {"anything": [{"deep": KEY}]}}),
        ),
    ] {
        assert_eq!(codes(&granted, apply(&hostile)), [SECRET_SINK], "{hostile}");
    }
    let release = Release {
        name: "x".into(),
        namespace: "a".into(),
        entry: id("istiod"),
        values: Node::parse(&json!({"ca": {"key": KEY}})).unwrap(),
        crds: CrdPolicy::Skip,
        hooks: HooksPolicy::Skip,
    };
    assert_eq!(
        codes(&granted, change(Action::Release(release), Some("use1"))),
        [SECRET_SINK]
    );
    let file = File {
        path: "docs/x.md".into(),
        content: Templated::parse(KEY).unwrap(),
    };
    assert_eq!(
        codes(&granted, change(Action::File(file), None)),
        [SECRET_SINK]
    );
}

#[test]
fn a_tool_gets_secrets_on_its_input_only() {
    let call = |holes: Vec<(String, Node)>, stdin: &[&str]| {
        let call = ToolCall {
            adapter: id("vault"),
            holes,
            inputs: Vec::new(),
            stdin_secrets: stdin.iter().map(|name| id(name)).collect(),
            idempotent: true,
            probe: None,
            undo: None,
        };
        change(Action::Tool(call), Some("use1"))
    };
    let grants = json!([
        {"capability": "tool", "adapters": ["vault"]},
        {"capability": "secret", "fact": "mesh.ca-key", "into": {"tool-stdin": {"adapter": "vault"}}}
    ]);
    let provisioning =
        |grants: &Value, change| codes_of(&effective(Kind::Provisioning, grants), change);
    assert_eq!(
        provisioning(&grants, call(Vec::new(), &["mesh.ca-key"])),
        [""; 0]
    );
    assert_eq!(
        provisioning(
            &json!([{"capability": "tool", "adapters": ["vault"]}]),
            call(Vec::new(), &["mesh.ca-key"])
        ),
        [NOT_REQUESTED]
    );
    assert_eq!(
        provisioning(
            &grants,
            call(vec![("key".into(), Node::parse(&json!(KEY)).unwrap())], &[])
        ),
        [SECRET_SINK]
    );
    assert_eq!(
        provisioning(&grants, call(Vec::new(), &["motd"])),
        [SECRET_SINK],
        "a public fact is no secret"
    );
    assert_eq!(
        provisioning(&grants, call(Vec::new(), &["unknown"])),
        [UNDECLARED_FACT]
    );
}

#[test]
fn only_declared_facts_are_used() {
    for text in [
        "@{use1/undeclared}",
        "@{euw1/network.vpc-id}",
        "@{network.vpc-id}",
        "x-@{use1/undeclared}",
    ] {
        let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "a"}, "data": {"k": text}});
        assert_eq!(
            codes(&widest(), apply(&config)),
            [UNDECLARED_FACT],
            "{text}"
        );
    }
}

#[test]
fn text_that_could_change_what_is_around_it_is_never_embedded() {
    for (text, expected) in [
        ("@{use1/motd}", None),
        ("greeting: @{use1/motd}", Some(NOT_EMBEDDABLE)),
        ("id: @{use1/network.vpc-id}", None),
        ("@{use1/network.vpc-id}@{use1/port}", None),
        ("zone: @{use1/zones#/a}", None),
        ("zones: @{use1/zones}", Some(NOT_EMBEDDABLE)),
        ("zone: @{use1/zones#/a/b}", Some(NOT_EMBEDDABLE)),
    ] {
        let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "a"}, "data": {"k": text}});
        assert_eq!(
            codes(&widest(), apply(&config)).first().copied(),
            expected,
            "{text}"
        );
    }
}

/// Where a text belongs, no fact brings a list, a map or a number.
#[test]
fn a_fact_of_another_type_is_refused_where_a_text_belongs() {
    let config = |text: &str| {
        apply(
            &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "a"}, "data": {"k": text}}),
        )
    };
    let note = |text: &str| {
        apply(
            &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "a", "annotations": {"note": text}}}),
        )
    };
    let role = |text: &str| {
        apply(
            &json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "x", "namespace": "a", "annotations": {"eks.amazonaws.com/role-arn": text}}}),
        )
    };
    let tool = |hole: &str, input: &str| {
        let call = ToolCall {
            adapter: id("dns"),
            holes: vec![("zone".into(), Node::parse(&json!(hole)).unwrap())],
            inputs: vec![("zone.txt".into(), Templated::parse(input).unwrap())],
            stdin_secrets: Vec::new(),
            idempotent: true,
            probe: None,
            undo: None,
        };
        change(Action::Tool(call), Some("use1"))
    };
    let file = |text: &str| super::file("docs/x.md", text);
    for (claim, change, expected) in [
        ("a text", config("@{use1/motd}"), None),
        ("a part", config("@{use1/zones#/a}"), None),
        ("a map", config("@{use1/zones}"), Some(MALFORMED_FIELD)),
        ("a number", config("@{use1/port}"), Some(MALFORMED_FIELD)),
        (
            "nothing there",
            config("@{use1/zones#/a/b}"),
            Some(MALFORMED_FIELD),
        ),
        ("an annotation", note("@{use1/motd}"), None),
        (
            "an annotation that is a map",
            note("@{use1/zones}"),
            Some(MALFORMED_FIELD),
        ),
        (
            "an annotation that is a number",
            note("@{use1/port}"),
            Some(MALFORMED_FIELD),
        ),
        (
            "a role that is no ARN",
            role("@{use1/motd}"),
            Some(CONTROL_FIELD),
        ),
        (
            "a file that is a map",
            file("@{use1/zones}"),
            Some(MALFORMED_FIELD),
        ),
        (
            "an argument that is a map",
            tool("@{use1/zones}", "x"),
            Some(MALFORMED_FIELD),
        ),
        (
            "an input that is a map",
            tool("x", "@{use1/zones}"),
            Some(MALFORMED_FIELD),
        ),
    ] {
        let kind = match change.action {
            Action::Tool(_) => Kind::Provisioning,
            _ => Kind::Gitops,
        };
        let found = codes_of(&effective(kind, &widest_of(kind)), change);
        assert_eq!(found.first().copied(), expected, "{claim}");
    }
}

/// The widest grants that a kind may have.
fn widest_of(kind: Kind) -> Value {
    match kind {
        Kind::Provisioning => json!([{"capability": "tool", "adapters": ["dns"]}]),
        _ => widest(),
    }
}

#[test]
fn a_value_that_looks_like_a_token_grants_nothing() {
    // After binding, the text is literal: nothing scans it for tokens again.
    let mut binding = crate::template::Binding::default();
    binding.insert(
        "use1/motd".parse().unwrap(),
        "text".parse().unwrap(),
        json!(KEY),
    );
    let body = Node::parse(&json!({"data": {"k": "@{use1/motd}"}})).unwrap();
    let bound = binding.bind(&body).unwrap();
    assert!(!bound.has_tokens());
    let mut object = super::read_object(
        &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "a"}}),
    );
    object.body = bound;
    assert_eq!(
        codes(&widest(), change(Action::Apply(object), Some("use1"))),
        [""; 0]
    );
}
