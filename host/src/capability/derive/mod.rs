//! What a change implies: one file per kind of change.

mod application;
mod context;
mod cursor;
mod ensure_absent;
mod file;
mod kubernetes;
mod release;
mod tokens;
mod tool;
mod workflow;
mod yaml;

pub(super) use application::implied_by as application;
pub use context::{DeclaredFact, DeclaredFacts, DeriveContext, Repository};
pub(super) use cursor::Cursor;
pub(super) use kubernetes::check_key;

use super::denial::Denial;
use super::{Reach, Request, codes, kops, terraform};
use crate::proposal::{Action, Change};

/// Everything that a change implies. Total and pure: it answers for every change, and the same for the same.
///
/// A change is refused here when no grant could allow it: a token where a literal decides, an
/// unknown field, a name that is none.
pub fn derive(change: &Change, context: &DeriveContext) -> Result<Vec<Request>, Denial> {
    check_reach(change, context)?;
    let mut requests = tokens::derive(change, context)?;
    requests.extend(match &change.action {
        Action::Apply(object) => kubernetes::derive(object, change, context)?,
        Action::EnsureAbsent(object) => ensure_absent::derive(object, change, context)?,
        Action::Release(release) => release::derive(release, change, context)?,
        Action::Application(application) => application::derive(application, change, context)?,
        Action::Workflow(workflow) => workflow::derive(workflow, change)?,
        Action::File(file) => file::derive(file, change)?,
        Action::Tool(call) => tool::derive(call)?,
        Action::Terraform(root) => terraform::derive(root, change, context)?,
        Action::Kops(cluster) => kops::derive(cluster, change, context)?,
    });
    Ok(requests)
}

/// A stage of a cluster names its own only; every stage names clusters of the stack.
fn check_reach(change: &Change, context: &DeriveContext) -> Result<(), Denial> {
    let reach = Reach {
        own: context.cluster.as_ref(),
        clusters: &context.clusters,
    };
    let Some(cluster) = change
        .cluster
        .as_ref()
        .filter(|cluster| !reach.contains(cluster))
    else {
        return Ok(());
    };
    let reason = match &context.cluster {
        Some(own) => format!("the stage runs for cluster {own} and cannot mean {cluster}"),
        None => format!("the stack has no cluster {cluster}"),
    };
    let asked = format!("change something of cluster {cluster}");
    let mut denial = Denial::forbidden(
        codes::OUT_OF_REACH,
        asked,
        reason,
        "name a cluster that the stage has",
    );
    denial.wall = super::denial::Wall::Reach;
    Err(denial)
}

/// The cluster of a change that needs one.
fn cluster_of<'a>(
    change: &'a Change,
    asked: &str,
) -> Result<&'a aegis_document::Identifier, Denial> {
    change.cluster.as_ref().ok_or_else(|| {
        Denial::forbidden(
            codes::SCOPE,
            asked,
            "the change does not say which cluster it is for",
            "set the change's `cluster`",
        )
    })
}

/// A change of the stack that must not name a cluster.
fn no_cluster(change: &Change, asked: &str) -> Result<(), Denial> {
    match &change.cluster {
        None => Ok(()),
        Some(cluster) => Err(Denial::forbidden(
            codes::SCOPE,
            asked,
            format!("it belongs to no cluster, but the change names {cluster}"),
            "leave out the change's `cluster`",
        )),
    }
}
