//! Findings of validation stages.

use serde_json::{Value, json};

use super::line::Line;
use crate::cli::ui::Tone;
use crate::plan::PlannedFinding;
use crate::proposal::{Outcome, Severity};
use crate::validate::{Summary, Verdict};

pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// One line of numbers. What was not evaluated is said apart from what passed.
pub fn summary(summary: &Summary) -> String {
    let Summary {
        passed,
        failed,
        warned,
        manual,
        not_evaluated,
        excepted,
        ..
    } = summary;
    let excepted = if *excepted > 0 {
        format!(" ({excepted} excepted)")
    } else {
        String::new()
    };
    format!(
        "{passed} passed, {failed} failed{excepted}, {warned} warnings, {manual} manual, {not_evaluated} not evaluated"
    )
}

/// One finding, then its place and what to do.
pub fn finding(found: &PlannedFinding) -> Vec<Line> {
    let (tone, word) = match &found.finding.outcome {
        Outcome::Pass => (Tone::Good, "pass"),
        Outcome::Fail if found.exception.is_some() => (Tone::Warn, "excepted"),
        Outcome::Fail => (Tone::Bad, "fail"),
        Outcome::Warn => (Tone::Warn, "warn"),
        Outcome::Manual => (Tone::Warn, "manual"),
        Outcome::NotEvaluated(_) => (Tone::Faint, "not evaluated"),
    };
    let mut lines = vec![
        Line::default()
            .tell(tone, format!("{word:13}"))
            .say(format!(" {:8} ", severity(found.control.severity)))
            .quote(&found.control.id)
            .say(": ")
            .quote(&found.finding.message),
    ];
    if let Some(document) = &found.finding.document {
        let pointer = found.finding.pointer.as_deref().unwrap_or("");
        lines.push(Line::of("at ").quote(format!("{document}{pointer}")));
    }
    if let Some(evidence) = &found.finding.evidence {
        lines.push(Line::of("seen: ").quote(evidence));
    }
    if let Some(reason) = &found.exception {
        lines.push(Line::of("excepted: ").quote(reason));
    } else if found.finding.outcome == Outcome::Fail {
        lines.push(Line::of("to mend it: ").quote(&found.control.remediation));
    }
    lines
}

/// The findings for programs.
pub fn json(verdict: &Verdict<'_>, findings: &[PlannedFinding]) -> Value {
    json!({
        "summary": verdict.summary,
        "blocking": verdict.blocking.len(),
        "required-but-not-evaluated": verdict.missing,
        "findings": findings,
    })
}
