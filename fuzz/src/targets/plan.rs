//! The plan document.

use std::collections::BTreeMap;

use aegis_document::{Digest, Limits, digest_of, read};
use aegis_host::plan::{Body, Evidence, Plan};
use serde_json::{Value, json};

use crate::check;

/// A plan with a change of each shape.
pub(super) fn made() -> Vec<Vec<u8>> {
    let nothing = Digest::of("").to_string();
    let (first, second) = (
        r#"{"content":"a"}"#,
        r#"{"spec":{"x":"@{use1/network.vpc-id}"}}"#,
    );
    let change = |identity: &str, action: &str, desired: Value, precision: Value| {
        json!({
            "id": "a", "identity": identity, "driver": "tree", "action": action, "cause": "config",
            "precision": precision, "desired": desired, "before": nothing, "bound": null, "target": nothing,
            "drift": [{"path": "docs/a.md", "kind": "edited"}], "waits-for": ["use1/network.vpc-id"],
            "completes": ["state.bucket"], "risk": "disruptive", "moved-from": "file/docs/old.md",
            "after": ["terraform/network-use1"], "on-immutable": "fail", "capabilities": [{"class": "power", "what": "write a file"}],
        })
    };
    let mut body = json!({
        "stack": {"name": "shop", "resolved": nothing, "settings": nothing},
        "mode": "apply",
        "base": {"lineage": "00112233445566778899aabbccddeeff", "serials": {"use1/network": 3}},
        "policy": {"block-at": "medium", "required": ["cis.1"], "structural": "allow", "approvals": 2},
        "lock": nothing,
        "plugins": [{
            "stage": "network", "plugin": "aegis/terraform", "stage-type": "network", "version": "0.1.0",
            "kind": "provisioning", "contract": "0.1.0", "component": nothing, "grant": nothing, "descriptor": nothing,
        }],
        "facts": [{
            "ref": "use1/network.vpc-id", "format": "map<list<aws-id>>", "schema": 1, "secret": false,
            "mode": "opaque", "status": "known", "provenance": {"stage": "use1/network"}, "value": {"a": ["vpc-1"]},
        }],
        "instances": [{
            "id": "use1/network", "state": {"status": "planned"}, "edges": ["foundation"],
            "request": nothing, "response": null,
            "changes": [
                change("file/docs/a.md", "create", json!(Digest::of(first)), json!({"kind": "exact"})),
                change("kubernetes/use1/core/Namespace/-/a", "update", json!(Digest::of(second)),
                    json!({"kind": "structural", "reason": "unbound-fact"})),
                change("tool/dns/records@use1", "delete", Value::Null, json!({"kind": "exact"})),
            ],
            "sources": {
                "network.vpc-id": {"terraform-output": {"root": "network-use1", "output": "vpc-id"}},
                "mesh.address": {"value": "10.0.0.1"},
            },
            "probes": [{"id": "up", "cluster": "use1", "check": "api-reachable", "timeout-seconds": 60}],
        }],
        "findings": {"controls": [
            {"id": "cis.1", "title": "A control", "frameworks": [{"framework": "CIS", "reference": "1.1"}],
                "severity": "high", "scope": "plan", "remediation": "mend it"},
        ], "list": [{
            "instance": "compliance", "control": 0,
            "finding": {"control": "cis.1", "outcome": {"not-evaluated": "unknown"}, "document": "terraform/network-use1",
                "cluster": null, "pointer": "/a", "message": "a message", "evidence": null,
                "feedback": {"stage": "network", "patch": []}},
            "exception": "accepted",
        }]},
        "exceptions": [{"control": "cis.1", "document": null, "reason": "later", "owner": "team", "expires": "2026-12-31"}],
    });
    let mut plan = json!({
        "format": Plan::FORMAT, "digest": nothing, "evidence": {"host": "0.1.0"},
        "documents": {Digest::of(first).to_string(): first, Digest::of(second).to_string(): second},
    });
    plan["body"] = body.clone();
    body["instances"] = json!([]);
    let mut empty = plan.clone();
    empty["body"] = body;
    empty["documents"] = json!({});
    [plan, empty]
        .iter()
        .map(|plan| plan.to_string().into_bytes())
        .collect()
}

pub(super) fn run(input: &[u8]) {
    judge(input);
    if let Some(plan) = mended(input) {
        let bytes = plan.to_bytes().expect("a plan is written");
        judge(&bytes);
        altered(&plan, &bytes, input);
    }
}

fn judge(bytes: &[u8]) {
    let plan = match Plan::read(bytes) {
        Ok(plan) => plan,
        Err(error) => return check::refused(&error),
    };
    assert_eq!(plan.digest, digest_of(&plan.body).expect("a digest"));
    let written = plan.to_bytes().expect("what was read is written");
    let again = Plan::read(&written).expect("what is written is read");
    assert_eq!(again, plan);
    assert_eq!(again.to_bytes().ok(), Some(written));
    for (_, change) in plan.body.changes() {
        if let Some(digest) = &change.desired {
            assert!(plan.documents.0.contains_key(digest));
        }
    }
}

/// With one bit flipped it is refused, or says the same: nothing but what the digest does not cover differs.
fn altered(plan: &Plan, bytes: &[u8], input: &[u8]) {
    match Plan::read(&check::flipped(bytes, input)) {
        Ok(other) => {
            assert_eq!(other.digest, plan.digest);
            assert_eq!(check::canonical(&other.body), check::canonical(&plan.body));
            assert_eq!(other.documents, plan.documents);
        }
        Err(error) => check::refused(&error),
    }
}

/// A plan of this body and these documents, with the digests that they have.
fn mended(input: &[u8]) -> Option<Plan> {
    let mut value = read(input, Limits::EMBEDDED).ok()?;
    let documents = value.get("documents")?.as_object()?.clone();
    let mut renamed = BTreeMap::new();
    let mut texts = BTreeMap::new();
    for (name, text) in documents {
        let text = text.as_str()?.to_owned();
        let digest = Digest::of(&text);
        renamed.insert(name, digest.to_string());
        texts.insert(digest, text.into());
    }
    rename(value.get_mut("body")?, &renamed);
    let body: Body = serde_json::from_value(value.get("body")?.clone()).ok()?;
    let evidence = Evidence {
        host: "0.1.0".to_owned(),
    };
    Plan::seal(body, evidence, aegis_host::plan::Documents(texts)).ok()
}

fn rename(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = names.get(text) {
                text.clone_from(name);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::Object(entries) => entries.values_mut().for_each(|item| rename(item, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_plans() {
        for seed in made() {
            let plan = mended(&seed).expect("a plan");
            let bytes = plan.to_bytes().expect("its bytes");
            assert_eq!(Plan::read(&bytes).expect("a plan"), plan);
        }
    }
}
