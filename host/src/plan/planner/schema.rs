//! The configuration schema of a stage type.

mod references;

use jsonschema::Validator;
use serde_json::Value;

/// Problems that are told of one configuration.
const MAX_PROBLEMS: usize = 20;

/// A schema (JSON Schema, draft 2020-12) that can be used without harm: it refers to nothing outside of
/// itself, and no value takes long.
#[derive(Debug)]
pub struct ConfigSchema(Validator);

/// Why a schema is not used; what it quotes is escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its configuration schema cannot be used: {0}")]
pub struct SchemaError(String);

impl ConfigSchema {
    /// Looks at a plugin's schema and compiles it.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        references::check(schema)
            .and_then(|()| {
                jsonschema::options()
                    .with_draft(jsonschema::Draft::Draft202012)
                    // Linear time, whatever pattern a plugin brings.
                    .with_pattern_options(jsonschema::PatternOptions::regex())
                    .build(schema)
                    .map_err(|error| error.to_string())
            })
            .map(Self)
            .map_err(|message| SchemaError(aegis_document::untrusted(&message).to_string()))
    }

    /// What is wrong with a configuration, the first few problems of it: each with its JSON pointer. Both are
    /// foreign text.
    pub fn problems(&self, config: &Value) -> Vec<(String, String)> {
        if self.0.is_valid(config) {
            return Vec::new();
        }
        self.0
            .iter_errors(config)
            .take(MAX_PROBLEMS)
            .map(|error| (error.instance_path().to_string(), error.to_string()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pattern_takes_linear_time_or_is_no_schema() {
        let slow_elsewhere = ConfigSchema::compile(&json!({"pattern": "^(a+)+$"})).unwrap();
        let text = "a".repeat(100_000) + "b";
        assert_eq!(slow_elsewhere.problems(&text.into()).len(), 1);
        for pattern in ["(?=a)b", "(a)\\1", "(?<!a)b", "(?:a{1000}){1000}{1000}"] {
            let schema = ConfigSchema::compile(&json!({ "pattern": pattern }));
            assert!(schema.is_err(), "{pattern}");
        }
    }
}
