//! A backend for every read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aegis_document::Identifier;
use serde_json::{Value, json};

use super::name;
use crate::capability::DocumentKind;
use crate::proposal::ObjectRef;
use crate::sandbox::reads::{
    Answer, AvailabilityZone, DocumentInfo, DocumentReads, Ec2Reads, Endpoint, Image, Instance,
    InstanceType, KubernetesReads, MissingStage, ObjectPage, ObjectQuery, Precision, ProbeOutcome,
    Reads, SecurityGroup, Subnet, Tag, TlsReads, TreeReads, Volume, Vpc,
};

/// A backend for everything that counts how often it is asked, and answers with next to nothing.
#[derive(Default)]
pub struct Counting(AtomicUsize);

impl Counting {
    fn answer<T: Send + 'static>(&self, answer: T) -> Answer<'static, T> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(Ok(answer)))
    }

    pub fn asked(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub fn reads(self: &Arc<Self>) -> Reads {
        Reads {
            kubernetes: Arc::clone(self) as _,
            ec2: Arc::clone(self) as _,
            tree: Arc::clone(self) as _,
            documents: Arc::clone(self) as _,
            tls: Arc::clone(self) as _,
        }
    }
}

impl KubernetesReads for Counting {
    fn object<'a>(&'a self, _: &'a Identifier, _: &'a ObjectRef) -> Answer<'a, Arc<Value>> {
        self.answer(Arc::new(json!({})))
    }

    fn objects<'a>(&'a self, _: &'a ObjectQuery) -> Answer<'a, ObjectPage> {
        let secret = Arc::new(json!({"kind": "Secret", "data": {"a": "czNjcmV0"}}));
        self.answer(ObjectPage {
            objects: vec![secret],
            next: Some("2".into()),
        })
    }
}

impl Ec2Reads for Counting {
    fn availability_zones<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<AvailabilityZone>> {
        self.answer(Vec::new())
    }

    fn instance_types<'a>(&'a self, _: &'a str, _: &'a [String]) -> Answer<'a, Vec<InstanceType>> {
        self.answer(Vec::new())
    }

    fn vpcs<'a>(&'a self, _: &'a str, _: &'a [Tag]) -> Answer<'a, Vec<Vpc>> {
        self.answer(Vec::new())
    }

    fn subnets<'a>(&'a self, _: &'a str, _: &'a [Tag]) -> Answer<'a, Vec<Subnet>> {
        self.answer(Vec::new())
    }

    fn security_groups<'a>(&'a self, _: &'a str, _: &'a [Tag]) -> Answer<'a, Vec<SecurityGroup>> {
        self.answer(Vec::new())
    }

    fn volumes<'a>(&'a self, _: &'a str, _: &'a [Tag]) -> Answer<'a, Vec<Volume>> {
        self.answer(Vec::new())
    }

    fn instances<'a>(&'a self, _: &'a str, _: &'a [Tag]) -> Answer<'a, Vec<Instance>> {
        self.answer(Vec::new())
    }

    fn images<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Answer<'a, Vec<Image>> {
        self.answer(Vec::new())
    }
}

impl TreeReads for Counting {
    fn files<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<String>> {
        self.answer(vec!["docs/a.md".into()])
    }

    fn file<'a>(&'a self, _: &'a str) -> Answer<'a, String> {
        self.answer("hello".into())
    }
}

impl DocumentReads for Counting {
    /// The list of documents is not secret by itself and is not counted: the gate needs it to know their kinds.
    fn documents(&self) -> Answer<'_, Arc<[DocumentInfo]>> {
        let info = |identity: &str, kind, stage| DocumentInfo {
            identity: identity.into(),
            kind,
            stage: name(stage),
            cluster: Some(name("use1")),
            precision: Precision::Exact,
        };
        let documents = [
            info("kops/use1", DocumentKind::KopsCluster, "cluster"),
            info("terraform/network-use1", DocumentKind::Terraform, "network"),
        ];
        Box::pin(std::future::ready(Ok(documents.into())))
    }

    fn document<'a>(&'a self, _: &'a str) -> Answer<'a, Arc<str>> {
        self.answer("{}".into())
    }

    fn missing_stages(&self) -> Answer<'_, Vec<MissingStage>> {
        self.answer(Vec::new())
    }
}

impl TlsReads for Counting {
    fn handshake<'a>(&'a self, _: &'a Endpoint) -> Answer<'a, ProbeOutcome> {
        self.answer(ProbeOutcome::Refused("alert".into()))
    }

    fn accepts_plaintext<'a>(&'a self, _: &'a Endpoint) -> Answer<'a, bool> {
        self.answer(false)
    }
}
