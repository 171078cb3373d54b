//! A stage's configuration against the schema in its plugin's descriptor.

mod references;

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::Value;

use super::failure::{CONFIG, CONFIG_SCHEMA, PlanFailure, at_stage};
use super::stage::StagePlan;
use crate::stack::{Diagnostic, Stack};

/// Compiled schemas by stage.
#[derive(Default)]
pub struct Schemas(BTreeMap<String, Validator>);

/// Problems that are told of one configuration.
const MAX_PROBLEMS: usize = 20;

impl Schemas {
    /// Compiles the schemas of all stages.
    pub fn compile<'a>(
        stack: &Stack,
        stages: impl Iterator<Item = &'a StagePlan>,
    ) -> Result<Self, PlanFailure> {
        let mut schemas = BTreeMap::new();
        for stage in stages {
            let schema = &stage.stage_type().config_schema;
            match validator(schema) {
                Ok(validator) => {
                    schemas.insert(stage.name.to_string(), validator);
                }
                Err(message) => {
                    let message = aegis_document::untrusted(&message).to_string();
                    let text = format!(
                        "{}: its configuration schema cannot be used: {message}",
                        stage.plugin.name
                    );
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
        let Some(validator) = self.0.get(stage) else {
            return Ok(());
        };
        if validator.is_valid(config) {
            return Ok(());
        }
        let diagnostics = validator
            .iter_errors(config)
            .take(MAX_PROBLEMS)
            .map(|error| {
                let pointer = error.instance_path().to_string();
                problem(stack, stage, cluster, &pointer, &error.to_string())
            })
            .collect();
        Err(PlanFailure {
            diagnostics,
            denials: Vec::new(),
        })
    }
}

/// Compiles a schema that a plugin brings.
fn validator(schema: &Value) -> Result<Validator, String> {
    references::check(schema)?;
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        // Linear time, whatever pattern a plugin brings.
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .build(schema)
        .map_err(|error| error.to_string())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_takes_linear_time_or_is_no_schema() {
        let slow_elsewhere = validator(&json!({"pattern": "^(a+)+$"})).unwrap();
        let text = "a".repeat(100_000) + "b";
        assert!(!slow_elsewhere.is_valid(&text.into()));
        for pattern in ["(?=a)b", "(a)\\1", "(?<!a)b"] {
            assert!(
                validator(&json!({ "pattern": pattern })).is_err(),
                "{pattern}"
            );
        }
        assert!(validator(&json!({"pattern": "(?:a{1000}){1000}{1000}"})).is_err());
    }
}
