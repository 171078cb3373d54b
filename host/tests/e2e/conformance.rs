//! What is written is what kOps, the controllers in the clusters and Terraform take.

mod custom_resource;
mod root;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::desk::Desk;
use crate::world;
use custom_resource::Schemas;

/// Every Kubernetes and kOps document of the tree, read by another YAML reader than the one that wrote it.
fn documents(desk: &Desk) -> BTreeMap<String, Value> {
    let files = desk.files();
    let yaml = files.iter().filter(|(name, _)| name.ends_with(".yaml"));
    yaml.map(|(name, content)| {
        let text = std::str::from_utf8(content).unwrap();
        let value = serde_yaml_ng::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name.clone(), value)
    })
    .collect()
}

#[test]
fn custom_resources_conform_to_their_definitions() {
    let Some(schemas) = Schemas::known() else {
        return;
    };
    let Some(desk) = Desk::complete() else { return };
    let mut problems = Vec::new();
    let mut checked: BTreeMap<String, usize> = BTreeMap::new();
    for (name, document) in documents(&desk) {
        let Some(kind) = custom_resource::kind(&document) else {
            continue;
        };
        let Some(found) = schemas.problems(&document) else {
            continue;
        };
        problems.extend(
            found
                .into_iter()
                .map(|problem| format!("{name}: {problem}")),
        );
        *checked.entry(kind).or_default() += 1;
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    // Both clusters, and every kind that the platform has.
    for (kind, least) in [
        ("kops.k8s.io/v1alpha2 Cluster", 2),
        ("kops.k8s.io/v1alpha2 InstanceGroup", 8),
        ("cert-manager.io/v1 Certificate", 4),
        ("cert-manager.io/v1 ClusterIssuer", 2),
        ("cert-manager.io/v1 Issuer", 4),
        ("trust.cert-manager.io/v1alpha1 Bundle", 2),
        ("argoproj.io/v1alpha1 AppProject", 2),
        ("argoproj.io/v1alpha1 Application", 2),
    ] {
        assert!(
            checked.get(kind).is_some_and(|found| *found >= least),
            "{kind}: {checked:?}"
        );
    }
}

#[test]
fn every_group_of_the_platform_is_checked_or_known() {
    let Some(schemas) = Schemas::known() else {
        return;
    };
    let Some(desk) = Desk::complete() else { return };
    // Kinds of Kubernetes itself, which have no definition, and what Aegis writes for people.
    let known = [
        "v1 Namespace",
        "networking.k8s.io/v1 NetworkPolicy",
        "aegis.platform/v1 Release",
    ];
    for (name, document) in documents(&desk) {
        let Some(kind) = custom_resource::kind(&document) else {
            assert!(name.ends_with("/values.yaml"), "{name} is of no kind");
            continue;
        };
        let checked = schemas.problems(&document).is_some();
        assert!(
            checked || known.contains(&kind.as_str()),
            "{name}: nobody checks {kind}"
        );
    }
}

/// The reader that is used to check is not more lenient than the checks assume.
#[test]
fn a_document_that_does_not_conform_is_found() {
    let Some(schemas) = Schemas::known() else {
        return;
    };
    let group = |spec: &str| -> Value {
        let text = format!(
            "apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata: {{name: nodes}}\nspec: {spec}\n"
        );
        serde_yaml_ng::from_str(&text).unwrap()
    };
    let found = |spec: &str| schemas.problems(&group(spec)).unwrap();
    assert_eq!(found("{role: Node, minSize: 1}"), [""; 0]);
    for spec in [
        "{role: Node, minSize: \"1\"}",
        "{role: Node, minSiz: 1}",
        "{role: Node, instanceMetadata: {httpToken: required}}",
        "{role: [Node]}",
        "{role: Node, minSize: null}",
    ] {
        assert!(!found(spec).is_empty(), "{spec}");
    }
}

#[test]
fn terraform_plans_every_root() {
    let Some((program, providers)) = world::terraform() else {
        return;
    };
    let Some(desk) = Desk::complete() else { return };
    let files = desk.files();
    let roots: Vec<&str> = files
        .keys()
        .filter_map(|name| name.strip_suffix("/main.tf.json"))
        .collect();
    assert_eq!(roots.len(), 5, "{roots:?}");
    let ready = root::Ready::new(program, &providers, &desk.tree().join(roots[0]));
    let ready = ready.unwrap_or_else(|error| panic!("{}: {error}", roots[0]));
    std::thread::scope(|scope| {
        for name in roots {
            let (ready, desk) = (&ready, &desk);
            let document: Value =
                serde_json::from_slice(&files[&format!("{name}/main.tf.json")]).unwrap();
            scope.spawn(move || {
                let messages = ready.plan(&desk.tree().join(name));
                is_planned(
                    &document,
                    &messages.unwrap_or_else(|error| panic!("{name}: {error}")),
                );
            });
        }
    });
}

/// Everything that is written is planned, is created, and every output is there.
fn is_planned(document: &Value, messages: &[Value]) {
    let resources = document["resource"].as_object().unwrap();
    let written: BTreeSet<String> = resources
        .iter()
        .flat_map(|(kind, names)| {
            let names = names.as_object().unwrap().keys();
            names.map(move |name| format!("{kind}.{name}"))
        })
        .collect();
    let of = |kind: &'static str| {
        messages
            .iter()
            .filter(move |message| message["type"] == kind)
    };
    let planned: BTreeSet<String> = of("planned_change")
        .map(|message| {
            assert_eq!(message["change"]["action"], "create", "{message}");
            message["change"]["resource"]["addr"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(planned, written);
    let declared: BTreeSet<&String> = document["output"].as_object().unwrap().keys().collect();
    let outputs = of("outputs")
        .next()
        .and_then(|message| message["outputs"].as_object());
    assert_eq!(outputs.unwrap().keys().collect::<BTreeSet<_>>(), declared);
}
