//! The references of a schema that a plugin brings. A reference out of the document would make the host read files or the
//! network for a plugin; one that fans out, or leads back to where it is without going into the value, would keep it busy
//! for days or end the process.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Nodes of a schema: what first-party plugins have, a hundred times over.
const MAX_NODES: usize = 20_000;
/// Nodes that a validator may visit for one value, references followed.
const MAX_COST: u64 = 1_000_000;

/// The one draft that is read.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Refuses a schema whose references are not all within it and bounded.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    let mut left = MAX_NODES;
    let mut stack = vec![schema];
    while let Some(node) = stack.pop() {
        left = left.checked_sub(1).ok_or("it is too large")?;
        match node {
            Value::Array(items) => stack.extend(items),
            Value::Object(entries) => {
                for (key, value) in entries {
                    keyword(schema, key, value)?;
                    stack.push(value);
                }
            }
            _ => {}
        }
    }
    let mut costs = BTreeMap::new();
    if cost(schema, schema, &mut costs, 0) > MAX_COST {
        return Err("its references fan out too far".to_owned());
    }
    let mut walk = Walk {
        root: schema,
        open: BTreeSet::new(),
        done: BTreeSet::new(),
    };
    let mut stack = vec![schema];
    while let Some(node) = stack.pop() {
        if !walk.ends(node, 0) {
            return Err("a reference leads back to itself without going into the value".to_owned());
        }
        match node {
            Value::Array(items) => stack.extend(items),
            Value::Object(entries) => stack.extend(entries.values()),
            _ => {}
        }
    }
    Ok(())
}

/// Checks a keyword that decides what a reference means.
fn keyword(root: &Value, key: &str, value: &Value) -> Result<(), String> {
    match (key, value) {
        ("$ref" | "$dynamicRef", value) => match value.as_str().map(|text| target(root, text)) {
            Some(Some(_)) => Ok(()),
            Some(None) => Err(format!(
                "`{key}` is not `#` and a JSON pointer to a part of the document: {value}"
            )),
            // A property may have this name.
            None if value.is_object() => Ok(()),
            None => Err(format!("`{key}` is no text: {value}")),
        },
        // These change what a pointer is relative to, or name a part in another way than by where it is.
        ("$id" | "$anchor" | "$dynamicAnchor" | "$recursiveRef" | "$recursiveAnchor", value)
            if !(value.is_object() || key == "$id" && is_own_id(root, value)) =>
        {
            Err(format!("it uses `{key}`"))
        }
        // Another draft has other rules.
        ("$schema", Value::String(draft)) if draft != DRAFT => {
            Err(format!("`{key}` is not `{DRAFT}`: {value}"))
        }
        _ => Ok(()),
    }
}

/// The document as a whole may have a name.
fn is_own_id(root: &Value, value: &Value) -> bool {
    root.get("$id").is_some_and(|id| std::ptr::eq(id, value))
}

/// What a reference means: `#`, or `#/` and a pointer without percent-encoding, which other readers would decode.
fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?;
    let plain = (pointer.is_empty() || pointer.starts_with('/')) && !pointer.contains('%');
    plain.then(|| root.pointer(pointer)).flatten()
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
            let target = value
                .as_str()
                .filter(|_| matches!(key.as_str(), "$ref" | "$dynamicRef"));
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

/// Follows what applies to the same value: a validator that comes back to a schema without having gone into the value
/// never ends.
struct Walk<'a> {
    root: &'a Value,
    open: BTreeSet<*const Value>,
    done: BTreeSet<*const Value>,
}

impl<'a> Walk<'a> {
    fn ends(&mut self, node: &'a Value, depth: usize) -> bool {
        let Value::Object(entries) = node else {
            return true;
        };
        let place = std::ptr::from_ref(node);
        if self.done.contains(&place) {
            return true;
        }
        if depth > 256 || !self.open.insert(place) {
            return false;
        }
        let root = self.root;
        let ends = entries
            .iter()
            .all(|(key, value)| match (key.as_str(), value) {
                ("$ref" | "$dynamicRef", Value::String(reference)) => {
                    target(root, reference).is_none_or(|target| self.ends(target, depth + 1))
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(items)) => {
                    items.iter().all(|item| self.ends(item, depth + 1))
                }
                ("not" | "if" | "then" | "else", value) => self.ends(value, depth + 1),
                ("dependentSchemas", Value::Object(entries)) => {
                    entries.values().all(|item| self.ends(item, depth + 1))
                }
                _ => true,
            });
        self.open.remove(&place);
        self.done.insert(place);
        ends
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_out_of_the_schema_is_refused() {
        assert!(check(&json!({"$ref": "#/$defs/a", "$defs": {"a": {}}})).is_ok());
        for schema in [
            json!({"$ref": "file:///etc/passwd"}),
            json!({"properties": {"a": {"$ref": "http://169.254.169.254/"}}}),
            json!({"$ref": "other.json"}),
            json!({"allOf": [{"$dynamicRef": "https://example.com#a"}]}),
            json!({"$ref": 1}),
            // Other ways to name a part, which the bounds would not see.
            json!({"$ref": "#a", "$defs": {"a": {"$anchor": "a"}}}),
            json!({"$dynamicRef": "#a", "$defs": {"a": {"$dynamicAnchor": "a"}}}),
            json!({"$ref": "#/%24defs/a", "$defs": {"a": {}}}),
            json!({"$ref": "##/$defs/a", "$defs": {"a": {}}}),
            json!({"$ref": "#/$defs/~2", "$defs": {"a": {}}}),
            json!({"$ref": "#/$defs/none"}),
            json!({"$schema": "http://json-schema.org/draft-04/schema#"}),
            json!({"properties": {"a": {"$id": "http://169.254.169.254/", "$ref": "#/a"}}, "a": {}}),
        ] {
            assert!(check(&schema).is_err(), "{schema}");
        }
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
        assert!(check(&bomb).is_err());
        let list = json!({ "$ref": "#/$defs/list", "$defs": { "list": { "items": { "$ref": "#/$defs/list" } } } });
        assert!(check(&list).is_ok());
    }

    #[test]
    fn a_reference_that_never_goes_into_the_value_is_refused() {
        for schema in [
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}]}),
            json!({"properties": {"a": {"not": {"$ref": "#/properties/a"}}}}),
            json!({"if": {"anyOf": [{"$ref": "#/$defs/a"}]}, "$defs": {"a": {"oneOf": [{"$ref": "#/$defs/b"}]}, "b": {"dependentSchemas": {"c": {"$ref": "#/$defs/a"}}}}}),
        ] {
            assert!(check(&schema).is_err(), "{schema}");
        }
        for schema in [
            json!({"$id": "https://example.com/schema", "properties": {"a": {"$ref": "#"}}}),
            json!({"items": {"allOf": [{"$ref": "#"}]}}),
            json!({"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {"type": "object"}}}),
            json!({"properties": {"$ref": {"type": "string"}, "$id": {"type": "string"}}}),
        ] {
            assert_eq!(check(&schema), Ok(()), "{schema}");
        }
    }
}
