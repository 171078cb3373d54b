//! What the host knows about kinds of Kubernetes objects: where they live, how much harm they can do, and
//! which of their fields mean what.

mod admission;
mod argo;
mod calico;
mod cel;
mod cert_manager;
mod config;
mod definition;
mod istio;
mod kyverno;
mod monitoring;
mod network;
mod pod_shape;
mod quota;
mod rbac;
mod scope;
mod shape;
mod storage;
mod table;
#[cfg(test)]
mod tests;
mod workload;

use aegis_document::{Identifier, untrusted};

pub use scope::scope_of;

use super::cluster::{ClusterRequest, ObjectScope, Verb};
use super::denial::Denial;
use super::derive::DeriveContext;
use super::sorted::Patterns;
use super::{Request, Risk, codes, syntax};
use crate::proposal::{Collection, ObjectRef};

pub(super) use definition::defined_by;
#[cfg(test)]
pub(super) use shape::Shape;
pub(super) use shape::check as check_shape;
pub(super) use table::{Judgement, Object, judgement};
#[cfg(test)]
pub(super) use table::{KindPolicy, policies};

/// Group, kind and versions of every kind that the host has a policy for.
pub fn known() -> impl Iterator<Item = (&'static str, &'static str, &'static [&'static str])> {
    table::policies().map(|policy| (policy.group, policy.kind, policy.versions))
}

/// The class of reading objects of a kind. Secrets are plain to nobody.
pub(super) fn read_risk(collection: &Collection) -> Risk {
    if collection.group.is_empty() && collection.kind == "Secret" {
        Risk::Power
    } else {
        Risk::Plain
    }
}

/// The class of one object of a kind.
pub(super) fn risk_of(policy: &table::KindPolicy, name: &str) -> Risk {
    if config::is_obeyed(policy.group, policy.kind, name) {
        Risk::Deputy
    } else {
        policy.risk
    }
}

/// The class of an object of a kind; opaque where the host has no policy.
pub fn class_of(object: &ObjectRef) -> Risk {
    let collection = Collection {
        group: object.group.clone(),
        kind: object.kind.clone(),
    };
    match judgement(&collection) {
        Judgement::Known(policy) => risk_of(policy, &object.name),
        Judgement::Opaque | Judgement::Forbidden(_) => Risk::Opaque,
    }
}

/// The highest class that patterns of kinds reach in a group.
pub(super) fn highest_risk(group: &str, kinds: &Patterns) -> Risk {
    table::policies()
        .filter(|policy| policy.group == group && kinds.covers(policy.kind, policy.risk))
        .map(|policy| policy.risk)
        .max()
        .unwrap_or(Risk::Plain)
}

/// A request that means one object as a whole, for deleting, pruning or adopting it. Refused when nobody knows
/// the kind's scope, or the namespace does not fit it.
pub fn object_request(
    cluster: &Identifier,
    verb: Verb,
    object: &ObjectRef,
    context: &DeriveContext,
) -> Result<Request, Denial> {
    let asked = describe(verb, object);
    let collection = Collection {
        group: object.group.clone(),
        kind: object.kind.clone(),
    };
    check_names(object, &asked)?;
    let scope = check_scope(object, &asked, context)?;
    let risk = match judgement(&collection) {
        Judgement::Known(policy) => risk_of(policy, &object.name),
        Judgement::Opaque => Risk::Opaque,
        Judgement::Forbidden(reason) => {
            return Err(Denial::forbidden(
                codes::FORBIDDEN,
                asked,
                reason,
                "no grant helps",
            ));
        }
    };
    // Whoever deletes one of these deletes what is in it.
    let container = matches!(
        (object.group.as_str(), object.kind.as_str()),
        (
            "",
            "Namespace" | "PersistentVolumeClaim" | "PersistentVolume"
        ) | ("apiextensions.k8s.io", "CustomResourceDefinition")
    );
    let risk = if container && matches!(verb, Verb::Delete | Verb::Prune) {
        risk.max(Risk::Power)
    } else {
        risk
    };
    Ok(Request::Cluster(ClusterRequest::write(
        cluster.clone(),
        verb,
        object,
        scope,
        risk,
    )))
}

/// `apply Deployment orders/api`: how refusals name an object.
pub(super) fn describe(verb: Verb, object: &ObjectRef) -> String {
    let verb = match verb {
        Verb::Read => "read",
        Verb::Apply => "apply",
        Verb::Adopt => "take over",
        Verb::Prune => "prune",
        Verb::Delete => "delete",
        Verb::DryRun => "dry-run",
    };
    let namespace = object
        .namespace
        .as_deref()
        .map(|namespace| format!("{namespace}/"))
        .unwrap_or_default();
    format!(
        "{verb} {} {}{}",
        untrusted(&object.kind),
        untrusted(&namespace),
        untrusted(&object.name)
    )
}

/// Checks group, kind and name.
pub(super) fn check_names(object: &ObjectRef, asked: &str) -> Result<(), Denial> {
    let malformed =
        |what: &str, help: &str| Denial::forbidden(codes::MALFORMED_NAME, asked, what, help);
    if !syntax::is_api_group(&object.group) {
        return Err(malformed(
            "the API group is not a DNS name",
            "name the group exactly, without version",
        ));
    }
    if !syntax::is_kind(&object.kind) {
        return Err(malformed(
            "the kind is not written in upper camel case",
            "name the kind exactly",
        ));
    }
    let is_name = if object.group == "rbac.authorization.k8s.io" {
        syntax::is_path_segment(&object.name)
    } else if object.group.is_empty() && ["Namespace", "Service"].contains(&object.kind.as_str()) {
        syntax::is_dns_label(&object.name)
    } else {
        syntax::is_dns_subdomain(&object.name)
    };
    if !is_name {
        return Err(malformed(
            "the name is not one that objects of this kind can have",
            "use a DNS name",
        ));
    }
    Ok(())
}

/// The scope of an object, if the kind's is known and the object's namespace fits it.
pub(super) fn check_scope(
    object: &ObjectRef,
    asked: &str,
    context: &DeriveContext,
) -> Result<ObjectScope, Denial> {
    let collection = Collection {
        group: object.group.clone(),
        kind: object.kind.clone(),
    };
    let Some(scope) = context.scope_of(&collection) else {
        return Err(Denial::forbidden(
            codes::UNKNOWN_SCOPE,
            asked,
            "nobody knows whether this kind has a namespace: it is neither Kubernetes' own nor defined in this plan nor known to the cluster",
            "propose its CustomResourceDefinition first, or check group and kind",
        ));
    };
    let refuse = |reason: &str, help: &str| {
        Err(Denial::forbidden(
            codes::MALFORMED_NAME,
            asked,
            reason,
            help,
        ))
    };
    match (scope, &object.namespace) {
        (ObjectScope::Namespaced, None) => refuse(
            "the namespace is missing",
            "state it: nothing lands in `default`",
        ),
        (ObjectScope::Cluster, Some(_)) => {
            refuse("objects of this kind have no namespace", "leave it out")
        }
        (ObjectScope::Namespaced, Some(namespace)) if !syntax::is_dns_label(namespace) => refuse(
            "the namespace is not a DNS label",
            "use the name of a namespace",
        ),
        (scope, _) => Ok(scope),
    }
}
