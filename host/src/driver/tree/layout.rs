//! Where each document lies in the tree.
//!
//! ```text
//! terraform/<root>/main.tf.json, facts.auto.tfvars.json
//! kops/<cluster>/cluster.yaml, runbook.json, <group>.instancegroup.yaml
//! clusters/<cluster>/<stage>/<namespace or _cluster>/<kind>-<name>.yaml
//! clusters/<cluster>/<stage>/releases/<namespace>-<name>/release.yaml, values.yaml
//! clusters/<cluster>/<stage>/releases/<namespace>-<name>.yaml      a release of Argo CD's
//! clusters/<cluster>/<stage>/applications/<name>.yaml
//! .github/workflows/<file>.yml
//! tools/<cluster or stack>/…json                                   what a person has to run
//! ```

use aegis_document::Identifier;

use super::path::{PathError, TreePath, segment};
use super::render::RenderError;
use crate::capability::path::check;
use crate::proposal::ObjectRef;

/// Folders that belong to typed documents, and the tree's own.
const OWNED_FOLDERS: [&str; 6] = [
    "terraform",
    "kops",
    "clusters",
    "tools",
    ".github",
    ".aegis",
];

pub(super) fn terraform(root: &Identifier, file: &str) -> Result<TreePath, PathError> {
    TreePath::new(format!("{}/{file}", terraform_folder(root)))
}

/// The folder that belongs to one root alone.
pub(super) fn terraform_folder(root: &Identifier) -> String {
    format!("terraform/{}", segment(root.as_str()))
}

pub(super) fn kops(cluster: &Identifier, file: &str) -> Result<TreePath, PathError> {
    TreePath::new(format!("kops/{}/{file}", segment(cluster.as_str())))
}

fn stage_folder(cluster: &Identifier, stage: &Identifier) -> String {
    format!(
        "clusters/{}/{}",
        segment(cluster.as_str()),
        segment(stage.as_str())
    )
}

pub(super) fn object(
    cluster: &Identifier,
    stage: &Identifier,
    object: &ObjectRef,
) -> Result<TreePath, PathError> {
    let namespace = object
        .namespace
        .as_deref()
        .map_or_else(|| "_cluster".to_owned(), segment);
    TreePath::new(format!(
        "{}/{namespace}/{}.yaml",
        stage_folder(cluster, stage),
        object_file(object)
    ))
}

fn object_file(object: &ObjectRef) -> String {
    format!(
        "{}-{}",
        segment(&object.kind.to_ascii_lowercase()),
        segment(&object.name)
    )
}

pub(super) fn release(
    cluster: &Identifier,
    stage: &Identifier,
    (namespace, name): (&str, &str),
    file: &str,
) -> Result<TreePath, PathError> {
    let folder = format!(
        "{}/releases/{}-{}",
        stage_folder(cluster, stage),
        segment(namespace),
        segment(name)
    );
    TreePath::new(format!("{folder}{file}"))
}

pub(super) fn application(
    cluster: &Identifier,
    stage: &Identifier,
    name: &str,
) -> Result<TreePath, PathError> {
    TreePath::new(format!(
        "{}/applications/{}.yaml",
        stage_folder(cluster, stage),
        segment(name)
    ))
}

pub(super) fn workflow(file: &Identifier) -> Result<TreePath, PathError> {
    TreePath::new(format!(".github/workflows/{}.yml", segment(file.as_str())))
}

pub(super) fn tool(
    cluster: Option<&Identifier>,
    adapter: &Identifier,
    change: &Identifier,
) -> Result<TreePath, PathError> {
    let place = cluster.map_or_else(|| "_stack".to_owned(), |cluster| segment(cluster.as_str()));
    TreePath::new(format!(
        "tools/{place}/{}-{}.json",
        segment(adapter.as_str()),
        segment(change.as_str())
    ))
}

pub(super) fn absent(cluster: &Identifier, object: &ObjectRef) -> Result<TreePath, PathError> {
    let namespace = object
        .namespace
        .as_deref()
        .map_or_else(|| "_cluster".to_owned(), segment);
    TreePath::new(format!(
        "tools/{}/absent/{namespace}/{}.json",
        segment(cluster.as_str()),
        object_file(object)
    ))
}

/// The path of an inert text file: outside of what typed documents own and of what other programs obey.
pub(super) fn file(path: &str) -> Result<TreePath, RenderError> {
    let checked = TreePath::new(path)?;
    let lower = path.to_ascii_lowercase();
    let first = lower.split('/').next().unwrap_or_default();
    if OWNED_FOLDERS.contains(&first) || check(path).is_err() {
        return Err(RenderError::Reserved { path: checked });
    }
    Ok(checked)
}
