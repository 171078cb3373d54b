//! What is asked and answered, in a form that belongs to no version of the contract.

use std::sync::Arc;

use aegis_document::Identifier;
use serde_json::Value;

use crate::capability::DocumentKind;
use crate::proposal::Collection;

/// Objects of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectQuery {
    pub cluster: Identifier,
    pub collection: Collection,
    /// `None` for cluster-scoped objects, or for all namespaces.
    pub namespace: Option<String>,
    /// [`ObjectPage::next`] of the page before.
    pub page: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ObjectPage {
    pub objects: Vec<Arc<Value>>,
    /// Asks for the next page; `None` on the last one.
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvailabilityZone {
    pub name: String,
    pub id: String,
    pub available: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceType {
    pub name: String,
    pub architectures: Vec<String>,
    pub vcpus: u32,
    pub memory_mib: u64,
    /// Zones that offer it.
    pub zones: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    pub id: String,
    pub cidr_blocks: Vec<String>,
    pub is_default: bool,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub vpc_id: String,
    pub zone: String,
    pub cidr_block: String,
    pub free_addresses: u32,
    pub public_ip_on_launch: bool,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub ingress: bool,
    pub protocol: String,
    pub from_port: Option<u16>,
    pub to_port: Option<u16>,
    /// CIDR blocks, prefix lists and security group ids.
    pub peers: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    pub id: String,
    pub name: String,
    pub vpc_id: String,
    pub rules: Vec<Rule>,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    pub id: String,
    pub zone: String,
    pub size_gib: u32,
    pub encrypted: bool,
    pub kms_key: Option<String>,
    pub attached_to: Option<String>,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub id: String,
    /// Instance type, `m6i.large`.
    pub kind: String,
    pub zone: String,
    pub state: String,
    pub image: String,
    pub subnet_id: Option<String>,
    pub private_ip: Option<String>,
    pub public_ip: Option<String>,
    pub imds_v2_required: bool,
    pub imds_hop_limit: u32,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub id: String,
    pub name: String,
    pub owner: String,
    pub architecture: String,
    pub creation_date: String,
    pub deprecated: bool,
}

/// Whether a document is all there will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Every token is bound.
    Exact,
    /// Some values are still tokens.
    Structural,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentInfo {
    /// `terraform/network-use1`, `kops/use1/nodes`.
    pub identity: String,
    pub kind: DocumentKind,
    /// The stage that proposed it.
    pub stage: Identifier,
    pub cluster: Option<Identifier>,
    pub precision: Precision,
}

/// A stage without documents in this plan, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingStage {
    pub stage: Identifier,
    pub cluster: Option<Identifier>,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
    /// Sent as SNI and compared with the certificate.
    pub server_name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// `TLSv1.3`.
    pub version: String,
    pub cipher_suite: String,
    /// DER, leaf first.
    pub certificates: Vec<Vec<u8>>,
    pub client_certificate_requested: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeOutcome {
    Established(Handshake),
    /// The peer answered with a TLS alert or closed the connection.
    Refused(String),
}
