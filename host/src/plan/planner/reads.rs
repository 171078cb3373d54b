//! What validation stages read: the planned documents.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aegis_document::{Identifier, Limits};
use serde_json::Value;

use super::super::document::InstanceStatus;
use super::super::identity::Identity;
use super::instance::Answered;
use super::stage::StagePlan;
use crate::capability::DocumentKind;
use crate::proposal::ObjectRef;
use crate::sandbox::reads::{
    Answer, DocumentInfo, DocumentReads, KubernetesReads, MissingStage, ObjectPage, ObjectQuery,
    Precision, ReadFailure,
};

/// The documents of a plan, with the known facts in them.
#[derive(Default)]
pub struct DocumentIndex {
    infos: BTreeMap<String, DocumentInfo>,
    texts: BTreeMap<String, Arc<str>>,
    objects: BTreeMap<(Identifier, ObjectRef), String>,
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
                    .insert((cluster.clone(), object.clone()), identity.clone());
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
            self.texts.insert(identity, Arc::clone(&judged.text));
        }
    }
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

/// Answers from the planned documents. Each is parsed when it is first asked for.
pub struct PlannedReads {
    infos: Arc<[DocumentInfo]>,
    index: DocumentIndex,
    parsed: Mutex<BTreeMap<String, Arc<Value>>>,
}

impl PlannedReads {
    pub fn new(index: DocumentIndex) -> Self {
        Self {
            infos: index.infos.values().cloned().collect(),
            index,
            parsed: Mutex::default(),
        }
    }

    fn parse(&self, identity: &str) -> Result<Arc<Value>, ReadFailure> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = parsed.get(identity) {
            return Ok(Arc::clone(value));
        }
        let text = self.index.texts.get(identity).ok_or(ReadFailure::Absent)?;
        let value = aegis_document::read(text.as_bytes(), Limits::LARGE)
            .map_err(|error| ReadFailure::Unreachable(error.to_string()))?;
        let value = Arc::new(value);
        parsed.insert(identity.to_owned(), Arc::clone(&value));
        Ok(value)
    }

    fn page(&self, query: &ObjectQuery) -> Result<ObjectPage, ReadFailure> {
        let objects = self
            .index
            .objects
            .iter()
            .filter(|((cluster, object), _)| {
                *cluster == query.cluster
                    && object.group == query.collection.group
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

    fn document<'a>(&'a self, identity: &'a str) -> Answer<'a, Arc<Value>> {
        Box::pin(std::future::ready(self.parse(identity)))
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
        let identity = self.index.objects.get(&(cluster.clone(), object.clone()));
        let answer = identity
            .ok_or(ReadFailure::Absent)
            .and_then(|identity| self.parse(identity));
        Box::pin(std::future::ready(answer))
    }

    fn objects<'a>(&'a self, query: &'a ObjectQuery) -> Answer<'a, ObjectPage> {
        Box::pin(std::future::ready(self.page(query)))
    }
}
