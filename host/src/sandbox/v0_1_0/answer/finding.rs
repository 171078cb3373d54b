//! What validation plugins answer.

use super::super::bindings::validation::exports::aegis::plugin::validator as wit;
use crate::proposal::{
    Control, ControlScope, Feedback, Finding, FrameworkReference, Outcome, Severity,
};
use crate::sandbox::parse::{AnswerError, At, Budget, each, patch, text};

pub(in crate::sandbox) fn controls(
    raw: Vec<wit::Control>,
    budget: &mut Budget,
) -> Result<Vec<Control>, AnswerError> {
    each("controls", raw, budget, control)
}

pub(in crate::sandbox) fn findings(
    raw: Vec<wit::Finding>,
    budget: &mut Budget,
) -> Result<Vec<Finding>, AnswerError> {
    each("findings", raw, budget, finding)
}

fn control(raw: wit::Control, budget: &mut Budget) -> Result<Control, AnswerError> {
    Ok(Control {
        id: text::identifier(raw.id).at("id")?,
        title: text::people(raw.title).at("title")?,
        frameworks: each("frameworks", raw.frameworks, budget, |reference, _| {
            Ok(FrameworkReference {
                framework: text::people(reference.framework).at("framework")?,
                reference: text::people(reference.reference).at("reference")?,
            })
        })?,
        severity: match raw.severity {
            wit::Severity::Info => Severity::Info,
            wit::Severity::Low => Severity::Low,
            wit::Severity::Medium => Severity::Medium,
            wit::Severity::High => Severity::High,
            wit::Severity::Critical => Severity::Critical,
        },
        scope: match raw.scope {
            wit::ControlScope::StackFile => ControlScope::StackFile,
            wit::ControlScope::Plan => ControlScope::Plan,
            wit::ControlScope::Manifest => ControlScope::Manifest,
            wit::ControlScope::Cluster => ControlScope::Cluster,
            wit::ControlScope::Cloud => ControlScope::Cloud,
            wit::ControlScope::Probe => ControlScope::Probe,
        },
        remediation: text::people(raw.remediation).at("remediation")?,
    })
}

fn finding(raw: wit::Finding, budget: &mut Budget) -> Result<Finding, AnswerError> {
    Ok(Finding {
        control: text::identifier(raw.control).at("control")?,
        outcome: match raw.outcome {
            wit::Outcome::Pass => Outcome::Pass,
            wit::Outcome::Fail => Outcome::Fail,
            wit::Outcome::Warn => Outcome::Warn,
            wit::Outcome::Manual => Outcome::Manual,
            wit::Outcome::NotEvaluated(reason) => {
                Outcome::NotEvaluated(text::people(reason).at("outcome")?)
            }
        },
        document: raw.document.map(text::control).transpose().at("document")?,
        cluster: text::optional_identifier(raw.cluster).at("cluster")?,
        pointer: raw
            .pointer
            .map(text::json_pointer)
            .transpose()
            .at("pointer")?,
        message: text::people(raw.message).at("message")?,
        evidence: raw.evidence.map(text::people).transpose().at("evidence")?,
        feedback: raw
            .feedback
            .map(|raw| feedback(raw, budget))
            .transpose()
            .at("feedback")?,
    })
}

fn feedback(raw: wit::Feedback, budget: &mut Budget) -> Result<Feedback, AnswerError> {
    Ok(Feedback {
        stage: text::identifier(raw.stage).at("stage")?,
        patch: patch(&raw.patch, budget).at("patch")?,
    })
}
