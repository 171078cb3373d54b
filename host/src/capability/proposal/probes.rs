//! What the host will look at to see whether a stage is ready.

use aegis_document::Identifier;

use crate::capability::denial::Denial;
use crate::capability::derive::Cursor;
use crate::capability::{ClusterRequest, DeriveContext, Request, Verb, codes, kinds};
use crate::proposal::{Action, Collection, ObjectRef, Probe, ProbeCheck, Proposal};
use crate::template::Node;

/// A probe waits for at most an hour.
const MAX_TIMEOUT: u32 = 3600;

/// What the probes imply.
pub(super) fn derive(
    proposal: &Proposal,
    context: &DeriveContext,
) -> Result<Vec<Request>, Vec<Denial>> {
    let mut requests = Vec::new();
    let mut denials = Vec::new();
    for probe in &proposal.probes {
        match implied_by(probe, proposal, context) {
            Ok(more) => requests.extend(more),
            Err(denial) => denials.push(denial),
        }
    }
    if denials.is_empty() {
        Ok(requests)
    } else {
        Err(denials)
    }
}

fn implied_by(
    probe: &Probe,
    proposal: &Proposal,
    context: &DeriveContext,
) -> Result<Option<Request>, Denial> {
    let asked = format!("check probe {}", probe.id);
    let dangling = |what: &str| {
        Denial::forbidden(
            codes::DANGLING,
            asked.clone(),
            what,
            "name a part of this proposal",
        )
    };
    if !(1..=MAX_TIMEOUT).contains(&probe.timeout_seconds) {
        return Err(Denial::forbidden(
            codes::MALFORMED_FIELD,
            asked,
            format!("a probe waits for 1 to {MAX_TIMEOUT} seconds"),
            "choose a time between them",
        ));
    }
    let cluster = || {
        probe
            .cluster
            .as_ref()
            .or(context.cluster.as_ref())
            .ok_or_else(|| {
                Denial::forbidden(
                    codes::SCOPE,
                    asked.clone(),
                    "the probe names no cluster",
                    "set its `cluster`",
                )
            })
    };
    match &probe.check {
        ProbeCheck::Condition { object, .. } | ProbeCheck::Rollout(object) => {
            let cluster = cluster()?;
            kinds::check_names(object, &asked)?;
            Ok((!context.proposes(cluster, object)).then(|| read(cluster, object)))
        }
        ProbeCheck::Admission { object, .. } => {
            dry_run(cluster()?, object, &asked, context).map(Some)
        }
        ProbeCheck::FactPresent(name) => {
            let provided = proposal.provides.iter().any(|fact| fact.name == *name);
            let required = context
                .facts
                .named(name, context.cluster.as_ref())
                .is_some();
            if provided || required {
                Ok(None)
            } else {
                Err(dangling("the stage has no fact of this name"))
            }
        }
        ProbeCheck::ApplicationSynced(name) => {
            let proposed = proposal.changes.iter().any(|change| match &change.action {
                Action::Application(application) => application.name == *name,
                _ => false,
            });
            if proposed {
                Ok(None)
            } else {
                Err(dangling("the proposal has no application of this name"))
            }
        }
        ProbeCheck::ApiReachable => cluster().map(|_| None),
    }
}

fn read(cluster: &Identifier, object: &ObjectRef) -> Request {
    Request::Cluster(ClusterRequest::read(
        cluster.clone(),
        Collection {
            group: object.group.clone(),
            kind: object.kind.clone(),
        },
        object.namespace.clone(),
        Some(object.name.clone()),
    ))
}

/// A dry run changes nothing, but every webhook sees it: the object is literal, and of a kind that the stage could
/// apply there.
fn dry_run(
    cluster: &Identifier,
    object: &Node,
    asked: &str,
    context: &DeriveContext,
) -> Result<Request, Denial> {
    let cursor = Cursor::new(object, asked);
    cursor.fixed()?;
    let api_version = cursor.required("apiVersion")?;
    let (group, _) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let Some(metadata) = cursor.get("metadata") else {
        return Err(cursor.missing("metadata"));
    };
    let reference = ObjectRef {
        group: group.to_owned(),
        kind: cursor.required("kind")?.to_owned(),
        namespace: metadata.literal_at("namespace")?.map(str::to_owned),
        name: metadata.required("name")?.to_owned(),
    };
    kinds::object_request(cluster, Verb::DryRun, &reference, context)
}
