//! `aegis approve`

use std::io::BufRead as _;
use std::time::SystemTime;

use serde_json::json;

use super::apply::read;
use super::key::{KEY, key_name, store};
use super::plan::{make, operator_folder};
use crate::cli::args::{Approve, Global};
use crate::cli::failure::{Exit, Failure, USAGE, plain, refusal};
use crate::cli::session::{Project, home};
use crate::cli::ui::Ui;
use crate::date::Date;
use crate::library;
use crate::plan::{Plan, approval};
use crate::stack::Diagnostic;

pub const APPROVAL: &str = "AEG0743";

pub fn run(ui: &Ui, global: &Global, options: &Approve) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    // What is shown is what is signed: one reading of the file.
    let plan = read(&project.plan_path(options.plan.as_deref()))?;
    let home = home()?;
    // A plan file says what it likes of itself; the plan that this stack makes now is what is approved.
    let made = make(ui, &project, &home, None)?;
    if made.plan.digest != plan.digest {
        return Err(Failure::refused(
            Diagnostic::new(
                APPROVAL,
                format!(
                    "{} is not what the stack plans now: that is {}",
                    plan.digest, made.plan.digest
                ),
            )
            .help("the plan is out of date or was changed: `aegis plan`, read it, then approve it"),
        ));
    }
    if !ui.json() {
        ui.note(super::show::text(ui, &plan, &project.folder, options.full));
    }
    let today = operator_folder(&project, &home)?.today(Date::of(SystemTime::now()))?;
    let expires = match &options.expires {
        Some(text) => text
            .parse()
            .map_err(|error| Failure::new(Diagnostic::new(USAGE, format!("--expires: {error}"))))?,
        None => today.days_later(DAYS),
    };
    confirm(ui, &plan, expires, options.digest.as_deref())?;
    let key = store()?
        .load(&key_name(&options.key)?)
        .map_err(|error| plain(KEY, &error))?;
    let trust = library::trust(&home)?;
    let folder = approval::folder(&project.folder.join(".aegis"), &plan.digest);
    let file = approval::approve(&plan, expires, &key, &trust, &folder)
        .map_err(|error| refusal(APPROVAL, &error))?;
    let fingerprint = key.public().fingerprint();
    let answer = json!({ "plan": plan.digest, "approver": fingerprint, "expires": expires.to_string(), "file": file });
    ui.answer(&answer, || {
        format!(
            "{} is approved by {fingerprint} until {expires}\n",
            plan.digest
        )
    })?;
    Ok(Exit::Done)
}

/// The approver has read this plan: he gives its digest, or says so after it was shown.
fn confirm(ui: &Ui, plan: &Plan, expires: Date, digest: Option<&str>) -> Result<(), Failure> {
    let refuse = |message: String| {
        Failure::refused(Diagnostic::new(APPROVAL, message).help(format!(
            "give the digest that you have read: `--digest {}`",
            plan.digest
        )))
    };
    match digest {
        Some(digest) if digest == plan.digest.to_string() => Ok(()),
        Some(_) => Err(refuse(
            "the plan has another digest than the one that you have read".to_owned(),
        )),
        None if ui.asks() => {
            ui.note(format_args!("approve this plan until {expires}? [y/N]"));
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            match read {
                Ok(_) if matches!(line.trim(), "y" | "yes") => Ok(()),
                _ => Err(refuse("the plan was not approved".to_owned())),
            }
        }
        None => Err(refuse(
            "there is no terminal to ask whether the plan is approved".to_owned(),
        )),
    }
}

/// How long an approval counts unless the approver says otherwise.
const DAYS: u32 = 7;
