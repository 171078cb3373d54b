//! `aegis status`

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::plan::operator_folder;
use crate::cli::args::{Global, Status};
use crate::cli::failure::{Exit, Failure};
use crate::cli::session::{Project, home};
use crate::cli::ui::{Tone, Ui};
use crate::state::{self, InstanceProgress, InstanceState, LeaseRecord, LocalStore, State};

pub fn run(ui: &Ui, global: &Global, options: &Status) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    let store = LocalStore::beside(&project.folder);
    let operator = operator_folder(&project, &home()?)?;
    let state = state::load(&store, &operator, &project.name)?;
    let wanted = |instance: &&InstanceState| {
        options
            .stage
            .as_deref()
            .is_none_or(|name| instance.id.to_string() == name || instance.id.stage == *name)
    };
    let instances: Vec<&InstanceState> = state.instances().filter(wanted).collect();
    let off: Vec<(&str, &str)> = project
        .stack
        .stages
        .values()
        .filter_map(|stage| Some((stage.name.as_str(), stage.off.as_deref()?)))
        .collect();
    let lease = LeaseRecord::read(&store)?.map(|(lease, _)| lease);
    let shown = Shown {
        state: &state,
        instances,
        off,
        lease,
    };
    ui.answer(&answer(&shown), || {
        text(ui, &shown, options.stage.is_some())
    })?;
    Ok(if state.unfinished().is_some() {
        Exit::Interrupted
    } else {
        Exit::Done
    })
}

/// What is shown.
struct Shown<'a> {
    state: &'a State,
    instances: Vec<&'a InstanceState>,
    /// Stages that are off, with the reason.
    off: Vec<(&'a str, &'a str)>,
    /// Whoever is at work, or was when he died.
    lease: Option<LeaseRecord>,
}

fn answer(shown: &Shown<'_>) -> Value {
    let Shown {
        state,
        instances,
        off,
        lease,
    } = shown;
    let instances: Vec<Value> = instances
        .iter()
        .map(|instance| {
            let waiting: Vec<_> = instance.inventory.values().flat_map(|entry| &entry.waits_for).collect();
            json!({
                "id": instance.id, "serial": instance.serial, "progress": instance.progress, "plugin": instance.plugin,
                "owns": instance.inventory.keys().collect::<Vec<_>>(), "waits-for": waiting,
            })
        })
        .collect();
    let unfinished = state
        .unfinished()
        .map(|run| json!({ "run": run.run, "began": run.began, "actor": run.actor }));
    json!({
        "lineage": state.lineage(), "instances": instances, "off": off, "unfinished": unfinished, "lease": lease,
    })
}

fn text(ui: &Ui, shown: &Shown<'_>, details: bool) -> String {
    let Shown {
        state,
        instances,
        off,
        lease,
    } = shown;
    let mut text = String::new();
    if let Some(run) = state.unfinished() {
        let words = format!(
            "an apply of {} by {} was interrupted; `aegis apply --resume` goes on",
            run.began, run.actor
        );
        let _ = writeln!(
            text,
            "{}",
            ui.paint(Tone::Warn, aegis_document::untrusted(&words))
        );
    }
    if let Some(lease) = lease {
        let words = format!(
            "the lease {} is held by {} on {} since {}; `aegis unlock {}` ends it when that process is gone",
            lease.id, lease.owner, lease.host, lease.acquired, lease.id
        );
        let _ = writeln!(
            text,
            "{}",
            ui.paint(Tone::Warn, aegis_document::untrusted(&words))
        );
    }
    if instances.is_empty() {
        text.push_str("nothing was applied yet\n");
    }
    for instance in instances {
        let (tone, word) = match instance.progress {
            InstanceProgress::Pending => (Tone::Faint, "pending"),
            InstanceProgress::Applying => (Tone::Warn, "applying"),
            InstanceProgress::Written => (Tone::Good, "written"),
            InstanceProgress::Applied => (Tone::Good, "applied"),
            InstanceProgress::Ready => (Tone::Good, "ready"),
            InstanceProgress::Degraded => (Tone::Warn, "degraded"),
            InstanceProgress::Failed => (Tone::Bad, "failed"),
            InstanceProgress::Removing => (Tone::Warn, "removing"),
            InstanceProgress::Removed => (Tone::Faint, "removed"),
        };
        let plugin = instance.plugin.as_ref().map_or_else(String::new, |mark| {
            format!("{} {}", mark.plugin, mark.version)
        });
        let waiting: std::collections::BTreeSet<String> = instance
            .inventory
            .values()
            .flat_map(|entry| &entry.waits_for)
            .map(ToString::to_string)
            .collect();
        let waits = if waiting.is_empty() {
            String::new()
        } else {
            format!(", waits for {} facts", waiting.len())
        };
        let _ = writeln!(
            text,
            "{} {:28} {:24} {} documents{waits}",
            ui.paint(tone, format_args!("{word:9}")),
            instance.id.to_string(),
            plugin,
            instance.inventory.len(),
        );
        if details {
            for (identity, entry) in &instance.inventory {
                let identity = identity.to_string();
                let _ = writeln!(text, "    {}", aegis_document::untrusted(&identity));
                for path in entry.files.keys() {
                    let _ = writeln!(text, "      {}", path.as_str());
                }
            }
            for fact in &waiting {
                let _ = writeln!(text, "    waits for {fact}");
            }
        }
    }
    for (stage, reason) in off {
        let words = format!("off       {stage:28} {reason}");
        let _ = writeln!(
            text,
            "{}",
            ui.paint(Tone::Faint, aegis_document::untrusted(&words))
        );
    }
    text
}
