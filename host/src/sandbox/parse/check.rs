//! What has to hold between the parts of one answer.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::Identifier;

use super::{AnswerError, At, malformed};
use crate::proposal::{
    Action, Change, Descriptor, FactMode, FactSource, Kind, Proposal, StageType, TerraformBlock,
    TerraformRoot,
};

fn unique<'a, T: Ord + std::fmt::Display + ?Sized + 'a>(
    field: &'static str,
    what: &str,
    names: impl Iterator<Item = &'a T>,
) -> Result<(), AnswerError> {
    let mut seen = BTreeSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(name) {
            return Err(malformed(format_args!("{what} `{name}` stands twice")))
                .at_index(field, index);
        }
    }
    Ok(())
}

/// Keys that stand once.
pub fn unique_keys<T>(field: &'static str, pairs: &[(String, T)]) -> Result<(), AnswerError> {
    unique(field, "the key", pairs.iter().map(|(key, _)| key.as_str()))
}

/// A descriptor of the right kind whose names are unique and whose secret facts are opaque.
pub fn check_descriptor(descriptor: &Descriptor, kind: Kind) -> Result<(), AnswerError> {
    if descriptor.kind != kind {
        return Err(malformed(format_args!(
            "the plugin exports what a {kind} plugin exports"
        )))
        .at("kind");
    }
    if descriptor.stage_types.is_empty() {
        return Err(malformed("a plugin offers at least one stage type")).at("stage-types");
    }
    unique(
        "stage-types",
        "the stage type",
        descriptor
            .stage_types
            .iter()
            .map(|stage_type| &stage_type.name),
    )?;
    for (index, stage_type) in descriptor.stage_types.iter().enumerate() {
        check_stage_type(stage_type).at_index("stage-types", index)?;
    }
    Ok(())
}

fn check_stage_type(stage_type: &StageType) -> Result<(), AnswerError> {
    if !stage_type.config_schema.is_object() {
        return Err(malformed("a configuration's schema is a JSON object")).at("config-schema");
    }
    unique(
        "requires",
        "the fact",
        stage_type.requires.iter().map(|fact| &fact.name),
    )?;
    unique(
        "provides",
        "the fact",
        stage_type.provides.iter().map(|fact| &fact.name),
    )?;
    match stage_type
        .requires
        .iter()
        .position(|fact| fact.secret && fact.mode != FactMode::Opaque)
    {
        Some(index) => Err(malformed("a secret fact is always opaque")).at_index("requires", index),
        None => Ok(()),
    }
}

/// Names that are unique and references that lead somewhere.
pub fn check_proposal(proposal: &Proposal) -> Result<(), AnswerError> {
    unique(
        "changes",
        "the id",
        proposal.changes.iter().map(|change| &change.id),
    )?;
    unique(
        "provides",
        "the fact",
        proposal.provides.iter().map(|fact| &fact.name),
    )?;
    unique(
        "probes",
        "the id",
        proposal.probes.iter().map(|probe| &probe.id),
    )?;
    let ids: BTreeMap<_, _> = proposal
        .changes
        .iter()
        .map(|change| (&change.id, change))
        .collect();
    let mut roots: BTreeMap<&Identifier, BTreeSet<&str>> = BTreeMap::new();
    for (index, change) in proposal.changes.iter().enumerate() {
        let here = |result: Result<(), AnswerError>| result.at_index("changes", index);
        for (position, id) in change.after.iter().enumerate() {
            if *id == change.id || !ids.contains_key(id) {
                let problem = malformed(format_args!("`{id}` is no other change of this answer"));
                return here(Err(problem).at_index("after", position));
            }
        }
        if let Action::Terraform(root) = &change.action {
            here(check_root(root))?;
            let outputs = root.outputs.iter().map(|output| output.name.as_str());
            if roots.insert(&root.root, outputs.collect()).is_some() {
                let problem = malformed(format_args!("the root `{}` stands twice", root.root));
                return here(Err(problem).at("root"));
            }
        }
    }
    for (index, fact) in proposal.provides.iter().enumerate() {
        let leads = match &fact.source {
            FactSource::TerraformOutput { root, output } => roots
                .get(root)
                .is_some_and(|outputs| outputs.contains(output.as_str())),
            FactSource::ToolOutput { change, .. } => {
                matches!(
                    ids.get(change),
                    Some(Change {
                        action: Action::Tool(_),
                        ..
                    })
                )
            }
            _ => true,
        };
        if !leads {
            return Err(malformed(
                "the source is no output of a change of this answer",
            ))
            .at("source")
            .at_index("provides", index);
        }
    }
    Ok(())
}

fn check_root(root: &TerraformRoot) -> Result<(), AnswerError> {
    let addresses = |blocks: &[TerraformBlock]| -> Vec<String> {
        blocks
            .iter()
            .map(|block| format!("{}.{}", block.kind, block.name))
            .collect()
    };
    let resources = addresses(&root.resources);
    unique(
        "resources",
        "the resource",
        resources.iter().map(String::as_str),
    )?;
    unique(
        "data",
        "the data source",
        addresses(&root.data).iter().map(String::as_str),
    )?;
    unique(
        "outputs",
        "the output",
        root.outputs.iter().map(|output| output.name.as_str()),
    )?;
    let known: BTreeSet<&str> = resources.iter().map(String::as_str).collect();
    for (index, block) in root.resources.iter().enumerate() {
        if let Some(position) = block
            .depends_on
            .iter()
            .position(|address| !known.contains(address.as_str()))
        {
            return Err(malformed("no resource of this root has this address"))
                .at_index("depends-on", position)
                .at_index("resources", index);
        }
    }
    Ok(())
}
