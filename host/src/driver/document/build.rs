//! From a proposed change to documents.

use super::application::ApplicationDocument;
use super::context::TargetContext;
use super::error::DocumentError;
use super::kops::{KopsClusterDocument, KopsGroupDocument};
use super::kubernetes;
use super::release::ReleaseDocument;
use super::terraform::TerraformDocument;
use super::{Document, tool};
use crate::plan::{Identity, InstanceId};
use crate::proposal::{Action, Change};
use crate::stack::ReleaseOwner;

/// Where a change comes from, as far as its documents depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    pub target: &'a TargetContext,
    pub instance: &'a InstanceId,
    /// The instance provides the `state.*` facts: it makes the bucket that the others keep their
    /// Terraform state in, so its own state cannot lie there.
    pub provides_state: bool,
    /// Who owns the releases of the instance.
    pub release_owner: ReleaseOwner,
}

/// The documents of a change, each with its identity; a kOps change has one for the cluster and one for each
/// instance group.
pub fn documents(
    change: &Change,
    origin: Origin<'_>,
) -> Result<Vec<(Identity, Document)>, DocumentError> {
    let target = origin.target;
    let cluster = || target.cluster(change.cluster.as_ref());
    let one = match &change.action {
        Action::Terraform(root) => {
            let identity = Identity::Terraform {
                root: root.root.clone(),
            };
            (
                identity,
                Document::Terraform(TerraformDocument::of(root, origin)?),
            )
        }
        Action::Kops(proposal) => {
            let (cluster, place) = cluster()?;
            let document = KopsClusterDocument::of(proposal, place, target)?;
            let mut all = vec![(
                Identity::KopsCluster {
                    cluster: cluster.clone(),
                },
                Document::KopsCluster(document),
            )];
            for group in &proposal.instance_groups {
                let identity = Identity::KopsInstanceGroup {
                    cluster: cluster.clone(),
                    group: group.name.clone(),
                };
                if all.iter().any(|(other, _)| *other == identity) {
                    return Err(DocumentError::Twice {
                        name: identity.to_string(),
                    });
                }
                all.push((
                    identity,
                    Document::KopsInstanceGroup(KopsGroupDocument::of(group, place)),
                ));
            }
            return Ok(all);
        }
        Action::Tool(call) => {
            let identity = Identity::Tool {
                cluster: change.cluster.clone(),
                adapter: call.adapter.clone(),
                change: change.id.clone(),
            };
            (identity, Document::Tool(tool::sorted(call)?))
        }
        Action::Apply(object) => {
            let (cluster, _) = cluster()?;
            let object = kubernetes::of(object, target, origin.instance)?;
            let identity = Identity::Kubernetes {
                cluster,
                object: object.reference(),
            };
            (identity, Document::Kubernetes(object))
        }
        Action::EnsureAbsent(object) => {
            let (cluster, _) = cluster()?;
            let identity = Identity::Kubernetes {
                cluster,
                object: object.clone(),
            };
            (identity, Document::Absent(object.clone()))
        }
        Action::Release(release) => {
            let (cluster, _) = cluster()?;
            let identity = Identity::Release {
                cluster,
                namespace: release.namespace.clone(),
                name: release.name.clone(),
            };
            (
                identity,
                Document::Release(ReleaseDocument::of(release, origin)?),
            )
        }
        Action::Application(application) => {
            let (cluster, _) = cluster()?;
            let document = ApplicationDocument::of(application, &cluster, target)?;
            (
                Identity::Application {
                    cluster,
                    name: application.name.clone(),
                },
                Document::Application(document),
            )
        }
        Action::Workflow(workflow) => (
            Identity::Workflow {
                file: workflow.file.clone(),
            },
            Document::Workflow(workflow.clone()),
        ),
        Action::File(file) => (
            Identity::File {
                path: file.path.clone(),
            },
            Document::File(file.content.clone()),
        ),
    };
    Ok(vec![one])
}
