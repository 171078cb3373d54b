//! The resolved stack as JSON, for the digest that plans and approvals carry. It holds what the
//! stack means and nothing else: no place, comment, path or order of the file, and no preset, only
//! the stages that come from it.

use serde_json::{Map, Value, json};

use super::file::{Access, ChangeKind, Exception};
use super::model::{Cluster, Git, Stack, Stage};

impl Stack {
    /// The resolved stack. Two files that mean the same give the same value; keys are sorted, so
    /// that the same value prints as the same bytes.
    pub fn canonical(&self) -> Value {
        let stages = self
            .stages
            .iter()
            .map(|(name, value)| (name.clone(), stage(value)));
        let clusters = self
            .clusters
            .iter()
            .map(|(name, value)| (name.clone(), cluster(value)));
        let facts = self
            .facts
            .iter()
            .filter(|(_, facts)| !facts.is_empty())
            .map(|(scope, facts)| {
                let facts = facts
                    .iter()
                    .map(|(name, fact)| (name.clone(), fact.value.clone()));
                (scope.clone(), Value::Object(facts.collect()))
            });
        let deliver = ChangeKind::ALL.iter().map(|kind| {
            let landing = self.deliver.landing(*kind).word();
            (kind.word().to_owned(), landing.into())
        });
        let owners = self
            .release_owners
            .iter()
            .map(|(stage, owner)| (stage.clone(), owner.word().into()));
        let mut exceptions: Vec<Value> = self.exceptions.iter().map(exception).collect();
        exceptions.sort_by_cached_key(Value::to_string);
        json!({
            "aegis": 1,
            "name": self.name,
            "domain": self.domain,
            "account": self.account,
            "settings": self.settings,
            "clusters": Value::Object(clusters.collect()),
            "stages": Value::Object(stages.collect()),
            "facts": Value::Object(facts.collect()),
            "deliver": Value::Object(deliver.collect()),
            "policy": {
                "block-at": self.policy.block_at.word(),
                "approvals": self.policy.approvals,
                "structural": self.policy.structural.word(),
                "required": self.policy.required,
            },
            "exceptions": exceptions,
            "git": self.git.as_ref().map(git),
            "tree": self.tree,
            "release-owners": Value::Object(owners.collect()),
        })
    }
}

fn cluster(cluster: &Cluster) -> Value {
    json!({
        "region": cluster.region,
        "zones": cluster.zones,
        "cidr": cluster.cidr.to_string(),
        "kubernetes": cluster.kubernetes_version.to_string(),
        "access": match &cluster.access {
            Access::Direct => json!("direct"),
            Access::Ssm => json!("ssm"),
            Access::ProxyUrl(url) => json!({"proxy-url": url}),
            Access::Exec(adapter) => json!({"exec": adapter}),
        },
    })
}

fn stage(stage: &Stage) -> Value {
    let configs: Map<String, Value> = stage
        .cluster_configs()
        .map(|(cluster, config)| (cluster.to_owned(), Value::Object(config.clone())))
        .collect();
    let disabled: Map<String, Value> = stage
        .disabled_clusters()
        .map(|(cluster, reason)| (cluster.to_owned(), reason.into()))
        .collect();
    json!({
        "publisher": stage.plugin.publisher,
        "plugin": stage.plugin.plugin,
        "stage-type": stage.plugin.stage_type,
        "requirement": stage.plugin.requirement.to_string(),
        "config": stage.config(None),
        "cluster-config": configs,
        "off-in-clusters": disabled,
        "needs": stage.needs,
        "off": stage.off,
    })
}

fn exception(exception: &Exception) -> Value {
    json!({
        "control": exception.control.value,
        "document": exception.document.as_ref().map(|document| &document.value),
        "reason": exception.reason.value,
        "owner": exception.owner.value,
        "expires": exception.expires.value.to_string(),
    })
}

fn git(git: &Git) -> Value {
    json!({"repository": git.repository, "branch": git.branch, "path": git.path})
}
