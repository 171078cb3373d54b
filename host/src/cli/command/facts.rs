//! `aegis facts`

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use aegis_document::{Identifier, Limits, shown_path, untrusted};
use serde_json::{Value, json};

use super::plan::{ledger, make, operator_folder};
use crate::cli::args::{Facts, FactsCommand, Global};
use crate::cli::failure::{Exit, Failure, USAGE};
use crate::cli::session::{Project, home};
use crate::cli::ui::{Tone, Ui};
use crate::plan::{FactStatus, InstanceId, Provenance};
use crate::proposal::FactSource;
use crate::stack::Diagnostic;
use crate::state::{self, InstanceState, LocalStore, Output, import_facts, read_outputs};

const IMPORT: &str = "AEG0730";

pub fn run(ui: &Ui, global: &Global, options: &Facts) -> Result<Exit, Failure> {
    match &options.command {
        FactsCommand::List => list(ui, global),
        FactsCommand::Import {
            stage,
            cluster,
            outputs,
        } => import(ui, global, stage, cluster.as_deref(), outputs),
    }
}

fn list(ui: &Ui, global: &Global) -> Result<Exit, Failure> {
    let made = make(ui, &Project::open(global)?, &home()?, None)?;
    let facts = &made.plan.body.facts;
    ui.answer(facts, || {
        facts
            .iter()
            .map(|fact| {
                let (tone, status) = match fact.status {
                    FactStatus::Known => (Tone::Good, "known"),
                    FactStatus::Planned => (Tone::Good, "planned"),
                    FactStatus::Assumed => (Tone::Warn, "assumed"),
                    FactStatus::Unknown => (Tone::Faint, "unknown"),
                };
                let from = match &fact.provenance {
                    Provenance::Host => "the host".to_owned(),
                    Provenance::Supplied => "the stack file".to_owned(),
                    Provenance::Imported(id) => format!("{id}, imported"),
                    Provenance::Stage(id) => id.to_string(),
                };
                let value = match (&fact.value, fact.secret) {
                    (_, true) => "(secret)".to_owned(),
                    (Some(value), false) => value.to_string(),
                    (None, false) => String::new(),
                };
                format!(
                    "{} {:44} {:14} {}\n",
                    ui.paint(tone, format_args!("{status:8}")),
                    fact.reference.to_string(),
                    from,
                    untrusted(&value)
                )
            })
            .collect()
    })?;
    Ok(Exit::Done)
}

fn import(
    ui: &Ui,
    global: &Global,
    stage: &str,
    cluster: Option<&str>,
    file: &Path,
) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    let name = |text: &str| {
        Identifier::new(text).map_err(|error| {
            Failure::new(Diagnostic::new(
                USAGE,
                format!("`{}`: {error}", untrusted(text)),
            ))
        })
    };
    let id = InstanceId::new(cluster.map(name).transpose()?, name(stage)?);
    let store = LocalStore::beside(&project.folder);
    let operator = operator_folder(&project, &home()?)?;
    let state = state::load(&store, &operator, &project.name)?;
    let instance = state.instance(&id).ok_or_else(|| {
        Failure::new(
            Diagnostic::new(IMPORT, format!("{id} was not applied yet, so it provides no facts"))
                .help("`aegis status` lists the instances; a stage that runs for each cluster needs --cluster"),
        )
    })?;
    let outputs = outputs(file)?;
    let values = wanted(instance, &outputs)?;
    let context = ledger(&project, operator);
    let imported = import_facts(context, &id, &values)?;
    ui.answer(
        &json!({ "instance": id, "changed": imported.changed, "unchanged": imported.unchanged }),
        || {
            let names = |set: &std::collections::BTreeSet<Identifier>| {
                set.iter()
                    .map(|name| format!("  {name}\n"))
                    .collect::<String>()
            };
            match (imported.changed.is_empty(), imported.unchanged.len()) {
                (true, _) => format!("{id}: every value was known already\n"),
                (false, 0) => format!("{id}: imported\n{}", names(&imported.changed)),
                (false, known) => format!(
                    "{id}: imported, {known} known already\n{}",
                    names(&imported.changed)
                ),
            }
        },
    )?;
    Ok(Exit::Done)
}

fn outputs(file: &Path) -> Result<BTreeMap<String, Output>, Failure> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        let limit = Limits::EMBEDDED.bytes as u64 + 1;
        std::io::stdin()
            .lock()
            .take(limit)
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::file(file, &error))?;
        bytes
    } else {
        std::fs::read(file).map_err(|error| Failure::file(file, &error))?
    };
    read_outputs(&bytes).map_err(|error| {
        Failure::new(
            Diagnostic::new(IMPORT, format!("{}: {error}", shown_path(file))).help(
                "give what `terraform output -json` prints in the stage's folder of the tree",
            ),
        )
    })
}

/// The facts of an instance that come from Terraform outputs, with their values.
fn wanted(
    instance: &InstanceState,
    outputs: &BTreeMap<String, Output>,
) -> Result<BTreeMap<Identifier, Value>, Failure> {
    let mut values = BTreeMap::new();
    for (name, source) in &instance.sources {
        let FactSource::TerraformOutput { output, .. } = source else {
            continue;
        };
        let Some(found) = outputs.get(output) else {
            continue;
        };
        if found.sensitive {
            return Err(Failure::refused(
                Diagnostic::new(
                    IMPORT,
                    format!(
                        "the output `{}` is sensitive and `{name}` is no secret fact",
                        untrusted(output)
                    ),
                )
                .help("nothing was imported"),
            ));
        }
        values.insert(name.clone(), found.value.clone());
    }
    if values.is_empty() {
        return Err(Failure::new(
            Diagnostic::new(
                IMPORT,
                format!("none of the outputs belongs to a fact of {}", instance.id),
            )
            .help("check that the file is of this stage's root and cluster"),
        ));
    }
    Ok(values)
}
