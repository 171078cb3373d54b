//! The outputs that the example of two clusters comes with are those of its roots.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::{github, harness, root, run};

fn example(file: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder
        .join("../../examples/two-clusters/terraform-outputs")
        .join(file);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_example_has_the_outputs_of_its_roots() {
    for (file, stage_type, own) in [
        ("stack-foundation.json", "foundation", None),
        ("use1-network.json", "network", Some("use1")),
        ("euw1-network.json", "network", Some("euw1")),
        ("use1-keys.json", "keys", Some("use1")),
        ("euw1-keys.json", "keys", Some("euw1")),
    ] {
        let mut harness = harness(stage_type).settings(github());
        if let Some(own) = own {
            harness = harness.own(own);
        }
        let proposal = run(harness).unwrap();
        let example = example(file);
        let example = example.as_object().unwrap();
        let outputs = &root(&proposal).outputs;
        let names: BTreeSet<&str> = outputs.iter().map(|output| output.name.as_str()).collect();
        assert!(example.keys().map(String::as_str).eq(names), "{file}");
        for output in outputs {
            let value: Value = serde_json::from_str(&output.value).unwrap();
            let keys = |value: &Value| -> Option<Vec<String>> {
                Some(value.as_object()?.keys().cloned().collect())
            };
            let given = &example[&output.name];
            assert_eq!(
                keys(&given["value"]),
                keys(&value),
                "{file} {}",
                output.name
            );
            assert_eq!(
                given["sensitive"], output.sensitive,
                "{file} {}",
                output.name
            );
        }
    }
}
