//! What validation stages read: the planned documents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aegis_document::Identifier;
use serde_json::Value;

use super::super::document::InstanceStatus;
use super::super::identity::Identity;
use super::instance::Answered;
use super::stage::StagePlan;
use crate::capability::{Capability, DocumentKind};
use crate::proposal::{Kind, ObjectRef};
use crate::sandbox::Limits;
use crate::sandbox::reads::{
    Answer, DocumentInfo, DocumentReads, KubernetesReads, MissingStage, ObjectPage, ObjectQuery,
    Precision, ReadFailure,
};

/// The documents of a plan, with the known facts in them.
#[derive(Default)]
pub struct DocumentIndex {
    infos: BTreeMap<String, DocumentInfo>,
    /// Canonical JSON of those that somebody may read.
    texts: BTreeMap<String, Arc<str>>,
    /// Kubernetes objects by cluster.
    objects: BTreeMap<Identifier, BTreeMap<ObjectRef, String>>,
    missing: Vec<MissingStage>,
}

impl DocumentIndex {
    /// Adds the documents of one instance.
    pub fn add(&mut self, stage: &StagePlan, answered: &Answered) {
        let id = &answered.instance.id;
        if let InstanceStatus::Deferred(reason) | InstanceStatus::Blocked(reason) =
            &answered.instance.state
        {
            self.missing.push(MissingStage {
                stage: id.stage.clone(),
                cluster: id.cluster.clone(),
                reason: reason.clone(),
            });
        }
        for judged in &answered.judged {
            let identity = judged.identity.to_string();
            if let Identity::Kubernetes { cluster, object } = &judged.identity {
                self.objects
                    .entry(cluster.clone())
                    .or_default()
                    .insert(object.clone(), identity.clone());
            }
            let info = DocumentInfo {
                identity: identity.clone(),
                kind: kind(&judged.identity),
                stage: stage.name.clone(),
                cluster: judged.identity.cluster().or(id.cluster.as_ref()).cloned(),
                precision: if judged.exact {
                    Precision::Exact
                } else {
                    Precision::Structural
                },
            };
            self.infos.insert(identity.clone(), info);
            if let Some(text) = &judged.text {
                self.texts.insert(identity, Arc::clone(text));
            }
        }
    }
}

/// The kinds of documents that a validation stage was granted. The documents of others are not kept for them: of a
/// plan of many clusters they would be most of what is in memory.
pub fn readable<'a>(stages: impl Iterator<Item = &'a StagePlan>) -> BTreeSet<DocumentKind> {
    let lines = stages
        .filter(|stage| stage.kind() == Kind::Validation)
        .flat_map(|stage| stage.plugin.granted.entries());
    let mut kinds = BTreeSet::new();
    for line in lines {
        match line {
            Capability::Documents(grant) => kinds.extend(grant.kinds.iter().copied()),
            Capability::ClusterRead(_) => {
                kinds.insert(DocumentKind::Kubernetes);
            }
            _ => {}
        }
    }
    kinds
}

/// The kind of document that an identity has.
pub const fn kind(identity: &Identity) -> DocumentKind {
    match identity {
        Identity::Terraform { .. } => DocumentKind::Terraform,
        Identity::KopsCluster { .. } => DocumentKind::KopsCluster,
        Identity::KopsInstanceGroup { .. } => DocumentKind::KopsInstanceGroup,
        Identity::Kubernetes { .. } => DocumentKind::Kubernetes,
        Identity::Release { .. } => DocumentKind::Release,
        Identity::Application { .. } => DocumentKind::Application,
        Identity::Workflow { .. } => DocumentKind::Workflow,
        Identity::File { .. } => DocumentKind::File,
        Identity::Tool { .. } => DocumentKind::Tool,
    }
}

/// Answers from the planned documents.
pub struct PlannedReads {
    infos: Arc<[DocumentInfo]>,
    index: DocumentIndex,
}

impl PlannedReads {
    pub fn new(index: DocumentIndex) -> Self {
        Self {
            infos: index.infos.values().cloned().collect(),
            index,
        }
    }

    /// What a plugin may use to judge all of them.
    pub fn limits(&self) -> Limits {
        let texts = self.index.texts.values();
        Limits::judging(texts.len(), texts.map(|text| text.len()).sum())
    }

    fn text(&self, identity: &str) -> Result<Arc<str>, ReadFailure> {
        let text = self.index.texts.get(identity);
        text.cloned().ok_or(ReadFailure::Absent)
    }

    /// Not kept: what a plugin was given, it has, and a plan of many clusters would be in memory twice.
    fn parse(&self, identity: &str) -> Result<Arc<Value>, ReadFailure> {
        aegis_document::read(
            self.text(identity)?.as_bytes(),
            aegis_document::Limits::LARGE,
        )
        .map(Arc::new)
        .map_err(|error| ReadFailure::Unreachable(error.to_string()))
    }

    fn page(&self, query: &ObjectQuery) -> Result<ObjectPage, ReadFailure> {
        let objects = self
            .index
            .objects
            .get(&query.cluster)
            .into_iter()
            .flatten()
            .filter(|(object, _)| {
                object.group == query.collection.group
                    && object.kind == query.collection.kind
                    && query
                        .namespace
                        .as_ref()
                        .is_none_or(|wanted| object.namespace.as_ref() == Some(wanted))
            })
            .map(|(_, identity)| self.parse(identity))
            .collect::<Result<_, _>>()?;
        Ok(ObjectPage {
            objects,
            next: None,
        })
    }
}

impl DocumentReads for PlannedReads {
    fn documents(&self) -> Answer<'_, Arc<[DocumentInfo]>> {
        Box::pin(std::future::ready(Ok(Arc::clone(&self.infos))))
    }

    fn document<'a>(&'a self, identity: &'a str) -> Answer<'a, Arc<str>> {
        Box::pin(std::future::ready(self.text(identity)))
    }

    fn missing_stages(&self) -> Answer<'_, Vec<MissingStage>> {
        Box::pin(std::future::ready(Ok(self.index.missing.clone())))
    }
}

impl KubernetesReads for PlannedReads {
    fn object<'a>(
        &'a self,
        cluster: &'a Identifier,
        object: &'a ObjectRef,
    ) -> Answer<'a, Arc<Value>> {
        let objects = self.index.objects.get(cluster);
        let identity = objects.and_then(|objects| objects.get(object));
        let answer = identity
            .ok_or(ReadFailure::Absent)
            .and_then(|identity| self.parse(identity));
        Box::pin(std::future::ready(answer))
    }

    fn objects<'a>(&'a self, query: &'a ObjectQuery) -> Answer<'a, ObjectPage> {
        Box::pin(std::future::ready(self.page(query)))
    }
}
