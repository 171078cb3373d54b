//! From findings to a decision.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::plan::{Body, PlannedFinding};
use crate::proposal::{Outcome, Severity};

/// How many controls came out how. What was not evaluated is never counted as passed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    pub passed: usize,
    pub failed: usize,
    pub warned: usize,
    pub manual: usize,
    pub not_evaluated: usize,
    /// Of the failed ones, those that an exception covers.
    pub excepted: usize,
    /// Open failures by severity.
    pub open: BTreeMap<Severity, usize>,
}

/// Whether the findings of a plan allow an apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict<'a> {
    pub summary: Summary,
    /// Open failures at or above the threshold.
    pub blocking: Vec<&'a PlannedFinding>,
    /// Required controls of which nothing was evaluated.
    pub missing: Vec<String>,
}

impl Verdict<'_> {
    pub fn allows_apply(&self) -> bool {
        self.blocking.is_empty() && self.missing.is_empty()
    }
}

/// Failures that no exception covers.
pub fn open_findings(findings: &[PlannedFinding]) -> impl Iterator<Item = &PlannedFinding> {
    findings
        .iter()
        .filter(|found| found.finding.outcome == Outcome::Fail && found.exception.is_none())
}

impl<'a> Verdict<'a> {
    /// Judges the findings in a plan by the plan's own policy.
    pub fn of(body: &'a Body) -> Self {
        Self::at(body, body.policy.block_at)
    }

    /// Judges with another threshold.
    pub fn at(body: &'a Body, threshold: Severity) -> Self {
        let mut summary = Summary::default();
        let mut evaluated = BTreeSet::new();
        for found in &body.findings {
            match &found.finding.outcome {
                Outcome::Pass => summary.passed += 1,
                Outcome::Warn => summary.warned += 1,
                Outcome::Manual => summary.manual += 1,
                Outcome::NotEvaluated(_) => summary.not_evaluated += 1,
                Outcome::Fail => {
                    summary.failed += 1;
                    if found.exception.is_some() {
                        summary.excepted += 1;
                    } else {
                        *summary.open.entry(found.control.severity).or_default() += 1;
                    }
                }
            }
            if !matches!(found.finding.outcome, Outcome::NotEvaluated(_)) {
                evaluated.insert(found.control.id.as_str());
            }
        }
        let blocking = open_findings(&body.findings)
            .filter(|found| found.control.severity >= threshold)
            .collect();
        let missing = body
            .policy
            .required
            .iter()
            .filter(|control| !evaluated.contains(control.as_str()))
            .cloned()
            .collect();
        Self {
            summary,
            blocking,
            missing,
        }
    }
}
