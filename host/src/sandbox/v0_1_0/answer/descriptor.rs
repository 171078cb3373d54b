//! What a plugin says about itself.

use super::super::bindings::types as wit;
use crate::proposal::{
    Descriptor, FactMode, FactOffer, FactReach, FactRequirement, Kind, Scope, StageType,
};
use crate::sandbox::parse::{AnswerError, At, Budget, each, malformed, text, value};

/// How many stage types a plugin offers.
const STAGE_TYPES_MAX: usize = 64;

pub(in crate::sandbox) fn descriptor(
    raw: wit::Descriptor,
    budget: &mut Budget,
) -> Result<Descriptor, AnswerError> {
    if raw.stage_types.len() > STAGE_TYPES_MAX {
        return Err(malformed(format_args!(
            "a plugin offers at most {STAGE_TYPES_MAX} stage types"
        )))
        .at("stage-types");
    }
    Ok(Descriptor {
        name: text::identifier(raw.name).at("name")?,
        version: semver::Version::parse(&raw.version)
            .map_err(|_| malformed("not a semantic version"))
            .at("version")?,
        kind: match raw.kind {
            wit::Kind::Provisioning => Kind::Provisioning,
            wit::Kind::Security => Kind::Security,
            wit::Kind::Gitops => Kind::Gitops,
            wit::Kind::Validation => Kind::Validation,
        },
        stage_types: each("stage-types", raw.stage_types, budget, stage_type)?,
    })
}

fn stage_type(raw: wit::StageType, budget: &mut Budget) -> Result<StageType, AnswerError> {
    Ok(StageType {
        name: text::identifier(raw.name).at("name")?,
        title: text::people(raw.title).at("title")?,
        scope: match raw.scope {
            wit::Scope::Stack => Scope::Stack,
            wit::Scope::Cluster => Scope::Cluster,
        },
        config_version: raw.config_version,
        config_schema: value(&raw.config_schema, budget).at("config-schema")?,
        settings: each("settings", raw.settings, budget, |pointer, _| {
            text::json_pointer(pointer)
        })?,
        requires: each("requires", raw.requires, budget, |fact, _| {
            requirement(fact)
        })?,
        provides: each("provides", raw.provides, budget, |fact, _| offer(fact))?,
        conflicts: each("conflicts", raw.conflicts, budget, |class, _| {
            text::identifier(class)
        })?,
    })
}

fn requirement(raw: wit::FactRequirement) -> Result<FactRequirement, AnswerError> {
    Ok(FactRequirement {
        name: text::identifier(raw.name).at("name")?,
        format: text::format(&raw.format).at("format")?,
        schema: raw.schema,
        mode: match raw.mode {
            wit::FactMode::Opaque => FactMode::Opaque,
            wit::FactMode::Value => FactMode::Value,
        },
        reach: match raw.reach {
            wit::FactReach::OwnCluster => FactReach::OwnCluster,
            wit::FactReach::Stack => FactReach::Stack,
            wit::FactReach::EachCluster => FactReach::EachCluster,
        },
        optional: raw.optional,
        secret: raw.secret,
    })
}

fn offer(raw: wit::FactOffer) -> Result<FactOffer, AnswerError> {
    Ok(FactOffer {
        name: text::identifier(raw.name).at("name")?,
        format: text::format(&raw.format).at("format")?,
        schema: raw.schema,
        secret: raw.secret,
    })
}
