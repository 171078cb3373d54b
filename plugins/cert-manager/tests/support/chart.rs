//! Values against the chart that they are for.

use std::fs;

use serde_json::Value;

/// What is wrong with the values of a chart; `None` when the chart is not on the machine. A chart's own
/// schema decides; without one, every key has to be in the chart's own values, except below `free`: maps that
/// the chart hands on as they are.
pub fn problems(chart: &str, values: &Value, free: &[&str]) -> Option<Vec<String>> {
    let folder = super::corpus("chart-values")?.join(chart);
    let schema = folder.join("values.schema.json");
    if schema.is_file() {
        let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
        let validator = jsonschema::options().build(&schema).unwrap();
        let errors = validator.iter_errors(values);
        return Some(
            errors
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect(),
        );
    }
    let text = fs::read_to_string(folder.join("values.yaml")).unwrap();
    let defaults = super::yaml::documents(&text).remove(0);
    let mut found = Vec::new();
    unknown_keys(values, &defaults, "", free, &mut found);
    Some(found)
}

fn unknown_keys(
    values: &Value,
    defaults: &Value,
    at: &str,
    free: &[&str],
    found: &mut Vec<String>,
) {
    let (Value::Object(values), false) = (values, free.contains(&at)) else {
        return;
    };
    for (key, value) in values {
        let at = format!("{at}/{key}");
        match defaults.get(key) {
            // An empty map stands for fields of Kubernetes' own.
            Some(Value::Object(fields)) if fields.is_empty() => {}
            Some(default) => unknown_keys(value, default, &at, free, found),
            None => found.push(format!("{at}: the chart has no such value")),
        }
    }
}
