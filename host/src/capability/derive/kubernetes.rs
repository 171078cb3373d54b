//! One Kubernetes object.

use std::collections::BTreeSet;

use aegis_document::{Identifier, pointer, untrusted};

use super::{Cursor, DeriveContext, cluster_of};
use crate::capability::denial::Denial;
use crate::capability::kinds::{self, Judgement, Object};
use crate::capability::labels::{LabelRequest, is_host_key, is_power_key};
use crate::capability::{ClusterRequest, Request, Risk, Verb, codes, syntax};
use crate::proposal::{Change, Collection, KubernetesObject};

/// The most bytes of all annotations of an object: the API server's limit.
const MAX_ANNOTATIONS: usize = 256 << 10;

pub(super) fn derive(
    object: &KubernetesObject,
    change: &Change,
    context: &DeriveContext,
) -> Result<Vec<Request>, Denial> {
    let reference = object.reference();
    let asked = kinds::describe(Verb::Apply, &reference);
    let cluster = cluster_of(change, &asked)?;
    kinds::check_names(&reference, &asked)?;
    if !syntax::is_api_version(&object.version) {
        return Err(Denial::forbidden(
            codes::MALFORMED_NAME,
            asked,
            "the API version is not written as one",
            "write the version without its group, `v1`",
        ));
    }
    let collection = Collection {
        group: object.group.clone(),
        kind: object.kind.clone(),
    };
    let judgement = kinds::judgement(&collection);
    if let Judgement::Forbidden(reason) = judgement {
        return Err(Denial::forbidden(
            codes::FORBIDDEN,
            asked,
            reason,
            "no grant helps",
        ));
    }
    let scope = kinds::check_scope(&reference, &asked, context)?;
    let mut requests = check_metadata(object, cluster, &asked)?;
    let body = Cursor::new(&object.body, &asked);
    check_body(&body)?;
    let risk = match judgement {
        Judgement::Known(policy) if !(policy.beyond)(&body) => {
            if !policy.versions.contains(&object.version.as_str()) {
                return Err(body.refuse(
                    codes::UNKNOWN_FIELD,
                    format!(
                        "the host does not know version {} of this kind",
                        untrusted(&object.version)
                    ),
                    format!("use version {}", policy.versions.join(" or ")),
                ));
            }
            kinds::check_shape(&body, policy.shape, &context.facts)?;
            let judged = Object {
                object,
                body,
                cluster,
                context,
            };
            requests.extend((policy.implied)(&judged)?);
            kinds::risk_of(policy, &object.name)
        }
        Judgement::Known(_) | Judgement::Opaque | Judgement::Forbidden(_) => Risk::Opaque,
    };
    requests.push(Request::Cluster(ClusterRequest::write(
        cluster.clone(),
        Verb::Apply,
        &reference,
        scope,
        risk,
    )));
    Ok(requests)
}

/// What no kind has in its body.
fn check_body(body: &Cursor<'_>) -> Result<(), Denial> {
    for (key, value) in body.entries()? {
        match key {
            "apiVersion" | "kind" | "metadata" => {
                return Err(value.forbidden(
                    format!("`{key}` stands beside the body, not in it"),
                    "leave it out of the body",
                ));
            }
            "status" => {
                return Err(
                    value.forbidden("a status is written by its controller", "leave it out")
                );
            }
            "items" => {
                return Err(value.forbidden(
                    "a list hides its items from authorisation",
                    "propose one object per change",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Checks labels and annotations; keys that controllers obey are requests of their own.
fn check_metadata(
    object: &KubernetesObject,
    cluster: &Identifier,
    asked: &str,
) -> Result<Vec<Request>, Denial> {
    // The namespace that is labelled, or in which the labelled object is.
    let namespace = match (object.group.as_str(), object.kind.as_str()) {
        ("", "Namespace") => Some(object.name.clone()),
        _ => object.namespace.clone(),
    };
    let mut requests = Vec::new();
    let mut seen = BTreeSet::new();
    for (key, value) in &object.labels {
        let at = pointer::join("/metadata/labels", key);
        if !syntax::is_label_value(value) {
            return Err(malformed(
                asked,
                "a label's value is at most 63 letters, digits, `-`, `_` and `.`",
            )
            .at(at));
        }
        if !seen.insert(key) {
            return Err(malformed(asked, "the label is set twice").at(at));
        }
        requests.extend(key_request(asked, &at, cluster, namespace.clone(), key)?);
    }
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    for (key, value) in &object.annotations {
        let at = pointer::join("/metadata/annotations", key);
        bytes += key.len() + value.to_string().len();
        if !seen.insert(key) {
            return Err(malformed(asked, "the annotation is set twice").at(at));
        }
        // What a controller obeys is a control field, except where a role's ARN comes from a fact.
        let role = key == "eks.amazonaws.com/role-arn" && value.as_token().is_some();
        if is_power_key(key) && value.as_literal().is_none() && !role {
            return Err(Denial::forbidden(
                codes::CONTROL_FIELD,
                asked,
                "a controller obeys this annotation: its value has to be literal text",
                "write the value itself",
            )
            .at(at));
        }
        requests.extend(key_request(asked, &at, cluster, namespace.clone(), key)?);
    }
    if bytes > MAX_ANNOTATIONS {
        return Err(
            malformed(asked, "the annotations have more than 256 KiB").at("/metadata/annotations")
        );
    }
    Ok(requests)
}

/// Checks the labels and annotations that an object gives to what is made from a template in it.
pub(in crate::capability) fn template_keys(
    object: &Object<'_>,
    template: &Cursor<'_>,
) -> Result<Vec<Request>, Denial> {
    template
        .get("metadata")
        .map_or_else(|| Ok(Vec::new()), |metadata| keys(object, &metadata))
}

/// Checks the `labels` and `annotations` below a place. Keys that controllers obey are requests of their own.
pub(in crate::capability) fn keys(
    object: &Object<'_>,
    metadata: &Cursor<'_>,
) -> Result<Vec<Request>, Denial> {
    let mut requests = Vec::new();
    for field in ["labels", "annotations"] {
        let Some(map) = metadata.get(field) else {
            continue;
        };
        for (key, value) in map.entries()? {
            if is_power_key(key) {
                value.fixed()?;
            }
            let namespace = object.object.namespace.clone();
            requests.extend(key_request(
                value.asked(),
                value.pointer(),
                object.cluster,
                namespace,
                key,
            )?);
        }
    }
    Ok(requests)
}

fn key_request(
    asked: &str,
    at: &str,
    cluster: &Identifier,
    namespace: Option<String>,
    key: &str,
) -> Result<Option<Request>, Denial> {
    if !syntax::is_label_key(key) {
        return Err(malformed(asked, "a key is a name, or a DNS name, `/` and a name").at(at));
    }
    if is_host_key(key) {
        return Err(Denial::forbidden(
            codes::FORBIDDEN,
            asked,
            "the host tells its own objects by this key",
            "leave it out: the host sets it",
        )
        .at(at));
    }
    Ok(is_power_key(key).then(|| {
        Request::Labels(LabelRequest {
            cluster: cluster.clone(),
            namespace,
            key: key.to_owned(),
        })
    }))
}

fn malformed(asked: &str, reason: &str) -> Denial {
    Denial::forbidden(
        codes::MALFORMED_NAME,
        asked,
        reason,
        "see the kind's reference",
    )
}
