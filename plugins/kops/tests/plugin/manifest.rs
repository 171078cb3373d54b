//! `plugin.toml` asks for what the plugin does, and for nothing else.

use crate::support;
use std::collections::BTreeSet;

use aegis_plugin::Provisioning;
use aegis_plugin::provisioning::Action;
use aegis_plugin_kops::Kops;
use serde_json::{Value, json};

fn manifest() -> Value {
    let table: toml::Table = toml::from_str(include_str!("../../plugin.toml")).unwrap();
    serde_json::to_value(table).unwrap()
}

/// The only line of a capability.
fn line(capability: &str) -> Value {
    let manifest = manifest();
    let lines = manifest["capability"].as_array().unwrap();
    let lines: Vec<_> = lines
        .iter()
        .filter(|line| line["capability"] == capability)
        .collect();
    let [line] = lines.as_slice() else {
        panic!("one line of {capability} was expected")
    };
    (*line).clone()
}

fn texts(list: &Value) -> BTreeSet<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_manifest_is_of_this_plugin() {
    let manifest = manifest();
    assert_eq!(manifest["name"], Kops::describe().name);
    assert_eq!(manifest["kind"], "provisioning");
    assert_eq!(manifest["capability"].as_array().unwrap().len(), 3);
}

#[test]
fn the_facts_are_those_of_the_stage_type() {
    let stage_type = Kops::describe().stage_types.remove(0);
    let facts = line("facts");
    let required: BTreeSet<_> = stage_type
        .requires
        .into_iter()
        .map(|fact| fact.name)
        .collect();
    let provided: BTreeSet<_> = stage_type
        .provides
        .into_iter()
        .map(|fact| fact.name)
        .collect();
    assert_eq!(texts(&facts["requires"]), required);
    assert_eq!(texts(&facts["provides"]), provided);
}

/// Dotted paths of all maps and values of a document; lists on the way are not written.
fn paths(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    found.insert(at.to_owned());
    match value {
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(name, value)| paths(value, &format!("{at}.{name}"), found));
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, at, found)),
        _ => {}
    }
}

#[test]
fn every_field_with_power_is_one_that_the_plugin_sets() {
    let mut set = BTreeSet::new();
    for (_, stage) in support::configurations() {
        let (cluster, groups) = support::documents(&support::plan(&stage).unwrap());
        paths(&cluster["spec"], "spec", &mut set);
        groups
            .iter()
            .for_each(|group| paths(&group["spec"], "instanceGroup.spec", &mut set));
    }
    let kops = line("kops");
    assert_eq!(kops["clusters"], json!(["own"]));
    for field in texts(&kops["fields"])
        .iter()
        .filter(|field| !field.ends_with('*'))
    {
        assert!(set.contains(field), "{field} is asked for and not set");
    }
}

#[test]
fn the_images_are_ubuntus_or_named_by_an_operator() {
    let patterns = texts(&line("kops")["images"]);
    for (_, stage) in support::configurations() {
        for group in support::documents(&support::plan(&stage).unwrap()).1 {
            let image = group["spec"]["image"].as_str().unwrap();
            assert!(
                patterns
                    .iter()
                    .any(|pattern| image.starts_with(pattern.trim_end_matches('*'))),
                "{image}"
            );
        }
    }
}

#[test]
fn the_secret_goes_where_the_manifest_says() {
    let stage = support::stage_with_key(support::cluster(&["a"]));
    let proposal = support::plan(&stage).unwrap();
    let Action::Kops(kops) = &proposal.changes[0].action else {
        panic!("a kOps change was expected")
    };
    let [secret] = kops.secrets.as_slice() else {
        panic!("one secret was expected")
    };
    let line = line("secret");
    assert_eq!(line["fact"], *secret.fact);
    assert_eq!(
        line["into"],
        json!({ "kops-store": { "clusters": ["own"], "name": secret.name } })
    );
}
