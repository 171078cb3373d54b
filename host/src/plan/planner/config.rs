//! A stage's configuration against the schema in its plugin's descriptor.

use std::collections::BTreeMap;

use serde_json::Value;

use super::failure::{CONFIG, CONFIG_SCHEMA, PlanFailure, at_stage};
use super::schema::ConfigSchema;
use super::stage::StagePlan;
use crate::stack::{Diagnostic, Stack};

/// Compiled schemas by stage.
#[derive(Default)]
pub struct Schemas(BTreeMap<String, ConfigSchema>);

impl Schemas {
    /// Compiles the schemas of all stages.
    pub fn compile<'a>(
        stack: &Stack,
        stages: impl Iterator<Item = &'a StagePlan>,
    ) -> Result<Self, PlanFailure> {
        let mut schemas = BTreeMap::new();
        for stage in stages {
            match ConfigSchema::compile(&stage.stage_type().config_schema) {
                Ok(schema) => {
                    schemas.insert(stage.name.to_string(), schema);
                }
                Err(problem) => {
                    let text = format!("{}: {problem}", stage.plugin.name);
                    return Err(at_stage(stack, stage.name.as_str(), CONFIG_SCHEMA, text)
                        .help("the plugin is at fault: tell its publisher")
                        .into());
                }
            }
        }
        Ok(Self(schemas))
    }

    /// Checks the configuration that a stage has for a cluster, or its own.
    pub fn check(
        &self,
        stack: &Stack,
        stage: &str,
        cluster: Option<&str>,
        config: &Value,
    ) -> Result<(), PlanFailure> {
        let Some(schema) = self.0.get(stage) else {
            return Ok(());
        };
        let problems = schema.problems(config);
        if problems.is_empty() {
            return Ok(());
        }
        Err(PlanFailure {
            diagnostics: problems
                .iter()
                .map(|(pointer, message)| problem(stack, stage, cluster, pointer, message))
                .collect(),
            denials: Vec::new(),
        })
    }
}

/// A problem of a stage's configuration, shown where the value was written.
pub fn problem(
    stack: &Stack,
    stage: &str,
    cluster: Option<&str>,
    pointer: &str,
    message: &str,
) -> Diagnostic {
    let place = if pointer.is_empty() {
        "config"
    } else {
        pointer
    };
    let text = format!(
        "stage `{stage}`: {}: {}",
        aegis_document::untrusted(place),
        aegis_document::untrusted(message)
    );
    let diagnostic = Diagnostic::new(CONFIG, text)
        .help(format!(
            "`aegis schema --stage {stage}` shows what can be configured"
        ))
        .with_source(stack.source());
    match stack
        .stages
        .get(stage)
        .and_then(|stage| stage.span_of(cluster, pointer))
    {
        Some(span) => diagnostic.at(span, "here"),
        None => diagnostic,
    }
}
