//! The whole answer for a large and for a small cluster.

use crate::support;
use aegis_plugin::harness;
use serde_json::Value;

/// The same text whichever order the objects' keys have.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[test]
fn the_answers_are_as_recorded() {
    for (name, stage) in support::configurations() {
        let answer = harness::render(&support::plan(&stage).unwrap());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, format!("{:#}", sorted(answer)));
        });
    }
}
