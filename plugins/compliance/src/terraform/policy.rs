//! IAM policy documents.

use serde_json::Value;

/// The statements of a policy; one statement may stand without a list.
pub(super) fn statements(policy: Option<&Value>) -> impl Iterator<Item = &Value> {
    let statements = policy.and_then(|policy| policy.get("Statement"));
    let (list, one) = match statements {
        Some(Value::Array(list)) => (list.as_slice(), None),
        Some(one) => (&[][..], Some(one)),
        None => (&[][..], None),
    };
    list.iter().chain(one)
}

pub(super) fn allows(policy: Option<&Value>) -> impl Iterator<Item = &Value> {
    statements(policy)
        .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"))
}

/// The texts of a value that is a string or a list of strings.
pub(super) fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text.as_str()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn is_everybody(principal: Option<&Value>) -> bool {
    match principal {
        Some(Value::String(text)) => text == "*",
        Some(Value::Object(kinds)) => texts(kinds.get("AWS")).contains(&"*"),
        _ => false,
    }
}
