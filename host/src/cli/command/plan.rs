//! `aegis plan`

use aegis_document::shown_path;
use std::path::Path;
use std::sync::Arc;

use crate::cli::args::{Global, Plan as Options};
use crate::cli::failure::{Exit, Failure, plain};
use crate::cli::files;
use crate::cli::progress::Progress;
use crate::cli::session::{Project, home, parallelism, runtime};
use crate::cli::ui::Ui;
use crate::driver::tree::TreeTarget;
use crate::home::Home;
use crate::plan::planner::{self, Inputs, Planned};
use crate::plan::{InstanceStatus, Plan, Precision, StructuralRule};
use crate::stack::Diagnostic;
use crate::state::{self, LedgerContext, LocalStore, NoFaults, OperatorFolder, State};
use crate::validate::Verdict;

const PLAN: &str = "AEG0720";
const STATE_LOST: &str = "AEG0721";

pub fn run(ui: &Ui, global: &Global, options: &Options) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    let made = make(ui, &project, &home()?, options.parallelism)?;
    let plan = &made.plan;
    let path = options.out.clone().unwrap_or_else(|| project.plan_file());
    write(&path, plan)?;
    operator_folder(&project, &home()?)?.remember_plan(&project.name, &plan.digest)?;
    if ui.json() {
        ui.print_json(plan)?;
    } else {
        ui.print(&super::show::text(ui, plan, &project.folder, options.full))?;
        ui.note(next_step(plan, &path));
    }
    let pending = !plan.body.is_empty() || deferred(plan);
    Ok(if pending && options.detailed_exitcode {
        Exit::Pending
    } else {
        Exit::Done
    })
}

fn deferred(plan: &Plan) -> bool {
    plan.body
        .instances
        .iter()
        .any(|instance| instance.state != InstanceStatus::Planned)
}

/// What comes after this plan: an apply, or what stands in its way.
fn next_step(plan: &Plan, path: &Path) -> String {
    if plan.body.is_empty() {
        return String::new();
    }
    let verdict = Verdict::of(&plan.body);
    let structural = plan
        .body
        .changes()
        .filter(|(_, change)| change.precision != Precision::Exact)
        .count();
    let place = shown_path(path);
    if !verdict.allows_apply() {
        let open = verdict.blocking.len() + verdict.missing.len();
        return format!(
            "The plan is in {place}. {open} findings block it: mend them, or except them with a reason and an expiry date."
        );
    }
    if plan.body.policy.structural == StructuralRule::Refuse && structural > 0 {
        return format!(
            "The plan is in {place}. Policy refuses the {structural} changes that wait for facts; apply carries out the others."
        );
    }
    match plan.body.policy.approvals {
        0 => format!("The plan is in {place}. `aegis apply` carries it out."),
        needed => format!(
            "The plan is in {place}. It needs {needed} approvals: `aegis approve`, then `aegis apply`."
        ),
    }
}

/// Makes a plan of a project as it stands.
pub fn make(
    ui: &Ui,
    project: &Project,
    home: &Home,
    parallel: Option<usize>,
) -> Result<Planned, Failure> {
    let loaded = project.load(home)?;
    let store = LocalStore::beside(&project.folder);
    let operator = operator_folder(project, home)?;
    let state = state::load(&store, &operator, &project.name)?;
    let tree = project.tree_target();
    check_not_lost(project, &state, &tree)?;
    let runtime = runtime()?;
    let progress = Progress::start(ui, "planning");
    let settings = planner::settings(&project.stack);
    let planned = planner::plan(&Inputs {
        stack: &project.stack,
        settings: &settings,
        stages: &loaded.stages,
        lock: loaded.library.lock_digest(),
        state: &state,
        store: &store,
        tree: &tree,
        catalogue: &loaded.catalogue,
        runtime: runtime.handle(),
        parallelism: parallelism(parallel)?,
        progress: &|done, total| progress.at(done, total),
    });
    progress.finish();
    Ok(planned?)
}

/// The operator's part of the state, which must not lie where others can write.
pub fn operator_folder(project: &Project, home: &Home) -> Result<OperatorFolder, Failure> {
    let operator = OperatorFolder::new(home.private().join("state"));
    operator.check_outside(&project.folder)?;
    Ok(operator)
}

/// What writing state needs.
pub fn ledger(project: &Project, operator: OperatorFolder) -> LedgerContext {
    LedgerContext {
        store: Arc::new(LocalStore::beside(&project.folder)),
        operator,
        stack: project.name.clone(),
        actor: actor(),
        faults: Arc::new(NoFaults),
    }
}

/// Who does this, for lease and journal: a pipeline says it, a person has a name.
fn actor() -> String {
    ["AEGIS_ACTOR", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// A tree that was written under a state which is gone: planning as if nothing existed would make everything again.
fn check_not_lost(project: &Project, state: &State, tree: &TreeTarget) -> Result<(), Failure> {
    let marker = tree.marker().map_err(Failure::new)?;
    let Some(marker) = marker else {
        return Ok(());
    };
    if state.lineage() == Some(marker.lineage.as_str()) {
        return Ok(());
    }
    Err(Failure::new(
        Diagnostic::new(
            STATE_LOST,
            format!(
                "the tree in {} was written by another lineage of state ({}) than the one in `.aegis`",
                shown_path(&project.tree()),
                aegis_document::untrusted(&marker.lineage)
            ),
        )
        .help("restore `.aegis` from version control or a backup; without it a plan would begin from nothing. Where nothing of the tree was ever delivered, remove the tree as well"),
    ))
}

fn write(path: &Path, plan: &Plan) -> Result<(), Failure> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    }
    // Whole or not at all: an apply never finds half a plan.
    files::replace(path, 0o600, |writer| {
        plan.write(writer).map_err(|error| plain(PLAN, &error))
    })
}
