//! An Argo CD application over a path of a Git repository.

use aegis_document::Identifier;

use super::context::TargetContext;
use super::error::DocumentError;
use super::fields::{Fields, map};
use crate::proposal::{Application, SyncPolicy};
use crate::template::Node;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationDocument {
    pub application: Application,
    /// The namespace that Argo CD reads applications from.
    pub namespace: String,
    /// The application lands in the cluster that its Argo CD runs in.
    pub in_cluster: bool,
}

impl ApplicationDocument {
    pub(super) fn of(
        application: &Application,
        cluster: &Identifier,
        target: &TargetContext,
    ) -> Result<Self, DocumentError> {
        Ok(Self {
            application: application.clone(),
            namespace: target.argocd.namespace.clone(),
            in_cluster: application.destination_cluster == cluster.as_str(),
        })
    }

    pub(super) fn to_node(&self) -> Node {
        let text = |text: &str| Node::text(text);
        let application = &self.application;
        map([
            ("name", text(&application.name)),
            ("namespace", text(&self.namespace)),
            ("project", text(&application.project)),
            ("repository", text(&application.repository)),
            ("revision", text(&application.revision)),
            ("path", text(&application.path)),
            (
                "destination",
                map([
                    ("cluster", text(&application.destination_cluster)),
                    ("namespace", text(&application.destination_namespace)),
                    ("in-cluster", Node::Bool(self.in_cluster)),
                ]),
            ),
            (
                "sync",
                map([
                    ("automated", Node::Bool(application.sync.automated)),
                    ("prune", Node::Bool(application.sync.prune)),
                    ("self-heal", Node::Bool(application.sync.self_heal)),
                ]),
            ),
            ("wave", Node::Number(application.wave.into())),
        ])
    }

    pub(super) fn from_node(name: &str, node: Node) -> Result<Self, DocumentError> {
        let mut fields = Fields::of(node, "")?;
        let mut destination = Fields::of(fields.node("destination")?, "/destination")?;
        let mut sync = Fields::of(fields.node("sync")?, "/sync")?;
        let application = Application {
            name: fields.text("name")?,
            project: fields.text("project")?,
            repository: fields.text("repository")?,
            revision: fields.text("revision")?,
            path: fields.text("path")?,
            destination_cluster: destination.text("cluster")?,
            destination_namespace: destination.text("namespace")?,
            sync: SyncPolicy {
                automated: sync.boolean("automated")?,
                prune: sync.boolean("prune")?,
                self_heal: sync.boolean("self-heal")?,
            },
            wave: fields.integer("wave")?,
        };
        let document = Self {
            application,
            namespace: fields.text("namespace")?,
            in_cluster: destination.boolean("in-cluster")?,
        };
        destination.end()?;
        sync.end()?;
        fields.end()?;
        if document.application.name != name {
            return Err(DocumentError::form(
                "/name",
                "the application that the identity names",
            ));
        }
        Ok(document)
    }
}
