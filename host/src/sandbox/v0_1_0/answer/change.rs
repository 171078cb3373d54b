//! Proposals.

use super::super::bindings::gitops::exports::aegis::plugin::deliverer;
use super::super::bindings::provisioning::exports::aegis::plugin::provisioner;
use super::super::bindings::security::exports::aegis::plugin::securer;
use super::super::bindings::types as wit;
use super::delivery::{application, text_file, workflow};
use super::kubernetes::{kubernetes_object, object_ref, release};
use super::source::{moved, probe, provided_fact};
use super::terraform::{kops_cluster, terraform_root, tool_call};
use crate::proposal::{Action, Change, OnImmutable, Proposal};
use crate::sandbox::parse::{AnswerError, At, Budget, check_proposal, each, text};

/// A proposal as it came out of a plugin. Each kind of plugin has an action type of its own, which is what
/// keeps it from proposing more.
pub(in crate::sandbox) enum RawProposal {
    Provisioning(provisioner::Proposal),
    Security(securer::Proposal),
    Gitops(deliverer::Proposal),
}

impl RawProposal {
    pub(in crate::sandbox) fn read(self, budget: &mut Budget) -> Result<Proposal, AnswerError> {
        let proposal = match self {
            Self::Provisioning(raw) => Proposal {
                changes: each("changes", raw.changes, budget, |change, budget| {
                    self::change(change.header, provisioning(change.action, budget)?, budget)
                })?,
                ..rest(raw.provides, raw.probes, raw.moved, budget)?
            },
            Self::Security(raw) => Proposal {
                changes: each("changes", raw.changes, budget, |change, budget| {
                    self::change(change.header, security(change.action, budget)?, budget)
                })?,
                ..rest(raw.provides, raw.probes, raw.moved, budget)?
            },
            Self::Gitops(raw) => Proposal {
                changes: each("changes", raw.changes, budget, |change, budget| {
                    self::change(change.header, gitops(change.action, budget)?, budget)
                })?,
                ..rest(raw.provides, raw.probes, raw.moved, budget)?
            },
        };
        check_proposal(&proposal)?;
        Ok(proposal)
    }
}

/// Everything but the changes.
fn rest(
    provides: Vec<wit::ProvidedFact>,
    probes: Vec<wit::Probe>,
    moves: Vec<wit::Moved>,
    budget: &mut Budget,
) -> Result<Proposal, AnswerError> {
    Ok(Proposal {
        changes: Vec::new(),
        provides: each("provides", provides, budget, provided_fact)?,
        probes: each("probes", probes, budget, probe)?,
        moved: each("moved", moves, budget, |raw, _| moved(raw))?,
    })
}

fn change(
    header: wit::ChangeHeader,
    action: Action,
    budget: &mut Budget,
) -> Result<Change, AnswerError> {
    Ok(Change {
        id: text::identifier(header.id).at("id")?,
        cluster: text::optional_identifier(header.cluster).at("cluster")?,
        after: each("after", header.after, budget, |id, _| text::identifier(id))?,
        on_immutable: match header.on_immutable {
            wit::OnImmutable::Fail => OnImmutable::Fail,
            wit::OnImmutable::Replace => OnImmutable::Replace,
        },
        action,
    })
}

fn provisioning(raw: provisioner::Action, budget: &mut Budget) -> Result<Action, AnswerError> {
    Ok(match raw {
        provisioner::Action::Terraform(raw) => Action::Terraform(terraform_root(raw, budget)?),
        provisioner::Action::Kops(raw) => Action::Kops(kops_cluster(raw, budget)?),
        provisioner::Action::Tool(raw) => Action::Tool(tool_call(raw, budget)?),
    })
}

fn security(raw: securer::Action, budget: &mut Budget) -> Result<Action, AnswerError> {
    Ok(match raw {
        securer::Action::Apply(raw) => Action::Apply(kubernetes_object(raw, budget)?),
        securer::Action::EnsureAbsent(raw) => Action::EnsureAbsent(object_ref(raw)?),
        securer::Action::Release(raw) => Action::Release(release(raw, budget)?),
    })
}

fn gitops(raw: deliverer::Action, budget: &mut Budget) -> Result<Action, AnswerError> {
    Ok(match raw {
        deliverer::Action::Apply(raw) => Action::Apply(kubernetes_object(raw, budget)?),
        deliverer::Action::EnsureAbsent(raw) => Action::EnsureAbsent(object_ref(raw)?),
        deliverer::Action::Release(raw) => Action::Release(release(raw, budget)?),
        deliverer::Action::Application(raw) => Action::Application(application(raw)?),
        deliverer::Action::Workflow(raw) => Action::Workflow(workflow(raw, budget)?),
        deliverer::Action::File(raw) => Action::File(text_file(raw)?),
    })
}
