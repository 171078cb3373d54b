//! Objects against the definitions of their kinds.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

/// The schemas of custom resources by `apiVersion` and `kind`.
pub struct Definitions(BTreeMap<(String, String), Value>);

impl Definitions {
    /// Those in files of the corpus whose names begin with one of these groups.
    pub fn read(groups: &[&str]) -> Option<Self> {
        let folder = super::corpus("crds")?;
        let mut schemas = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if !groups
                .iter()
                .any(|group| name.starts_with(&format!("{group}_")))
            {
                continue;
            }
            for definition in super::yaml::documents(&fs::read_to_string(entry.path()).unwrap()) {
                let spec = &definition["spec"];
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                for version in spec["versions"].as_array().unwrap() {
                    let api_version =
                        format!("{}/{}", text(&spec["group"]), text(&version["name"]));
                    let schema = version["schema"]["openAPIV3Schema"].clone();
                    schemas.insert((api_version, text(&spec["names"]["kind"])), schema);
                }
            }
        }
        Some(Self(schemas))
    }

    /// What is wrong with an object; `None` when its kind is not defined here.
    pub fn problems(&self, object: &Value) -> Option<Vec<String>> {
        let text = |field: &str| object[field].as_str().unwrap().to_owned();
        let schema = self.0.get(&(text("apiVersion"), text("kind")))?;
        let mut problems = Vec::new();
        unknown_fields(object, schema, "", &mut problems);
        let validator = jsonschema::options().build(schema).unwrap();
        let errors = validator.iter_errors(object);
        problems.extend(errors.map(|error| format!("{}: {error}", error.instance_path())));
        Some(problems)
    }
}

/// Fields that the schema does not have: an API server drops them without a word.
fn unknown_fields(value: &Value, schema: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(_) if at == "/metadata" => {}
        Value::Object(_) if schema["x-kubernetes-preserve-unknown-fields"] == true => {}
        Value::Object(fields) => {
            for (name, inner) in fields {
                let at = format!("{at}/{name}");
                let of_field = schema["properties"]
                    .get(name)
                    .or_else(|| schema.get("additionalProperties"));
                match of_field {
                    Some(schema) => unknown_fields(inner, schema, &at, found),
                    None => found.push(format!("{at}: there is no such field")),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                unknown_fields(item, &schema["items"], &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}
