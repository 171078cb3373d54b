//! Deleting somebody else's object.

use super::{DeriveContext, cluster_of};
use crate::capability::denial::Denial;
use crate::capability::{Request, Verb, kinds};
use crate::proposal::{Change, ObjectRef};

pub(super) fn derive(
    object: &ObjectRef,
    change: &Change,
    context: &DeriveContext,
) -> Result<Vec<Request>, Denial> {
    let cluster = cluster_of(change, "delete an object")?;
    kinds::object_request(cluster, Verb::Delete, object, context).map(|request| vec![request])
}
