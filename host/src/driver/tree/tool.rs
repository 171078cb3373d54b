//! What a person has to run: the tree cannot do it.

use serde_json::{Map, Value, json};

use crate::driver::document::KopsClusterDocument;
use crate::proposal::KopsRoll;

/// The steps beside a cluster's manifests: which secrets to create from which facts, and what to roll.
pub(super) fn kops_runbook(document: &KopsClusterDocument) -> Option<Value> {
    let mut steps = Map::new();
    if !document.secrets.is_empty() {
        let secret = |secret: &crate::proposal::KopsSecret| json!({"fact": secret.fact, "name": secret.name});
        steps.insert(
            "secrets".into(),
            document.secrets.iter().map(secret).collect(),
        );
    }
    match &document.roll {
        KopsRoll::Never => {}
        KopsRoll::AsNeeded => {
            steps.insert("roll".into(), "as-needed".into());
        }
        KopsRoll::Groups(groups) => {
            steps.insert("roll".into(), json!({"groups": groups}));
        }
    }
    (!steps.is_empty()).then(|| {
        steps.insert("cluster".into(), document.name.as_str().into());
        Value::Object(steps)
    })
}
