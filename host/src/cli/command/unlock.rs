//! `aegis unlock`

use serde_json::json;

use crate::cli::args::{Global, Unlock};
use crate::cli::failure::{Exit, Failure};
use crate::cli::session::Project;
use crate::cli::ui::Ui;
use crate::state::{self, LocalStore};

pub fn run(ui: &Ui, global: &Global, options: &Unlock) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    let ended = state::unlock(&LocalStore::beside(&project.folder), &options.id)?;
    ui.answer(&json!({ "ended": ended }), || {
        format!(
            "the lease {} of {} on {} is ended\n",
            ended.id, ended.owner, ended.host
        )
    })?;
    Ok(Exit::Done)
}
