//! The one way from a plugin's question to a backend.

mod documents;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::answer::{Weight, without_secret_data};
use super::{DocumentInfo, Endpoint, ObjectQuery, ProbeOutcome, ReadFailure, Reads, Tag};
use crate::capability::{
    ClusterRequest, Decision, Ec2Call, Ec2Request, Effective, ProbeRequest, Request, TreeRequest,
    authorize,
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
        Self {
            access,
            waiting,
            documents: None,
        }
    }

    fn access(&self) -> Asked<Access> {
        self.access.clone().ok_or_else(|| {
            ReadFailure::Denied("a plugin that is asked about itself may not read anything".into())
                .into()
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
        let collection = Collection {
            group: object.group.clone(),
            kind: object.kind.clone(),
        };
        let access = self.allowed(ClusterRequest::read(
            cluster.clone(),
            collection,
            object.namespace.clone(),
            Some(object.name.clone()),
        ))?;
        let answer = self
            .waiting
            .during(
                "kubernetes-reader.get-object",
                access.reads.kubernetes.object(&cluster, &object),
            )
            .await?;
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
        let page = self
            .waiting
            .during(
                "kubernetes-reader.list-objects",
                access.reads.kubernetes.objects(&query),
            )
            .await?;
        let mut objects = Vec::with_capacity(page.objects.len());
        for object in page.objects {
            objects.push(meter.read(print(object)?)?);
        }
        Ok((objects, page.next))
    }

    /// The access to one EC2 call in one region.
    pub(in crate::sandbox) fn ec2(
        &self,
        meter: &mut Meter,
        call: Ec2Call,
        region: &str,
    ) -> Asked<Ec2<'_>> {
        meter.host_call()?;
        let region = text::word(region.to_owned())?;
        let access = self.allowed(Ec2Request {
            call,
            region: region.clone(),
        })?;
        Ok(Ec2 {
            reads: access.reads,
            region,
            waiting: &self.waiting,
            call,
        })
    }

    pub(in crate::sandbox) async fn files(
        &self,
        meter: &mut Meter,
        folder: String,
    ) -> Asked<Vec<String>> {
        meter.host_call()?;
        let path = text::folder(folder)?;
        let access = self.allowed(TreeRequest { path: path.clone() })?;
        let answer = self
            .waiting
            .during("tree-reader.list-files", access.reads.tree.files(&path))
            .await?;
        Ok(meter.read(answer)?)
    }

    pub(in crate::sandbox) async fn file(&self, meter: &mut Meter, path: String) -> Asked<String> {
        meter.host_call()?;
        let path = text::relative_path(path)?;
        let access = self.allowed(TreeRequest { path: path.clone() })?;
        let answer = self
            .waiting
            .during("tree-reader.read-file", access.reads.tree.file(&path))
            .await?;
        Ok(meter.read(answer)?)
    }

    pub(in crate::sandbox) async fn handshake(
        &self,
        meter: &mut Meter,
        endpoint: Endpoint,
    ) -> Asked<ProbeOutcome> {
        meter.host_call()?;
        let (access, endpoint) = self.endpoint(endpoint)?;
        let answer = self
            .waiting
            .during("tls-prober.connect", access.reads.tls.handshake(&endpoint))
            .await?;
        Ok(meter.read(answer)?)
    }

    pub(in crate::sandbox) async fn accepts_plaintext(
        &self,
        meter: &mut Meter,
        endpoint: Endpoint,
    ) -> Asked<bool> {
        meter.host_call()?;
        let (access, endpoint) = self.endpoint(endpoint)?;
        let answer = self
            .waiting
            .during(
                "tls-prober.accepts-plaintext",
                access.reads.tls.accepts_plaintext(&endpoint),
            )
            .await?;
        Ok(meter.read(answer)?)
    }

    /// The server name is authorised like the host: it is sent, so a free one could carry data out.
    fn endpoint(&self, endpoint: Endpoint) -> Asked<(Access, Endpoint)> {
        let endpoint = Endpoint {
            host: text::control(endpoint.host)?,
            port: endpoint.port,
            server_name: text::control(endpoint.server_name)?,
        };
        let access = self.allowed(ProbeRequest {
            host: endpoint.host.clone(),
            port: endpoint.port,
        })?;
        if endpoint.server_name != endpoint.host {
            self.allowed(ProbeRequest {
                host: endpoint.server_name.clone(),
                port: endpoint.port,
            })?;
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

/// Tags that may be searched for, within EC2's own limits for keys and values.
pub(in crate::sandbox) fn filter(tags: Vec<Tag>) -> Asked<Vec<Tag>> {
    let fits = |tag: &Tag| tag.key.chars().count() <= 128 && tag.value.chars().count() <= 256;
    if tags.len() > FILTER_MAX || !tags.iter().all(fits) {
        let reason = format!("a filter has at most {FILTER_MAX} tags of 128 and 256 characters");
        return Err(ReadFailure::Invalid(reason).into());
    }
    Ok(tags)
}

/// The owner or name of an image that may be searched for.
pub(in crate::sandbox) fn image_filter(text: String) -> Asked<String> {
    Ok(text::control(text)?)
}

/// Instance types that may be asked for at once.
pub(in crate::sandbox) fn names(names: Vec<String>) -> Asked<Vec<String>> {
    if names.len() > FILTER_MAX {
        return Err(ReadFailure::Invalid(format!(
            "at most {FILTER_MAX} names are asked for at once"
        ))
        .into());
    }
    names
        .into_iter()
        .map(|name| Ok(text::word(name)?))
        .collect()
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
