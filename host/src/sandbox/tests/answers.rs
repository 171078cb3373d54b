//! What becomes of a plugin's answer.

use serde_json::{Value, json};

use super::guest::{Guest, change, descriptor, proposal};
use super::{load, name, nothing_granted, plan};
use crate::proposal::{Action, FactSource, Failure, Kind, Outcome, Proposal, Scope};
use crate::sandbox::request::tests::request;
use crate::sandbox::{Fault, proposal_digest};

fn root(body: &str) -> Value {
    json!({"terraform": {
        "root": "network-use1", "region": "us-east-1",
        "providers": [{"source": "hashicorp/aws", "version": ">= 5.100.0, < 7.0.0"}],
        "resources": [{
            "type": "aws_vpc", "name": "main", "body": body, "depends-on": [],
            "lifecycle": {"create-before-destroy": false, "prevent-destroy": true, "ignore-changes": []},
        }],
        "data": [], "outputs": [{"name": "vpc-id", "value": "\"@{resource:aws_vpc.main.id}\"", "sensitive": false}],
    }})
}

fn object(body: &str) -> Value {
    json!({"apply": {
        "group": "", "version": "v1", "kind": "ConfigMap", "body": body,
        "metadata": {"name": "a", "namespace": "b", "labels": [["app", "a"]], "annotations": [["note", "@{x}"]]},
    }})
}

async fn proposed(kind: Kind, changes: Value) -> Result<Proposal, Fault> {
    let guest = Guest::new(kind).answers("plan", json!({"ok": proposal(changes)}));
    plan(kind, &guest).await.map(Result::unwrap)
}

#[tokio::test]
async fn a_proposal_of_each_kind_becomes_typed() {
    let terraform = proposed(
        Kind::Provisioning,
        json!([change("a", root(r#"{"cidr_block":"10.0.0.0/16"}"#))]),
    );
    let terraform = terraform.await.unwrap();
    let Action::Terraform(root) = &terraform.changes[0].action else {
        panic!("{terraform:?}")
    };
    assert_eq!(
        root.resources[0]
            .body
            .get("cidr_block")
            .and_then(|node| node.as_str()),
        Some("10.0.0.0/16")
    );
    assert!(root.resources[0].lifecycle.prevent_destroy && root.outputs[0].value.has_tokens());

    let applied = proposed(
        Kind::Security,
        json!([change("a", object(r#"{"data":{"k":"v"}}"#))]),
    )
    .await
    .unwrap();
    let Action::Apply(object) = &applied.changes[0].action else {
        panic!("{applied:?}")
    };
    assert_eq!(
        (object.name.as_str(), object.namespace.as_deref()),
        ("a", Some("b"))
    );
    assert!(object.annotations[0].1.as_token().is_some());

    let file = json!({"file": {"path": "docs/a.md", "content": "hello"}});
    let delivered = proposed(Kind::Gitops, json!([change("a", file)]))
        .await
        .unwrap();
    assert!(matches!(&delivered.changes[0].action, Action::File(file) if file.path == "docs/a.md"));
    assert_ne!(proposal_digest(&applied), proposal_digest(&delivered));
}

#[tokio::test]
async fn equal_requests_have_equal_answers() {
    let changes = json!([change("a", object(r#"{"data":{"k":"v"}}"#))]);
    let first = proposed(Kind::Security, changes.clone()).await.unwrap();
    let second = proposed(Kind::Security, changes).await.unwrap();
    assert_eq!(proposal_digest(&first), proposal_digest(&second));
}

#[tokio::test]
async fn garbage_is_refused_at_its_place() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(65), "]".repeat(65));
    let resource = "changes[0].resources[0].body";
    for (kind, action, at, problem) in [
        (Kind::Provisioning, root("{"), resource, "EOF"),
        (
            Kind::Provisioning,
            root(r#"{"tags":{"a":1,"a":2}}"#),
            resource,
            "the key `a` stands twice",
        ),
        (
            Kind::Provisioning,
            root(&deep),
            resource,
            "nested too deeply",
        ),
        (
            Kind::Provisioning,
            root("[]"),
            resource,
            "not a JSON object",
        ),
        (
            Kind::Provisioning,
            root(r#"{"tags":{"a":"@{"}}"#),
            resource,
            "/tags/a: ",
        ),
        (
            Kind::Provisioning,
            root(r#"{"@{x}":1}"#),
            resource,
            "a token cannot stand in a key",
        ),
        (
            Kind::Security,
            object(r#"{"kind":"Secret"}"#),
            "changes[0].body",
            "a body has no `kind`",
        ),
        (
            Kind::Security,
            object(r#"{"metadata":{}}"#),
            "changes[0].body",
            "a body has no `metadata`",
        ),
    ] {
        match proposed(kind, json!([change("a", action)])).await {
            Err(Fault::Malformed {
                at: found,
                problem: why,
            }) => {
                assert_eq!(found, at);
                assert!(why.contains(problem), "{why}");
            }
            other => panic!("{problem}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn control_fields_are_literal() {
    let with = |pointer: &str, value: &str| {
        let mut action = object("{}");
        *action.pointer_mut(pointer).unwrap() = json!(value);
        json!([change("a", action)])
    };
    for (pointer, value, at) in [
        ("/apply/kind", "@{x}", "changes[0].kind"),
        ("/apply/kind", "P\u{43e}d", "changes[0].kind"),
        ("/apply/group", "apps/v1", "changes[0].group"),
        ("/apply/metadata/name", "../x", "changes[0].metadata.name"),
        ("/apply/metadata/name", "@{x}", "changes[0].metadata.name"),
        (
            "/apply/metadata/namespace",
            "kube-system\n",
            "changes[0].metadata.namespace",
        ),
        (
            "/apply/metadata/labels/0/1",
            "@{x}",
            "changes[0].metadata.labels[0]",
        ),
    ] {
        match proposed(Kind::Security, with(pointer, value)).await {
            Err(Fault::Malformed { at: found, .. }) => assert_eq!(found, at),
            other => panic!("{pointer}: {other:?}"),
        }
    }
    let run = |script: &str| {
        let step = json!({"run": {"name": "a", "script": script, "env": []}});
        let job = json!({
            "id": "a", "runs-on": "ubuntu-24.04", "needs": [], "environment": null, "permissions": [],
            "timeout-minutes": 5, "steps": [step],
        });
        let workflow = json!({"file": "ci", "name": "CI", "triggers": ["manual"], "concurrency": null, "jobs": [job]});
        json!([change("a", json!({ "workflow": workflow }))])
    };
    assert!(proposed(Kind::Gitops, run("echo $NAME")).await.is_ok());
    match proposed(Kind::Gitops, run("echo ${{ github.head_ref }}")).await {
        Err(Fault::Malformed { at, .. }) => assert_eq!(at, "changes[0].jobs[0].steps[0].script"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_parts_of_an_answer_fit_together() {
    let body = "{}";
    let twice = json!([change("a", object(body)), change("a", object(body))]);
    let mut after = change("a", object(body));
    after["header"]["after"] = json!(["b"]);
    for (changes, at) in [
        (twice, "changes[1]"),
        (json!([after]), "changes[0].after[0]"),
    ] {
        match proposed(Kind::Security, changes).await {
            Err(Fault::Malformed { at: found, .. }) => assert_eq!(found, at),
            other => panic!("{other:?}"),
        }
    }

    let provides = |output: &str| {
        let mut answer = proposal(json!([change("a", root(body))]));
        let source = json!({"terraform-output": {"root": "network-use1", "output": output}});
        answer["provides"] = json!([{"name": "network.vpc-id", "source": source}]);
        Guest::new(Kind::Provisioning).answers("plan", json!({ "ok": answer }))
    };
    let found = plan(Kind::Provisioning, &provides("vpc-id"))
        .await
        .unwrap()
        .unwrap();
    assert!(
        matches!(&found.provides[0].source, FactSource::TerraformOutput { output, .. } if output == "vpc-id")
    );
    match plan(Kind::Provisioning, &provides("other")).await {
        Err(Fault::Malformed { at, .. }) => assert_eq!(at, "provides[0].source"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_failure_is_an_answer() {
    let failing =
        |failure: Value| Guest::new(Kind::Security).answers("plan", json!({ "err": failure }));
    let problem =
        json!({"pointer": "/a", "message": "no", "patch": r#"[{"op":"remove","path":"/a"}]"#});
    let invalid = plan(
        Kind::Security,
        &failing(json!({"invalid-config": [problem]})),
    )
    .await
    .unwrap()
    .unwrap_err();
    assert!(matches!(invalid, Failure::InvalidConfig(problems) if problems[0].patch.is_some()));
    let needs = plan(
        Kind::Security,
        &failing(json!({"needs-fact": ["use1/a.b"]})),
    )
    .await
    .unwrap()
    .unwrap_err();
    assert_eq!(needs, Failure::NeedsFact(vec!["use1/a.b".parse().unwrap()]));
    for (failure, at) in [
        (json!({"needs-fact": ["a b"]}), "needs-fact[0]"),
        (
            json!({"invalid-config": [{"pointer": "a", "message": "", "patch": null}]}),
            "invalid-config[0].pointer",
        ),
        (
            json!({"conflict": {"pointer": "/a", "message": "", "patch": "{}"}}),
            "conflict.patch",
        ),
    ] {
        match plan(Kind::Security, &failing(failure)).await {
            Err(Fault::Malformed { at: found, .. }) => assert_eq!(found, at),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_descriptor_is_checked() {
    let honest = load(Kind::Security, &Guest::new(Kind::Security))
        .describe()
        .await
        .unwrap();
    assert_eq!(
        honest
            .stage_type("network")
            .map(|stage_type| stage_type.scope),
        Some(Scope::Cluster)
    );
    for (pointer, value, at) in [
        ("/name", json!("Test"), "name"),
        ("/version", json!("1"), "version"),
        ("/kind", json!("gitops"), "kind"),
        ("/stage-types", json!([]), "stage-types"),
        (
            "/stage-types/0/config-schema",
            json!("[]"),
            "stage-types[0].config-schema",
        ),
        (
            "/stage-types/0/settings/0",
            json!("oidc"),
            "stage-types[0].settings[0]",
        ),
        (
            "/stage-types/0/requires/0/format",
            json!("string"),
            "stage-types[0].requires[0].format",
        ),
        (
            "/stage-types/0/requires/0/mode",
            json!("value"),
            "stage-types[0].requires[0]",
        ),
    ] {
        let mut changed = descriptor(Kind::Security);
        *changed.pointer_mut(pointer).unwrap() = value;
        let guest = Guest::new(Kind::Security).answers("describe", changed);
        let error = load(Kind::Security, &guest).describe().await.unwrap_err();
        match error.fault {
            Fault::Malformed { at: found, .. } => assert_eq!(found, at),
            other => panic!("{pointer}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn findings_and_controls_are_read() {
    let control = json!({
        "id": "etcd-encrypted", "title": "etcd is encrypted", "severity": "high", "scope": "plan", "remediation": "do",
        "frameworks": [{"framework": "CIS Kubernetes 1.12", "reference": "2.1"}],
    });
    let finding = json!({
        "control": "etcd-encrypted", "outcome": {"not-evaluated": "a token is not bound"}, "document": "kops/use1",
        "cluster": "use1", "pointer": "/spec", "message": "m", "evidence": null,
        "feedback": {"stage": "cluster", "patch": "[]"},
    });
    let guest = Guest::new(Kind::Validation)
        .answers("controls", json!([control]))
        .answers("evaluate", json!({"ok": [finding]}));
    let plugin = load(Kind::Validation, &guest);
    assert_eq!(
        plugin.controls().await.unwrap()[0].id,
        name("etcd-encrypted")
    );
    let found = plugin
        .evaluate(&request(None), &nothing_granted(Kind::Validation))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        found[0].outcome,
        Outcome::NotEvaluated("a token is not bound".into())
    );
    let wrong = plugin
        .plan(&request(None), &nothing_granted(Kind::Validation))
        .await
        .unwrap_err();
    assert_eq!(
        wrong.fault,
        Fault::WrongKind {
            asked: "plan",
            kind: Kind::Validation
        }
    );
}

#[tokio::test]
async fn health_is_for_people() {
    let health =
        json!({"ok": [{"subject": "mesh", "readiness": "degraded", "reason": "one of three"}]});
    let plugin = load(
        Kind::Gitops,
        &Guest::new(Kind::Gitops).answers("health", health),
    );
    let found = plugin
        .health(&request(None), &nothing_granted(Kind::Gitops))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found[0].subject, "mesh");
}
