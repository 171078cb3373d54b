//! What a change can break once it takes effect. Decided here, never by a plugin.

use std::collections::BTreeSet;

use super::document::Document;
use crate::plan::{ChangeAction, Identity, Risk};

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

/// The risk of doing `action` to an identity whose document was `before` and becomes `after`.
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

fn update(identity: &Identity, before: Option<&Document>, after: Option<&Document>) -> Risk {
    match (identity, before, after) {
        (
            Identity::Terraform { .. },
            Some(Document::Terraform(before)),
            Some(Document::Terraform(after)),
        ) => {
            let addresses =
                |blocks: &[crate::proposal::TerraformBlock]| -> BTreeSet<(String, String)> {
                    blocks
                        .iter()
                        .map(|block| (block.kind.clone(), block.name.clone()))
                        .collect()
                };
            let kept = addresses(&after.resources);
            let gone: Vec<_> = addresses(&before.resources)
                .difference(&kept)
                .cloned()
                .collect();
            if gone
                .iter()
                .any(|(kind, _)| STATEFUL_TYPES.contains(&kind.as_str()))
            {
                Risk::Destructive
            } else if gone.is_empty() {
                Risk::None
            } else {
                Risk::Disruptive
            }
        }
        // Nodes are replaced when their configuration changes.
        (Identity::KopsCluster { .. } | Identity::KopsInstanceGroup { .. }, _, _) => {
            Risk::Disruptive
        }
        (_, _, Some(Document::Absent(_))) => Risk::Disruptive,
        _ => Risk::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
