//! The one way from a plugin's question to a backend.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::answer::{Weight, without_secret_data};
use super::{DocumentInfo, Endpoint, MissingStage, ObjectQuery, ProbeOutcome, ReadFailure, Reads, Tag};
use crate::capability::{
    ClusterRequest, Decision, DocumentKind, DocumentsRequest, Ec2Call, Ec2Request, Effective, ProbeRequest, Request,
    TreeRequest, authorize,
};
use crate::proposal::{Collection, ObjectRef};
use crate::sandbox::error::Fault;
use crate::sandbox::meter::{Meter, Waiting};
use crate::sandbox::parse::{AnswerError, text};

/// Tags of a filter, and names of instance types: what EC2 itself takes in one call.
const FILTER_MAX: usize = 200;

/// Why a question has no answer.
#[derive(Debug)]
pub(in crate::sandbox) enum Refusal {
    /// The plugin is told and goes on.
    Read(ReadFailure),
    /// The call ends.
    Stop(Fault),
}

impl From<ReadFailure> for Refusal {
    fn from(failure: ReadFailure) -> Self {
        Self::Read(failure)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Stop(fault)
    }
}

impl From<AnswerError> for Refusal {
    fn from(error: AnswerError) -> Self {
        Self::Read(ReadFailure::Invalid(error.into_problem()))
    }
}

type Asked<T> = Result<T, Refusal>;

/// What the stage may read, and from where.
#[derive(Clone)]
pub(in crate::sandbox) struct Access {
    pub effective: Arc<Effective>,
    pub reads: Reads,
}

/// The reads of one call.
pub(in crate::sandbox) struct Gate {
    /// `None` while the plugin is asked about itself, when it may not read anything.
    access: Option<Access>,
    waiting: Arc<Waiting>,
    /// The documents that the stage may read, by identity.
    documents: Option<Arc<BTreeMap<String, DocumentInfo>>>,
}

impl Gate {
    pub(in crate::sandbox) fn new(access: Option<Access>, waiting: Arc<Waiting>) -> Self {
        Self { access, waiting, documents: None }
    }

    fn access(&self) -> Asked<Access> {
        self.access.clone().ok_or_else(|| {
            ReadFailure::Denied("a plugin that is asked about itself may not read anything".into()).into()
        })
    }

    /// The access, if the request is allowed.
    fn allowed(&self, request: impl Into<Request>) -> Asked<Access> {
        let access = self.access()?;
        match authorize(&access.effective, &request.into()) {
            Decision::Allowed { .. } => Ok(access),
            Decision::Denied(denial) => Err(ReadFailure::Denied(denial.to_string()).into()),
        }
    }

    pub(in crate::sandbox) async fn object(
        &self,
        meter: &mut Meter,
        cluster: String,
        object: ObjectRef,
    ) -> Asked<String> {
        meter.host_call()?;
        let cluster = text::identifier(cluster)?;
        let object = check_object(object)?;
        let collection = Collection { group: object.group.clone(), kind: object.kind.clone() };
        let access = self.allowed(ClusterRequest::read(
            cluster.clone(),
            collection,
            object.namespace.clone(),
            Some(object.name.clone()),
        ))?;
        let answer = self.waiting.during("kubernetes-reader.get-object", access.reads.kubernetes.object(&cluster, &object)).await?;
        Ok(meter.read(print(answer)?)?)
    }

    pub(in crate::sandbox) async fn objects(
        &self,
        meter: &mut Meter,
        cluster: String,
        collection: Collection,
        namespace: Option<String>,
        page: Option<String>,
    ) -> Asked<(Vec<String>, Option<String>)> {
        meter.host_call()?;
        let query = ObjectQuery {
            cluster: text::identifier(cluster)?,
            collection: Collection {
                group: text::api_group(collection.group)?,
                kind: text::kubernetes_kind(collection.kind)?,
            },
            namespace: namespace.map(text::dns_label).transpose()?,
            page: page.map(text::control).transpose()?,
        };
        let access = self.allowed(ClusterRequest::read(
            query.cluster.clone(),
            query.collection.clone(),
            query.namespace.clone(),
            None,
        ))?;
        let page = self.waiting.during("kubernetes-reader.list-objects", access.reads.kubernetes.objects(&query)).await?;
        let mut objects = Vec::with_capacity(page.objects.len());
        for object in page.objects {
            objects.push(meter.read(print(object)?)?);
        }
        Ok((objects, page.next))
    }

    /// The access to one EC2 call in one region.
    pub(in crate::sandbox) fn ec2(&self, meter: &mut Meter, call: Ec2Call, region: &str) -> Asked<Ec2<'_>> {
        meter.host_call()?;
        let region = text::word(region.to_owned())?;
        let access = self.allowed(Ec2Request { call, region: region.clone() })?;
        Ok(Ec2 { reads: access.reads, region, waiting: &self.waiting, call })
    }

    pub(in crate::sandbox) async fn files(&self, meter: &mut Meter, folder: String) -> Asked<Vec<String>> {
        meter.host_call()?;
        let path = text::folder(folder)?;
        let access = self.allowed(TreeRequest { path: path.clone() })?;
        let answer = self.waiting.during("tree-reader.list-files", access.reads.tree.files(&path)).await?;
        Ok(meter.read(answer)?)
    }

    pub(in crate::sandbox) async fn file(&self, meter: &mut Meter, path: String) -> Asked<String> {
        meter.host_call()?;
        let path = text::relative_path(path)?;
        let access = self.allowed(TreeRequest { path: path.clone() })?;
        let answer = self.waiting.during("tree-reader.read-file", access.reads.tree.file(&path)).await?;
        Ok(meter.read(answer)?)
    }

    /// The documents of the kinds that the stage may read. Asking is allowed if any kind is.
    pub(in crate::sandbox) async fn documents(&mut self, meter: &mut Meter) -> Asked<Vec<DocumentInfo>> {
        meter.host_call()?;
        let documents = self.waiting.during("document-reader.list-documents", Self::visible(&mut self.documents, self.access.as_ref())).await?;
        Ok(meter.read(documents.values().cloned().collect::<Vec<_>>())?)
    }

    pub(in crate::sandbox) async fn document(&mut self, meter: &mut Meter, identity: String) -> Asked<String> {
        meter.host_call()?;
        let visible = self.waiting.during("document-reader.read-document", Self::visible(&mut self.documents, self.access.as_ref())).await?;
        let kind = visible.get(&identity).map(|info| info.kind).ok_or(ReadFailure::Absent)?;
        let access = self.allowed(DocumentsRequest { kind })?;
        let answer = access.reads.documents.document(&identity).await?;
        Ok(meter.read(print(answer)?)?)
    }

    /// The stages without documents, and those whose documents the stage may not read: otherwise a control
    /// about them would find nothing wrong.
    pub(in crate::sandbox) async fn missing_stages(&mut self, meter: &mut Meter) -> Asked<Vec<MissingStage>> {
        meter.host_call()?;
        const FUNCTION: &str = "document-reader.missing-stages";
        let documents = self.access()?.reads.documents;
        let visible = Self::visible(&mut self.documents, self.access.as_ref());
        let visible = self.waiting.during(FUNCTION, visible).await?;
        let mut missing = self.waiting.during(FUNCTION, documents.missing_stages()).await?;
        let all = self.waiting.during(FUNCTION, documents.documents()).await?;
        let hidden: BTreeSet<_> = all
            .iter()
            .filter(|info| !visible.contains_key(&info.identity))
            .map(|info| (info.stage.clone(), info.cluster.clone(), info.kind))
            .collect();
        missing.extend(hidden.into_iter().map(|(stage, cluster, kind)| MissingStage {
            stage,
            cluster,
            reason: format!("its {kind} documents may not be read by this stage"),
        }));
        Ok(meter.read(missing)?)
    }

    async fn visible<'g>(
        known: &'g mut Option<Arc<BTreeMap<String, DocumentInfo>>>,
        access: Option<&Access>,
    ) -> Asked<Arc<BTreeMap<String, DocumentInfo>>> {
        if let Some(known) = known {
            return Ok(Arc::clone(known));
        }
        let access = access.ok_or_else(|| {
            ReadFailure::Denied("a plugin that is asked about itself may not read anything".into())
        })?;
        let all = access.reads.documents.documents().await?;
        let mut kinds: BTreeMap<DocumentKind, Result<(), String>> = BTreeMap::new();
        let mut visible = BTreeMap::new();
        for info in all.iter() {
            let allowed = kinds.entry(info.kind).or_insert_with(|| {
                let request = Request::from(DocumentsRequest { kind: info.kind });
                match authorize(&access.effective, &request) {
                    Decision::Allowed { .. } => Ok(()),
                    Decision::Denied(denial) => Err(denial.to_string()),
                }
            });
            if allowed.is_ok() {
                visible.insert(info.identity.clone(), info.clone());
            }
        }
        if visible.is_empty()
            && let Some(Err(reason)) = kinds.into_values().next()
        {
            return Err(ReadFailure::Denied(reason).into());
        }
        let visible = Arc::new(visible);
        *known = Some(Arc::clone(&visible));
        Ok(visible)
    }

    pub(in crate::sandbox) async fn handshake(&self, meter: &mut Meter, endpoint: Endpoint) -> Asked<ProbeOutcome> {
        meter.host_call()?;
        let (access, endpoint) = self.endpoint(endpoint)?;
        let answer = self.waiting.during("tls-prober.connect", access.reads.tls.handshake(&endpoint)).await?;
        Ok(meter.read(answer)?)
    }

    pub(in crate::sandbox) async fn accepts_plaintext(&self, meter: &mut Meter, endpoint: Endpoint) -> Asked<bool> {
        meter.host_call()?;
        let (access, endpoint) = self.endpoint(endpoint)?;
        let answer = self.waiting.during("tls-prober.accepts-plaintext", access.reads.tls.accepts_plaintext(&endpoint)).await?;
        Ok(meter.read(answer)?)
    }

    /// The server name is authorised like the host: it is sent, so a free one could carry data out.
    fn endpoint(&self, endpoint: Endpoint) -> Asked<(Access, Endpoint)> {
        let endpoint = Endpoint {
            host: text::control(endpoint.host)?,
            port: endpoint.port,
            server_name: text::control(endpoint.server_name)?,
        };
        let access = self.allowed(ProbeRequest { host: endpoint.host.clone(), port: endpoint.port })?;
        if endpoint.server_name != endpoint.host {
            self.allowed(ProbeRequest { host: endpoint.server_name.clone(), port: endpoint.port })?;
        }
        Ok((access, endpoint))
    }
}

/// An EC2 call that was authorised.
pub(in crate::sandbox) struct Ec2<'g> {
    pub reads: Reads,
    pub region: String,
    waiting: &'g Waiting,
    call: Ec2Call,
}

impl Ec2<'_> {
    /// Waits for a backend's answer and charges it.
    pub(in crate::sandbox) async fn answer<T>(
        &self,
        meter: &mut Meter,
        answer: super::Answer<'_, Vec<T>>,
    ) -> Asked<Vec<T>>
    where
        Vec<T>: Weight,
    {
        let answer = self.waiting.during(function(self.call), answer).await?;
        Ok(meter.read(answer)?)
    }
}

const fn function(call: Ec2Call) -> &'static str {
    match call {
        Ec2Call::AvailabilityZones => "ec2-reader.availability-zones",
        Ec2Call::InstanceTypes => "ec2-reader.instance-types",
        Ec2Call::Vpcs => "ec2-reader.vpcs",
        Ec2Call::Subnets => "ec2-reader.subnets",
        Ec2Call::SecurityGroups => "ec2-reader.security-groups",
        Ec2Call::Volumes => "ec2-reader.volumes",
        Ec2Call::Instances => "ec2-reader.instances",
        Ec2Call::Images => "ec2-reader.images",
    }
}

/// Tags that may be searched for.
pub(in crate::sandbox) fn filter(tags: Vec<Tag>) -> Asked<Vec<Tag>> {
    if tags.len() > FILTER_MAX {
        return Err(ReadFailure::Invalid(format!("a filter has at most {FILTER_MAX} tags")).into());
    }
    Ok(tags)
}

/// Instance types that may be asked for at once.
pub(in crate::sandbox) fn names(names: Vec<String>) -> Asked<Vec<String>> {
    if names.len() > FILTER_MAX {
        return Err(ReadFailure::Invalid(format!("at most {FILTER_MAX} names are asked for at once")).into());
    }
    names.into_iter().map(|name| Ok(text::word(name)?)).collect()
}

fn check_object(object: ObjectRef) -> Asked<ObjectRef> {
    Ok(ObjectRef {
        group: text::api_group(object.group)?,
        kind: text::kubernetes_kind(object.kind)?,
        namespace: object.namespace.map(text::dns_label).transpose()?,
        name: text::object_name(object.name)?,
    })
}

/// An object as the plugin gets it.
fn print(object: Arc<Value>) -> Asked<String> {
    serde_json::to_string(&*without_secret_data(object))
        .map_err(|_| ReadFailure::Unreachable("the answer has no JSON form".into()).into())
}
