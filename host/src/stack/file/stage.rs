//! Entries of `stages`, in a stack file and in a preset alike.

use std::collections::BTreeMap;

use super::decode::{Free, fields, formed, free, list, parsed};
use super::suggest::quoted;
use super::{Named, PluginRef, entries, formats, keys, named};
use crate::stack::codes;
use crate::stack::error::{Diagnostic, Report};
use crate::stack::syntax::{Node, Span, Spanned};

/// A stage as written.
#[derive(Clone, Debug, Default)]
pub struct StageEntry {
    pub plugin: Option<Spanned<PluginRef>>,
    /// True if the plugin could not be read, which has been reported.
    pub plugin_refused: bool,
    pub config: Option<Free>,
    pub needs: Option<BTreeMap<String, Span>>,
    pub clusters: Named<ClusterPart>,
    /// The reason for which the stage is off.
    pub off: Option<Spanned<String>>,
}

/// What is different about a stage in one cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum ClusterPart {
    /// Merged over the stage's configuration (RFC 7396).
    Config(Free),
    /// The stage does not run for this cluster; the reason.
    Off(Spanned<String>),
}

pub(crate) fn stages(node: &Node, report: &mut Report) -> Named<StageEntry> {
    named(node, "`stages`", "a stage's name", report, stage)
}

fn stage(name: &Spanned<String>, node: &Node, report: &mut Report) -> Option<StageEntry> {
    let what = format!("the stage {}", quoted(&name.value));
    let Some(map) = fields(node, keys::STAGE, &what, name.span, report) else {
        return Some(StageEntry {
            plugin_refused: true,
            ..StageEntry::default()
        });
    };
    let plugin = map.get("use");
    let mut stage = StageEntry {
        plugin: plugin
            .and_then(|node| parsed(node, "a plugin", codes::PLUGIN, formats::plugin, report)),
        plugin_refused: false,
        config: map
            .get("config")
            .and_then(|node| free(node, "`config`", report)),
        needs: map.get("needs").and_then(|node| needs(node, report)),
        clusters: Named::new(),
        off: map.get("off").and_then(|node| reason(node, report)),
    };
    stage.plugin_refused = plugin.is_some() && stage.plugin.is_none();
    let clusters = map
        .get("clusters")
        .and_then(|node| entries(node, "a stage's `clusters`", report));
    for entry in clusters.unwrap_or_default() {
        if let Some(part) = cluster_part(&entry.key, &entry.value, report) {
            // Whether the cluster exists is looked at later; then its name is good as well.
            stage
                .clusters
                .insert(entry.key.value.clone(), (entry.key.span, part));
        }
    }
    Some(stage)
}

fn cluster_part(name: &Spanned<String>, node: &Node, report: &mut Report) -> Option<ClusterPart> {
    let what = format!("the stage's part for {}", quoted(&name.value));
    let map = fields(node, keys::STAGE_CLUSTER, &what, name.span, report)?;
    match (map.get("config"), map.entry("off")) {
        (Some(config), None) => free(config, "`config`", report).map(ClusterPart::Config),
        (None, Some(off)) => reason(&off.value, report).map(ClusterPart::Off),
        (Some(_), Some(off)) => {
            report.add(
                Diagnostic::new(
                    codes::CONFIG_AND_OFF,
                    format!("{what} is both configured and off"),
                )
                .at(off.key.span, "off here")
                .help("keep one of `config` and `off`"),
            );
            None
        }
        (None, None) => {
            if entries(node, &what, report)?.is_empty() {
                report.add(
                    Diagnostic::new(codes::MISSING_KEY, format!("{what} says nothing"))
                        .at(node.span, "empty")
                        .help("give it a `config`, or turn it off: `off: \"the reason\"`"),
                );
            }
            None
        }
    }
}

fn needs(node: &Node, report: &mut Report) -> Option<BTreeMap<String, Span>> {
    let mut needs = BTreeMap::new();
    for item in list(node, "`needs`", report)? {
        let name = parsed(
            item,
            "a stage's name",
            codes::NAME,
            formats::identifier,
            report,
        );
        if let Some(name) = name {
            needs.insert(name.value, name.span);
        }
    }
    Some(needs)
}

/// The value of `off`. People write `off: true` first; the message asks for the reason.
fn reason(node: &Node, report: &mut Report) -> Option<Spanned<String>> {
    if let Some(text) = node.plain_text() {
        return formed(
            &text,
            "a reason",
            codes::EMPTY_TEXT,
            formats::sentence,
            report,
        );
    }
    report.add(
        Diagnostic::new(codes::WRONG_TYPE, "`off` takes the reason")
            .at(node.span, format!("this is {}", node.describe()))
            .help(
                "write why, for example `off: \"scanned by the registry\"`; it becomes a finding",
            ),
    );
    None
}
