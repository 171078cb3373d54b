//! Claims of volumes.

use super::pod_shape::CLAIM_SPEC;
use super::shape::Shape::Fields;
use super::table::{KindPolicy, never, nothing};
use crate::capability::Risk;

pub(super) const KINDS: &[KindPolicy] = &[KindPolicy {
    group: "",
    kind: "PersistentVolumeClaim",
    versions: &["v1"],
    risk: Risk::Plain,
    shape: Fields(&[("spec", CLAIM_SPEC)]),
    beyond: never,
    implied: nothing,
}];
