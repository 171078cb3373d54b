//! A plugin's configuration schema, and a configuration that is held to it.
//!
//! An input is a schema and, after a line of `---`, a configuration.

use aegis_document::{Limits, read};
use aegis_host::plan::planner::ConfigSchema;
use serde_json::json;

use crate::check;

pub(super) fn made() -> Vec<Vec<u8>> {
    let schema = json!({
        "$ref": "#/$defs/a", "type": "object", "additionalProperties": false, "required": ["max"],
        "properties": {
            "max": {"type": "integer", "minimum": 1, "maximum": 12},
            "name": {"type": "string", "pattern": "^[a-z]+$", "format": "hostname"},
            "list": {"type": "array", "items": {"$ref": "#/$defs/a"}, "uniqueItems": true},
        },
        "$defs": {"a": {"anyOf": [{"type": "object"}, {"type": "string"}, {"$ref": "#/$defs/b"}]}, "b": {"not": {"enum": [1]}}},
        "if": {"properties": {"max": {"const": 1}}}, "then": {"dependentRequired": {"max": ["name"]}},
    });
    vec![
        format!(
            "{schema}\n---\n{}",
            json!({"max": 3, "name": "a", "list": [1, "a", {}]})
        )
        .into_bytes(),
        format!("{schema}\n---\n{}", json!({"max": 30, "more": null})).into_bytes(),
    ]
}

pub(super) fn run(input: &[u8]) {
    let (schema, config) = check::halves(input);
    let Ok(schema) = read(schema, Limits::EMBEDDED) else {
        return;
    };
    match ConfigSchema::compile(&schema) {
        Ok(schema) => {
            let config = read(config, Limits::SMALL).unwrap_or_default();
            let problems = schema.problems(&config);
            assert!(problems.len() <= 20);
            for (pointer, _) in &problems {
                assert!(config.pointer(pointer).is_some(), "{pointer} leads nowhere");
            }
        }
        Err(error) => check::refused(&error),
    }
}
