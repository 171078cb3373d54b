//! A proposal as a whole: its changes, facts and probes, and how they fit together.

mod facts;
mod probes;
mod structure;

use std::collections::BTreeSet;

use super::authorized::{Authorized, authorize_all, authorize_change};
use super::denial::Denial;
use super::{DeriveContext, Effective, Request, kinds};
use crate::proposal::{Action, Change, Moved, Probe, Proposal, ProvidedFact, StageType};

/// A proposal of which everything was allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthorizedProposal {
    changes: Vec<Authorized<Change>>,
    provides: Vec<ProvidedFact>,
    probes: Vec<Probe>,
    moved: Vec<Moved>,
    requests: Vec<Request>,
    grants: BTreeSet<usize>,
}

impl AuthorizedProposal {
    /// In the order in which the plugin proposed them.
    pub fn changes(&self) -> &[Authorized<Change>] {
        &self.changes
    }

    pub fn provides(&self) -> &[ProvidedFact] {
        &self.provides
    }

    pub fn probes(&self) -> &[Probe] {
        &self.probes
    }

    pub fn moved(&self) -> &[Moved] {
        &self.moved
    }

    /// What facts and probes imply, besides what each change does.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// The lines of the grant that were used, those of the changes included.
    pub fn grants(&self) -> &BTreeSet<usize> {
        &self.grants
    }

    /// The changes, each still marked as authorised.
    pub fn into_changes(self) -> Vec<Authorized<Change>> {
        self.changes
    }
}

/// Authorises a proposal. Returns every refusal of every part, in the proposal's order.
///
/// `context.proposed` may hold more than the proposal does, for example what its charts render; the proposal's own
/// objects are added here.
pub fn authorize_proposal(
    effective: &Effective,
    proposal: Proposal,
    stage_type: &StageType,
    context: &DeriveContext,
) -> Result<AuthorizedProposal, Vec<Denial>> {
    let mut context = context.clone();
    context.proposed.extend(objects_of(&proposal));
    context.scopes.extend(
        proposal
            .changes
            .iter()
            .filter_map(|change| match &change.action {
                Action::Apply(object) => kinds::defined_by(object),
                _ => None,
            }),
    );

    let mut denials = structure::check(&proposal, &context);
    let mut requests = facts::required(stage_type);
    for part in [
        facts::provided(&proposal, stage_type, &context),
        probes::derive(&proposal, &context),
    ] {
        match part {
            Ok(more) => requests.extend(more),
            Err(more) => denials.extend(more),
        }
    }
    let mut grants = BTreeSet::new();
    let requests = match authorize_all(effective, requests) {
        Ok((requests, lines)) => {
            grants.extend(lines);
            requests
        }
        Err(more) => {
            denials.extend(more);
            Vec::new()
        }
    };
    let mut changes = Vec::with_capacity(proposal.changes.len());
    for change in proposal.changes {
        match authorize_change(effective, change, &context) {
            Ok(change) => {
                grants.extend(change.grants());
                changes.push(change);
            }
            Err(more) => denials.extend(more),
        }
    }
    if !denials.is_empty() {
        return Err(denials);
    }
    Ok(AuthorizedProposal {
        changes,
        provides: proposal.provides,
        probes: proposal.probes,
        moved: proposal.moved,
        requests,
        grants,
    })
}

/// The Kubernetes objects of a proposal, each with its cluster.
fn objects_of(
    proposal: &Proposal,
) -> impl Iterator<Item = (aegis_document::Identifier, crate::proposal::ObjectRef)> {
    proposal
        .changes
        .iter()
        .filter_map(|change| match &change.action {
            Action::Apply(object) => Some((change.cluster.clone()?, object.reference())),
            _ => None,
        })
}
