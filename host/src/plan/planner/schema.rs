//! The configuration schema of a stage type.

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::Value;

/// Nodes of a schema: what first-party plugins have, a hundred times over.
const MAX_NODES: usize = 20_000;
/// Nodes that a validator may visit for one value, references followed.
const MAX_COST: u64 = 1_000_000;
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
        check_references(schema)
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

/// A reference out of the document would make the host read files or the network for a plugin; references that
/// fan out would keep it busy for days.
fn check_references(schema: &Value) -> Result<(), String> {
    let mut left = MAX_NODES;
    let mut stack = vec![schema];
    while let Some(node) = stack.pop() {
        left = left.checked_sub(1).ok_or("it is too large")?;
        match node {
            Value::Array(items) => stack.extend(items),
            Value::Object(entries) => {
                for (key, value) in entries {
                    check_keyword(key, value)?;
                    stack.push(value);
                }
            }
            _ => {}
        }
    }
    let mut costs = BTreeMap::new();
    if cost(schema, schema, &mut costs, 0) > MAX_COST {
        Err("its references fan out too far".to_owned())
    } else {
        Ok(())
    }
}

/// The one draft that is read.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A reference is a plain JSON pointer, so that [`cost`] follows it to where a validator does: a name given with
/// `$anchor` or a base set with `$id` would lead a validator elsewhere, and so would another draft's rules.
fn check_keyword(key: &str, value: &Value) -> Result<(), String> {
    match (key, value) {
        ("$ref", Value::String(target)) if target.is_empty() || !target.starts_with('#') => {
            Err(format!("`{key}` leaves the document: {value}"))
        }
        ("$ref", Value::String(target)) => {
            let pointer = target.trim_start_matches('#');
            let plain = target.len() - pointer.len() == 1
                && aegis_document::pointer::tokens(pointer).is_some()
                && !pointer.contains('%');
            if plain {
                Ok(())
            } else {
                Err(format!("`{key}` is not a plain JSON pointer: {value}"))
            }
        }
        ("$ref", _) => Err(format!("`{key}` leaves the document: {value}")),
        ("$dynamicRef", _) => Err(format!("`{key}` is not for configurations: {value}")),
        // An object under such a key describes a property of that name.
        ("$anchor" | "$dynamicAnchor" | "$id", Value::String(_)) => {
            Err(format!("`{key}` gives a place a second name: {value}"))
        }
        ("$schema", Value::String(draft)) if draft != DRAFT => {
            Err(format!("`{key}` is not `{DRAFT}`: {value}"))
        }
        _ => Ok(()),
    }
}

/// How many nodes a validator visits at most for one value, references followed. A reference into itself counts
/// once: then it is the value that ends the recursion.
fn cost(root: &Value, node: &Value, costs: &mut BTreeMap<String, u64>, depth: usize) -> u64 {
    // Deeper than any schema that the strict reader lets in.
    if depth > 256 {
        return MAX_COST.saturating_add(1);
    }
    let children: u64 = match node {
        Value::Array(items) => items.iter().fold(0, |sum: u64, item| {
            sum.saturating_add(cost(root, item, costs, depth + 1))
        }),
        Value::Object(entries) => entries.iter().fold(0, |sum: u64, (key, value)| {
            let target = value.as_str().filter(|_| key == "$ref");
            let more = match target.map(|target| target.trim_start_matches('#')) {
                Some(pointer) => match costs.get(pointer) {
                    Some(known) => *known,
                    None => {
                        costs.insert(pointer.to_owned(), 1);
                        let found = root
                            .pointer(pointer)
                            .map_or(1, |target| cost(root, target, costs, depth + 1));
                        costs.insert(pointer.to_owned(), found);
                        found
                    }
                },
                // Definitions are visited where they are referred to.
                None if matches!(key.as_str(), "$defs" | "definitions") => 0,
                None => cost(root, value, costs, depth + 1),
            };
            sum.saturating_add(more)
        }),
        _ => 0,
    };
    children.saturating_add(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_out_of_the_schema_is_refused() {
        assert!(check_references(&json!({"$ref": "#/$defs/a", "$defs": {"a": {}}})).is_ok());
        for schema in [
            json!({"$ref": "file:///etc/passwd"}),
            json!({"properties": {"a": {"$ref": "http://169.254.169.254/"}}}),
            json!({"$ref": "other.json"}),
            json!({"allOf": [{"$dynamicRef": "https://example.com#a"}]}),
            json!({"$ref": 1}),
            json!({"$ref": ""}),
        ] {
            assert!(check_references(&schema).is_err(), "{schema}");
        }
    }

    #[test]
    fn a_reference_that_a_validator_follows_elsewhere_is_refused() {
        let id = "https://example.com/a";
        for schema in [
            json!({"$ref": "#a", "$defs": {"b": {"$anchor": "a"}}}),
            json!({"$defs": {"b": {"$anchor": "a"}}}),
            json!({"$dynamicRef": "#/$defs/a", "$defs": {"a": {}}}),
            json!({"$defs": {"b": {"$dynamicAnchor": "a"}}}),
            json!({"$defs": {"b": {"$id": id, "$ref": "#/$defs/a"}}}),
            json!({"$ref": "#/%24defs/a", "$defs": {"a": {}}}),
            json!({"$ref": "##/$defs/a", "$defs": {"a": {}}}),
            json!({"$ref": "#/$defs/~2", "$defs": {"a": {}}}),
            json!({"$schema": "http://json-schema.org/draft-04/schema#"}),
        ] {
            assert!(check_references(&schema).is_err(), "{schema}");
        }
        let properties =
            json!({"$schema": DRAFT, "properties": {"$id": {"type": "string"}, "$anchor": {}}});
        assert_eq!(check_references(&properties), Ok(()));
    }

    #[test]
    fn references_that_fan_out_are_refused() {
        let mut definitions = serde_json::Map::new();
        for level in 0..40 {
            let next = json!({ "$ref": format!("#/$defs/a{}", level + 1) });
            definitions.insert(format!("a{level}"), json!({ "allOf": [next, next] }));
        }
        definitions.insert("a40".into(), json!({ "type": "string" }));
        let bomb = json!({ "$ref": "#/$defs/a0", "$defs": definitions });
        assert!(check_references(&bomb).is_err());
        let list = json!({ "$ref": "#/$defs/list", "$defs": { "list": { "items": { "$ref": "#/$defs/list" } } } });
        assert!(check_references(&list).is_ok());
    }
}
