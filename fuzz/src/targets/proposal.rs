//! A proposal: read part by part with the rules of the sandbox, then taken apart and judged.
//!
//! An input is JSON in the shape of the contract's records; bodies are JSON within it.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::{Identifier, Limits, read};
use aegis_host::capability::{
    CapabilitySet, DeclaredFact, DeclaredFacts, DeriveContext, Effective, EffectiveParts,
    authorize_change, derive,
};
use aegis_host::proposal::{
    Access, Action, Application, Change, CrdPolicy, FactSource, File, HooksPolicy, InstanceGroup,
    Job, KopsCluster, KopsRoll, KopsSecret, KubernetesObject, Lifecycle, ObjectRef, OnImmutable,
    Permission, Proposal, ProvidedFact, Provider, Release, Step, SyncPolicy, TerraformBlock,
    TerraformOutput, TerraformRoot, ToolCall, Trigger, Workflow,
};
use aegis_host::sandbox::parse::{
    AnswerError, Budget, check_proposal, node, object, proposal_digest, text, value,
};
use serde_json::Value;

use crate::authentic::identifier;
use crate::check;

/// Parts that one answer may have here.
const PARTS: usize = 5000;

pub(super) fn run(input: &[u8]) {
    let Ok(input) = read(input, Limits::EMBEDDED) else {
        return;
    };
    let cluster = input["cluster"].as_str().map(|_| identifier("use1"));
    let proposal = match proposal(&input) {
        Ok(proposal) => proposal,
        Err(error) => return check::shown(&error.into_problem()),
    };
    if let Err(error) = check_proposal(&proposal) {
        return check::shown(&error.into_problem());
    }
    assert_eq!(
        proposal_digest(&proposal),
        proposal_digest(&proposal.clone())
    );
    let ids: BTreeSet<&Identifier> = proposal.changes.iter().map(|change| &change.id).collect();
    assert_eq!(ids.len(), proposal.changes.len());

    let context = context(cluster.clone());
    for change in &proposal.changes {
        assert!(
            change
                .after
                .iter()
                .all(|id| *id != change.id && ids.contains(id))
        );
        let derived = derive(change, &context);
        assert_eq!(derived, derive(change, &context));
        match derived {
            Ok(requests) => {
                assert!(!requests.is_empty(), "nothing is implied by {change:?}");
                requests.iter().for_each(check::shown);
            }
            Err(denial) => check::refused(&denial),
        }
        // Nobody granted anything: nothing is allowed, whatever kind of plugin asks.
        for kind in aegis_host::proposal::Kind::ALL {
            let effective = nothing_granted(kind, cluster.clone());
            match authorize_change(&effective, change.clone(), &context) {
                Ok(allowed) => panic!("allowed without a grant: {allowed:?}"),
                Err(denials) => denials.iter().for_each(check::refused),
            }
        }
    }
}

fn nothing_granted(kind: aegis_host::proposal::Kind, cluster: Option<Identifier>) -> Effective {
    Effective::new(EffectiveParts {
        kind,
        stage: identifier("mesh"),
        cluster,
        clusters: clusters().into(),
        signed: CapabilitySet::default().into(),
        granted: CapabilitySet::default().into(),
    })
}

fn clusters() -> BTreeSet<Identifier> {
    [identifier("euw1"), identifier("use1")].into()
}

/// A stage with facts of every sort.
pub(super) fn context(cluster: Option<Identifier>) -> DeriveContext {
    let mut facts = DeclaredFacts::default();
    for (name, format, secret) in [
        ("use1/network.vpc-id", "aws-id", false),
        ("use1/irsa.api", "arn", false),
        ("use1/motd", "text", false),
        ("use1/zones", "map<aws-id>", false),
        ("use1/mesh.ca-key", "pem", true),
        ("state.bucket", "text", false),
    ] {
        let declared = DeclaredFact {
            format: format.parse().expect("a format"),
            secret,
        };
        facts.insert(name.parse().expect("a fact"), declared);
    }
    DeriveContext {
        stage: identifier("mesh"),
        cluster,
        clusters: clusters().into(),
        repository: None,
        facts,
        proposed: BTreeSet::new(),
        scopes: BTreeMap::new(),
    }
}

type Read<T> = Result<T, AnswerError>;

fn proposal(raw: &Value) -> Read<Proposal> {
    let budget = &mut Budget::new(PARTS);
    let mut provides = Vec::new();
    for raw in list(raw, "provides") {
        provides.push(ProvidedFact {
            name: text::identifier(string(raw, "name"))?,
            source: if raw.get("output").is_some() {
                FactSource::TerraformOutput {
                    root: text::identifier(string(raw, "root"))?,
                    output: text::terraform_name(string(raw, "output"))?,
                }
            } else {
                FactSource::Value(value(&json_text(raw, "value"), budget)?)
            },
        });
    }
    let mut changes = Vec::new();
    for raw in list(raw, "changes") {
        changes.push(change(raw, budget)?);
    }
    Ok(Proposal {
        changes,
        provides,
        probes: Vec::new(),
        moved: Vec::new(),
    })
}

fn change(raw: &Value, budget: &mut Budget) -> Read<Change> {
    Ok(Change {
        id: text::identifier(string(raw, "id"))?,
        cluster: text::optional_identifier(optional(raw, "cluster"))?,
        after: strings(raw, "after", text::identifier)?,
        on_immutable: OnImmutable::Fail,
        action: action(raw, budget)?,
    })
}

fn action(raw: &Value, budget: &mut Budget) -> Read<Action> {
    Ok(match string(raw, "action").as_str() {
        "terraform" => Action::Terraform(terraform(raw, budget)?),
        "kops" => Action::Kops(kops(raw, budget)?),
        "tool" => Action::Tool(tool(raw, budget)?),
        "apply" => Action::Apply(kubernetes(raw, budget)?),
        "ensure-absent" => Action::EnsureAbsent(ObjectRef {
            group: text::api_group(string(raw, "group"))?,
            kind: text::kubernetes_kind(string(raw, "kind"))?,
            namespace: optional(raw, "namespace")
                .map(text::dns_label)
                .transpose()?,
            name: text::object_name(string(raw, "name"))?,
        }),
        "release" => Action::Release(Release {
            name: text::dns_label(string(raw, "name"))?,
            namespace: text::dns_label(string(raw, "namespace"))?,
            entry: text::identifier(string(raw, "entry"))?,
            values: object(&json_text(raw, "values"), budget)?,
            crds: CrdPolicy::Manage,
            hooks: HooksPolicy::Run,
        }),
        "application" => Action::Application(Application {
            name: text::dns_label(string(raw, "name"))?,
            project: text::dns_label(string(raw, "project"))?,
            repository: text::control(string(raw, "repository"))?,
            revision: text::control(string(raw, "revision"))?,
            path: text::relative_path(string(raw, "path"))?,
            destination_cluster: text::identifier(string(raw, "destination"))?.to_string(),
            destination_namespace: text::dns_label(string(raw, "namespace"))?,
            sync: SyncPolicy {
                automated: true,
                prune: true,
                self_heal: true,
            },
            wave: 0,
        }),
        "workflow" => Action::Workflow(workflow(raw)?),
        _ => Action::File(File {
            path: text::relative_path(string(raw, "path"))?,
            content: text::templated(&string(raw, "content"))?,
        }),
    })
}

fn terraform(raw: &Value, budget: &mut Budget) -> Read<TerraformRoot> {
    let block = |raw: &Value, budget: &mut Budget| -> Read<TerraformBlock> {
        Ok(TerraformBlock {
            kind: text::terraform_name(string(raw, "type"))?,
            name: text::terraform_name(string(raw, "name"))?,
            body: object(&json_text(raw, "body"), budget)?,
            depends_on: strings(raw, "depends-on", text::terraform_address)?,
            lifecycle: Lifecycle {
                create_before_destroy: false,
                prevent_destroy: true,
                ignore_changes: strings(raw, "ignore-changes", text::word)?,
            },
        })
    };
    let mut resources = Vec::new();
    for raw in list(raw, "resources") {
        resources.push(block(raw, budget)?);
    }
    let mut data = Vec::new();
    for raw in list(raw, "data") {
        data.push(TerraformBlock {
            depends_on: Vec::new(),
            lifecycle: Lifecycle::default(),
            ..block(raw, budget)?
        });
    }
    let mut outputs = Vec::new();
    for raw in list(raw, "outputs") {
        outputs.push(TerraformOutput {
            name: text::terraform_name(string(raw, "name"))?,
            value: node(&json_text(raw, "value"), budget)?,
            sensitive: raw["sensitive"] == true,
        });
    }
    Ok(TerraformRoot {
        root: text::identifier(string(raw, "root"))?,
        region: text::word(string(raw, "region"))?,
        providers: vec![Provider {
            source: text::relative_path(string(raw, "provider"))?,
            version: text::control(string(raw, "version"))?,
        }],
        resources,
        data,
        outputs,
    })
}

fn kops(raw: &Value, budget: &mut Budget) -> Read<KopsCluster> {
    let mut instance_groups = Vec::new();
    for raw in list(raw, "instance-groups") {
        instance_groups.push(InstanceGroup {
            name: text::identifier(string(raw, "name"))?,
            spec: object(&json_text(raw, "spec"), budget)?,
        });
    }
    let mut secrets = Vec::new();
    for raw in list(raw, "secrets") {
        secrets.push(KopsSecret {
            name: text::identifier(string(raw, "name"))?,
            fact: text::identifier(string(raw, "fact"))?,
        });
    }
    Ok(KopsCluster {
        spec: object(&json_text(raw, "spec"), budget)?,
        instance_groups,
        secrets,
        roll: KopsRoll::AsNeeded,
    })
}

fn tool(raw: &Value, budget: &mut Budget) -> Read<ToolCall> {
    let mut holes = Vec::new();
    for (name, _) in raw["holes"].as_object().into_iter().flatten() {
        let value = node(&json_text(&raw["holes"], name), budget)?;
        holes.push((text::word(name.clone())?, value));
    }
    let mut inputs = Vec::new();
    for (name, content) in raw["inputs"].as_object().into_iter().flatten() {
        let content = text::templated(content.as_str().unwrap_or_default())?;
        inputs.push((text::relative_path(name.clone())?, content));
    }
    Ok(ToolCall {
        adapter: text::identifier(string(raw, "adapter"))?,
        holes,
        inputs,
        stdin_secrets: strings(raw, "stdin-secrets", text::identifier)?,
        idempotent: true,
        probe: text::optional_identifier(optional(raw, "probe"))?,
        undo: text::optional_identifier(optional(raw, "undo"))?,
    })
}

fn kubernetes(raw: &Value, budget: &mut Budget) -> Read<KubernetesObject> {
    let mut labels = Vec::new();
    for (key, value) in raw["labels"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        labels.push((
            text::label_key(key.clone())?,
            text::label_value(value.to_owned())?,
        ));
    }
    let mut annotations = Vec::new();
    for (key, value) in raw["annotations"].as_object().into_iter().flatten() {
        let value = text::templated(value.as_str().unwrap_or_default())?;
        annotations.push((text::label_key(key.clone())?, value));
    }
    Ok(KubernetesObject {
        group: text::api_group(string(raw, "group"))?,
        version: text::word(string(raw, "version"))?,
        kind: text::kubernetes_kind(string(raw, "kind"))?,
        namespace: optional(raw, "namespace")
            .map(text::dns_label)
            .transpose()?,
        name: text::object_name(string(raw, "name"))?,
        labels,
        annotations,
        body: object(&json_text(raw, "body"), budget)?,
    })
}

fn workflow(raw: &Value) -> Read<Workflow> {
    let mut triggers = vec![Trigger::Manual];
    triggers.push(Trigger::Push(strings(raw, "push", text::control)?));
    triggers.push(Trigger::PullRequest(strings(
        raw,
        "pull-request",
        text::control,
    )?));
    if let Some(cron) = optional(raw, "schedule") {
        triggers.push(Trigger::Schedule(text::control(cron)?));
    }
    let mut jobs = Vec::new();
    for raw in list(raw, "jobs") {
        jobs.push(job(raw)?);
    }
    Ok(Workflow {
        file: text::identifier(string(raw, "file"))?,
        name: text::people(string(raw, "name"))?,
        triggers,
        concurrency: optional(raw, "concurrency")
            .map(text::control)
            .transpose()?,
        jobs,
    })
}

fn job(raw: &Value) -> Read<Job> {
    let pairs = |raw: &Value, field: &str| -> Read<Vec<(String, String)>> {
        let entries = raw[field].as_object().into_iter().flatten();
        entries
            .map(|(key, value)| {
                let value = value.as_str().unwrap_or_default();
                Ok((text::word(key.clone())?, text::people(value.to_owned())?))
            })
            .collect()
    };
    let mut steps = Vec::new();
    for raw in list(raw, "steps") {
        steps.push(if raw.get("uses").is_some() {
            Step::Uses {
                name: text::people(string(raw, "name"))?,
                action: text::relative_path(string(raw, "uses"))?,
                commit: text::commit(string(raw, "commit"))?,
                version: text::control(string(raw, "version"))?,
                with: pairs(raw, "with")?,
            }
        } else {
            Step::Run {
                name: text::people(string(raw, "name"))?,
                script: text::people(string(raw, "run"))?,
                env: pairs(raw, "env")?,
            }
        });
    }
    Ok(Job {
        id: text::identifier(string(raw, "id"))?,
        runs_on: text::control(string(raw, "runs-on"))?,
        needs: strings(raw, "needs", text::identifier)?,
        environment: optional(raw, "environment")
            .map(text::control)
            .transpose()?,
        permissions: strings(raw, "permissions", text::word)?
            .into_iter()
            .map(|name| Permission {
                name,
                access: Access::Write,
            })
            .collect(),
        timeout_minutes: 10,
        steps,
    })
}

fn list<'v>(raw: &'v Value, field: &str) -> &'v [Value] {
    raw[field].as_array().map_or(&[], Vec::as_slice)
}

fn optional(raw: &Value, field: &str) -> Option<String> {
    raw[field].as_str().map(str::to_owned)
}

fn string(raw: &Value, field: &str) -> String {
    optional(raw, field).unwrap_or_default()
}

fn strings<T>(raw: &Value, field: &str, read: impl Fn(String) -> Read<T>) -> Read<Vec<T>> {
    let texts = list(raw, field).iter();
    texts
        .map(|text| read(text.as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// A JSON text of the contract: a string as it is, anything else as it prints.
fn json_text(raw: &Value, field: &str) -> String {
    match &raw[field] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each change implies, or the code of its refusal.
    fn judged(seed: &str) -> Vec<Result<usize, &'static str>> {
        let input = read(seed.as_bytes(), Limits::EMBEDDED).expect("JSON");
        let cluster = input["cluster"].as_str().map(identifier);
        let proposal = proposal(&input).unwrap_or_else(|error| panic!("{}", error.into_problem()));
        check_proposal(&proposal).expect("a proposal");
        let changes = proposal.changes.iter();
        changes
            .map(|change| match derive(change, &context(cluster.clone())) {
                Ok(requests) => Ok(requests.len()),
                Err(denial) => Err(denial.code),
            })
            .collect()
    }

    #[test]
    fn most_changes_of_the_seeds_are_taken_apart() {
        let all = [
            judged(include_str!("../../seeds/proposal/delivery.json")),
            judged(include_str!("../../seeds/proposal/cluster.json")),
            judged(include_str!("../../seeds/proposal/cloud.json")),
        ];
        let implied = all.iter().flatten().filter(|result| result.is_ok()).count();
        assert!(implied >= 6, "{all:?}");
    }
}
