//! A Kubernetes object, stored as the whole object.

use std::collections::BTreeMap;

use super::Document;
use super::context::TargetContext;
use super::error::DocumentError;
use super::fields::{
    Fields, map, map_of_some, no_key_twice, optional_text, templated_map, text_map,
};
use crate::plan::InstanceId;
use crate::proposal::{KubernetesObject, ObjectRef};
use crate::template::Node;

/// Label of everything that a stack applies: by it a living platform is recognised when state was lost.
pub const STACK_LABEL: &str = "aegis.platform/stack";
/// Label that names the stage that owns the object.
pub const STAGE_LABEL: &str = "aegis.platform/stage";

/// Fields that have a place of their own in a proposal. `status` belongs to controllers.
const OWN_FIELDS: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

pub(super) fn of(
    object: &KubernetesObject,
    target: &TargetContext,
    instance: &InstanceId,
) -> Result<KubernetesObject, DocumentError> {
    let body = object
        .body
        .as_map()
        .ok_or_else(|| DocumentError::form("/body", "a map"))?;
    if let Some(field) = OWN_FIELDS.iter().find(|field| body.contains_key(**field)) {
        return Err(DocumentError::ObjectField {
            field: (*field).to_owned(),
        });
    }
    let mut object = object.clone();
    let host = [
        (STACK_LABEL, target.stack.to_string()),
        (STAGE_LABEL, instance.stage.to_string()),
    ];
    object
        .labels
        .extend(host.map(|(key, value)| (key.to_owned(), value)));
    object.labels.sort();
    object.annotations.sort();
    no_key_twice(&object.labels)?;
    no_key_twice(&object.annotations)?;
    Ok(object)
}

pub(super) fn without_host_labels(object: &KubernetesObject) -> KubernetesObject {
    let mut object = object.clone();
    object
        .labels
        .retain(|(key, _)| key != STACK_LABEL && key != STAGE_LABEL);
    object
}

/// The object as the API server reads it.
pub(crate) fn object_node(object: &KubernetesObject) -> Node {
    let body = object.body.as_map().cloned().unwrap_or_default();
    with_head(object, body)
}

/// [`object_node`] without a copy of the body.
pub(super) fn into_node(mut object: KubernetesObject) -> Node {
    let body = match std::mem::replace(&mut object.body, Node::Null) {
        Node::Map(body) => body,
        _ => BTreeMap::new(),
    };
    with_head(&object, body)
}

fn with_head(object: &KubernetesObject, mut node: BTreeMap<String, Node>) -> Node {
    let metadata = map_of_some([
        ("name", Node::text(object.name.as_str())),
        ("namespace", optional_text(object.namespace.as_deref())),
        ("labels", text_map(&object.labels)),
        ("annotations", templated_map(&object.annotations)),
    ]);
    node.insert("apiVersion".to_owned(), Node::text(object.api_version()));
    node.insert("kind".to_owned(), Node::text(object.kind.as_str()));
    node.insert("metadata".to_owned(), metadata);
    Node::Map(node)
}

/// The key that tells the two stored forms apart; no Kubernetes object has such a field.
const ABSENT: &str = "ensure-absent";

/// Whether a stored form says that the object must not exist.
pub(crate) fn is_absent(source: &serde_json::Value) -> bool {
    source.get(ABSENT).is_some()
}

pub(super) fn absent_node(object: &ObjectRef) -> Node {
    let reference = map_of_some([
        ("group", Node::text(object.group.as_str())),
        ("kind", Node::text(object.kind.as_str())),
        ("namespace", optional_text(object.namespace.as_deref())),
        ("name", Node::text(object.name.as_str())),
    ]);
    map([(ABSENT, reference)])
}

pub(super) fn from_node(wanted: &ObjectRef, node: Node) -> Result<Document, DocumentError> {
    let mut fields = Fields::of(node, "")?;
    let (document, reference) = match fields.optional(ABSENT) {
        Some(reference) => {
            let mut reference = Fields::of(reference, "/ensure-absent")?;
            let object = ObjectRef {
                group: reference.text("group")?,
                kind: reference.text("kind")?,
                namespace: reference.optional_text("namespace")?,
                name: reference.text("name")?,
            };
            reference.end()?;
            fields.end()?;
            (Document::Absent(object.clone()), object)
        }
        None => {
            let object = read_object(fields)?;
            let reference = object.reference();
            (Document::Kubernetes(object), reference)
        }
    };
    if reference != *wanted {
        return Err(DocumentError::form(
            "",
            "the object that the identity names",
        ));
    }
    Ok(document)
}

fn read_object(mut fields: Fields) -> Result<KubernetesObject, DocumentError> {
    let api_version = fields.text("apiVersion")?;
    let (group, version) = match api_version.split_once('/') {
        Some((group, version)) => (group.to_owned(), version.to_owned()),
        None => (String::new(), api_version),
    };
    let kind = fields.text("kind")?;
    let mut metadata = Fields::of(fields.node("metadata")?, "/metadata")?;
    let name = metadata.text("name")?;
    let namespace = metadata.optional_text("namespace")?;
    let labels = metadata.text_map("labels")?;
    let annotations = metadata.templated_map("annotations")?;
    metadata.end()?;
    Ok(KubernetesObject {
        group,
        version,
        kind,
        namespace,
        name,
        labels,
        annotations,
        body: fields.rest(),
    })
}
