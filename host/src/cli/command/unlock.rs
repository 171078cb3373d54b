//! `aegis unlock`

use serde_json::json;

use super::plan::{ledger, operator_folder};
use crate::cli::args::{Global, Unlock};
use crate::cli::failure::{Exit, Failure};
use crate::cli::session::{Project, home};
use crate::cli::ui::Ui;
use crate::state::{self, LocalStore};

pub fn run(ui: &Ui, global: &Global, options: &Unlock) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    let ended = match &options.id {
        Some(id) => Some(state::unlock(&LocalStore::beside(&project.folder), id)?),
        None => None,
    };
    let abandoned = if options.abandon {
        Some(state::abandon(ledger(
            &project,
            operator_folder(&project, &home()?)?,
        ))?)
    } else {
        None
    };
    ui.answer(&json!({ "ended": ended, "abandoned": abandoned }), || {
        let ended = ended.map(|lease| format!("the lease {} of {} on {} is ended\n", lease.id, lease.owner, lease.host));
        let abandoned = abandoned.map(|run| {
            format!("the run {run} is given up: what it did stays, and the next plan shows what differs\n")
        });
        ended.into_iter().chain(abandoned).collect()
    })?;
    Ok(Exit::Done)
}
