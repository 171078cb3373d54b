//! The planner in this process, and its documents as a plugin that judges reads them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aegis_document::Digest;
use aegis_host::capability::DocumentKind;
use aegis_host::catalogue::Catalogue;
use aegis_host::driver::tree::TreeTarget;
use aegis_host::library::LoadedPlugin;
use aegis_host::plan::planner::{self, Inputs, StageSet};
use aegis_host::plan::{Identity, Plan};
use aegis_host::sandbox::reads::{
    Answer, DocumentInfo, DocumentReads, MissingStage, Precision, ReadFailure,
};
use aegis_host::stack::Stack;
use aegis_host::state::{LocalStore, State};
use aegis_plugin::harness::Memory;
use aegis_registry::PluginName;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::Outcome;

/// A planner for a stack that was never applied.
pub struct Planner<'a> {
    pub stack: &'a Stack,
    pub plugins: &'a BTreeMap<PluginName, Arc<LoadedPlugin>>,
    /// An empty folder.
    pub folder: &'a Path,
    pub runtime: &'a Runtime,
}

impl Planner<'_> {
    pub fn plan(&self) -> Outcome<Plan> {
        let stages = StageSet::new(self.stack, self.plugins).map_err(told)?;
        let planned = planner::plan(&Inputs {
            stack: self.stack,
            stages: &stages,
            settings: &planner::settings(self.stack),
            lock: Digest::of(b""),
            state: &State::default(),
            store: &LocalStore::beside(self.folder),
            tree: &TreeTarget::at(self.folder.join("tree")),
            catalogue: &Catalogue::built_in()?,
            runtime: self.runtime.handle(),
            parallelism: std::thread::available_parallelism()?.get(),
            progress: &|_, _| {},
        });
        Ok(planned.map_err(told)?.plan)
    }
}

fn told(failure: planner::PlanFailure) -> String {
    let diagnostics = failure.diagnostics.iter().map(ToString::to_string);
    let denials = failure.denials.iter().map(|denial| format!("{denial:?}"));
    diagnostics
        .chain(denials)
        .take(3)
        .collect::<Vec<_>>()
        .join("; ")
}

#[derive(Clone)]
/// The documents of a plan that have a kind which the first-party controls judge.
pub struct Documents {
    infos: Arc<[DocumentInfo]>,
    values: BTreeMap<String, Arc<Value>>,
}

impl Documents {
    pub fn of(plan: &Plan) -> Self {
        let mut infos = BTreeMap::new();
        let mut values = BTreeMap::new();
        for (instance, change) in plan.body.changes() {
            let kind = match &change.identity {
                Identity::Terraform { .. } => DocumentKind::Terraform,
                Identity::KopsCluster { .. } => DocumentKind::KopsCluster,
                Identity::KopsInstanceGroup { .. } => DocumentKind::KopsInstanceGroup,
                _ => continue,
            };
            let Some(document) = change
                .desired
                .and_then(|digest| plan.documents.get(&digest))
            else {
                continue;
            };
            let identity = change.identity.to_string();
            let info = DocumentInfo {
                identity: identity.clone(),
                kind,
                stage: instance.id.stage.clone(),
                cluster: instance.id.cluster.clone(),
                precision: Precision::Structural,
            };
            infos.insert(identity.clone(), info);
            values.insert(identity, Arc::new(document));
        }
        Self {
            infos: infos.into_values().collect(),
            values,
        }
    }

    /// The same documents for the native call.
    pub fn in_memory(&self) -> Memory {
        let documents = self
            .infos
            .iter()
            .filter_map(|info| Some((info, self.values.get(&info.identity)?)));
        documents.fold(Memory::new(), |memory, (info, value)| {
            let info = aegis_plugin::DocumentInfo {
                identity: info.identity.clone(),
                kind: match info.kind {
                    DocumentKind::KopsCluster => aegis_plugin::DocumentKind::KopsCluster,
                    DocumentKind::KopsInstanceGroup => {
                        aegis_plugin::DocumentKind::KopsInstanceGroup
                    }
                    _ => aegis_plugin::DocumentKind::Terraform,
                },
                stage: info.stage.to_string(),
                cluster: info.cluster.as_ref().map(ToString::to_string),
                precision: aegis_plugin::Precision::Structural,
            };
            memory.with_document(info, Value::clone(value))
        })
    }
}

impl DocumentReads for Documents {
    fn documents(&self) -> Answer<'_, Arc<[DocumentInfo]>> {
        Box::pin(std::future::ready(Ok(Arc::clone(&self.infos))))
    }

    fn document<'a>(&'a self, identity: &'a str) -> Answer<'a, Arc<str>> {
        let found = self
            .values
            .get(identity)
            .map(|value| value.to_string().into())
            .ok_or(ReadFailure::Absent);
        Box::pin(std::future::ready(found))
    }

    fn missing_stages(&self) -> Answer<'_, Vec<MissingStage>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}
