//! What plugins may read.
//!
//! A plugin's question passes three stations, in this order and for every version of the contract: the
//! call's budget, [`authorize`](crate::capability::authorize), and a backend: one of the traits here, which others
//! implement over a planned tree, a live cluster or a cloud. The answer is charged to the budget and
//! loses the data of Secrets before it is handed out.

mod answer;
mod gate;
mod values;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aegis_document::Identifier;
use serde_json::Value;

use crate::proposal::ObjectRef;

pub(super) use answer::Weight;
pub(super) use gate::{Access, Gate, Refusal, filter, image_filter, names};
pub use values::{
    AvailabilityZone, DocumentInfo, Endpoint, Handshake, Image, Instance, InstanceType,
    MissingStage, ObjectPage, ObjectQuery, Precision, ProbeOutcome, Rule, SecurityGroup, Subnet,
    Tag, Volume, Vpc,
};

/// What a read can answer instead of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadFailure {
    /// It does not exist.
    Absent,
    /// The target could not be asked. The text reaches the plugin: no addresses or credentials in it.
    Unreachable(String),
    /// The stage was not granted this read.
    Denied(String),
    /// The question itself is malformed.
    Invalid(String),
}

/// A pending answer. A backend never blocks its thread: a call that runs out of time is dropped while it waits here.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ReadFailure>> + Send + 'a>>;

/// Kubernetes objects, planned or live.
pub trait KubernetesReads: Send + Sync {
    /// One object.
    fn object<'a>(
        &'a self,
        cluster: &'a Identifier,
        object: &'a ObjectRef,
    ) -> Answer<'a, Arc<Value>>;
    /// A page of objects of one kind.
    fn objects<'a>(&'a self, query: &'a ObjectQuery) -> Answer<'a, ObjectPage>;
}

/// EC2 describe calls. A filter holds tags that must all be there.
pub trait Ec2Reads: Send + Sync {
    fn availability_zones<'a>(&'a self, region: &'a str) -> Answer<'a, Vec<AvailabilityZone>>;
    fn instance_types<'a>(
        &'a self,
        region: &'a str,
        names: &'a [String],
    ) -> Answer<'a, Vec<InstanceType>>;
    fn vpcs<'a>(&'a self, region: &'a str, filter: &'a [Tag]) -> Answer<'a, Vec<Vpc>>;
    fn subnets<'a>(&'a self, region: &'a str, filter: &'a [Tag]) -> Answer<'a, Vec<Subnet>>;
    fn security_groups<'a>(
        &'a self,
        region: &'a str,
        filter: &'a [Tag],
    ) -> Answer<'a, Vec<SecurityGroup>>;
    fn volumes<'a>(&'a self, region: &'a str, filter: &'a [Tag]) -> Answer<'a, Vec<Volume>>;
    fn instances<'a>(&'a self, region: &'a str, filter: &'a [Tag]) -> Answer<'a, Vec<Instance>>;
    fn images<'a>(
        &'a self,
        region: &'a str,
        owner: &'a str,
        name: &'a str,
    ) -> Answer<'a, Vec<Image>>;
}

/// The Git tree that the stack is written to. Paths are relative, with `/`, and have been checked.
pub trait TreeReads: Send + Sync {
    /// Paths of the files below a folder, sorted; the empty path is the whole tree.
    fn files<'a>(&'a self, folder: &'a str) -> Answer<'a, Vec<String>>;
    fn file<'a>(&'a self, path: &'a str) -> Answer<'a, String>;
}

/// The documents of a plan.
pub trait DocumentReads: Send + Sync {
    /// All documents, sorted by identity.
    fn documents(&self) -> Answer<'_, Arc<[DocumentInfo]>>;
    /// One document as canonical JSON, without secret values.
    fn document<'a>(&'a self, identity: &'a str) -> Answer<'a, Arc<str>>;
    /// Deferred and blocked stages.
    fn missing_stages(&self) -> Answer<'_, Vec<MissingStage>>;
}

/// TLS handshakes. A backend resolves the name, refuses link-local and metadata addresses, and sends nothing
/// but the handshake.
pub trait TlsReads: Send + Sync {
    fn handshake<'a>(&'a self, endpoint: &'a Endpoint) -> Answer<'a, ProbeOutcome>;
    fn accepts_plaintext<'a>(&'a self, endpoint: &'a Endpoint) -> Answer<'a, bool>;
}

/// Where the answers to a plugin's reads come from.
#[derive(Clone)]
pub struct Reads {
    pub kubernetes: Arc<dyn KubernetesReads>,
    pub ec2: Arc<dyn Ec2Reads>,
    pub tree: Arc<dyn TreeReads>,
    pub documents: Arc<dyn DocumentReads>,
    pub tls: Arc<dyn TlsReads>,
}

impl Reads {
    /// Nothing can be read: every question that is allowed is answered with `unreachable` and a reason.
    /// Replace the parts that there are.
    pub fn none() -> Self {
        Self {
            kubernetes: Arc::new(NoReads("no cluster is connected in this run")),
            ec2: Arc::new(NoReads("no cloud account is configured in this run")),
            tree: Arc::new(NoReads("no tree is open in this run")),
            documents: Arc::new(NoReads("there is no plan to read in this run")),
            tls: Arc::new(NoReads("no network is used in this run")),
        }
    }
}

/// A backend that answers `unreachable`, with its reason, to everything.
#[derive(Clone, Copy, Debug)]
pub struct NoReads(pub &'static str);

impl NoReads {
    fn answer<T: Send + 'static>(&self) -> Answer<'static, T> {
        Box::pin(std::future::ready(Err(ReadFailure::Unreachable(
            self.0.to_owned(),
        ))))
    }
}

impl KubernetesReads for NoReads {
    fn object<'a>(&'a self, _: &'a Identifier, _: &'a ObjectRef) -> Answer<'a, Arc<Value>> {
        self.answer()
    }

    fn objects<'a>(&'a self, _: &'a ObjectQuery) -> Answer<'a, ObjectPage> {
        self.answer()
    }
}

impl Ec2Reads for NoReads {
    fn availability_zones<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<AvailabilityZone>> {
        self.answer()
    }

    fn instance_types<'a>(&'a self, _: &'a str, _: &'a [String]) -> Answer<'a, Vec<InstanceType>> {
        self.answer()
    }

    fn vpcs<'a>(&'a self, _: &'a str, _: &'a [Tag]) -> Answer<'a, Vec<Vpc>> {
        self.answer()
    }

    fn subnets<'a>(&'a self, _: &'a str, _: &'a [Tag]) -> Answer<'a, Vec<Subnet>> {
        self.answer()
    }

    fn security_groups<'a>(&'a self, _: &'a str, _: &'a [Tag]) -> Answer<'a, Vec<SecurityGroup>> {
        self.answer()
    }

    fn volumes<'a>(&'a self, _: &'a str, _: &'a [Tag]) -> Answer<'a, Vec<Volume>> {
        self.answer()
    }

    fn instances<'a>(&'a self, _: &'a str, _: &'a [Tag]) -> Answer<'a, Vec<Instance>> {
        self.answer()
    }

    fn images<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Answer<'a, Vec<Image>> {
        self.answer()
    }
}

impl TreeReads for NoReads {
    fn files<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<String>> {
        self.answer()
    }

    fn file<'a>(&'a self, _: &'a str) -> Answer<'a, String> {
        self.answer()
    }
}

impl DocumentReads for NoReads {
    fn documents(&self) -> Answer<'_, Arc<[DocumentInfo]>> {
        self.answer()
    }

    fn document<'a>(&'a self, _: &'a str) -> Answer<'a, Arc<str>> {
        self.answer()
    }

    fn missing_stages(&self) -> Answer<'_, Vec<MissingStage>> {
        self.answer()
    }
}

impl TlsReads for NoReads {
    fn handshake<'a>(&'a self, _: &'a Endpoint) -> Answer<'a, ProbeOutcome> {
        self.answer()
    }

    fn accepts_plaintext<'a>(&'a self, _: &'a Endpoint) -> Answer<'a, bool> {
        self.answer()
    }
}
