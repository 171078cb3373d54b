//! Stages: the preset's, changed and added to by the file's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Map;

use super::unknown_cluster;
use crate::stack::codes;
use crate::stack::error::{Diagnostic, Report};
use crate::stack::file::suggest::{quoted, valid};
use crate::stack::file::{ClusterPart, Named, PluginRef, Preset, StackFile, StageEntry};
use crate::stack::merge::merge;
use crate::stack::model::{ClusterConfig, Stage, StagePlaces};
use crate::stack::preset;
use crate::stack::syntax::{Span, SpanMap};

pub(super) fn resolve(file: &StackFile, report: &mut Report) -> BTreeMap<String, Stage> {
    let chosen = file.preset.map_or(Preset::None, |preset| preset.value);
    let preset = match preset::load(chosen) {
        Ok(preset) => preset,
        Err(problems) => {
            report.absorb(problems);
            Named::new()
        }
    };
    let mut stages = BTreeMap::new();
    for (name, (_, entry)) in &preset {
        if !file.stages.contains_key(name) {
            stages.extend(preset_stage(name, entry));
        }
    }
    for (name, (span, entry)) in &file.stages {
        let base = preset.get(name).map(|(_, base)| base);
        check_clusters(file, entry, report);
        match file_stage(name, *span, entry, base) {
            Some(stage) => {
                stages.insert(name.clone(), stage);
            }
            // What could not be read has been reported already.
            None if entry.plugin_refused || file.preset_refused => {}
            None => without_plugin(name, *span, &preset, report),
        }
    }
    check_needs(file, &stages, report);
    if stages.is_empty() && report.is_empty() {
        let problem = Diagnostic::new(codes::NO_STAGES, "the stack has no stage")
            .help("write `preset: standard`, or add stages of your own under `stages`");
        report.add(match file.preset {
            Some(preset) => problem.at(preset.span, "an empty preset"),
            None => problem,
        });
    }
    stages
}

fn preset_stage(name: &str, entry: &StageEntry) -> Option<(String, Stage)> {
    let stage = Stage {
        name: name.to_owned(),
        plugin: entry.plugin.as_ref()?.value.clone(),
        needs: needs(entry),
        off: None,
        config: config(entry),
        clusters: BTreeMap::new(),
        disabled: BTreeMap::new(),
        places: StagePlaces::default(),
    };
    Some((name.to_owned(), stage))
}

fn needs(entry: &StageEntry) -> BTreeSet<String> {
    entry
        .needs
        .iter()
        .flat_map(BTreeMap::keys)
        .cloned()
        .collect()
}

/// The entry's configuration; nulls say "remove", and there is nothing to remove.
fn config(entry: &StageEntry) -> Map<String, serde_json::Value> {
    let mut config = Map::new();
    if let Some(written) = &entry.config {
        merge(&mut config, &written.value);
    }
    config
}

/// A stage of the file over the preset's stage of the same name. `None` if nobody names a plugin.
fn file_stage(
    name: &str,
    span: Span,
    entry: &StageEntry,
    base: Option<&StageEntry>,
) -> Option<Stage> {
    let own = entry.plugin.as_ref();
    let preset = base.and_then(|base| base.plugin.as_ref());
    let plugin = &own.or(preset)?.value;
    // Another plugin has another configuration: the preset's would mean nothing to it.
    let base_config = base.filter(|_| preset.is_some_and(|preset| is_same(&preset.value, plugin)));
    let mut merged = base_config.map(config).unwrap_or_default();
    if let Some(written) = &entry.config {
        merge(&mut merged, &written.value);
    }

    let mut clusters = BTreeMap::new();
    let mut disabled = BTreeMap::new();
    for (cluster, (_, part)) in &entry.clusters {
        match part {
            ClusterPart::Off(reason) => {
                disabled.insert(cluster.clone(), reason.value.clone());
            }
            ClusterPart::Config(part) => {
                let mut config = merged.clone();
                merge(&mut config, &part.value);
                let part = ClusterConfig {
                    merged: config,
                    at: part.spans.clone(),
                };
                clusters.insert(cluster.clone(), part);
            }
        }
    }
    let needs_of = if entry.needs.is_some() {
        Some(entry)
    } else {
        base
    };
    Some(Stage {
        name: name.to_owned(),
        plugin: plugin.clone(),
        needs: needs_of.map(needs).unwrap_or_default(),
        off: entry.off.as_ref().map(|reason| reason.value.clone()),
        config: merged,
        clusters,
        disabled,
        places: StagePlaces {
            name: Some(span),
            plugin: own.map(|plugin| plugin.span),
            config: entry
                .config
                .as_ref()
                .map_or_else(SpanMap::default, |config| config.spans.clone()),
            needs: entry.needs.clone().unwrap_or_default(),
            clusters: entry
                .clusters
                .iter()
                .map(|(cluster, (span, _))| (cluster.clone(), *span))
                .collect(),
        },
    })
}

/// The same stage type of the same plugin, in whatever version.
fn is_same(left: &PluginRef, right: &PluginRef) -> bool {
    (&left.publisher, &left.plugin, &left.stage_type)
        == (&right.publisher, &right.plugin, &right.stage_type)
}

fn without_plugin(name: &str, span: Span, preset: &Named<StageEntry>, report: &mut Report) {
    let names = preset.keys().map(String::as_str);
    let help = if preset.is_empty() {
        "add `use: publisher/plugin`, or start from a preset that has the stage".to_owned()
    } else {
        format!(
            "add `use: publisher/plugin`, or change a stage of the preset; {}",
            valid("stage", name, names)
        )
    };
    report.add(
        Diagnostic::new(
            codes::STAGE_WITHOUT_PLUGIN,
            format!("the stage {} names no plugin", quoted(name)),
        )
        .at(span, "not a stage of the preset, and no `use`")
        .help(help),
    );
}

fn check_clusters(file: &StackFile, entry: &StageEntry, report: &mut Report) {
    for (cluster, (span, _)) in &entry.clusters {
        if !file.clusters.contains_key(cluster) {
            let names = file.clusters.keys().map(String::as_str);
            unknown_cluster(cluster, *span, valid("cluster", cluster, names), report);
        }
    }
}

fn check_needs(file: &StackFile, stages: &BTreeMap<String, Stage>, report: &mut Report) {
    for (name, (_, entry)) in &file.stages {
        for (need, span) in entry.needs.iter().flatten() {
            if need == name {
                report.add(
                    Diagnostic::new(
                        codes::NEEDS_ITSELF,
                        format!("the stage {} needs itself", quoted(name)),
                    )
                    .at(*span, "this stage")
                    .help("remove it from `needs`"),
                );
            } else {
                check_stage(file, stages, need, *span, report);
            }
        }
    }
}

/// Reports a name that no stage has. A stage of the file counts even if it could not be resolved.
pub(super) fn check_stage(
    file: &StackFile,
    stages: &BTreeMap<String, Stage>,
    name: &str,
    span: Span,
    report: &mut Report,
) {
    if stages.contains_key(name) || file.stages.contains_key(name) || file.preset_refused {
        return;
    }
    report.add(
        Diagnostic::new(
            codes::UNKNOWN_STAGE,
            format!("the stack has no stage {}", quoted(name)),
        )
        .at(span, "unknown stage")
        .help(valid("stage", name, stages.keys().map(String::as_str))),
    );
}
