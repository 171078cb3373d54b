//! What is known while a plan is made.

use std::collections::BTreeMap;

use aegis_document::Identifier;
use serde_json::{Map, Value};

use super::super::document::{ChangeAction, FactStatus, Instance, PlannedFact, Provenance};
use super::super::identity::InstanceId;
use super::failure::{FACT_VALUE, PlanFailure};
use super::instance::Answered;
use super::stage::StageSet;
use crate::fact::{FactRef, Format};
use crate::graph::{Graph, Supplied, SuppliedFact};
use crate::proposal::{FactMode, FactSource};
use crate::stack::{Diagnostic, Stack};
use crate::state::{InstanceState, State};

/// One fact.
#[derive(Clone, Debug)]
pub struct Entry {
    pub format: Format,
    pub schema: u32,
    pub secret: bool,
    pub provenance: Provenance,
    /// Never of a secret.
    pub value: Option<Value>,
    status: FactStatus,
    mode: FactMode,
}

/// All facts of the stack.
#[derive(Debug)]
pub struct FactTable {
    entries: BTreeMap<FactRef, Entry>,
}

/// The facts that the host and the stack file give. A supplied fact has the format in which its consumers
/// require it; without a consumer it is not used and not checked.
pub fn supplied(stack: &Stack, stages: &StageSet) -> Result<Supplied, PlanFailure> {
    let mut supplied = Supplied::default();
    let mut failure = PlanFailure::default();
    let mut host =
        |cluster: Option<&Identifier>, name: &str, value: &str| -> Result<(), PlanFailure> {
            let name = Identifier::new(name).map_err(PlanFailure::identifier)?;
            let fact = SuppliedFact {
                format: Format::AwsId,
                value: Value::String(value.to_owned()),
                by_host: true,
            };
            supplied
                .0
                .insert(FactRef::new(cluster.cloned(), name), fact);
            Ok(())
        };
    if let Some(account) = &stack.account {
        host(None, "aws.account-id", account)?;
    }
    if let Some(first) = stack.clusters.values().next() {
        host(None, "aws.partition", first.partition.name())?;
    }
    for info in stages.cluster_infos().iter() {
        if let Some(cluster) = stack.clusters.get(info.name.as_str()) {
            host(Some(&info.name), "aws.partition", cluster.partition.name())?;
        }
    }

    let arns = policy_arns(stack);
    if !arns.is_empty() {
        let name = Identifier::new("aws.policy-arns").map_err(PlanFailure::identifier)?;
        let fact = SuppliedFact {
            format: Format::Map(Box::new(Format::Arn)),
            value: Value::Object(arns),
            by_host: true,
        };
        supplied.0.insert(FactRef::new(None, name), fact);
    }

    let formats = required_formats(stages);
    let places = std::iter::once(None).chain(stages.clusters().map(Some));
    for cluster in places {
        for (name, fact) in stack.facts(cluster.map(Identifier::as_str)) {
            let at = |diagnostic: Diagnostic| {
                diagnostic
                    .with_source(stack.source())
                    .at(fact.span, "supplied here")
            };
            let Ok(name) = Identifier::new(name) else {
                failure.push(at(Diagnostic::new(
                    FACT_VALUE,
                    format!("`{name}` is not the name of a fact"),
                ))
                .help("a fact is named as in `network.vpc-id`; `aegis graph` shows those that are required"));
                continue;
            };
            let Some(format) = formats.get(&name) else {
                failure.push(
                    at(Diagnostic::new(
                        FACT_VALUE,
                        format!("no stage requires the fact `{name}`"),
                    ))
                    .help("remove it, or check its name with `aegis facts list`"),
                );
                continue;
            };
            if let Err(misfit) = format.check(&fact.value) {
                failure.push(at(Diagnostic::new(
                    FACT_VALUE,
                    format!("the fact `{name}`: {misfit}"),
                ))
                .help(format!(
                    "give a value of the format {format}, or remove it so that a stage provides the fact"
                )));
                continue;
            }
            let supplied_fact = SuppliedFact {
                format: format.clone(),
                value: fact.value.clone(),
                by_host: false,
            };
            supplied
                .0
                .insert(FactRef::new(cluster.cloned(), name), supplied_fact);
        }
    }
    failure.into_result().map(|()| supplied)
}

/// The ARNs of the IAM policies that `settings.service-accounts` gives to workloads, by what stands there: an ARN or
/// the name of a policy in the stack's account. They are the operator's choice, so stages get them as a fact of
/// the host's: a plugin can pass them on, and cannot name a policy of its own.
fn policy_arns(stack: &Stack) -> Map<String, Value> {
    let partition = stack
        .clusters
        .values()
        .next()
        .map_or("aws", |cluster| cluster.partition.name());
    let accounts = stack
        .settings
        .get("service-accounts")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let policies = accounts
        .filter_map(|account| account.get("policies")?.as_array())
        .flatten();
    policies
        .filter_map(Value::as_str)
        .filter_map(|policy| {
            let arn = match &stack.account {
                _ if policy.starts_with("arn:") => policy.to_owned(),
                Some(account) => format!("arn:{partition}:iam::{account}:policy/{policy}"),
                None => return None,
            };
            let arn = Value::String(arn);
            Format::Arn
                .check(&arn)
                .is_ok()
                .then(|| (policy.to_owned(), arn))
        })
        .collect()
}

/// The format in which each fact is required; when several stages differ, the graph tells.
fn required_formats(stages: &StageSet) -> BTreeMap<Identifier, Format> {
    let mut formats = BTreeMap::new();
    for stage in stages.iter() {
        for requirement in stage
            .stage_type()
            .requires
            .iter()
            .filter(|requirement| !requirement.secret)
        {
            formats
                .entry(requirement.name.clone())
                .or_insert_with(|| requirement.format.clone());
        }
    }
    formats
}

impl FactTable {
    /// Starts with what is supplied, and with every fact that a stage offers. What state remembers of facts
    /// that only their target can tell is known already.
    pub fn new(supplied: Supplied, stages: &StageSet, graph: &Graph, state: &State) -> Self {
        let mut entries = BTreeMap::new();
        for (fact, supplied) in supplied.0 {
            let entry = Entry {
                format: supplied.format,
                schema: 1,
                secret: false,
                provenance: if supplied.by_host {
                    Provenance::Host
                } else {
                    Provenance::Supplied
                },
                value: Some(supplied.value),
                status: FactStatus::Known,
                mode: FactMode::Opaque,
            };
            entries.insert(fact, entry);
        }
        for node in &graph.instances {
            for offer in &stages.at(node.stage).stage_type().provides {
                let fact = FactRef::new(node.id.cluster.clone(), offer.name.clone());
                let entry = Entry {
                    format: offer.format.clone(),
                    schema: offer.schema,
                    secret: offer.secret,
                    provenance: Provenance::Stage(node.id.clone()),
                    value: None,
                    status: FactStatus::Unknown,
                    mode: FactMode::Opaque,
                };
                entries.insert(fact, entry);
            }
            for resolved in &node.resolved {
                let requirement =
                    &stages.at(node.stage).stage_type().requires[resolved.requirement];
                if let Some(entry) = entries.get_mut(&resolved.fact)
                    && requirement.mode == FactMode::Value
                {
                    entry.mode = FactMode::Value;
                }
            }
        }
        let mut table = Self { entries };
        let recorded: Vec<&InstanceState> = state.instances().collect();
        table.remember(&recorded);
        table
    }

    /// Takes over the values that state has. They belong to whoever provides the fact now: a stage under another
    /// name, or another stage in its place, keeps what was imported for what it takes over. A value of the
    /// provider's own goes before one of another stage's.
    fn remember(&mut self, recorded: &[&InstanceState]) {
        for own in [true, false] {
            for instance in recorded {
                for (name, stored) in &instance.facts {
                    if let Some(entry) = self.entries.get_mut(&instance.fact_ref(name))
                        && let Provenance::Stage(provider) = &entry.provenance
                        && (*provider == instance.id) == own
                        && let (false, None, Some(value)) =
                            (entry.secret, &entry.value, &stored.value)
                        && entry.format.check(value).is_ok()
                    {
                        entry.value = Some(value.clone());
                        entry.status = FactStatus::Known;
                        if let Provenance::Imported(_) = stored.provenance {
                            entry.provenance = Provenance::Imported(provider.clone());
                        }
                    }
                }
            }
        }
    }

    pub fn get(&self, fact: &FactRef) -> Option<&Entry> {
        self.entries.get(fact)
    }

    /// Takes in what an instance provides.
    pub fn learn(&mut self, answered: &Answered) {
        let instance = &answered.instance;
        for (name, source) in &instance.sources {
            let fact = FactRef::new(instance.id.cluster.clone(), name.clone());
            let Some(entry) = self.entries.get_mut(&fact) else {
                continue;
            };
            match source {
                FactSource::Value(value) => {
                    let known = entry.value.as_ref() == Some(value);
                    entry.status = if known {
                        FactStatus::Known
                    } else {
                        FactStatus::Planned
                    };
                    entry.provenance = Provenance::Stage(instance.id.clone());
                    entry.value = Some(value.clone());
                }
                // What only the target can tell: the last value holds until its provider changes.
                _ if entry.value.is_some() && changes(instance) => {
                    entry.status = FactStatus::Assumed
                }
                _ => {}
            }
        }
    }

    /// The facts as the plan records them.
    pub fn planned(&self, instances: &[Instance]) -> Vec<PlannedFact> {
        let present: std::collections::BTreeSet<&InstanceId> =
            instances.iter().map(|instance| &instance.id).collect();
        self.entries
            .iter()
            .filter(|(_, entry)| match &entry.provenance {
                Provenance::Stage(id) | Provenance::Imported(id) => present.contains(id),
                Provenance::Host | Provenance::Supplied => true,
            })
            .map(|(reference, entry)| PlannedFact {
                reference: reference.clone(),
                format: entry.format.clone(),
                schema: entry.schema,
                secret: entry.secret,
                mode: entry.mode,
                status: entry.status,
                provenance: entry.provenance.clone(),
                value: entry.value.clone(),
            })
            .collect()
    }
}

fn changes(instance: &Instance) -> bool {
    instance
        .changes
        .iter()
        .any(|change| change.action != ChangeAction::Noop)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::state::StoredFact;

    fn recorded(id: &str, value: &str, imported: bool) -> InstanceState {
        let id: InstanceId = id.parse().unwrap();
        let mut instance = InstanceState::new(id.clone());
        let provenance = if imported {
            Provenance::Imported(id)
        } else {
            Provenance::Stage(id)
        };
        let fact = StoredFact {
            format: Format::AwsId,
            schema: 1,
            secret: false,
            provenance,
            value: Some(json!(value)),
            extra: Map::new(),
        };
        let name = Identifier::new("network.vpc-id").unwrap();
        instance.facts.insert(name, fact);
        instance
    }

    #[test]
    fn a_stage_under_another_name_keeps_the_facts_of_what_it_takes_over() {
        let old = recorded("use1/network", "vpc-0123456789abcdef0", true);
        let same = recorded("use1/vpc", "vpc-0fedcba9876543210", true);
        let told = recorded("use1/network", "vpc-0123456789abcdef0", false);
        let provider: InstanceId = "use1/vpc".parse().unwrap();
        for (recorded, value, provenance) in [
            (
                vec![&old],
                "vpc-0123456789abcdef0",
                Provenance::Imported(provider.clone()),
            ),
            (
                vec![&told],
                "vpc-0123456789abcdef0",
                Provenance::Stage(provider.clone()),
            ),
            (
                vec![&old, &same],
                "vpc-0fedcba9876543210",
                Provenance::Imported(provider.clone()),
            ),
        ] {
            let fact: FactRef = "use1/network.vpc-id".parse().unwrap();
            let entry = Entry {
                format: Format::AwsId,
                schema: 1,
                secret: false,
                provenance: Provenance::Stage(provider.clone()),
                value: None,
                status: FactStatus::Unknown,
                mode: FactMode::Opaque,
            };
            let mut table = FactTable {
                entries: BTreeMap::from([(fact.clone(), entry)]),
            };
            table.remember(&recorded);
            let entry = table.get(&fact).unwrap();
            assert_eq!(entry.value, Some(json!(value)));
            assert_eq!(entry.provenance, provenance);
            assert_eq!(entry.status, FactStatus::Known);
        }
    }
}
