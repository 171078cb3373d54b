//! A control together with what evaluates it.

use aegis_plugin::DocumentKind;
use aegis_plugin::validation::{Control, Finding, Outcome};

use crate::document::{Document, Plan};

/// What a rule says about one document.
#[derive(Debug, PartialEq)]
pub struct Verdict {
    pub outcome: Outcome,
    pub message: String,
    /// Where in the document.
    pub pointer: Option<String>,
    /// What was seen.
    pub evidence: Option<String>,
}

impl Verdict {
    fn new(outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            outcome,
            message: message.into(),
            pointer: None,
            evidence: None,
        }
    }

    pub fn pass(message: impl Into<String>) -> Self {
        Self::new(Outcome::Pass, message)
    }

    pub fn fail(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            pointer: Some(pointer.into()),
            ..Self::new(Outcome::Fail, message)
        }
    }

    pub fn warn(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            pointer: Some(pointer.into()),
            ..Self::new(Outcome::Warn, message)
        }
    }

    /// The value that decides is not known yet.
    pub fn unknown(pointer: impl Into<String>) -> Self {
        let pointer = pointer.into();
        let reason = format!("the value at {pointer} is not known yet");
        Self {
            pointer: Some(pointer),
            ..Self::new(Outcome::NotEvaluated(reason.clone()), reason)
        }
    }

    pub fn seen(mut self, evidence: impl ToString) -> Self {
        self.evidence = Some(evidence.to_string());
        self
    }
}

/// How a rule looks at the plan.
pub enum Check {
    /// At each document of a kind on its own. No verdict means that the document holds nothing
    /// that the control is about.
    Each(DocumentKind, fn(&Document) -> Vec<Verdict>),
    /// At documents of a kind with the rest of the plan in view.
    Within(DocumentKind, fn(&Document, &Plan) -> Vec<Verdict>),
}

/// A control and its evaluator.
pub struct Rule {
    pub control: Control,
    pub check: Check,
}

impl Rule {
    /// The findings of the control; at least one.
    pub fn findings(&self, plan: &Plan) -> Vec<Finding> {
        let kind = match self.check {
            Check::Each(kind, _) | Check::Within(kind, _) => kind,
        };
        let mut findings = Vec::new();
        for document in plan.of(kind) {
            let verdicts = match self.check {
                Check::Each(_, check) => check(document),
                Check::Within(_, check) => check(document, plan),
            };
            findings.extend(
                verdicts
                    .into_iter()
                    .map(|verdict| self.finding(document, verdict)),
            );
        }
        let id = &self.control.id;
        for missing in &plan.missing {
            findings.push(Finding::not_evaluated(
                id,
                format!("a stage is not in this plan: {missing}"),
            ));
        }
        if findings.is_empty() {
            findings.push(Finding::not_evaluated(
                id,
                "the plan holds nothing that this control is about",
            ));
        }
        findings
    }

    fn finding(&self, document: &Document, verdict: Verdict) -> Finding {
        let mut finding = Finding::new(&self.control.id, verdict.outcome, verdict.message)
            .document(&document.info.identity);
        finding.cluster.clone_from(&document.info.cluster);
        finding.pointer = verdict.pointer;
        finding.evidence = verdict.evidence;
        finding
    }
}
