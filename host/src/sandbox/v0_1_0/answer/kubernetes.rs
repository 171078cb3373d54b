//! Kubernetes objects and releases.

use super::super::bindings::changes as wit;
use super::super::bindings::types;
use crate::proposal::{CrdPolicy, HooksPolicy, KubernetesObject, ObjectRef, Release};
use crate::sandbox::parse::{AnswerError, At, Budget, each, malformed, object, text, unique_keys};

/// Fields of an object that are not part of a body: the header says them, or the server does.
const NOT_IN_BODY: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

pub(super) fn object_ref(raw: types::ObjectReference) -> Result<ObjectRef, AnswerError> {
    Ok(ObjectRef {
        group: text::api_group(raw.group).at("group")?,
        kind: text::kubernetes_kind(raw.kind).at("kind")?,
        namespace: raw
            .namespace
            .map(text::dns_label)
            .transpose()
            .at("namespace")?,
        name: text::object_name(raw.name).at("name")?,
    })
}

pub(super) fn kubernetes_object(
    raw: wit::KubernetesObject,
    budget: &mut Budget,
) -> Result<KubernetesObject, AnswerError> {
    let body = object(&raw.body, budget).at("body")?;
    if let Some(key) = NOT_IN_BODY.iter().find(|key| body.get(key).is_some()) {
        return Err(malformed(format_args!("a body has no `{key}`"))).at("body");
    }
    let labels = each("labels", raw.metadata.labels, budget, |(key, value), _| {
        Ok((text::label_key(key)?, text::label_value(value)?))
    })
    .at("metadata")?;
    let annotations = each(
        "annotations",
        raw.metadata.annotations,
        budget,
        |(key, value), _| Ok((text::label_key(key)?, text::templated(&value)?)),
    )
    .at("metadata")?;
    unique_keys("labels", &labels).at("metadata")?;
    unique_keys("annotations", &annotations).at("metadata")?;
    Ok(KubernetesObject {
        group: text::api_group(raw.group).at("group")?,
        version: text::word(raw.version).at("version")?,
        kind: text::kubernetes_kind(raw.kind).at("kind")?,
        namespace: raw
            .metadata
            .namespace
            .map(text::dns_label)
            .transpose()
            .at("namespace")
            .at("metadata")?,
        name: text::object_name(raw.metadata.name)
            .at("name")
            .at("metadata")?,
        labels,
        annotations,
        body,
    })
}

pub(super) fn release(raw: wit::Release, budget: &mut Budget) -> Result<Release, AnswerError> {
    Ok(Release {
        name: text::dns_label(raw.name).at("name")?,
        namespace: text::dns_label(raw.namespace).at("namespace")?,
        entry: text::identifier(raw.entry).at("entry")?,
        values: object(&raw.values, budget).at("values")?,
        crds: match raw.crds {
            wit::CrdPolicy::Manage => CrdPolicy::Manage,
            wit::CrdPolicy::Skip => CrdPolicy::Skip,
        },
        hooks: match raw.hooks {
            wit::HooksPolicy::Run => HooksPolicy::Run,
            wit::HooksPolicy::Skip => HooksPolicy::Skip,
        },
    })
}
