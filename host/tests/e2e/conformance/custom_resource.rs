//! Definitions of custom resources as JSON Schemas.
//!
//! A definition prunes what it does not know; here that is an error. Rules in CEL are not evaluated.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use crate::world;

/// Structural schemas by `apiVersion kind`, as the definitions have them.
pub struct Schemas(BTreeMap<String, Value>);

/// `apiVersion kind` of an object.
pub fn kind(object: &Value) -> Option<String> {
    let text = |field: &str| object.get(field).and_then(Value::as_str);
    Some(format!("{} {}", text("apiVersion")?, text("kind")?))
}

impl Schemas {
    /// The definitions, read once.
    pub fn known() -> Option<&'static Self> {
        static KNOWN: OnceLock<Option<Schemas>> = OnceLock::new();
        let known = KNOWN.get_or_init(|| Some(Self::read(&world::definitions()?)));
        if known.is_none() {
            // Whoever asks later says so, too.
            world::definitions();
        }
        known.as_ref()
    }

    fn read(folder: &Path) -> Self {
        let mut schemas = BTreeMap::new();
        for file in world::files_below(folder) {
            let text = std::fs::read_to_string(&file).unwrap();
            for document in serde_yaml_ng::Deserializer::from_str(&text) {
                let definition = Value::deserialize(document).unwrap();
                if definition["kind"] == "CustomResourceDefinition" {
                    versions(&definition, &mut schemas);
                }
            }
        }
        assert!(schemas.len() > 30, "only {} definitions", schemas.len());
        Self(schemas)
    }

    /// What is wrong with an object; `None` when there is no definition of its kind.
    pub fn problems(&self, object: &Value) -> Option<Vec<String>> {
        let kind = kind(object)?;
        let schema = strict(self.0.get(&kind)?);
        let validator = jsonschema::draft202012::new(&schema);
        let validator = validator.unwrap_or_else(|error| panic!("{kind}: {error}"));
        let problems = validator.iter_errors(object);
        Some(
            problems
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect(),
        )
    }
}

fn versions(definition: &Value, schemas: &mut BTreeMap<String, Value>) {
    let spec = &definition["spec"];
    let group = spec["group"].as_str().unwrap();
    let kind = spec["names"]["kind"].as_str().unwrap();
    for version in spec["versions"].as_array().unwrap() {
        let mut schema = version["schema"]["openAPIV3Schema"].clone();
        // These three have no schema of their own in a definition.
        for (field, of) in [
            ("apiVersion", "string"),
            ("kind", "string"),
            ("metadata", "object"),
        ] {
            schema["properties"][field] = json!({ "type": of });
        }
        schemas.insert(
            format!("{group}/{} {kind}", version["name"].as_str().unwrap()),
            schema,
        );
    }
}

/// A structural schema as a JSON Schema that lets nothing through that it does not name.
fn strict(schema: &Value) -> Value {
    let Value::Object(fields) = schema else {
        return schema.clone();
    };
    let mut out = Map::new();
    for (field, value) in fields {
        let value = match field.as_str() {
            "properties" => value
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, schema)| (name.clone(), strict(schema)))
                .collect(),
            "items" | "additionalProperties" | "not" => strict(value),
            "allOf" | "anyOf" | "oneOf" => {
                // Branches only narrow: they need not name what the schema around them names.
                value.clone()
            }
            "type" | "enum" | "required" | "pattern" => value.clone(),
            "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems"
            | "uniqueItems" => value.clone(),
            _ => continue,
        };
        out.insert(field.clone(), value);
    }
    let flag = |name: &str| fields.get(name) == Some(&Value::Bool(true));
    if flag("x-kubernetes-int-or-string") {
        out.remove("anyOf");
        out.insert("type".to_owned(), json!(["integer", "string"]));
    }
    if flag("nullable") {
        let of = out.remove("type").unwrap_or(json!("object"));
        out.insert("type".to_owned(), json!([of, "null"]));
        if let Some(Value::Array(words)) = out.get_mut("enum") {
            words.push(Value::Null);
        }
    }
    let open =
        flag("x-kubernetes-preserve-unknown-fields") || fields.contains_key("additionalProperties");
    if fields.contains_key("properties") && !open {
        out.insert("additionalProperties".to_owned(), json!(false));
    }
    out.into()
}
