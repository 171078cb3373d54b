//! The host's reads from memory: what a test puts in. The reads themselves are in `reads`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::ec2::{
    AvailabilityZone, Image, Instance, InstanceType, SecurityGroup, Subnet, Volume, Vpc,
};
use crate::{DocumentInfo, Level, MissingStage, ObjectReference, ProbeOutcome, ReadError};

/// A group of reads, as the contract has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reads {
    /// Kubernetes objects.
    Kubernetes,
    /// EC2 describe calls.
    Ec2,
    /// The Git tree.
    Tree,
    /// The documents of the plan.
    Documents,
    /// TLS handshakes.
    Tls,
}

/// What EC2 answers for one region.
#[derive(Clone, Debug, Default)]
pub struct Region {
    /// All availability zones.
    pub availability_zones: Vec<AvailabilityZone>,
    /// All instance types.
    pub instance_types: Vec<InstanceType>,
    /// All VPCs.
    pub vpcs: Vec<Vpc>,
    /// All subnets.
    pub subnets: Vec<Subnet>,
    /// All security groups.
    pub security_groups: Vec<SecurityGroup>,
    /// All volumes.
    pub volumes: Vec<Volume>,
    /// All instances.
    pub instances: Vec<Instance>,
    /// All images.
    pub images: Vec<Image>,
}

impl Region {
    /// A region that has these available zones and nothing else.
    pub fn with_zones<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let zones = names.into_iter().map(|name| AvailabilityZone {
            name: name.to_owned(),
            id: format!("{name}-id"),
            available: true,
        });
        Self {
            availability_zones: zones.collect(),
            ..Self::default()
        }
    }
}

/// A host that answers from memory.
///
/// What was not put in is absent, an empty list, or, for a whole region or endpoint, denied.
#[derive(Debug, Default)]
pub struct Memory {
    pub(super) failing: BTreeMap<Reads, ReadError>,
    pub(super) unreachable: BTreeSet<String>,
    pub(super) objects: BTreeMap<ObjectKey, Value>,
    pub(super) page: Option<usize>,
    pub(super) regions: BTreeMap<String, Region>,
    pub(super) files: BTreeMap<String, String>,
    pub(super) documents: BTreeMap<String, (DocumentInfo, Value)>,
    pub(super) missing: Vec<MissingStage>,
    pub(super) endpoints: BTreeMap<(String, u16), ProbeOutcome>,
    pub(super) plaintext: BTreeSet<(String, u16)>,
    pub(super) messages: RefCell<Vec<(Level, String)>>,
}

/// Identity of an object: cluster, group, kind, namespace, name. Objects are listed in this order.
pub(super) type ObjectKey = (String, String, String, Option<String>, String);

pub(super) fn key(cluster: &str, object: &ObjectReference) -> ObjectKey {
    (
        cluster.to_owned(),
        object.group.clone(),
        object.kind.clone(),
        object.namespace.clone(),
        object.name.clone(),
    )
}

impl Memory {
    /// Nothing is there.
    pub fn new() -> Self {
        Self::default()
    }

    /// A cluster's object, complete with `apiVersion`, `kind` and `metadata`.
    pub fn with_object(mut self, cluster: &str, object: Value) -> Self {
        let text = |pointer| object.pointer(pointer).and_then(Value::as_str);
        let group = text("/apiVersion")
            .and_then(|version| version.split_once('/'))
            .map_or("", |(group, _)| group);
        let mut reference = ObjectReference::new(
            group,
            text("/kind").unwrap_or_default(),
            text("/metadata/name").unwrap_or_default(),
        );
        reference.namespace = text("/metadata/namespace").map(str::to_owned);
        self.objects.insert(key(cluster, &reference), object);
        self
    }

    /// Lists are given in pages of so many objects, at least one; otherwise in one page.
    pub fn with_page_size(mut self, objects: usize) -> Self {
        self.page = Some(objects.max(1));
        self
    }

    /// What EC2 answers for a region.
    pub fn with_region(mut self, name: &str, region: Region) -> Self {
        self.regions.insert(name.to_owned(), region);
        self
    }

    /// A file of the tree.
    pub fn with_file(mut self, path: &str, content: &str) -> Self {
        self.files.insert(path.to_owned(), content.to_owned());
        self
    }

    /// A document of the plan.
    pub fn with_document(mut self, info: DocumentInfo, document: Value) -> Self {
        self.documents
            .insert(info.identity.clone(), (info, document));
        self
    }

    /// A stage that has no documents in this plan.
    pub fn with_missing_stage(mut self, stage: MissingStage) -> Self {
        self.missing.push(stage);
        self
    }

    /// What a handshake with an endpoint gives.
    pub fn with_endpoint(mut self, host: &str, port: u16, outcome: ProbeOutcome) -> Self {
        self.endpoints.insert((host.to_owned(), port), outcome);
        self
    }

    /// An endpoint that keeps a connection without TLS open.
    pub fn with_plaintext_endpoint(mut self, host: &str, port: u16) -> Self {
        self.plaintext.insert((host.to_owned(), port));
        self
    }

    /// Every read of this group fails.
    pub fn with_failing(mut self, reads: Reads, error: ReadError) -> Self {
        self.failing.insert(reads, error);
        self
    }

    /// A cluster that does not answer.
    pub fn with_unreachable_cluster(mut self, cluster: &str) -> Self {
        self.unreachable.insert(cluster.to_owned());
        self
    }

    /// What the plugin wrote to the log, over all runs.
    pub fn messages(&self) -> Vec<(Level, String)> {
        self.messages.borrow().clone()
    }
}
