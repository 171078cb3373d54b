//! The fields of kOps documents, `kops.k8s.io/v1alpha2`, that may appear at all. What is not here
//! is refused.

mod cluster;
mod components;
mod instance_group;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use schema::{Field, Otherwise, Rule, Shape, Values};

use crate::capability::Risk;

/// A field and how it is granted.
#[derive(Clone, Debug)]
pub struct Entry {
    pub field: &'static Field,
    /// The path that a grant names: the field's own, or that of its section with the section's class.
    pub granted_as: (String, Option<Risk>),
}

static FIELDS: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
    let sections = cluster::SECTIONS
        .iter()
        .chain(components::SECTIONS)
        .chain(instance_group::SECTIONS);
    let mut fields = BTreeMap::new();
    for section in sections {
        for field in section.fields {
            let path = format!("{}.{}", section.at, field.name);
            let granted_as = match section.whole {
                Some(risk) => (section.at.to_owned(), Some(risk)),
                None => (path.clone(), None),
            };
            fields.insert(path, Entry { field, granted_as });
        }
    }
    fields
});

/// What a path means.
pub enum Found {
    Field(&'static Entry),
    /// Fields lie below it.
    Inner,
}

/// What is at a path, `spec.kubelet.maxPods`; `None` when nothing may be.
pub fn at(path: &str) -> Option<Found> {
    if let Some(entry) = FIELDS.get(path) {
        return Some(Found::Field(entry));
    }
    let below = format!("{path}.");
    let next = FIELDS.range(below.clone()..).next();
    next.is_some_and(|(name, _)| name.starts_with(&below))
        .then_some(Found::Inner)
}

/// Paths that are lists of maps.
const LISTS: &[&str] = &[
    "instanceGroup.spec.additionalUserData",
    "instanceGroup.spec.externalLoadBalancers",
    "instanceGroup.spec.fileAssets",
    "instanceGroup.spec.hooks",
    "instanceGroup.spec.volumeMounts",
    "instanceGroup.spec.volumes",
    "spec.addons",
    "spec.api.loadBalancer.subnets",
    "spec.authentication.aws.identityMappings",
    "spec.etcdClusters",
    "spec.etcdClusters.etcdMembers",
    "spec.etcdClusters.manager.env",
    "spec.fileAssets",
    "spec.hooks",
    "spec.iam.serviceAccountExternalPermissions",
    "spec.kubeAPIServer.env",
    "spec.subnets",
    "spec.subnets.additionalRoutes",
];

/// Whether a list of maps is at a path that leads to fields.
pub fn is_list(path: &str) -> bool {
    LISTS.contains(&path)
}

/// The highest class of what a grant names by this path; `None` when no grant can name it.
pub fn class_of(path: &str) -> Option<Risk> {
    FIELDS
        .values()
        .filter(|entry| entry.granted_as.0 == path)
        .filter_map(|entry| match (entry.granted_as.1, entry.field.rule) {
            (_, Rule::Host | Rule::Never(_)) => None,
            (Some(risk), _) => Some(risk),
            (None, Rule::Any(risk)) => Some(risk),
            (
                None,
                Rule::Guarded {
                    otherwise: Otherwise::Exposing,
                    risk,
                    ..
                },
            ) => Some(risk.max(Risk::Power)),
            (None, Rule::Guarded { risk, .. }) => Some(risk),
        })
        .max()
}

/// The class of setting the field at a path; `None` where there is none, but maybe below. What the host sets itself, and
/// images, whose name says all, are plain.
pub fn risk_at(path: &str) -> Option<Risk> {
    let Found::Field(entry) = at(path)? else {
        return None;
    };
    Some(match (entry.field.shape, entry.field.rule) {
        (Shape::Image, _) | (_, Rule::Host | Rule::Never(_)) => Risk::Plain,
        (_, Rule::Any(risk) | Rule::Guarded { risk, .. }) => entry.granted_as.1.unwrap_or(risk),
    })
}

/// Fields that hold IAM statements, which the host reads as typed statements and the driver prints
/// as JSON text.
pub fn statement_fields() -> impl Iterator<Item = &'static str> {
    FIELDS
        .iter()
        .filter(|(_, entry)| {
            matches!(
                entry.field.shape,
                Shape::Statements | Shape::StatementsByRole
            )
        })
        .map(|(path, _)| path.as_str())
}

/// Every path of the table.
#[cfg(test)]
pub(in crate::capability::kops) fn paths() -> impl Iterator<Item = &'static str> {
    FIELDS.keys().map(String::as_str)
}
