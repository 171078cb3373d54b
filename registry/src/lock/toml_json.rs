//! A grant in TOML: the same values, in the form that people review.

use serde_json::Value as Json;
use toml::Value as Toml;

use crate::{Capabilities, CapabilityError};

/// The capabilities as TOML tables, keys sorted.
pub(super) fn to_toml(capabilities: &Capabilities) -> Vec<Toml> {
    let entries = capabilities.as_slice().iter();
    entries.filter_map(value_to_toml).collect()
}

/// The other way. A date, which JSON has not, becomes `null`, which no list of capabilities accepts.
pub(super) fn from_toml(tables: Vec<toml::Table>) -> Result<Capabilities, CapabilityError> {
    let values = tables
        .into_iter()
        .map(|table| value_to_json(Toml::Table(table)));
    Capabilities::new(values.collect())
}

/// `None` for what [`Capabilities`] never holds: `null` and numbers that are not whole.
fn value_to_toml(value: &Json) -> Option<Toml> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(flag) => Toml::Boolean(*flag),
        Json::Number(number) => Toml::Integer(number.as_i64()?),
        Json::String(text) => Toml::String(text.clone()),
        Json::Array(list) => Toml::Array(list.iter().map(value_to_toml).collect::<Option<_>>()?),
        Json::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries = entries.into_iter();
            let table = entries.map(|(key, element)| Some((key.clone(), value_to_toml(element)?)));
            Toml::Table(table.collect::<Option<_>>()?)
        }
    })
}

fn value_to_json(value: Toml) -> Json {
    match value {
        Toml::Boolean(flag) => flag.into(),
        Toml::Integer(number) => number.into(),
        Toml::String(text) => text.into(),
        Toml::Array(list) => list.into_iter().map(value_to_json).collect(),
        Toml::Table(table) => {
            let entries = table.into_iter();
            Json::Object(
                entries
                    .map(|(key, element)| (key, value_to_json(element)))
                    .collect(),
            )
        }
        Toml::Float(number) => number.into(),
        Toml::Datetime(_) => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_json_has_not_is_refused() {
        for text in [
            "a = 1979-05-27",
            "a = 1.0",
            "a = [{b = nan}]",
            "a = 07:32:00",
            "a = 9007199254740992",
        ] {
            let table = toml::from_str(text).unwrap();
            assert!(from_toml(vec![table]).is_err(), "{text}");
        }
    }

    fn value() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Json::from),
            (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Json::from),
            "\\PC{0,12}".prop_map(Json::from),
            "[ -~]{0,12}".prop_map(Json::from),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::btree_map("[ -#%-~][ -~]{0,8}", inner, 0..5)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_list_of_capabilities_survives_toml(
            entries in prop::collection::vec(prop::collection::btree_map("[a-z. \"]{0,8}", value(), 0..5), 0..4)
        ) {
            let list = entries.into_iter().map(|map| Json::Object(map.into_iter().collect()));
            let Ok(capabilities) = Capabilities::new(list.collect()) else {
                return Ok(());
            };
            let mut document = toml::Table::new();
            document.insert("grant".to_owned(), Toml::Array(to_toml(&capabilities)));
            let text = toml::to_string(&document).unwrap();
            let mut read: std::collections::BTreeMap<String, Vec<toml::Table>> = toml::from_str(&text).unwrap();
            prop_assert_eq!(from_toml(read.remove("grant").unwrap()).unwrap(), capabilities);
        }
    }

    #[test]
    fn a_mixed_list_survives() {
        let list = vec![json!({"a": [1, {"b": [[], {}]}, "x", [true]], "": {"": ""}})];
        let capabilities = Capabilities::new(list).unwrap();
        let text = toml::to_string(&to_toml(&capabilities)[0]).unwrap();
        assert_eq!(
            from_toml(vec![toml::from_str(&text).unwrap()]).unwrap(),
            capabilities
        );
    }
}
