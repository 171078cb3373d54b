//! JSON objects that are put together from parts.

use serde_json::{Map, Value};

/// An object with the fields of another one added.
pub fn with(mut object: Map<String, Value>, fields: Value) -> Map<String, Value> {
    if let Value::Object(fields) = fields {
        object.extend(fields);
    }
    object
}
