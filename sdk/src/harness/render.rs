//! Answers as text for golden tests.

use serde::Serialize;
use serde_json::Value;

/// The fields that hold JSON text; they are rendered as what the text says.
const JSON_FIELDS: [&str; 10] = [
    "Value",
    "body",
    "config",
    "config_schema",
    "object",
    "patch",
    "settings",
    "spec",
    "value",
    "values",
];

/// An answer as indented JSON with sorted keys: a proposal, findings, a failure, a descriptor.
///
/// # Panics
/// Never for the contract's types; for a type of your own that cannot be JSON.
pub fn render(answer: &impl Serialize) -> String {
    let mut value = match serde_json::to_value(answer) {
        Ok(value) => value,
        Err(error) => panic!("the answer cannot be rendered: {error}"),
    };
    unfold(&mut value);
    format!("{value:#}\n")
}

fn unfold(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if JSON_FIELDS.contains(&name.as_str()) => {
                        if let Ok(parsed) = serde_json::from_str(text) {
                            *field = parsed;
                        }
                    }
                    Value::Array(holes) if name == "holes" => holes.iter_mut().for_each(hole),
                    other => unfold(other),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(unfold),
        _ => {}
    }
}

/// A hole of a tool call: its name and JSON text.
fn hole(pair: &mut Value) {
    if let Some(Value::String(text)) = pair.get(1)
        && let Ok(parsed) = serde_json::from_str(text)
        && let Some(value) = pair.get_mut(1)
    {
        *value = parsed;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tool::Call;
    use crate::{FactSource, ProvidedFact};

    #[test]
    fn json_text_is_rendered_as_what_it_says() {
        let provided = ProvidedFact {
            name: "a".into(),
            source: FactSource::known(json!({ "deep": [1] })),
        };
        let rendered: Value = serde_json::from_str(&render(&provided)).unwrap();
        assert_eq!(
            rendered,
            json!({ "name": "a", "source": { "Value": { "deep": [1] } } })
        );
    }

    #[test]
    fn holes_are_rendered_and_inputs_are_text() {
        let call = Call::new("dns").hole("ttl", 60).input("60", "60");
        let rendered: Value = serde_json::from_str(&render(&call)).unwrap();
        assert_eq!(rendered["holes"], json!([["ttl", 60]]));
        assert_eq!(rendered["inputs"], json!([["60", "60"]]));
    }
}
