//! The desired document of one identity.
//!
//! A proposed change becomes one document or, for kOps, several: the cluster and each instance group are
//! separate identities. What the host itself decides (backends, names, stores, labels, chart pins) is
//! part of the document, so a plan shows it and its digest covers it. A document has a stored form, JSON with
//! tokens as text, from which it reads back to the same value.

mod application;
mod build;
mod code;
mod context;
mod error;
mod fields;
mod kops;
mod kubernetes;
mod release;
mod terraform;
mod tool;
mod workflow;

use std::collections::BTreeSet;

use aegis_document::Identifier;
use serde_json::Value;

pub use application::ApplicationDocument;
pub use build::{Origin, documents};
pub use code::{CodeText, code};
pub use context::{ArgoTarget, ChartPin, ClusterTarget, StateStore, TargetContext};
pub use error::DocumentError;
pub use kops::{KOPS_HOST_FIELDS, KopsClusterDocument, KopsGroupDocument};
pub(crate) use kubernetes::is_absent;
pub use kubernetes::{STACK_LABEL, STAGE_LABEL};
pub use release::ReleaseDocument;
pub use terraform::{Backend, TerraformDocument};
pub(crate) use workflow::access_word;

use crate::fact::FactRef;
use crate::plan::Identity;
use crate::proposal::{Action, File, KubernetesObject, ObjectRef, ToolCall, Workflow};
use crate::template::{Binding, Node, Templated, Token};

/// A desired document.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    Terraform(TerraformDocument),
    KopsCluster(KopsClusterDocument),
    KopsInstanceGroup(KopsGroupDocument),
    Kubernetes(KubernetesObject),
    /// An object of somebody else's that must not exist.
    Absent(ObjectRef),
    Release(ReleaseDocument),
    Application(ApplicationDocument),
    Workflow(Workflow),
    /// The content of a text file.
    File(Templated),
    Tool(ToolCall),
}

impl Document {
    /// The stored form: what a plan and state keep, what its digest is computed over and what validation
    /// plugins read. Tokens stand in it as text.
    pub fn to_source(&self) -> Value {
        self.to_node().to_source()
    }

    /// Reads the stored form of an identity's document.
    pub fn parse(identity: &Identity, source: &Value) -> Result<Self, DocumentError> {
        Self::from_node(identity, Node::parse(source)?)
    }

    /// Every token, in the order of the stored form.
    pub fn tokens(&self) -> Vec<Token> {
        let mut tokens = Vec::new();
        self.to_node()
            .for_each_token(&mut |token| tokens.push(token.clone()));
        tokens
    }

    /// The facts that its tokens name.
    pub fn facts(&self) -> BTreeSet<FactRef> {
        self.to_node().facts()
    }

    /// Puts the known facts in the place of their tokens; other tokens stay.
    pub fn bind(&self, identity: &Identity, binding: &Binding) -> Result<Self, DocumentError> {
        Self::bound(identity, &self.to_node(), binding)
    }

    /// [`Document::bind`] for whoever has the document's tree of values.
    pub(crate) fn bound(
        identity: &Identity,
        node: &Node,
        binding: &Binding,
    ) -> Result<Self, DocumentError> {
        Self::from_node(identity, binding.bind(node)?)
    }

    /// The object that the document becomes in a cluster, or keeps from being there. Argo CD's applications are
    /// objects, whichever document they come from.
    pub fn object(&self, identity: &Identity) -> Option<(Identifier, ObjectRef)> {
        let application = |cluster: &Identifier, namespace: &str, name: String| {
            let object = ObjectRef {
                group: "argoproj.io".to_owned(),
                kind: "Application".to_owned(),
                namespace: Some(namespace.to_owned()),
                name,
            };
            (cluster.clone(), object)
        };
        match (self, identity) {
            (_, Identity::Kubernetes { cluster, object }) => {
                Some((cluster.clone(), object.clone()))
            }
            (Self::Application(document), Identity::Application { cluster, name }) => {
                Some(application(cluster, &document.namespace, name.clone()))
            }
            (Self::Release(document), Identity::Release { cluster, .. }) => {
                let place = document.argocd.as_ref()?;
                let name = document.application_name();
                Some(application(cluster, &place.namespace, name))
            }
            _ => None,
        }
    }

    /// The document as a proposed action, for authorising it again. What the host added is left out; a
    /// kOps instance group comes as a cluster with this one group and an empty specification.
    pub fn to_action(&self, identity: &Identity) -> Option<Action> {
        Some(match (self, identity) {
            (Self::Terraform(document), Identity::Terraform { root }) => {
                Action::Terraform(document.to_root(root))
            }
            (Self::KopsCluster(document), _) => Action::Kops(document.to_proposal()),
            (Self::KopsInstanceGroup(document), _) => Action::Kops(document.to_proposal()),
            (Self::Kubernetes(object), _) => Action::Apply(kubernetes::without_host_labels(object)),
            (Self::Absent(object), _) => Action::EnsureAbsent(object.clone()),
            (Self::Release(document), _) => Action::Release(document.release.clone()),
            (Self::Application(document), _) => Action::Application(document.application.clone()),
            (Self::Workflow(workflow), _) => Action::Workflow(workflow.clone()),
            (Self::File(content), Identity::File { path }) => Action::File(File {
                path: path.clone(),
                content: content.clone(),
            }),
            (Self::Tool(call), _) => Action::Tool(call.clone()),
            (Self::Terraform(_) | Self::File(_), _) => return None,
        })
    }

    /// The document as one tree of values and tokens.
    pub(crate) fn to_node(&self) -> Node {
        match self {
            Self::Terraform(document) => document.to_node(),
            Self::KopsCluster(document) => document.to_node(),
            Self::KopsInstanceGroup(document) => document.to_node(),
            Self::Kubernetes(object) => kubernetes::object_node(object),
            Self::Absent(object) => kubernetes::absent_node(object),
            Self::Release(document) => document.to_node(),
            Self::Application(document) => document.to_node(),
            Self::Workflow(workflow) => workflow::to_node(workflow),
            Self::File(content) => fields::map([("content", Node::Text(content.clone()))]),
            Self::Tool(call) => tool::to_node(call),
        }
    }

    /// [`Document::to_node`] without a copy of an object's body.
    pub(crate) fn into_node(self) -> Node {
        match self {
            Self::Kubernetes(object) => kubernetes::into_node(object),
            other => other.to_node(),
        }
    }

    fn from_node(identity: &Identity, node: Node) -> Result<Self, DocumentError> {
        let document = match identity {
            Identity::Terraform { .. } => Self::Terraform(TerraformDocument::from_node(node)?),
            Identity::KopsCluster { .. } => {
                Self::KopsCluster(KopsClusterDocument::from_node(node)?)
            }
            Identity::KopsInstanceGroup { group, .. } => {
                Self::KopsInstanceGroup(KopsGroupDocument::from_node(group, node)?)
            }
            Identity::Kubernetes { object, .. } => kubernetes::from_node(object, node)?,
            Identity::Release {
                namespace, name, ..
            } => Self::Release(ReleaseDocument::from_node(namespace, name, node)?),
            Identity::Application { name, .. } => {
                Self::Application(ApplicationDocument::from_node(name, node)?)
            }
            Identity::Workflow { file } => Self::Workflow(workflow::from_node(file, node)?),
            Identity::File { .. } => {
                let mut fields = fields::Fields::of(node, "")?;
                let content = fields.templated("content")?;
                fields.end()?;
                Self::File(content)
            }
            Identity::Tool { adapter, .. } => Self::Tool(tool::from_node(adapter, node)?),
        };
        Ok(document)
    }
}

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
