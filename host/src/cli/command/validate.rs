//! `aegis validate`

use std::time::SystemTime;

use super::plan::make;
use crate::cli::args::{Global, SeverityName, Validate};
use crate::cli::failure::{Exit, Failure};
use crate::cli::session::{Project, home};
use crate::cli::show::{findings, text};
use crate::cli::ui::Ui;
use crate::proposal::{Outcome, Severity};
use crate::validate::{Date, Verdict, findings_on};

pub fn run(ui: &Ui, global: &Global, options: &Validate) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    let made = make(ui, &project, &home()?, None)?;
    let body = &made.plan.body;
    let threshold = options.fail_on.map_or(body.policy.block_at, severity);
    let found = findings_on(body, Date::of(SystemTime::now()));
    let verdict = Verdict::judge(&found, &body.policy, threshold);
    ui.answer(&findings::json(&verdict, &found), || {
        let mut out = String::new();
        for found in &found {
            if options.all || found.finding.outcome != Outcome::Pass {
                out.push_str(&text::block(ui, &findings::finding(found)));
            }
        }
        out.push_str(&format!("{}\n", findings::summary(&verdict.summary)));
        out
    })?;
    Ok(if verdict.allows_apply() {
        Exit::Done
    } else {
        Exit::Pending
    })
}

const fn severity(name: SeverityName) -> Severity {
    match name {
        SeverityName::Info => Severity::Info,
        SeverityName::Low => Severity::Low,
        SeverityName::Medium => Severity::Medium,
        SeverityName::High => Severity::High,
        SeverityName::Critical => Severity::Critical,
    }
}
