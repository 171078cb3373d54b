//! Findings of validation stages.

use std::fmt::Write as _;

use aegis_document::untrusted;
use serde_json::{Value, json};

use crate::cli::ui::{Tone, Ui};
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

/// One finding with its place and what to do.
pub fn finding(ui: &Ui, found: &PlannedFinding) -> String {
    let (tone, word) = match &found.finding.outcome {
        Outcome::Pass => (Tone::Good, "pass"),
        Outcome::Fail if found.exception.is_some() => (Tone::Warn, "excepted"),
        Outcome::Fail => (Tone::Bad, "fail"),
        Outcome::Warn => (Tone::Warn, "warn"),
        Outcome::Manual => (Tone::Warn, "manual"),
        Outcome::NotEvaluated(_) => (Tone::Faint, "not evaluated"),
    };
    let mut out = format!(
        "  {} {:8} {}: {}\n",
        ui.paint(tone, format_args!("{word:13}")),
        severity(found.control.severity),
        found.control.id,
        untrusted(&found.finding.message),
    );
    if let Some(document) = &found.finding.document {
        let pointer = found.finding.pointer.as_deref().unwrap_or("");
        let _ = writeln!(
            out,
            "      at {}{}",
            untrusted(document),
            untrusted(pointer)
        );
    }
    if let Some(evidence) = &found.finding.evidence {
        let _ = writeln!(out, "      seen: {}", untrusted(evidence));
    }
    if let Some(reason) = &found.exception {
        let _ = writeln!(out, "      excepted: {}", untrusted(reason));
    } else if found.finding.outcome == Outcome::Fail {
        let _ = writeln!(
            out,
            "      to mend it: {}",
            untrusted(&found.control.remediation)
        );
    }
    out
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
