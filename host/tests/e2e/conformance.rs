//! What is written is what kOps, the controllers in the clusters and Terraform take.

mod custom_resource;
mod root;

use std::collections::BTreeMap;

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
    let Some(folder) = world::definitions() else {
        return;
    };
    let Some(desk) = Desk::complete() else { return };
    let schemas = Schemas::read(&folder);
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
    let Some(folder) = world::definitions() else {
        return;
    };
    let Some(desk) = Desk::complete() else { return };
    let schemas = Schemas::read(&folder);
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
    let Some(folder) = world::definitions() else {
        return;
    };
    let schemas = Schemas::read(&folder);
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
    let terraform = desk.tree().join("terraform");
    let names: Vec<String> = std::fs::read_dir(&terraform)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 5, "{names:?}");
    let sts = root::Sts::start();
    let checked: Vec<(String, Result<Value, String>)> = std::thread::scope(|scope| {
        let running: Vec<_> = names
            .iter()
            .map(|name| {
                let (program, providers, folder) = (&program, &providers, terraform.join(name));
                let sts = sts.url();
                scope.spawn(move || root::plan(program, providers, &folder, &sts))
            })
            .collect();
        let results = running.into_iter().map(|thread| thread.join().unwrap());
        names.iter().cloned().zip(results).collect()
    });
    for (name, planned) in checked {
        let plan = planned.unwrap_or_else(|error| panic!("{name}: {error}"));
        let document: Value = serde_json::from_slice(
            &std::fs::read(terraform.join(&name).join("main.tf.json")).unwrap(),
        )
        .unwrap();
        // Everything that is written is planned, and it is created.
        let written: usize = document["resource"]
            .as_object()
            .unwrap()
            .values()
            .map(|names| names.as_object().unwrap().len())
            .sum();
        let changes = plan["resource_changes"].as_array().unwrap();
        assert_eq!(changes.len(), written, "{name}");
        for change in changes {
            assert_eq!(
                change["change"]["actions"],
                serde_json::json!(["create"]),
                "{change}"
            );
        }
        // Every output that becomes a fact is one of the plan's.
        let outputs = plan["planned_values"]["outputs"].as_object().unwrap();
        let declared = document["output"].as_object().unwrap();
        assert_eq!(outputs.len(), declared.len(), "{name}");
    }
}
