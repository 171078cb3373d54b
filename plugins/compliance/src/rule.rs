//! A control together with what evaluates it.

use aegis_plugin::DocumentKind;
use aegis_plugin::validation::{Control, Finding, Outcome};

use crate::document::{Contents, Document, Part};

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
    /// At documents of a kind with the other documents of their cluster in view.
    Within(DocumentKind, fn(&Document, &Part) -> Vec<Verdict>),
}

/// A control and its evaluator.
pub struct Rule {
    pub control: Control,
    pub check: Check,
}

/// A rule at work: what it has found so far.
pub struct Judgement {
    rule: Rule,
    findings: Vec<Finding>,
}

impl Judgement {
    pub fn begin(rule: Rule) -> Self {
        Self {
            rule,
            findings: Vec::new(),
        }
    }

    pub fn look(&mut self, part: &Part) {
        let kind = match self.rule.check {
            Check::Each(kind, _) | Check::Within(kind, _) => kind,
        };
        for document in part.of(kind) {
            let verdicts = match self.rule.check {
                Check::Each(_, check) => check(document),
                Check::Within(_, check) => check(document, part),
            };
            let findings = verdicts
                .into_iter()
                .map(|verdict| self.rule.finding(document, verdict));
            self.findings.extend(findings);
        }
    }

    /// The findings of the control; at least one.
    pub fn end(mut self, contents: &Contents) -> Vec<Finding> {
        let id = &self.rule.control.id;
        for missing in &contents.missing {
            self.findings.push(Finding::not_evaluated(
                id,
                format!("a stage is not in this plan: {missing}"),
            ));
        }
        if self.findings.is_empty() {
            self.findings.push(Finding::not_evaluated(
                id,
                "the plan holds nothing that this control is about",
            ));
        }
        self.findings
    }
}

impl Rule {
    fn finding(&self, document: &Document, verdict: Verdict) -> Finding {
        let mut finding = Finding::new(&self.control.id, verdict.outcome, verdict.message)
            .document(&document.info.identity);
        finding.cluster.clone_from(&document.info.cluster);
        finding.pointer = verdict.pointer;
        finding.evidence = verdict.evidence;
        finding
    }
}
