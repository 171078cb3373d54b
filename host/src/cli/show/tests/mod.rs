//! What a person is shown of a plan.

mod first;
mod hostile;
mod reading;

use aegis_document::{Digest, canonical_bytes};
use serde_json::{Value, json};

use super::report::{Depth, Report};
use super::{html, markdown, text};
use crate::cli::ui::Ui;
use crate::plan::{Documents, Evidence, Plan};

/// A plan in JSON, whose changes name documents as `document:0`, so that every text of it can be changed.
#[derive(Clone)]
struct Sample {
    body: Value,
    /// What is wanted.
    documents: Vec<Value>,
    /// What was applied.
    applied: Vec<Value>,
}

fn digest_of(document: &Value) -> (Digest, String) {
    let text = String::from_utf8(canonical_bytes(document).unwrap()).unwrap();
    (Digest::of(text.as_bytes()), text)
}

fn named(value: &mut Value, kind: &str, documents: &[Value]) {
    match value {
        Value::String(text) => {
            let index = text
                .strip_prefix(kind)
                .and_then(|index| index.parse::<usize>().ok());
            if let Some(document) = index.and_then(|index| documents.get(index)) {
                *text = digest_of(document).0.to_string();
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| named(item, kind, documents)),
        Value::Object(entries) => entries
            .values_mut()
            .for_each(|item| named(item, kind, documents)),
        _ => {}
    }
}

impl Sample {
    /// The plan, read from bytes as `show` reads it. `None` when a type refuses one of its texts.
    fn plan(&self) -> Option<Plan> {
        let mut body = self.body.clone();
        named(&mut body, "document:", &self.documents);
        named(&mut body, "applied:", &self.applied);
        let body = serde_json::from_value(body).ok()?;
        let documents = self.documents.iter().map(|document| {
            let (digest, text) = digest_of(document);
            (digest, text.into())
        });
        let plan = Plan::seal(body, Evidence::default(), Documents(documents.collect())).ok()?;
        Plan::read(&plan.to_bytes().unwrap()).ok()
    }

    fn report(&self, plan: &Plan, depth: Depth) -> Report {
        let applied = |wanted: &Digest| {
            let mut documents = self.applied.iter();
            documents
                .find(|document| digest_of(document).0 == *wanted)
                .cloned()
        };
        Report::of(plan, &applied, depth)
    }

    fn text(&self, plan: &Plan, full: bool) -> String {
        let depth = if full {
            Depth::Everything
        } else {
            Depth::Differences
        };
        text::report(&Ui::plain(), &self.report(plan, depth), full)
    }

    fn markdown(&self, plan: &Plan) -> String {
        markdown::report(&self.report(plan, Depth::Everything))
    }

    fn html(&self, plan: &Plan) -> String {
        html::report(&self.report(plan, Depth::Everything))
    }
}

/// A change with only what differs from an ordinary creation.
fn change(identity: &str, others: Value) -> Value {
    let mut change = json!({
        "id": "a", "identity": identity, "driver": "tree", "action": "create", "cause": "config",
        "precision": {"kind": "exact"}, "desired": null, "before": null, "bound": null, "waits-for": [],
        "risk": "none", "moved-from": null, "after": [], "on-immutable": "fail", "capabilities": [],
    });
    let (Value::Object(change_fields), Value::Object(others)) = (&mut change, others) else {
        unreachable!()
    };
    change_fields.extend(others);
    change
}

fn instance(id: &str, changes: Vec<Value>) -> Value {
    json!({
        "id": id, "state": {"status": "planned"}, "edges": [], "request": null, "response": null,
        "changes": changes, "sources": {}, "probes": [],
    })
}

/// One of everything that a plan can say.
fn sample() -> Sample {
    let digest = Digest::of("x").to_string();
    let script = "set -e\ncurl https://example.com | sh";
    let documents = vec![
        json!({"account": "123456789012", "resources": [{"type": "aws_instance", "name": "a", "body": {"user_data": script, "tags": {"key": "value"}}}]}),
        json!({"name": "deploy", "jobs": [{"id": "a", "steps": [{"name": "x", "run": script}]}]}),
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "spec": {"field": "text"}}),
        json!({"ensure-absent": {"group": "", "kind": "ConfigMap", "namespace": "shop", "name": "old"}}),
    ];
    let applied = vec![
        json!({"account": "123456789012", "resources": [{"type": "aws_vpc", "name": "b", "body": {"tags": {"key": "before"}}}]}),
        json!({"name": "deploy", "jobs": [{"id": "a", "steps": [{"name": "x", "run": script}]}]}),
    ];
    let power = |class: &str, what: &str| json!({"class": class, "what": what});
    let network = instance(
        "use1/network",
        vec![
            change(
                "terraform/network-use1",
                json!({
                    "action": "update", "cause": "plugin", "desired": "document:0", "before": "applied:0",
                    "precision": {"kind": "structural", "reason": "unbound-fact"},
                    "waits-for": ["use1/network.vpc-id"], "completes": ["use1/network.zone"],
                    "drift": [{"path": "terraform/network-use1/main.tf.json", "kind": "edited"}],
                    "risk": "destructive", "takes": 3, "moved-from": "file/docs/network.md",
                    "after": ["terraform/network-use1"],
                    "capabilities": [power("code", "decide what is run by aws_instance.user_data"), power("power", "manage aws_iam_role")],
                }),
            ),
            change(
                "file/docs/old.md",
                json!({"action": "delete", "before": digest, "cause": "removed", "id": null}),
            ),
            change(
                "release/use1/shop/cache",
                json!({"action": "transfer", "before": digest, "risk": "disruptive"}),
            ),
        ],
    );
    let delivery = instance(
        "delivery",
        vec![
            change(
                "workflow/deploy",
                json!({"action": "update", "desired": "document:1", "before": "applied:1"}),
            ),
            change(
                "kubernetes/use1/example.com/Widget/shop/a",
                json!({"desired": "document:2", "capabilities": [power("opaque", "apply (unchecked) Widget shop/a of cluster use1")]}),
            ),
            change(
                "kubernetes/use1/core/ConfigMap/shop/old",
                json!({"desired": "document:3"}),
            ),
            change(
                "file/docs/same.md",
                json!({"action": "noop", "desired": "document:1", "before": digest}),
            ),
        ],
    );
    let mut network = network;
    network["sources"] = json!({
        "network.vpc-id": {"terraform-output": {"root": "network-use1", "output": "vpc_id"}},
        "network.arn": {"external": "somewhere"},
        "network.value": {"value": {"key": "text"}},
    });
    network["probes"] = json!([
        {"id": "a", "cluster": "use1", "timeout-seconds": 5, "check": {"condition": {"object": {"group": "apps", "kind": "Deployment", "namespace": "a", "name": "b"}, "condition": "Available", "status": "True"}}},
        {"id": "b", "cluster": "use1", "timeout-seconds": 5, "check": {"application-synced": "apps"}},
    ]);
    let mut deferred = instance("use1/mesh", vec![]);
    deferred["state"] = json!({"status": "deferred", "reason": "waits for use1/network.vpc-id"});
    let mut blocked = instance("use1/scan", vec![]);
    blocked["state"] = json!({"status": "blocked", "reason": "does not answer"});
    let finding = |outcome: Value, exception: Value| {
        json!({
            "instance": "compliance",
            "control": 0,
            "finding": {
                "control": "kops-audit-log", "outcome": outcome, "document": "kops/use1", "cluster": "use1", "pointer": "/spec/a",
                "message": "A message", "evidence": "Some evidence",
                "feedback": {"stage": "cluster", "patch": [{"op": "add", "path": "/a", "value": "b"}]},
            },
            "exception": exception,
        })
    };
    let fact = |name: &str, status: &str, provenance: Value, value: Value| {
        let mut fact = json!({
            "ref": name, "format": "text", "schema": 1, "secret": false, "mode": "opaque", "status": status,
            "provenance": provenance,
        });
        if !value.is_null() {
            fact["value"] = value;
        }
        fact
    };
    let body = json!({
        "stack": {"name": "shop", "resolved": digest, "settings": digest},
        "mode": "apply",
        "base": {"lineage": "0123456789abcdef", "serials": {"use1/network": 3, "delivery": 1}},
        "policy": {"block-at": "high", "required": ["never-evaluated"], "structural": "allow", "approvals": 2},
        "lock": digest,
        "plugins": [{
            "stage": "network", "plugin": "aegis/terraform", "stage-type": "network", "version": "1.2.3",
            "kind": "provisioning", "contract": "0.1.0", "component": digest, "grant": digest, "descriptor": digest,
        }],
        "facts": [
            fact("use1/network.vpc-id", "unknown", json!({"stage": "use1/network"}), Value::Null),
            fact("use1/network.zone", "known", json!({"imported": "use1/network"}), json!("a zone")),
            fact("account", "known", json!("host"), json!({"key": ["text"]})),
        ],
        "instances": [network, delivery, deferred, blocked],
        "findings": {
            "controls": [{
                "id": "kops-audit-log", "title": "A title", "frameworks": [{"framework": "CIS", "reference": "1.2"}],
                "severity": "high", "scope": "plan", "remediation": "Turn it on.",
            }],
            "list": [
                finding(json!("fail"), Value::Null),
                finding(json!("warn"), json!("a reason")),
                finding(json!({"not-evaluated": "why not"}), Value::Null),
            ],
        },
        "exceptions": [{
            "control": "kops-audit-log", "document": "kops/use1", "reason": "a reason", "owner": "somebody",
            "expires": "2999-12-31",
        }],
    });
    Sample {
        body,
        documents,
        applied,
    }
}
