//! Validation stages, run over the planned documents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aegis_document::{Identifier, digest_of, untrusted};

use super::super::document::{AppliedException, Instance, InstanceStatus, PlannedFinding};
use super::super::identity::InstanceId;
use super::facts::FactTable;
use super::failure::{CONTROL, PLUGIN_FAILURE, PlanFailure, at_stage, call};
use super::instance::effective;
use super::reads::{DocumentIndex, PlannedReads};
use super::request::{self, Asked};
use super::{Inputs, config, level};
use crate::capability::Effective;
use crate::graph::Graph;
use crate::proposal::{Control, ControlScope, Failure, Finding, Kind, Outcome, Severity};
use crate::sandbox::reads::Reads;
use crate::sandbox::{CallContext, Limits};
use crate::stack::Exception;

/// The controls of a validation stage.
type Controls = BTreeMap<Identifier, Arc<Control>>;

/// What validation adds to a plan.
pub struct Validated {
    pub instances: Vec<Instance>,
    pub findings: Vec<PlannedFinding>,
    /// The exceptions that cover a finding.
    pub exceptions: Vec<AppliedException>,
}

/// Calls every validation stage.
pub fn validate(
    inputs: &Inputs<'_>,
    schemas: &config::Schemas,
    graph: &Graph,
    facts: &FactTable,
    clusters: &Arc<BTreeSet<Identifier>>,
    index: DocumentIndex,
    mut done: usize,
) -> Result<Validated, PlanFailure> {
    let total = graph.instances.len();
    let planned = Arc::new(PlannedReads::new(index));
    let limits = planned.limits();
    let reads = Reads {
        kubernetes: Arc::clone(&planned) as _,
        documents: Arc::clone(&planned) as _,
        ..Reads::none()
    };
    let mut validated = Validated {
        instances: Vec::new(),
        findings: Vec::new(),
        exceptions: Vec::new(),
    };
    let mut failure = PlanFailure::default();
    let members: Vec<usize> = level::levels(graph, |stage| {
        inputs.stages.at(stage).kind() == Kind::Validation
    })
    .concat();
    let judge = Judge {
        inputs,
        schemas,
        graph,
        facts,
        clusters,
        reads: &reads,
        limits,
    };
    let results = level::run(&members, inputs.runtime, inputs.parallelism, |index| {
        judge.evaluate(index)
    });
    for result in results {
        done += 1;
        (inputs.progress)(done, total);
        match result {
            Ok((instance, findings)) => {
                validated.instances.push(instance);
                validated.findings.extend(findings);
            }
            Err(problems) => failure.merge(problems),
        }
    }
    failure.into_result()?;
    validated.findings.extend(stages_off(inputs)?);
    validated.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    let exceptions = &inputs.stack.exceptions;
    validated.exceptions = except(exceptions, &mut validated.findings);
    let unused = unused(exceptions, &validated)?;
    validated.findings.extend(unused);
    validated.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(validated)
}

/// A stage that is off is a finding of the host's own: what the stage would have made is missing, and the reason is
/// the operator's word.
fn stages_off(inputs: &Inputs<'_>) -> Result<Vec<PlannedFinding>, PlanFailure> {
    let identifier = |text: &str| Identifier::new(text).map_err(PlanFailure::identifier);
    let mut findings = Vec::new();
    for stage in inputs.stack.stages.values() {
        let whole = stage.off.as_deref().map(|reason| (None, reason));
        let parts = stage
            .disabled_clusters()
            .map(|(cluster, reason)| (Some(cluster), reason));
        for (cluster, reason) in whole.into_iter().chain(parts) {
            let cluster = cluster.map(&identifier).transpose()?;
            let control = Control {
                id: identifier("stage-off")?,
                title: "Every stage of the stack runs".to_owned(),
                frameworks: Vec::new(),
                severity: Severity::Info,
                scope: ControlScope::StackFile,
                remediation: "Turn the stage on again, or use another plugin for it.".to_owned(),
            };
            let finding = Finding {
                control: control.id.clone(),
                outcome: Outcome::Warn,
                document: None,
                cluster: cluster.clone(),
                pointer: None,
                message: format!("stage `{}` is off: {reason}", stage.name),
                evidence: None,
                feedback: None,
            };
            findings.push(PlannedFinding {
                instance: InstanceId::new(cluster, identifier(&stage.name)?),
                control: control.into(),
                finding,
                exception: None,
            });
        }
    }
    Ok(findings)
}

/// An exception that covers nothing is a finding of the host's own: its control or its document is misspelt, or what
/// it excused was mended. Of a control that could not be evaluated nobody knows.
fn unused(
    exceptions: &[Exception],
    validated: &Validated,
) -> Result<Vec<PlannedFinding>, PlanFailure> {
    let identifier = |text: &str| Identifier::new(text).map_err(PlanFailure::identifier);
    let mut findings = Vec::new();
    for (index, exception) in exceptions.iter().enumerate() {
        let name = exception.control.value.as_str();
        let document = exception.document.as_ref().map(|document| &document.value);
        let used = validated.exceptions.iter().any(|applied| {
            applied.control == name
                && applied.document.as_ref() == document
                && applied.reason == exception.reason.value
        });
        let unknown = validated.findings.iter().any(|found| {
            found.control.id.as_str() == name
                && matches!(found.finding.outcome, Outcome::NotEvaluated(_))
        });
        if used || unknown {
            continue;
        }
        let of = document.map_or_else(String::new, |document| format!(" of `{document}`"));
        let control = Control {
            id: identifier("exception-unused")?,
            title: "Every exception of the stack covers a finding".to_owned(),
            frameworks: Vec::new(),
            severity: Severity::Low,
            scope: ControlScope::StackFile,
            remediation: "Correct the exception, or remove it.".to_owned(),
        };
        let finding = Finding {
            control: control.id.clone(),
            outcome: Outcome::Warn,
            document: None,
            cluster: None,
            pointer: Some(format!("/exceptions/{index}")),
            message: format!("the exception from control `{name}` covers no failure{of}"),
            evidence: None,
            feedback: None,
        };
        findings.push(PlannedFinding {
            instance: InstanceId::new(None, identifier("exceptions")?),
            control: control.into(),
            finding,
            exception: None,
        });
    }
    Ok(findings)
}

/// By control, then by document: a plan is the same whichever stage was the first to answer.
fn order(found: &PlannedFinding) -> (&str, Option<&str>, Option<&str>, &InstanceId, &str) {
    (
        found.control.id.as_str(),
        found.finding.document.as_deref(),
        found.finding.pointer.as_deref(),
        &found.instance,
        &found.finding.message,
    )
}

struct Judge<'a> {
    inputs: &'a Inputs<'a>,
    schemas: &'a config::Schemas,
    graph: &'a Graph,
    facts: &'a FactTable,
    clusters: &'a Arc<BTreeSet<Identifier>>,
    reads: &'a Reads,
    limits: Limits,
}

impl Judge<'_> {
    async fn evaluate(&self, index: usize) -> Result<(Instance, Vec<PlannedFinding>), PlanFailure> {
        let node = &self.graph.instances[index];
        let stage = self.inputs.stages.at(node.stage);
        let id = &node.id;
        let edges = node
            .edges
            .iter()
            .filter_map(|edge| self.graph.instances.get(*edge))
            .map(|other| other.id.clone())
            .collect();
        let config = request::config(self.inputs, self.schemas, stage, id.cluster.as_ref())?;
        let broken = |error| call(self.inputs.stack, id, &error);
        let controls = stage.plugin.code.controls().await.map_err(broken)?;
        let controls = self.unique(id, controls)?;
        let request = match request::build(self.inputs, stage, node, self.facts, config) {
            Asked::Ready(request) => request,
            Asked::Missing(facts) => {
                let names: Vec<String> = facts.iter().map(ToString::to_string).collect();
                return Ok(unjudged(
                    id,
                    edges,
                    &controls,
                    format!("waits for facts: {}", names.join(", ")),
                ));
            }
        };
        let effective = Arc::new(effective(stage, id, self.clusters));
        let context = CallContext {
            limits: self.limits,
            ..CallContext::new(id.to_string(), Arc::clone(&effective), self.reads.clone())
        };
        let findings = match stage
            .plugin
            .code
            .evaluate(&request, &context)
            .await
            .map_err(broken)?
        {
            Ok(findings) => findings,
            Err(Failure::InvalidConfig(problems)) => {
                let cluster = id.cluster.as_ref().map(Identifier::as_str);
                return Err(PlanFailure {
                    diagnostics: problems
                        .iter()
                        .map(|problem| {
                            let (pointer, message) = (&problem.pointer, &problem.message);
                            config::problem(
                                self.inputs.stack,
                                stage.name.as_str(),
                                cluster,
                                pointer,
                                message,
                            )
                        })
                        .collect(),
                    denials: Vec::new(),
                });
            }
            Err(failure) => {
                refused(id, &effective)?;
                let text = format!("{id}: {failure}");
                return Err(
                    at_stage(self.inputs.stack, stage.name.as_str(), PLUGIN_FAILURE, text).into(),
                );
            }
        };
        let response = digest_of(&findings).map_err(PlanFailure::canonical)?;
        let found = self.attribute(id, &controls, findings)?;
        let instance = Instance {
            id: id.clone(),
            state: InstanceStatus::Planned,
            edges,
            request: Some(request.digest().map_err(PlanFailure::canonical)?),
            response: Some(response),
            changes: Vec::new(),
            sources: BTreeMap::new(),
            probes: Vec::new(),
        };
        Ok((instance, found))
    }

    fn unique(&self, id: &InstanceId, controls: Vec<Control>) -> Result<Controls, PlanFailure> {
        let count = controls.len();
        let controls: Controls = controls
            .into_iter()
            .map(|control| (control.id.clone(), Arc::new(control)))
            .collect();
        if controls.len() == count {
            Ok(controls)
        } else {
            Err(self.fault(id, "it names a control twice"))
        }
    }

    /// Finds the control of each finding. A control without any finding was not evaluated.
    fn attribute(
        &self,
        id: &InstanceId,
        controls: &Controls,
        findings: Vec<Finding>,
    ) -> Result<Vec<PlannedFinding>, PlanFailure> {
        let mut silent: BTreeSet<&Identifier> = controls.keys().collect();
        let mut attributed = Vec::with_capacity(findings.len());
        for finding in findings {
            let Some(control) = controls.get(&finding.control) else {
                let name = untrusted(finding.control.as_str()).to_string();
                return Err(self.fault(
                    id,
                    &format!("it reports on `{name}`, which is none of its controls"),
                ));
            };
            silent.remove(&finding.control);
            attributed.push(PlannedFinding {
                instance: id.clone(),
                control: Arc::clone(control),
                finding,
                exception: None,
            });
        }
        let silent = silent
            .into_iter()
            .filter_map(|control| controls.get(control));
        attributed.extend(
            silent.map(|control| not_evaluated(id, control, "the plugin says nothing about it")),
        );
        Ok(attributed)
    }

    fn fault(&self, id: &InstanceId, message: &str) -> PlanFailure {
        at_stage(
            self.inputs.stack,
            id.stage.as_str(),
            CONTROL,
            format!("{id}: {message}"),
        )
        .help("the plugin is at fault: tell its publisher")
        .into()
    }
}

fn not_evaluated(id: &InstanceId, control: &Arc<Control>, reason: &str) -> PlannedFinding {
    let finding = Finding {
        control: control.id.clone(),
        outcome: Outcome::NotEvaluated(reason.to_owned()),
        document: None,
        cluster: id.cluster.clone(),
        pointer: None,
        message: reason.to_owned(),
        evidence: None,
        feedback: None,
    };
    PlannedFinding {
        instance: id.clone(),
        control: Arc::clone(control),
        finding,
        exception: None,
    }
}

/// A validation stage that cannot be asked yet: none of its controls is evaluated.
fn unjudged(
    id: &InstanceId,
    edges: Vec<InstanceId>,
    controls: &Controls,
    reason: String,
) -> (Instance, Vec<PlannedFinding>) {
    let findings = controls
        .values()
        .map(|control| not_evaluated(id, control, &reason))
        .collect();
    (super::deferred(id, edges, reason), findings)
}

/// A plugin that gave up after a read was refused: the refusal is what the operator has to know.
pub fn refused(id: &InstanceId, effective: &Effective) -> Result<(), PlanFailure> {
    match effective.audit().summary().denials {
        denials if denials.is_empty() => Ok(()),
        denials => Err(PlanFailure::denied(id, denials)),
    }
}

/// Marks the failures that an exception of the stack file covers, and gives the exceptions that took effect.
fn except(exceptions: &[Exception], findings: &mut [PlannedFinding]) -> Vec<AppliedException> {
    let mut applied = Vec::new();
    for exception in exceptions {
        let control = exception.control.value.as_str();
        let document = exception
            .document
            .as_ref()
            .map(|document| document.value.as_str());
        let mut used = false;
        for found in findings.iter_mut() {
            let covers = found.control.id.as_str() == control
                && document
                    .is_none_or(|document| found.finding.document.as_deref() == Some(document));
            if covers && found.finding.outcome == Outcome::Fail && found.exception.is_none() {
                found.exception = Some(exception.reason.value.clone());
                used = true;
            }
        }
        if used {
            applied.push(AppliedException {
                control: control.to_owned(),
                document: document.map(str::to_owned),
                reason: exception.reason.value.clone(),
                owner: exception.owner.value.clone(),
                expires: exception.expires.value.to_string(),
            });
        }
    }
    applied
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{Span, Spanned};

    fn spanned<T>(value: T) -> Spanned<T> {
        Spanned {
            value,
            span: Span {
                offset: 0,
                len: 0,
                line: 1,
                column: 1,
            },
        }
    }

    fn exception(control: &str, document: Option<&str>) -> Exception {
        Exception {
            control: spanned(control.to_owned()),
            document: document.map(|document| spanned(document.to_owned())),
            reason: spanned("known".to_owned()),
            owner: spanned("desk".to_owned()),
            expires: spanned("2026-12-31".parse().unwrap()),
        }
    }

    fn found(control: &str, outcome: Outcome) -> PlannedFinding {
        let control = Control {
            id: Identifier::new(control).unwrap(),
            title: String::new(),
            frameworks: Vec::new(),
            severity: Severity::High,
            scope: ControlScope::Manifest,
            remediation: String::new(),
        };
        let id: InstanceId = "compliance".parse().unwrap();
        let mut found = not_evaluated(&id, &Arc::new(control), "waits");
        found.finding.outcome = outcome;
        found.finding.document = Some("kops/use1".to_owned());
        found
    }

    #[test]
    fn an_exception_that_covers_nothing_is_a_finding() {
        let waits = Outcome::NotEvaluated("waits".to_owned());
        for (exception, outcome, reported) in [
            (exception("network", None), Outcome::Fail, false),
            (
                exception("network", Some("kops/use1")),
                Outcome::Fail,
                false,
            ),
            (exception("network", Some("kops/nope")), Outcome::Fail, true),
            (exception("no-such", None), Outcome::Fail, true),
            (exception("network", None), Outcome::Pass, true),
            (exception("network", None), waits, false),
        ] {
            let exceptions = [exception];
            let mut validated = Validated {
                instances: Vec::new(),
                findings: vec![found("network", outcome)],
                exceptions: Vec::new(),
            };
            validated.exceptions = except(&exceptions, &mut validated.findings);
            let unused = unused(&exceptions, &validated).unwrap();
            assert_eq!(!unused.is_empty(), reported, "{exceptions:?}");
        }
    }
}
