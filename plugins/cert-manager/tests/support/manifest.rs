//! A plugin's request for capabilities against what it proposes by itself. What charts render is the
//! host's to judge.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The lines of `plugin.toml` with this name.
pub fn lines(capability: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugin.toml");
    let manifest: Value = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let lines = manifest["capability"].as_array().unwrap();
    lines
        .iter()
        .filter(|line| line["capability"] == capability)
        .cloned()
        .collect()
}

/// The strings of a list; none when there is no list.
pub fn texts(line: &Value, field: &str) -> Vec<String> {
    let list = line[field].as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// Whether some line lets the plugin apply an object.
pub fn may_apply(object: &Value) -> bool {
    let api_version = object["apiVersion"].as_str().unwrap();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let has = |line: &Value, field: &str, text: &Value| {
        texts(line, field).iter().any(|item| text == item)
    };
    lines("cluster.apply").iter().any(|line| {
        let place = match &object["metadata"]["namespace"] {
            Value::Null => line["scope"] == "cluster",
            namespace => has(line, "namespaces", namespace),
        };
        place
            && line["group"] == group
            && has(line, "kinds", &object["kind"])
            && has(line, "names", &object["metadata"]["name"])
    })
}
