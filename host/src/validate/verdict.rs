//! From findings to a decision.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::date::Date;
use crate::plan::{AppliedException, Body, InstanceId, PlannedFinding, PolicyUse};
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
    /// Required controls of which nothing was evaluated, or nothing by one of the instances that have them.
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

/// Whether an exception holds no longer. A date that cannot be read is no permission.
pub fn expired(exception: &AppliedException, today: Date) -> bool {
    let expires = exception.expires.parse::<Date>();
    expires.is_err() || expires.is_ok_and(|expires| expires < today)
}

/// The findings as they stand on a day: what only an expired exception covers is open again. A plan does not hold the
/// clock, so that it is the same on any day.
pub fn findings_on(body: &Body, today: Date) -> Vec<PlannedFinding> {
    let holds = |found: &PlannedFinding, reason: &str| {
        // The first exception that fits is the one that covers.
        let mut exceptions = body.exceptions.iter();
        let covering = exceptions.find(|exception| {
            exception.control == found.control.id.as_str()
                && exception.reason == reason
                && (exception.document.is_none()
                    || exception.document.as_deref() == found.finding.document.as_deref())
        });
        covering.is_some_and(|exception| !expired(exception, today))
    };
    let mut findings = body.findings.clone();
    for found in &mut findings {
        let reason = found.exception.take();
        found.exception = reason.filter(|reason| holds(found, reason));
    }
    findings
}

impl<'a> Verdict<'a> {
    /// Judges the findings in a plan by the plan's own policy.
    pub fn of(body: &'a Body) -> Self {
        Self::at(body, body.policy.block_at)
    }

    /// Judges with another threshold.
    pub fn at(body: &'a Body, threshold: Severity) -> Self {
        Self::judge(&body.findings, &body.policy, threshold)
    }

    /// Judges findings, for example those [of a day](findings_on).
    pub fn judge(findings: &'a [PlannedFinding], policy: &PolicyUse, threshold: Severity) -> Self {
        let mut summary = Summary::default();
        let mut evaluated: BTreeMap<&str, BTreeMap<&InstanceId, bool>> = BTreeMap::new();
        for found in findings {
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
            let control = evaluated.entry(found.control.id.as_str()).or_default();
            *control.entry(&found.instance).or_default() |=
                !matches!(found.finding.outcome, Outcome::NotEvaluated(_));
        }
        let blocking = open_findings(findings)
            .filter(|found| found.control.severity >= threshold)
            .collect();
        // What one instance evaluated says nothing of the clusters that others are for.
        let met = |control: &str| {
            let instances = evaluated.get(control);
            instances.is_some_and(|instances| instances.values().all(|evaluated| *evaluated))
        };
        let required = policy.required.iter();
        let missing = required.filter(|control| !met(control)).cloned().collect();
        Self {
            summary,
            blocking,
            missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use aegis_document::{Digest, Identifier};

    use super::*;
    use crate::plan::{Base, Mode, StackUse, StructuralRule};
    use crate::proposal::{Control, ControlScope, Finding};

    fn found(instance: &str, control: &str, outcome: Outcome) -> PlannedFinding {
        let id = Identifier::new(control).unwrap();
        PlannedFinding {
            instance: instance.parse().unwrap(),
            control: Control {
                id: id.clone(),
                title: control.to_owned(),
                frameworks: Vec::new(),
                severity: Severity::High,
                scope: ControlScope::Manifest,
                remediation: String::new(),
            }
            .into(),
            finding: Finding {
                control: id,
                outcome,
                document: Some("kops/use1".to_owned()),
                cluster: None,
                pointer: None,
                message: String::new(),
                evidence: None,
                feedback: None,
            },
            exception: None,
        }
    }

    fn body(findings: Vec<PlannedFinding>, exceptions: Vec<AppliedException>) -> Body {
        Body {
            stack: StackUse {
                name: Identifier::new("shop").unwrap(),
                resolved: Digest::of("stack"),
                settings: Digest::of("settings"),
            },
            mode: Mode::Apply,
            base: Base::default(),
            policy: PolicyUse {
                block_at: Severity::High,
                required: vec!["network".to_owned()],
                structural: StructuralRule::Allow,
                approvals: 0,
            },
            lock: Digest::of("lock"),
            plugins: Vec::new(),
            facts: Vec::new(),
            instances: Vec::new(),
            findings,
            exceptions,
        }
    }

    #[test]
    fn an_exception_covers_until_the_end_of_its_last_day() {
        for (expires, open) in [
            ("2026-11-25", 0),
            ("2026-11-24", 0),
            ("2026-11-23", 1),
            ("some day", 1),
        ] {
            let mut failed = found("compliance", "network", Outcome::Fail);
            failed.exception = Some("known".to_owned());
            let exception = AppliedException {
                control: "network".to_owned(),
                document: None,
                reason: "known".to_owned(),
                owner: "desk".to_owned(),
                expires: expires.to_owned(),
            };
            let body = body(vec![failed], vec![exception]);
            let findings = findings_on(&body, "2026-11-24".parse().unwrap());
            let verdict = Verdict::judge(&findings, &body.policy, Severity::High);
            assert_eq!(verdict.blocking.len(), open, "{expires}");
            assert_eq!(verdict.summary.excepted, 1 - open, "{expires}");
        }
    }

    #[test]
    fn a_finding_without_its_exception_is_open() {
        let mut failed = found("compliance", "network", Outcome::Fail);
        failed.exception = Some("known".to_owned());
        let body = body(vec![failed], Vec::new());
        let findings = findings_on(&body, "2026-11-24".parse().unwrap());
        assert_eq!(open_findings(&findings).count(), 1);
    }

    #[test]
    fn a_required_control_has_to_be_evaluated_by_every_instance() {
        let waits = || Outcome::NotEvaluated("waits".to_owned());
        for (findings, met) in [
            (vec![], false),
            (vec![found("use1/policy", "network", Outcome::Pass)], true),
            (vec![found("use1/policy", "other", Outcome::Pass)], false),
            (
                vec![
                    found("use1/policy", "network", Outcome::Pass),
                    found("euw1/policy", "network", waits()),
                ],
                false,
            ),
            (
                vec![
                    found("use1/policy", "network", Outcome::Pass),
                    found("use1/policy", "network", waits()),
                ],
                true,
            ),
        ] {
            let body = body(findings, Vec::new());
            assert_eq!(Verdict::of(&body).missing.is_empty(), met);
        }
    }
}
