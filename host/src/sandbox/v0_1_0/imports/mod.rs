//! The imports of this version: thin translations to the [`Gate`](crate::sandbox::reads::Gate), which
//! counts, authorises and asks.

mod ec2;

use super::bindings::{
    changes, document_reader, kubernetes_reader, log, read_errors, tls_prober, tree_reader, types,
};
use crate::capability::DocumentKind;
use crate::proposal::{Collection, ObjectRef};
use crate::sandbox::call::CallState;
use crate::sandbox::reads::{self, Precision, ProbeOutcome, ReadFailure, Refusal};

/// What an import gives back: the answer, what the plugin is told instead, or the end of the call.
type Settled<T> = wasmtime::Result<Result<T, read_errors::ReadError>>;

fn settle<T>(asked: Result<T, Refusal>) -> Settled<T> {
    match asked {
        Ok(answer) => Ok(Ok(answer)),
        Err(Refusal::Stop(fault)) => Err(fault.into()),
        Err(Refusal::Read(failure)) => Ok(Err(match failure {
            ReadFailure::Absent => read_errors::ReadError::Absent,
            ReadFailure::Unreachable(reason) => read_errors::ReadError::Unreachable(reason),
            ReadFailure::Denied(reason) => read_errors::ReadError::Denied(reason),
            ReadFailure::Invalid(reason) => read_errors::ReadError::Invalid(reason),
        })),
    }
}

impl types::Host for CallState {}
impl changes::Host for CallState {}
impl read_errors::Host for CallState {}

impl log::Host for CallState {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.meter.log(message.len())?;
        let level = match level {
            log::Level::Debug => tracing::Level::DEBUG,
            log::Level::Info => tracing::Level::INFO,
            log::Level::Warn => tracing::Level::WARN,
        };
        self.log(level, &message);
        Ok(())
    }
}

impl kubernetes_reader::Host for CallState {
    async fn get_object(
        &mut self,
        cluster: String,
        object: types::ObjectReference,
    ) -> Settled<String> {
        let types::ObjectReference {
            group,
            kind,
            namespace,
            name,
        } = object;
        let object = ObjectRef {
            group,
            kind,
            namespace,
            name,
        };
        settle(self.gate.object(&mut self.meter, cluster, object).await)
    }

    async fn list_objects(
        &mut self,
        query: kubernetes_reader::ObjectQuery,
    ) -> Settled<kubernetes_reader::ObjectPage> {
        let collection = Collection {
            group: query.group,
            kind: query.kind,
        };
        let page = self
            .gate
            .objects(
                &mut self.meter,
                query.cluster,
                collection,
                query.namespace,
                query.continue_,
            )
            .await;
        settle(
            page.map(|(objects, continue_)| kubernetes_reader::ObjectPage { objects, continue_ }),
        )
    }
}

impl tree_reader::Host for CallState {
    async fn list_files(&mut self, folder: String) -> Settled<Vec<String>> {
        settle(self.gate.files(&mut self.meter, folder).await)
    }

    async fn read_file(&mut self, path: String) -> Settled<String> {
        settle(self.gate.file(&mut self.meter, path).await)
    }
}

impl document_reader::Host for CallState {
    async fn list_documents(&mut self) -> Settled<Vec<document_reader::DocumentInfo>> {
        let documents = self.gate.documents(&mut self.meter).await;
        settle(documents.map(|documents| documents.into_iter().map(document_info).collect()))
    }

    async fn read_document(&mut self, identity: String) -> Settled<String> {
        settle(self.gate.document(&mut self.meter, identity).await)
    }

    async fn missing_stages(&mut self) -> Settled<Vec<document_reader::MissingStage>> {
        let missing = self.gate.missing_stages(&mut self.meter).await;
        settle(missing.map(|missing| missing.into_iter().map(missing_stage).collect()))
    }
}

fn document_info(info: reads::DocumentInfo) -> document_reader::DocumentInfo {
    document_reader::DocumentInfo {
        identity: info.identity,
        kind: match info.kind {
            DocumentKind::Terraform => document_reader::DocumentKind::Terraform,
            DocumentKind::KopsCluster => document_reader::DocumentKind::KopsCluster,
            DocumentKind::KopsInstanceGroup => document_reader::DocumentKind::KopsInstanceGroup,
            DocumentKind::Kubernetes => document_reader::DocumentKind::Kubernetes,
            DocumentKind::Release => document_reader::DocumentKind::Release,
            DocumentKind::Application => document_reader::DocumentKind::Application,
            DocumentKind::Workflow => document_reader::DocumentKind::Workflow,
            DocumentKind::File => document_reader::DocumentKind::File,
            DocumentKind::Tool => document_reader::DocumentKind::Tool,
        },
        stage: info.stage.to_string(),
        cluster: info.cluster.map(|cluster| cluster.to_string()),
        precision: match info.precision {
            Precision::Exact => document_reader::Precision::Exact,
            Precision::Structural => document_reader::Precision::Structural,
        },
    }
}

fn missing_stage(missing: reads::MissingStage) -> document_reader::MissingStage {
    document_reader::MissingStage {
        stage: missing.stage.to_string(),
        cluster: missing.cluster.map(|cluster| cluster.to_string()),
        reason: missing.reason,
    }
}

impl tls_prober::Host for CallState {
    async fn connect(
        &mut self,
        endpoint: tls_prober::Endpoint,
    ) -> Settled<tls_prober::ProbeOutcome> {
        let outcome = self
            .gate
            .handshake(&mut self.meter, endpoint_in(endpoint))
            .await;
        settle(outcome.map(|outcome| match outcome {
            ProbeOutcome::Established(handshake) => {
                tls_prober::ProbeOutcome::Established(tls_prober::Handshake {
                    version: handshake.version,
                    cipher_suite: handshake.cipher_suite,
                    certificates: handshake.certificates,
                    client_certificate_requested: handshake.client_certificate_requested,
                })
            }
            ProbeOutcome::Refused(reason) => tls_prober::ProbeOutcome::Refused(reason),
        }))
    }

    async fn accepts_plaintext(&mut self, endpoint: tls_prober::Endpoint) -> Settled<bool> {
        settle(
            self.gate
                .accepts_plaintext(&mut self.meter, endpoint_in(endpoint))
                .await,
        )
    }
}

fn endpoint_in(endpoint: tls_prober::Endpoint) -> reads::Endpoint {
    let tls_prober::Endpoint {
        host,
        port,
        server_name,
    } = endpoint;
    reads::Endpoint {
        host,
        port,
        server_name,
    }
}
