//! `aegis show`

use std::path::Path;

use super::apply::read;
use crate::cli::args::{Global, Show, ShowFormat};
use crate::cli::failure::{Exit, Failure};
use crate::cli::session::{folder_of, plan_file};
use crate::cli::show::report::{Depth, Report};
use crate::cli::show::{self, html, markdown};
use crate::cli::ui::Ui;
use crate::plan::Plan;
use crate::state::{self, LocalStore};

/// Shows a plan from the bytes that `approve` and `apply` would read. Neither the stack file nor a plugin is needed.
pub fn run(ui: &Ui, global: &Global, options: &Show) -> Result<Exit, Failure> {
    let folder = folder_of(&global.file);
    let path = options.plan.clone().unwrap_or_else(|| plan_file(&folder));
    let plan = read(&path)?;
    if ui.json() {
        ui.print_json(&plan)?;
        return Ok(Exit::Done);
    }
    match options.format {
        ShowFormat::Text => ui.print(&text(ui, &plan, &folder, options.full))?,
        ShowFormat::Markdown => {
            ui.print_raw(&markdown::report(&report(
                &plan,
                &folder,
                Depth::Everything,
            )))?;
        }
        ShowFormat::Html => {
            ui.print_raw(&html::report(&report(&plan, &folder, Depth::Everything)))?;
        }
    }
    Ok(Exit::Done)
}

/// A plan as text; what was applied before lies in the folder's state.
pub fn text(ui: &Ui, plan: &Plan, folder: &Path, full: bool) -> String {
    let depth = if full {
        Depth::Everything
    } else {
        Depth::Differences
    };
    show::text::report(ui, &report(plan, folder, depth), full)
}

fn report(plan: &Plan, folder: &Path, depth: Depth) -> Report {
    let store = LocalStore::beside(folder);
    let applied = |digest: &aegis_document::Digest| state::document(&store, digest).ok();
    Report::of(plan, &applied, depth)
}
