//! `aegis apply`

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use aegis_document::untrusted;
use aegis_document::{Identifier, shown_path};
use aegis_registry::Trust;

use super::approve::APPROVAL;
use super::plan::{ledger, operator_folder};
use crate::apply::{
    ApplyContext, ApplyError, Cancel, Expected, InstanceOutcome, Outcome, Progress, Reporter,
    apply, resume,
};
use crate::cli::args::{Apply, Global};
use crate::cli::failure::{Exit, Failure, plain, refusal};
use crate::cli::session::{Loaded, Project, home, parallelism, runtime};
use crate::cli::ui::{Tone, Ui, write_err};
use crate::date::Date;
use crate::home::Home;
use crate::library;
use crate::plan::planner::{self, Again};
use crate::plan::{Plan, approval};
use crate::stack::Diagnostic;
use crate::state::{self, ClusterPresence, ClusterState, Key, LocalStore, Store as _};

const NO_PLAN: &str = "AEG0740";
const PLAN: &str = "AEG0741";
const NOTHING_TO_RESUME: &str = "AEG0742";

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let exit = Exit::from_code(error.exit_code());
        Self {
            exit,
            ..Self::new(error)
        }
    }
}

pub fn run(ui: &Ui, global: &Global, options: &Apply) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    let home = home()?;
    let plan = if options.resume {
        match unfinished(&project, &home)? {
            Some(plan) => plan,
            None => return forget_import(ui, &project, &home),
        }
    } else {
        read(&project.plan_path(options.plan.as_deref()))?
    };
    let loaded = project.load(&home)?;
    let context = context(ui, &project, &home, loaded, &plan, options)?;
    let interrupts = watch_interrupts(context.cancel.clone(), Arc::clone(&context.reporter))?;
    let outcome = if options.resume {
        resume(&context)
    } else {
        apply(&plan, &context)
    };
    interrupts.shutdown_background();
    let outcome = outcome?;
    ui.answer(&outcome, || summary(ui, &project, &outcome))?;
    Ok(Exit::from_code(outcome.exit_code()))
}

/// Reads and checks a plan. `approve`, `apply` and `show` see the same one.
pub fn read(path: &Path) -> Result<Plan, Failure> {
    // Read once: what is checked is what is applied.
    let bytes = std::fs::read(path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            Failure::new(
                Diagnostic::new(NO_PLAN, format!("there is no plan at {}", shown_path(path)))
                    .help("make one with `aegis plan`"),
            )
        } else {
            Failure::file(path, &error)
        }
    })?;
    Plan::read(&bytes).map_err(|error| {
        Failure::new(
            Diagnostic::new(PLAN, format!("{}: {error}", shown_path(path)))
                .help("make a new one with `aegis plan`"),
        )
    })
}

/// The plan of the run that was interrupted.
/// `None` for an import of facts: it had no plan.
fn unfinished(project: &Project, home: &Home) -> Result<Option<Plan>, Failure> {
    let store = LocalStore::beside(&project.folder);
    let state = state::load(&store, &operator_folder(project, home)?, &project.name)?;
    let Some(run) = state.unfinished() else {
        return Err(Failure::new(
            Diagnostic::new(NOTHING_TO_RESUME, "no apply was interrupted")
                .help("`aegis apply` carries out a plan"),
        ));
    };
    let Some(digest) = run.plan else {
        return Ok(None);
    };
    let bytes = store
        .get(Key::Plan(digest))
        .map_err(|error| plain(PLAN, &error))?
        .unwrap_or_default();
    let plan = Plan::read(&bytes).map_err(|error| plain(PLAN, &error))?;
    if plan.digest != digest {
        return Err(plain(
            PLAN,
            &"the stored plan is not the one that was begun",
        ));
    }
    Ok(Some(plan))
}

/// An import is whole or not there: there is nothing to go on with.
fn forget_import(ui: &Ui, project: &Project, home: &Home) -> Result<Exit, Failure> {
    let run = state::abandon(ledger(project, operator_folder(project, home)?))?;
    ui.answer(&serde_json::json!({ "abandoned": run }), || {
        "an import of facts was interrupted and is forgotten; `aegis facts import` does it again\n"
            .to_owned()
    })?;
    Ok(Exit::Done)
}

fn context(
    ui: &Ui,
    project: &Project,
    home: &Home,
    loaded: Loaded,
    plan: &Plan,
    options: &Apply,
) -> Result<ApplyContext, Failure> {
    let clusters = project
        .stack
        .clusters
        .values()
        .map(|cluster| {
            let state = ClusterState {
                region: cluster.region.clone(),
                dns_name: cluster.dns_name.clone(),
                presence: ClusterPresence::Present,
                extra: serde_json::Map::new(),
            };
            Ok((
                Identifier::new(&cluster.name).map_err(|error| plain(PLAN, &error))?,
                state,
            ))
        })
        .collect::<Result<BTreeMap<_, _>, Failure>>()?;
    let operator = operator_folder(project, home)?;
    let today = operator.today(Date::of(SystemTime::now()))?;
    let trust = library::trust(home)?;
    // What is resumed was let in when it began.
    let made_here = options.resume || operator.knows_plan(&project.name, &plan.digest)?;
    Ok(ApplyContext {
        ledger: ledger(project, operator),
        tree: project.tree_target(),
        expected: Expected {
            stack: planner::stack_use(&project.stack, &project.name)?,
            lock: loaded.library.lock_digest(),
            policy: planner::policy(&project.stack),
        },
        made_here,
        least_approvals: approval::least(&trust),
        approvals: approvals(project, plan, &trust, made_here, today)?,
        clusters,
        reauthorize: Arc::new(Again::new(
            &project.stack,
            loaded.stages,
            &loaded.catalogue,
            plan,
        )?),
        reporter: Arc::new(Lines {
            json: ui.json(),
            quiet: ui.quiet(),
        }),
        cancel: Cancel::default(),
        parallelism: NonZeroUsize::new(parallelism(options.parallelism)?)
            .unwrap_or(NonZeroUsize::MIN),
        today,
        assume: BTreeMap::new(),
    })
}

/// The approvers of the plan, where any are needed. A plan that this machine did not make needs one in any case.
fn approvals(
    project: &Project,
    plan: &Plan,
    trust: &Trust,
    made_here: bool,
    today: Date,
) -> Result<BTreeSet<String>, Failure> {
    let needed = plan.body.policy.approvals.max(approval::least(trust));
    if needed == 0 && made_here {
        return Ok(BTreeSet::new());
    }
    let folder = approval::folder(&project.folder.join(".aegis"), &plan.digest);
    approval::verified(plan, today, trust, &folder).map_err(|error| refusal(APPROVAL, &error))
}

/// The first interrupt asks the run to stop after what is in flight; the second is the system's own.
fn watch_interrupts(
    cancel: Cancel,
    reporter: Arc<dyn Reporter>,
) -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = runtime()?;
    runtime.spawn(async move {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
        let terminated = async {
            match &mut terminate {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated => {}
        }
        cancel.cancel();
        reporter.report(&Progress::Stopping);
        let _ = tokio::signal::ctrl_c().await;
        std::process::exit(4);
    });
    Ok(runtime)
}

/// Plain lines for people, JSON lines for programs.
struct Lines {
    json: bool,
    quiet: bool,
}

impl Reporter for Lines {
    fn report(&self, progress: &Progress) {
        if self.json {
            if let Ok(line) = aegis_document::escape::json(progress) {
                let _ = writeln!(std::io::stdout().lock(), "{line}");
            }
            return;
        }
        if self.quiet {
            return;
        }
        match progress {
            Progress::RunStarted {
                instances,
                changes,
                resumed,
                ..
            } => {
                let word = if *resumed {
                    "going on with"
                } else {
                    "applying"
                };
                write_err(&format_args!(
                    "{word} {changes} changes in {instances} instances"
                ));
            }
            Progress::InstanceFinished {
                instance, outcome, ..
            } => write_err(&format_args!("{instance}: {}", words(outcome))),
            Progress::Stopping => write_err(&format_args!(
                "stopping after what is in flight; press again to stop at once"
            )),
            Progress::InstanceStarted { .. }
            | Progress::ChangeFinished { .. }
            | Progress::RunFinished { .. } => {}
        }
    }
}

fn words(outcome: &InstanceOutcome) -> String {
    match outcome {
        InstanceOutcome::Done {
            changed: 0,
            unchanged,
        } => format!("{unchanged} unchanged"),
        InstanceOutcome::Done {
            changed,
            unchanged: 0,
        } => format!("{changed} done"),
        InstanceOutcome::Done { changed, unchanged } => {
            format!("{changed} done, {unchanged} unchanged")
        }
        InstanceOutcome::Deferred { reason } => format!("deferred: {}", untrusted(reason)),
        InstanceOutcome::Blocked { reason } => format!("blocked: {}", untrusted(reason)),
        InstanceOutcome::Refused { identity } => {
            format!("refused by policy: {identity} is not exact")
        }
        InstanceOutcome::Denied {
            identity,
            code,
            reason,
            ..
        } => {
            format!("denied: {identity}: {} ({code})", untrusted(reason))
        }
        InstanceOutcome::Stale { reasons } => {
            let reasons: Vec<String> = reasons
                .iter()
                .map(|(identity, reason)| format!("{identity}: {}", untrusted(reason)))
                .collect();
            format!("changed since the plan was made: {}", reasons.join("; "))
        }
        InstanceOutcome::Failed {
            identity: Some(identity),
            reason,
        } => {
            format!("failed: {identity}: {}", untrusted(reason))
        }
        InstanceOutcome::Failed {
            identity: None,
            reason,
        } => format!("failed: {}", untrusted(reason)),
        InstanceOutcome::Skipped { upstream } => format!("skipped: {upstream} did not end well"),
        InstanceOutcome::Unknown { identity, path } => {
            format!(
                "unknown: nobody can tell whether {identity} was written to {}",
                path.as_str()
            )
        }
        InstanceOutcome::Interrupted => "interrupted".to_owned(),
    }
}

fn summary(ui: &Ui, project: &Project, outcome: &Outcome) -> String {
    let mut text = String::new();
    let open: Vec<_> = outcome
        .instances
        .iter()
        .filter(|(_, outcome)| !outcome.is_done())
        .collect();
    for (id, outcome) in &open {
        text.push_str(&format!(
            "{} {id}: {}\n",
            ui.paint(Tone::Warn, "!"),
            words(outcome)
        ));
    }
    if !outcome.waiting.is_empty() {
        let facts: BTreeSet<_> = outcome.waiting.values().flatten().collect();
        text.push_str(&format!(
            "{} documents wait for {} facts; they lie in the tree as `.aegis` files\n",
            outcome.waiting.len(),
            facts.len()
        ));
    }
    let next = match outcome.exit_code() {
        0 if outcome.waiting.is_empty() => "Everything is applied.".to_owned(),
        0 => "Everything is applied that can be. `aegis facts import` brings what Terraform made; then plan again.".to_owned(),
        4 => "Interrupted. `aegis apply --resume` goes on.".to_owned(),
        _ => "Something is left. `aegis plan` shows what.".to_owned(),
    };
    text.push_str(&format!(
        "{next} The tree is in {}.\n",
        shown_path(&project.tree())
    ));
    text
}
