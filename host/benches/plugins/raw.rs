//! The same components in Wasmtime alone: no limits, no meters, no gate in front of reads, and answers that
//! nobody reads.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use aegis_host::proposal::Kind;
use aegis_plugin::harness::Memory;
use aegis_plugin::host::Documents as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};
use wasmtime::{Engine, Store};

use crate::Outcome;
use crate::peer;

mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit/0.1.0",
        inline: "
            package aegis:bench;

            // What components import that are called, and what the four kinds export.
            world stages {
                import aegis:plugin/log@0.1.0;
                import aegis:plugin/document-reader@0.1.0;
                export aegis:plugin/provisioner@0.1.0;
                export aegis:plugin/securer@0.1.0;
                export aegis:plugin/deliverer@0.1.0;
                export aegis:plugin/validator@0.1.0;
            }
        ",
        additional_derives: [serde::Deserialize],
    });
}

use bindings::Stages;
use bindings::aegis::plugin::document_reader::{self, DocumentInfo, MissingStage};
use bindings::aegis::plugin::read_errors::{self, ReadError};
use bindings::aegis::plugin::{changes, log, types};
use bindings::exports::aegis::plugin::{deliverer, provisioner, securer, validator};

/// A component that is compiled and linked, ready to be instantiated for a call.
pub struct Raw {
    engine: Engine,
    linked: InstancePre<Known>,
    exports: Exports,
}

/// Where in a component its functions are.
enum Exports {
    Provisioning(provisioner::GuestIndices),
    Security(securer::GuestIndices),
    Gitops(deliverer::GuestIndices),
    Validation(validator::GuestIndices),
}

/// A request, and what there is to read, as Wasmtime passes them on.
pub struct Question {
    request: types::Request,
    documents: Arc<Documents>,
}

/// The documents of a plan, as text.
struct Documents {
    infos: Vec<DocumentInfo>,
    texts: BTreeMap<String, String>,
}

/// What a plugin is told when it reads.
struct Known(Arc<Documents>);

impl Raw {
    pub fn load(component: &Path, kind: Kind) -> Outcome<Self> {
        let engine = peer::engine()?;
        let component = Component::from_file(&engine, component)?;
        let mut linker = Linker::new(&engine);
        Stages::add_to_linker::<_, HasSelf<Known>>(&mut linker, |known| known)?;
        linker.define_unknown_imports_as_traps(&component)?;
        let linked = linker.instantiate_pre(&component)?;
        let exports = match kind {
            Kind::Provisioning => Exports::Provisioning(provisioner::GuestIndices::new(&linked)?),
            Kind::Security => Exports::Security(securer::GuestIndices::new(&linked)?),
            Kind::Gitops => Exports::Gitops(deliverer::GuestIndices::new(&linked)?),
            Kind::Validation => Exports::Validation(validator::GuestIndices::new(&linked)?),
        };
        Ok(Self {
            engine,
            linked,
            exports,
        })
    }

    /// A fresh store, an instance and a call through to the answer's values; gives the number of its parts, as
    /// [`crate::native::Answer::parts`] counts them.
    pub fn ask(&self, question: &Question) -> Outcome<usize> {
        let request = &question.request;
        let mut store = Store::new(&self.engine, Known(Arc::clone(&question.documents)));
        let instance = self.linked.instantiate(&mut store)?;
        Ok(match &self.exports {
            Exports::Provisioning(exports) => {
                let stage = exports.load(&mut store, &instance)?;
                let proposal = black_box(stage.call_plan(&mut store, request)?).map_err(told)?;
                proposal.changes.len() + proposal.provides.len()
            }
            Exports::Security(exports) => {
                let stage = exports.load(&mut store, &instance)?;
                let proposal = black_box(stage.call_plan(&mut store, request)?).map_err(told)?;
                proposal.changes.len() + proposal.provides.len()
            }
            Exports::Gitops(exports) => {
                let stage = exports.load(&mut store, &instance)?;
                let proposal = black_box(stage.call_plan(&mut store, request)?).map_err(told)?;
                proposal.changes.len() + proposal.provides.len()
            }
            Exports::Validation(exports) => {
                let stage = exports.load(&mut store, &instance)?;
                let findings = black_box(stage.call_evaluate(&mut store, request)?);
                findings.map_err(told)?.len()
            }
        })
    }
}

impl Question {
    pub fn new(request: &aegis_plugin::Request, memory: &Memory) -> Outcome<Self> {
        let infos = memory.list_documents().map_err(unread)?;
        let text = |info: &aegis_plugin::DocumentInfo| {
            let text = memory.read_document(&info.identity).map_err(unread)?;
            Ok((info.identity.clone(), text))
        };
        Ok(Self {
            request: converted(request)?,
            documents: Arc::new(Documents {
                texts: infos.iter().map(text).collect::<Outcome<_>>()?,
                infos: converted(&infos)?,
            }),
        })
    }
}

/// The SDK's types and the host's are made of the same contract, so they are the same JSON.
fn converted<T: DeserializeOwned>(value: &impl Serialize) -> Outcome<T> {
    Ok(serde_json::from_value(serde_json::to_value(value)?)?)
}

fn told(failure: types::Failure) -> String {
    format!("{failure:?}")
}

fn unread(error: aegis_plugin::ReadError) -> String {
    format!("{error:?}")
}

impl types::Host for Known {}
impl changes::Host for Known {}
impl read_errors::Host for Known {}

impl log::Host for Known {
    fn write(&mut self, _level: log::Level, _message: String) {}
}

impl document_reader::Host for Known {
    fn list_documents(&mut self) -> Result<Vec<DocumentInfo>, ReadError> {
        Ok(self.0.infos.clone())
    }

    fn read_document(&mut self, identity: String) -> Result<String, ReadError> {
        let text = self.0.texts.get(&identity);
        text.cloned().ok_or(ReadError::Absent)
    }

    fn missing_stages(&mut self) -> Result<Vec<MissingStage>, ReadError> {
        Ok(Vec::new())
    }
}
