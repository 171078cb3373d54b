//! The kinds that the host has a policy for.

use aegis_document::Identifier;

use super::shape::Shape;
use super::{
    admission, argo, calico, cert_manager, config, definition, istio, kyverno, monitoring, network,
    quota, rbac, storage, workload,
};
use crate::capability::denial::Denial;
use crate::capability::derive::{Cursor, DeriveContext};
use crate::capability::{Request, Risk};
use crate::proposal::{Collection, KubernetesObject};

/// The policy of one kind.
pub(in crate::capability) struct KindPolicy {
    /// Empty for the core group.
    pub group: &'static str,
    pub kind: &'static str,
    /// Versions whose fields the policy knows.
    pub versions: &'static [&'static str],
    pub risk: Risk,
    /// The body: everything but `apiVersion`, `kind`, `metadata` and `status`.
    pub shape: Shape,
    /// Whether a body is of a variant that the policy does not know, which makes the object opaque.
    pub beyond: fn(&Cursor<'_>) -> bool,
    /// What an object implies, once its fields are known to be of the shape.
    pub implied: fn(&Object<'_>) -> Result<Vec<Request>, Denial>,
}

/// An object that is being judged.
pub(in crate::capability) struct Object<'a> {
    pub object: &'a KubernetesObject,
    pub body: Cursor<'a>,
    pub cluster: &'a Identifier,
    pub context: &'a DeriveContext,
}

impl<'a> Object<'a> {
    /// The namespace; empty for objects without one.
    pub(super) fn namespace(&self) -> &'a str {
        self.object.namespace.as_deref().unwrap_or_default()
    }
}

/// What is known about a kind.
pub(in crate::capability) enum Judgement {
    Known(&'static KindPolicy),
    /// Nobody knows what its fields mean.
    Opaque,
    /// No grant reaches it, for this reason.
    Forbidden(&'static str),
}

/// For kinds that the policy knows all of.
pub(super) fn never(_: &Cursor<'_>) -> bool {
    false
}

/// For kinds that imply nothing besides themselves.
pub(super) fn nothing(_: &Object<'_>) -> Result<Vec<Request>, Denial> {
    Ok(Vec::new())
}

const FAMILIES: &[&[KindPolicy]] = &[
    admission::KINDS,
    argo::KINDS,
    calico::KINDS,
    cert_manager::KINDS,
    config::KINDS,
    definition::KINDS,
    istio::KINDS,
    kyverno::KINDS,
    monitoring::KINDS,
    network::KINDS,
    quota::KINDS,
    rbac::KINDS,
    storage::KINDS,
    workload::KINDS,
];

/// All policies.
pub(in crate::capability) fn policies() -> impl Iterator<Item = &'static KindPolicy> {
    FAMILIES.iter().copied().flatten()
}

/// What is known about a kind.
pub(in crate::capability) fn judgement(collection: &Collection) -> Judgement {
    if let Some(reason) = forbidden(collection) {
        return Judgement::Forbidden(reason);
    }
    policies()
        .find(|policy| policy.group == collection.group && policy.kind == collection.kind)
        .map_or(Judgement::Opaque, Judgement::Known)
}

/// Kinds that no plugin may touch.
fn forbidden(collection: &Collection) -> Option<&'static str> {
    let (group, kind) = (collection.group.as_str(), collection.kind.as_str());
    if kind.ends_with("List") {
        return Some("a list hides its items from authorisation: propose one object per change");
    }
    match (group, kind) {
        ("authentication.k8s.io" | "authorization.k8s.io", _) => {
            Some("reviews are questions to the API server, whose answers hold identities")
        }
        ("certificates.k8s.io", _) => {
            Some("a certificate request can make an identity of the cluster")
        }
        ("apiregistration.k8s.io", _) => Some("an APIService answers in the API server's place"),
        ("", "Binding" | "Node" | "Event" | "PodTemplate" | "ComponentStatus")
        | ("events.k8s.io", _)
        | ("policy", "Eviction")
        | ("autoscaling", "Scale") => Some("the cluster makes these itself"),
        ("", "PersistentVolume") => Some("a volume can be any disk or folder of any node"),
        ("", "Endpoints") | ("discovery.k8s.io", _) => {
            Some("endpoints lead a Service's clients anywhere, also to the nodes' metadata")
        }
        ("", "ReplicationController") | ("apps", "ReplicaSet" | "ControllerRevision") => {
            Some("a Deployment makes these itself")
        }
        ("storage.k8s.io", "CSIDriver" | "CSINode" | "VolumeAttachment" | "CSIStorageCapacity") => {
            Some("storage drivers run on nodes: they belong to the cluster")
        }
        ("flowcontrol.apiserver.k8s.io", _) => {
            Some("who may ask the API server how often is the operator's decision")
        }
        ("policies.kyverno.io" | "kyverno.io", "PolicyException") => {
            Some("exceptions to policies are the operator's decision")
        }
        _ => None,
    }
}
