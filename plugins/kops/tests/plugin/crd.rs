//! The documents against the custom resource definitions of kOps.

use crate::support;
use std::fs;

use aegis_plugin::pointer;
use serde_json::{Value, json};

/// The schema of a kind at `v1alpha2`.
fn schema(plural: &str) -> Option<Value> {
    let Some(folder) = support::crds() else {
        println!("skipped: needs the CRD corpus");
        return None;
    };
    let text = fs::read_to_string(folder.join(format!("kops.k8s.io_{plural}.yaml"))).unwrap();
    let definition = support::yaml::read(&text);
    let versions = definition["spec"]["versions"].as_array().unwrap();
    let version = versions
        .iter()
        .find(|version| version["name"] == "v1alpha2")
        .unwrap();
    Some(version["schema"]["openAPIV3Schema"].clone())
}

/// Where a document has a field that its schema does not know. An API server would drop such a field in silence.
fn unknown(document: &Value, schema: &Value, at: &str, found: &mut Vec<String>) {
    match document {
        Value::Object(fields) if schema["x-kubernetes-preserve-unknown-fields"] != true => {
            for (name, value) in fields {
                let at = format!("{at}{}", pointer::of([name]));
                let known = schema["properties"]
                    .get(name)
                    .or_else(|| schema.get("additionalProperties"));
                match known {
                    Some(inner) => unknown(value, inner, &at, found),
                    // The schema says nothing about metadata, which every object has, nor about empty objects.
                    None if at.starts_with("/metadata/") => {}
                    None => found.push(at),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                unknown(item, &schema["items"], &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn check(document: &Value, schema: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    unknown(document, schema, "", &mut problems);
    let validator = jsonschema::options().build(schema).unwrap();
    problems.extend(
        validator
            .iter_errors(document)
            .map(|error| format!("{}: {error}", error.instance_path())),
    );
    problems
}

#[test]
fn clusters_and_instance_groups_are_what_kops_knows() {
    let (Some(cluster_schema), Some(group_schema)) = (schema("clusters"), schema("instancegroups"))
    else {
        return;
    };
    for (name, stage) in support::configurations() {
        let (cluster, groups) = support::documents(&support::plan(&stage).unwrap());
        assert_eq!(
            check(&cluster, &cluster_schema),
            Vec::<String>::new(),
            "{name}"
        );
        for group in groups {
            assert_eq!(
                check(&group, &group_schema),
                Vec::<String>::new(),
                "{name}: {}",
                group["metadata"]["name"]
            );
        }
    }
}

#[test]
fn the_check_finds_fields_and_types_that_kops_does_not_know() {
    let Some(schema) = schema("clusters") else {
        return;
    };
    let cluster = json!({
        "metadata": { "name": "x", "labels": { "a": "b" } },
        "spec": {
            "kubelet": { "anonymousAuht": false },
            "etcdClusters": [{ "etcdMembers": [{ "encrypted": true }] }],
            "cloudLabels": { "any": "thing" },
            "sshAccess": "0.0.0.0/0",
        },
    });
    let problems = check(&cluster, &schema);
    assert_eq!(problems.len(), 3, "{problems:?}");
    for wanted in [
        "/spec/kubelet/anonymousAuht",
        "/spec/etcdClusters/0/etcdMembers/0/encrypted",
        "/spec/sshAccess: ",
    ] {
        assert!(
            problems.iter().any(|problem| problem.starts_with(wanted)),
            "{wanted}: {problems:?}"
        );
    }
}
