use super::*;
use crate::stack::tests::{EVERY_KEY, example_files};
use crate::stack::{parse, syntax};

fn validator() -> jsonschema::Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
}

/// The file as an editor sees it.
fn json(text: &str) -> Value {
    let source = std::sync::Arc::new(miette::NamedSource::new("test", text.to_owned()));
    let mut report = crate::stack::error::Report::new(source);
    syntax::read(text, &mut report).unwrap().to_json()
}

/// Every map of the file that a table of keys describes, by the table's place.
fn maps<'v>(place: &str, value: &'v Value) -> Vec<&'v Value> {
    let mut found = vec![value];
    for part in place.split('.').filter(|part| !part.is_empty()) {
        found = found
            .into_iter()
            .flat_map(|value| -> Vec<&Value> {
                match part.strip_suffix("[]") {
                    Some(list) => value[list].as_array().into_iter().flatten().collect(),
                    None if matches!(part, "NAME" | "CLUSTER") => value
                        .as_object()
                        .into_iter()
                        .flat_map(|map| map.values())
                        .collect(),
                    None => value.get(part).into_iter().collect(),
                }
            })
            .collect();
    }
    found
        .into_iter()
        .filter(|value| value.is_object())
        .collect()
}

#[test]
fn the_schema_is_a_schema() {
    assert!(jsonschema::meta::validate(&schema()).is_ok());
}

#[test]
fn what_the_reader_accepts_an_editor_accepts() {
    let validator = validator();
    let examples = example_files().into_iter().map(|(_, text)| text);
    for text in examples.chain([EVERY_KEY.to_owned()]) {
        assert!(parse("test", &text).is_ok());
        let errors: Vec<String> = validator
            .iter_errors(&json(&text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn every_key_of_the_tables_is_used_and_described() {
    let every = json(EVERY_KEY);
    let properties = schema().to_string();
    for (place, table) in keys::TABLES {
        let maps = maps(place, &every);
        for key in *table {
            assert!(
                maps.iter().any(|map| map.get(key.name).is_some()),
                "{place}: `{}` is not in the file that uses every key",
                key.name
            );
            let described = format!("\"description\":{}", Value::from(key.about));
            assert!(properties.contains(&described), "{place}: {}", key.name);
        }
    }
}

#[test]
fn an_unknown_key_is_refused_in_every_place() {
    let validator = validator();
    for (place, table) in keys::TABLES {
        let every = json(EVERY_KEY);
        for index in 0..maps(place, &every).len() {
            let mut changed = every.clone();
            // The same walk finds the same map again; it is replaced through its own text.
            let target = maps(place, &every)[index];
            let mut extended = target.clone();
            extended["unheard-of"] = 1.into();
            replace(&mut changed, target, &extended);
            assert_ne!(changed, every, "{place}");
            assert!(!validator.is_valid(&changed), "{place} with {table:?}");
        }
    }
}

fn replace(value: &mut Value, target: &Value, with: &Value) {
    if value == target {
        *value = with.clone();
        return;
    }
    match value {
        Value::Object(map) => map
            .values_mut()
            .for_each(|value| replace(value, target, with)),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|value| replace(value, target, with)),
        _ => {}
    }
}

#[test]
fn what_an_editor_can_refuse_is_refused() {
    let validator = validator();
    let every = json(EVERY_KEY);
    let cases = [
        ("/aegis", json!(2)),
        ("/name", json!("The Shop")),
        ("/domain", json!("com")),
        ("/preset", json!("standrad")),
        ("/clusters", json!({})),
        ("/clusters/use1/cidr", json!("10.0.0.0/8")),
        ("/clusters/use1/zones", json!(0)),
        ("/clusters/use1/access", json!("exec")),
        ("/stages/mesh/use", json!("linkerd")),
        ("/stages/compliance/off", json!(true)),
        ("/deliver/file", json!("live")),
        ("/policy/block-at", json!("urgent")),
        ("/policy/approvals", json!(-1)),
        ("/exceptions/0/expires", json!("tomorrow")),
        ("/facts/use1/network.vpc-id", json!(null)),
        ("/releases/owner/mesh", json!("flux")),
    ];
    for (pointer, value) in cases {
        let mut changed = every.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert!(!validator.is_valid(&changed), "{pointer}");
    }
}
