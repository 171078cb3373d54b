//! `aegis approve`

use std::time::SystemTime;

use serde_json::json;

use super::apply::read;
use super::key::{KEY, key_name, store};
use crate::cli::args::{Approve, Global};
use crate::cli::failure::{Exit, Failure, USAGE, plain, refusal};
use crate::cli::session::{Project, home};
use crate::cli::show;
use crate::cli::ui::Ui;
use crate::date::Date;
use crate::library;
use crate::plan::approval;
use crate::stack::Diagnostic;
use crate::state::{self, LocalStore};

pub const APPROVAL: &str = "AEG0743";

pub fn run(ui: &Ui, global: &Global, options: &Approve) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    // What is shown is what is signed: one reading of the file.
    let plan = read(&project, options.plan.as_deref())?;
    if plan.body.stack.name != project.name {
        return Err(plain(APPROVAL, &"the plan is for another stack"));
    }
    if !ui.json() {
        let store = LocalStore::beside(&project.folder);
        let applied = |digest: &aegis_document::Digest| state::document(&store, digest).ok();
        ui.note(show::plan::text(ui, &plan, &applied, false));
    }
    let expires = match &options.expires {
        Some(text) => text
            .parse()
            .map_err(|error| Failure::new(Diagnostic::new(USAGE, format!("--expires: {error}"))))?,
        None => Date::of(SystemTime::now()).days_later(DAYS),
    };
    let key = store()?
        .load(&key_name(&options.key)?)
        .map_err(|error| plain(KEY, &error))?;
    let trust = library::trust(&home()?)?;
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

/// How long an approval counts unless the approver says otherwise.
const DAYS: u32 = 7;
