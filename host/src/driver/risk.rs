//! What a change can break once it takes effect. Decided here, never by a plugin.

use std::collections::BTreeSet;

use super::document::{Document, TerraformDocument};
use crate::plan::{ChangeAction, Identity, Risk};
use crate::proposal::TerraformBlock;

/// Terraform types that hold data or that everything else stands on: losing one is not undone by
/// applying again.
const STATEFUL_TYPES: [&str; 10] = [
    "aws_db_instance",
    "aws_dynamodb_table",
    "aws_ebs_volume",
    "aws_efs_file_system",
    "aws_iam_openid_connect_provider",
    "aws_kms_key",
    "aws_route53_zone",
    "aws_s3_bucket",
    "aws_subnet",
    "aws_vpc",
];

/// Kinds whose deletion takes other objects or data with them.
const STATEFUL_KINDS: [&str; 6] = [
    "CustomResourceDefinition",
    "Namespace",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "StatefulSet",
    "StorageClass",
];

/// The risk of doing `action` to an identity whose document was `before` and becomes `after`. That `before` cannot be
/// read hides nothing: a change of what is not known has the highest risk that the identity can have.
pub fn risk(
    identity: &Identity,
    action: ChangeAction,
    before: Option<&Document>,
    after: Option<&Document>,
) -> Risk {
    match action {
        ChangeAction::Noop | ChangeAction::Create | ChangeAction::Transfer | ChangeAction::Run => {
            Risk::None
        }
        ChangeAction::Delete | ChangeAction::Replace => loss(identity, before),
        ChangeAction::Handover => Risk::Disruptive,
        ChangeAction::Update => update(identity, before, after),
    }
}

fn loss(identity: &Identity, before: Option<&Document>) -> Risk {
    match identity {
        Identity::Terraform { .. } | Identity::KopsCluster { .. } => Risk::Destructive,
        Identity::Kubernetes { object, .. } => match before {
            // The object was somebody else's and is gone already.
            Some(Document::Absent(_)) => Risk::None,
            _ if STATEFUL_KINDS.contains(&object.kind.as_str()) => Risk::Destructive,
            _ => Risk::Disruptive,
        },
        Identity::KopsInstanceGroup { .. }
        | Identity::Release { .. }
        | Identity::Application { .. }
        | Identity::Tool { .. } => Risk::Disruptive,
        Identity::Workflow { .. } | Identity::File { .. } => Risk::None,
    }
}

/// How many other things go when an identity goes, or when an update takes parts of it away. `known` is what state
/// owns; what nobody told Aegis of is not counted.
pub fn takes<'a>(
    identity: &Identity,
    action: ChangeAction,
    before: Option<&Document>,
    after: Option<&Document>,
    known: impl Iterator<Item = &'a Identity>,
) -> u32 {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let gone = matches!(action, ChangeAction::Delete | ChangeAction::Replace);
    match (identity, before) {
        (Identity::Terraform { .. }, Some(Document::Terraform(before))) => {
            let kept: &[TerraformBlock] = match after {
                Some(Document::Terraform(after)) if !gone => &after.resources[..],
                _ => &[],
            };
            let is_kept = |block: &&TerraformBlock| {
                let mut kept = kept.iter();
                kept.any(|other| (&other.kind, &other.name) == (&block.kind, &block.name))
            };
            match action {
                ChangeAction::Update | ChangeAction::Delete | ChangeAction::Replace => count(
                    before
                        .resources
                        .iter()
                        .filter(|block| !is_kept(block))
                        .count(),
                ),
                _ => 0,
            }
        }
        (Identity::KopsCluster { cluster }, _) if gone => count(
            known
                .filter(|other| *other != identity && other.cluster() == Some(cluster))
                .count(),
        ),
        (Identity::Kubernetes { cluster, object }, _) if gone => {
            let inside = |other: &Identity| match (object.kind.as_str(), other) {
                ("Namespace", Identity::Kubernetes { object: other, .. }) => {
                    other.namespace.as_ref() == Some(&object.name)
                }
                ("Namespace", Identity::Release { namespace, .. }) => *namespace == object.name,
                // `widgets.example.com`: the objects of the group are counted, as only the definition knows its kind.
                ("CustomResourceDefinition", Identity::Kubernetes { object: other, .. }) => object
                    .name
                    .split_once('.')
                    .is_some_and(|(_, group)| other.group == group),
                _ => false,
            };
            count(
                known
                    .filter(|other| other.cluster() == Some(cluster) && inside(other))
                    .count(),
            )
        }
        _ => 0,
    }
}

fn update(identity: &Identity, before: Option<&Document>, after: Option<&Document>) -> Risk {
    match (identity, before, after) {
        (_, None, _) => loss(identity, None),
        (
            Identity::Terraform { .. },
            Some(Document::Terraform(before)),
            Some(Document::Terraform(after)),
        ) => terraform(before, after),
        (Identity::Terraform { .. }, _, _) => Risk::Destructive,
        // Nodes are replaced when their configuration changes.
        (Identity::KopsCluster { .. } | Identity::KopsInstanceGroup { .. }, _, _) => {
            Risk::Disruptive
        }
        // Until the old owner lets go, both install it.
        (_, Some(Document::Release(before)), Some(Document::Release(after)))
            if before.owner != after.owner =>
        {
            Risk::Disruptive
        }
        (_, _, Some(Document::Absent(_))) => Risk::Disruptive,
        _ => Risk::None,
    }
}

/// In another region or account everything is made anew, and with another provider or another place for its state
/// Terraform no longer knows what it made. Another argument of something that holds data can replace it: only the
/// provider's schema tells, so it counts as disruptive.
fn terraform(before: &TerraformDocument, after: &TerraformDocument) -> Risk {
    let sources = |document: &TerraformDocument| -> BTreeSet<String> {
        let providers = document.providers.iter();
        providers.map(|provider| provider.source.clone()).collect()
    };
    let moved = before.region != after.region
        || before.account != after.account
        || before.backend != after.backend
        || sources(before) != sources(after);
    if moved {
        return Risk::Destructive;
    }
    let stateful = |block: &TerraformBlock| STATEFUL_TYPES.contains(&block.kind.as_str());
    let mut worst = if before.providers == after.providers {
        Risk::None
    } else {
        Risk::Disruptive
    };
    for block in &before.resources {
        let mut others = after.resources.iter();
        let same = others.find(|other| (&other.kind, &other.name) == (&block.kind, &block.name));
        let risk = match same {
            None if stateful(block) => Risk::Destructive,
            None => Risk::Disruptive,
            Some(same) if stateful(block) && same.body != block.body => Risk::Disruptive,
            Some(_) => Risk::None,
        };
        worst = worst.max(risk);
    }
    worst
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::driver::document::fixtures::{built, release, root};
    use crate::proposal::{Action, TerraformRoot};
    use crate::stack::ReleaseOwner;

    fn of(identity: &str, action: ChangeAction) -> Risk {
        risk(&identity.parse().unwrap(), action, None, None)
    }

    #[test]
    fn losing_what_others_stand_on_is_destructive() {
        for (identity, expected) in [
            ("terraform/network", Risk::Destructive),
            ("kops/use1", Risk::Destructive),
            ("kubernetes/use1/core/Namespace/-/shop", Risk::Destructive),
            ("kubernetes/use1/apps/Deployment/shop/api", Risk::Disruptive),
            ("release/use1/istio-system/istiod", Risk::Disruptive),
            ("file/README.md", Risk::None),
        ] {
            assert_eq!(of(identity, ChangeAction::Delete), expected, "{identity}");
            assert_eq!(of(identity, ChangeAction::Create), Risk::None, "{identity}");
        }
    }

    #[test]
    fn a_change_of_what_cannot_be_read_has_the_highest_risk() {
        for (identity, expected) in [
            ("terraform/network", Risk::Destructive),
            ("kops/use1", Risk::Destructive),
            ("kubernetes/use1/core/Namespace/-/shop", Risk::Destructive),
            ("kubernetes/use1/apps/Deployment/shop/api", Risk::Disruptive),
            ("file/README.md", Risk::None),
        ] {
            assert_eq!(of(identity, ChangeAction::Update), expected, "{identity}");
        }
    }

    #[test]
    fn a_release_that_changes_hands_is_disruptive() {
        let of = |owner| {
            let made = built(Action::Release(release()), Some("use1"), owner);
            made.unwrap().remove(0)
        };
        let (identity, before) = of(ReleaseOwner::Aegis);
        for (owner, expected) in [
            (ReleaseOwner::Aegis, Risk::None),
            (ReleaseOwner::Argocd, Risk::Disruptive),
        ] {
            let (_, after) = of(owner);
            let found = risk(&identity, ChangeAction::Update, Some(&before), Some(&after));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_goes_with_a_thing_is_counted() {
        let known: Vec<Identity> = [
            "kops/use1",
            "kops/use1/nodes",
            "kubernetes/use1/core/Namespace/-/shop",
            "kubernetes/use1/apps/Deployment/shop/api",
            "kubernetes/use1/apps/Deployment/other/api",
            "kubernetes/use1/example.com/Widget/other/a",
            "kubernetes/euw1/apps/Deployment/shop/api",
            "release/use1/shop/cache",
            "application/use1/apps",
            "terraform/network",
        ]
        .map(|text| text.parse().unwrap())
        .into();
        let crd =
            "kubernetes/use1/apiextensions.k8s.io/CustomResourceDefinition/-/widgets.example.com";
        for (identity, action, expected) in [
            ("kops/use1", ChangeAction::Delete, 7),
            (
                "kubernetes/use1/core/Namespace/-/shop",
                ChangeAction::Delete,
                2,
            ),
            (
                "kubernetes/use1/core/Namespace/-/shop",
                ChangeAction::Replace,
                2,
            ),
            (
                "kubernetes/use1/core/Namespace/-/shop",
                ChangeAction::Update,
                0,
            ),
            (crd, ChangeAction::Delete, 1),
            (
                "kubernetes/use1/apps/Deployment/shop/api",
                ChangeAction::Delete,
                0,
            ),
            ("file/README.md", ChangeAction::Delete, 0),
        ] {
            let identity = identity.parse().unwrap();
            let found = takes(&identity, action, None, None, known.iter());
            assert_eq!(found, expected, "{identity}");
        }
        let of = |blocks: &[(&str, &str, serde_json::Value)]| {
            let made = built(Action::Terraform(root(blocks)), None, ReleaseOwner::Aegis);
            made.unwrap().remove(0)
        };
        let block = |name: &'static str| ("aws_route", name, json!({"cidr": "0.0.0.0/0"}));
        let ((identity, before), (_, after)) = (of(&[block("a"), block("b")]), of(&[block("a")]));
        for (action, after, expected) in [
            (ChangeAction::Delete, None, 2),
            (ChangeAction::Replace, Some(&after), 2),
            (ChangeAction::Update, Some(&after), 1),
            (ChangeAction::Noop, Some(&after), 0),
        ] {
            let found = takes(&identity, action, Some(&before), after, known.iter());
            assert_eq!(found, expected, "{action:?}");
        }
    }

    #[test]
    fn a_root_that_makes_things_anew_is_destructive() {
        let vpc = |cidr: &str| ("aws_vpc", "a", json!({"cidr_block": cidr}));
        let route = |cidr: &str| ("aws_route", "b", json!({"cidr": cidr}));
        let first = root(&[vpc("10.0.0.0/16"), route("0.0.0.0/0")]);
        let with = |change: &dyn Fn(&mut TerraformRoot)| {
            let mut root = first.clone();
            change(&mut root);
            root
        };
        let of = |root: &TerraformRoot| {
            let made = built(Action::Terraform(root.clone()), None, ReleaseOwner::Aegis);
            made.unwrap().remove(0)
        };
        for (what, after, expected) in [
            ("nothing", with(&|_| {}), Risk::None),
            (
                "another region",
                with(&|root| root.region = "ap-northeast-1".into()),
                Risk::Destructive,
            ),
            (
                "another provider",
                with(&|root| root.providers[0].source = "acme/aws".into()),
                Risk::Destructive,
            ),
            (
                "another version of a provider",
                with(&|root| root.providers[0].version = ">= 6.0.0".into()),
                Risk::Disruptive,
            ),
            ("no VPC", root(&[route("0.0.0.0/0")]), Risk::Destructive),
            ("no route", root(&[vpc("10.0.0.0/16")]), Risk::Disruptive),
            (
                "another network for the VPC",
                root(&[vpc("10.1.0.0/16"), route("0.0.0.0/0")]),
                Risk::Disruptive,
            ),
            (
                "another route",
                root(&[vpc("10.0.0.0/16"), route("10.0.0.0/8")]),
                Risk::None,
            ),
        ] {
            let ((identity, before), (_, after)) = (of(&first), of(&after));
            let found = risk(&identity, ChangeAction::Update, Some(&before), Some(&after));
            assert_eq!(found, expected, "{what}");
        }
    }
}
