//! The JSON Schema of the stack file, for editors. It is built from the tables of keys and words
//! that the reader uses; forms of single values that a schema cannot say well are left to the
//! reader, so that an editor never refuses what the reader accepts.

use serde_json::{Map, Value, json};

use super::file::keys::{self, Key};
use super::file::{
    ChangeKind, FORMAT_VERSION, Landing, MOST_APPROVALS, MOST_ZONES, Preset, ReleaseOwner,
    Severity, StructuralChanges, Word,
};

/// A name of a stack, cluster, stage or adapter.
const IDENTIFIER: &str = "^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$";

/// JSON Schema, draft 2020-12, of a stack file.
pub fn schema() -> Value {
    let mut schema = object(keys::STACK, |key| match key {
        "aegis" => Some(json!({"const": FORMAT_VERSION})),
        "name" => Some(name()),
        "domain" => Some(json!({
            "type": "string",
            "pattern": "^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        })),
        "preset" => Some(words::<Preset>()),
        // Editors see digits without quotes as a number; the reader takes them as well.
        "account" => Some(json!({"type": ["string", "integer"], "pattern": "^[0-9]{12}$"})),
        "kubernetes" => Some(kubernetes()),
        "clusters" => Some(named(cluster(), 1)),
        "settings" => Some(free()),
        "stages" => Some(named(stage(), 0)),
        "facts" => Some(named(facts(), 0)),
        "deliver" => Some(deliver()),
        "policy" => Some(policy()),
        "exceptions" => Some(json!({"type": "array", "items": exception()})),
        "git" => Some(git()),
        "tree" => Some(text()),
        "releases" => Some(object(keys::RELEASES, |key| match key {
            "owner" => Some(named(words::<ReleaseOwner>(), 0)),
            _ => None,
        })),
        _ => None,
    });
    if let Value::Object(schema) = &mut schema {
        schema.insert(
            "$schema".to_owned(),
            "https://json-schema.org/draft/2020-12/schema".into(),
        );
        schema.insert("title".to_owned(), "Aegis stack file".into());
    }
    schema
}

/// A map with fixed keys. `of` gives the schema of each key in the table; a key that it does not
/// know is left out, which a test refuses.
fn object(table: &[Key], of: impl Fn(&str) -> Option<Value>) -> Value {
    let mut properties = Map::new();
    for key in table {
        if let Some(Value::Object(mut schema)) = of(key.name) {
            schema.insert("description".to_owned(), key.about.into());
            properties.insert(key.name.to_owned(), schema.into());
        }
    }
    let required: Vec<&str> = table
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A map with names as keys.
fn named(of: Value, least: usize) -> Value {
    json!({
        "type": "object",
        "propertyNames": {"pattern": IDENTIFIER},
        "additionalProperties": of,
        "minProperties": least,
    })
}

fn words<T: Word>() -> Value {
    let words: Vec<&str> = T::all().iter().map(|value| value.word()).collect();
    json!({"enum": words})
}

fn name() -> Value {
    json!({"type": "string", "pattern": IDENTIFIER})
}

fn text() -> Value {
    json!({"type": "string", "minLength": 1})
}

fn free() -> Value {
    json!({"type": "object"})
}

fn kubernetes() -> Value {
    json!({"type": "string", "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+$"})
}

fn cluster() -> Value {
    object(keys::CLUSTER, |key| match key {
        "region" => Some(text()),
        "zones" => Some(json!({
            "oneOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST_ZONES},
                {"type": "array", "items": text(), "minItems": 1, "uniqueItems": true},
            ],
        })),
        "cidr" => Some(json!({
            "type": "string",
            "pattern": "^([0-9]{1,3}\\.){3}[0-9]{1,3}/(1[6-9]|2[0-4])$",
        })),
        "kubernetes" => Some(kubernetes()),
        "access" => Some(json!({"oneOf": [{"enum": ["direct", "ssm"]}, access()]})),
        _ => None,
    })
}

fn access() -> Value {
    one_of(object(keys::ACCESS, |key| match key {
        "proxy-url" => Some(json!({"type": "string", "pattern": "^(https?|socks5)://"})),
        "exec" => Some(name()),
        _ => None,
    }))
}

/// Exactly one of a map's keys.
fn one_of(mut object: Value) -> Value {
    if let Value::Object(object) = &mut object {
        object.insert("minProperties".to_owned(), 1.into());
        object.insert("maxProperties".to_owned(), 1.into());
    }
    object
}

fn stage() -> Value {
    object(keys::STAGE, |key| match key {
        "use" => Some(json!({
            "type": "string",
            "pattern": "^[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*){1,2}(@.+)?$",
        })),
        "config" => Some(free()),
        "needs" => Some(json!({"type": "array", "items": name()})),
        "clusters" => Some(named(
            one_of(object(keys::STAGE_CLUSTER, |key| match key {
                "config" => Some(free()),
                "off" => Some(text()),
                _ => None,
            })),
            0,
        )),
        "off" => Some(text()),
        _ => None,
    })
}

fn facts() -> Value {
    json!({
        "type": "object",
        "propertyNames": {"pattern": "^[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)*$"},
        "additionalProperties": {"not": {"type": "null"}},
    })
}

fn deliver() -> Value {
    let landings = ChangeKind::ALL.iter().map(|kind| {
        let landing = match kind {
            ChangeKind::File => json!({"const": Landing::Tree.word()}),
            _ => words::<Landing>(),
        };
        (kind.word().to_owned(), landing)
    });
    json!({
        "type": "object",
        "properties": landings.collect::<Map<_, _>>(),
        "additionalProperties": false,
    })
}

fn policy() -> Value {
    object(keys::POLICY, |key| match key {
        "block-at" => Some(words::<Severity>()),
        "approvals" => Some(json!({"type": "integer", "minimum": 0, "maximum": MOST_APPROVALS})),
        "structural" => Some(words::<StructuralChanges>()),
        "required" => Some(json!({"type": "array", "items": text()})),
        _ => None,
    })
}

fn exception() -> Value {
    object(keys::EXCEPTION, |key| match key {
        "control" | "document" | "reason" | "owner" => Some(text()),
        "expires" => Some(json!({
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        })),
        _ => None,
    })
}

fn git() -> Value {
    object(keys::GIT, |key| match key {
        "repository" => Some(json!({"type": "string", "pattern": "^https://"})),
        "branch" | "path" => Some(text()),
        _ => None,
    })
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
