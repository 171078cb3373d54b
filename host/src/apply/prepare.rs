//! What the changes of a pass come to, now: read, bound, authorised again and compared with the target.
//!
//! All of a pass is prepared before any of it is done, so a pass that does not fit any more is left
//! alone as a whole.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::{Digest, digest_of};

use super::context::{ApplyContext, Assumption, Refusal};
use super::facts::PlanFacts;
use super::prior::PriorUnit;
use super::unit::Unit;
use super::view::View;
use crate::driver::document::Document;
use crate::driver::tree::{
    Desired, Difference, Observation, RenderContext, Rendered, TreeError, TreePath, render,
};
use crate::fact::FactRef;
use crate::plan::{Cause, ChangeAction, Identity, InstanceId, Plan, PlannedChange, Precision};
use crate::state::{ChangeResult, FileChange, InventoryEntry, Phase};

/// A change, ready to be made.
pub(super) struct Prepared<'p> {
    pub(super) change: &'p PlannedChange,
    pub(super) rendered: Option<Rendered>,
    pub(super) steps: BTreeMap<TreePath, FileChange>,
    /// What state keeps of it; `None` for a removal.
    pub(super) entry: Option<InventoryEntry>,
    /// The former owner of what is taken over.
    pub(super) from: Option<InstanceId>,
    /// Digest of the bound document, when a token was bound only now.
    pub(super) bound_now: Option<Digest>,
    /// A person decided that what is there may be overwritten.
    pub(super) overwrites: bool,
    /// Known before anything is done: by an earlier part of this run, or because it is as it should be.
    pub(super) known: Option<Known>,
}

/// How a change is known to hold already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The journal says so.
    Recorded(ChangeResult),
    /// A person says so.
    Assumed,
    /// It was there before.
    AlreadyThere,
}

/// Why a pass cannot be done.
pub(super) enum Obstacle {
    Stale(BTreeMap<Identity, String>),
    Denied(Identity, Refusal),
    Unknown(Identity, TreePath),
    Failed(Identity, String),
}

/// What a pass is prepared with.
pub(super) struct Preparation<'a> {
    pub(super) plan: &'a Plan,
    pub(super) context: &'a ApplyContext,
    pub(super) facts: &'a PlanFacts<'a>,
    pub(super) view: &'a View<'a>,
    pub(super) prior: &'a PriorUnit,
}

/// The owner of an identity, with what it knows of it.
type Owner = Option<(InstanceId, InventoryEntry)>;

/// What can be wrong with one change.
enum Trouble {
    Stale(String),
    Denied(Refusal),
    Unknown(TreePath),
    Failed(String),
}

impl From<TreeError> for Trouble {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Changed { .. } | TreeError::Conflict { .. } => {
                Self::Stale(error.to_string())
            }
            error => Self::Failed(error.in_words()),
        }
    }
}

impl<'a> Preparation<'a> {
    /// Prepares every change of a pass.
    pub(super) fn unit<'p>(&self, unit: &Unit<'p>) -> Result<Vec<Prepared<'p>>, Box<Obstacle>> {
        // The plan knows nothing of an instance that state has: it came, or came and went, in between, and an
        // approval from before is not for this one.
        let known = self.plan.body.base.serials.contains_key(&unit.instance.id);
        if !known
            && self.view.serial().is_some()
            && !unit.changes.is_empty()
            && self.prior.is_empty()
        {
            let reason = "the instance was applied by another plan since this one was made";
            let stale = unit
                .changes
                .iter()
                .map(|change| (change.identity.clone(), reason.to_owned()));
            return Err(Box::new(Obstacle::Stale(stale.collect())));
        }
        let mut prepared = Vec::with_capacity(unit.changes.len());
        let mut stale = BTreeMap::new();
        for change in &unit.changes {
            let identity = || change.identity.clone();
            match self.change(unit, change) {
                Ok(ready) => prepared.push(ready),
                Err(Trouble::Stale(why)) => {
                    stale.insert(identity(), why);
                }
                Err(Trouble::Denied(refusal)) => {
                    return Err(Box::new(Obstacle::Denied(identity(), refusal)));
                }
                Err(Trouble::Unknown(path)) => {
                    return Err(Box::new(Obstacle::Unknown(identity(), path)));
                }
                Err(Trouble::Failed(why)) => {
                    return Err(Box::new(Obstacle::Failed(identity(), why)));
                }
            }
        }
        if stale.is_empty() {
            Ok(prepared)
        } else {
            Err(Box::new(Obstacle::Stale(stale)))
        }
    }

    fn change<'p>(
        &self,
        unit: &Unit<'p>,
        change: &'p PlannedChange,
    ) -> Result<Prepared<'p>, Trouble> {
        let instance = &unit.instance.id;
        let owner = self.owner(instance, change)?;
        let mut prepared = match unit.phase {
            Phase::Prune => self.removal(instance, change, owner)?,
            Phase::Apply => self.document(instance, change, owner)?,
        };
        self.earlier(&mut prepared)?;
        Ok(prepared)
    }

    /// Who owns the identity now, as far as the plan foresees it.
    fn owner(&self, instance: &InstanceId, change: &PlannedChange) -> Result<Owner, Trouble> {
        match self.view.owner(&change.identity) {
            Some((owner, _)) if owner != *instance && change.action != ChangeAction::Transfer => {
                Err(Trouble::Stale(format!("{owner} owns it by now")))
            }
            other => Ok(other),
        }
    }

    fn document<'p>(
        &self,
        instance: &InstanceId,
        change: &'p PlannedChange,
        owner: Owner,
    ) -> Result<Prepared<'p>, Trouble> {
        let digest = change
            .desired
            .ok_or_else(|| failed("the plan has no document for it"))?;
        let source = self
            .plan
            .documents
            .get(&digest)
            .ok_or_else(|| failed("its document is not in the plan"))?;
        let document = Document::parse(&change.identity, &source).map_err(failed)?;
        let binding = self
            .facts
            .binding(&document, self.view)
            .map_err(Trouble::Stale)?;
        let bound = document.bind(&change.identity, &binding).map_err(failed)?;
        let bound_digest = digest_of(&bound.to_node()).map_err(failed)?;
        let context = RenderContext {
            instance,
            shapes: &self.facts.shapes,
            binding: &binding,
        };
        let rendered = render(&change.identity, &document, &context).map_err(failed)?;
        let desired = Desired {
            document: digest,
            rendered: &rendered,
        };
        let entry = owner.as_ref().map(|(_, entry)| entry);
        let difference = self
            .context
            .tree
            .diff(&change.identity, Some(desired), entry)?;
        let bound_now = change.bound.is_none_or(|planned| planned != bound_digest);
        let known = if self.prior.touched(&change.identity) {
            None
        } else {
            self.compare(
                change,
                entry,
                &difference,
                Some((bound_now, &rendered.waits_for)),
            )?
        };
        self.context
            .reauthorize
            .reauthorize(instance, change, Some(&bound))
            .map_err(Trouble::Denied)?;
        let entry = InventoryEntry {
            document: digest,
            bound: bound_digest,
            files: difference.files,
            waits_for: rendered.waits_for.clone(),
            extra: entry.map(|entry| entry.extra.clone()).unwrap_or_default(),
        };
        Ok(Prepared {
            change,
            rendered: Some(rendered),
            steps: difference.steps,
            entry: Some(entry),
            from: owner
                .map(|(owner, _)| owner)
                .filter(|owner| owner != instance),
            bound_now: (bound_now && matches!(change.precision, Precision::Structural(_)))
                .then_some(bound_digest),
            overwrites: false,
            known,
        })
    }

    fn removal<'p>(
        &self,
        instance: &InstanceId,
        change: &'p PlannedChange,
        owner: Owner,
    ) -> Result<Prepared<'p>, Trouble> {
        let entry = owner.as_ref().map(|(_, entry)| entry);
        let difference = self.context.tree.diff(&change.identity, None, entry)?;
        let known = if self.prior.touched(&change.identity) {
            None
        } else if entry.is_none() {
            Some(Known::AlreadyThere)
        } else {
            self.compare(change, entry, &difference, None)?
        };
        self.context
            .reauthorize
            .reauthorize(instance, change, None)
            .map_err(Trouble::Denied)?;
        let steps = difference.steps;
        Ok(Prepared {
            change,
            rendered: None,
            steps,
            entry: None,
            from: None,
            bound_now: None,
            overwrites: false,
            known,
        })
    }

    /// Whether the change still is what was approved. `Some` when nothing is left to do.
    fn compare(
        &self,
        change: &PlannedChange,
        entry: Option<&InventoryEntry>,
        difference: &Difference,
        document: Option<(bool, &BTreeSet<FactRef>)>,
    ) -> Result<Option<Known>, Trouble> {
        if let Some(conflict) = difference.conflicts.first() {
            return Err(Trouble::Stale(format!(
                "{}: {}",
                conflict.path, conflict.what
            )));
        }
        let recorded = entry.map(|entry| entry.document);
        let there = difference.action == ChangeAction::Noop && recorded == change.desired;
        if there && change.action != ChangeAction::Transfer {
            return Ok(Some(Known::AlreadyThere));
        }
        if recorded != change.before {
            return Err(stale(
                "state has another document of it than when the plan was made",
            ));
        }
        let bound_now = document.is_some_and(|(bound_now, _)| bound_now);
        if bound_now && change.precision == Precision::Exact {
            return Err(stale(
                "a fact in it has another value than when the plan was made",
            ));
        }
        let foreseen = match change.action {
            ChangeAction::Transfer => {
                difference.action == ChangeAction::Update || difference.action == ChangeAction::Noop
            }
            action => action == difference.action,
        };
        if !foreseen {
            return Err(stale(
                "something else has to be done than when the plan was made",
            ));
        }
        // With a token bound only now other files are looked at, so what they held cannot be compared.
        let comparable = !bound_now;
        match change.target {
            Some(target)
                if comparable
                    && target != difference.fingerprint
                    && !difference.steps.is_empty() =>
            {
                Err(stale("its files were changed since the plan was made"))
            }
            Some(_) if comparable => Ok(None),
            _ => match difference.drift.first() {
                Some(drift) if change.cause != Cause::Drift => Err(Trouble::Stale(format!(
                    "{} was changed since the plan was made",
                    drift.path
                ))),
                _ => Ok(None),
            },
        }
    }

    /// What an earlier part of this run left behind.
    fn earlier(&self, prepared: &mut Prepared<'_>) -> Result<(), Trouble> {
        let identity = &prepared.change.identity;
        if let Some(result) = self
            .prior
            .outcomes
            .get(identity)
            .filter(|result| result.holds())
        {
            prepared.known = Some(Known::Recorded(result.clone()));
            return Ok(());
        }
        let Some(intent) = self.prior.intents.get(identity) else {
            return Ok(());
        };
        let rendered = prepared
            .rendered
            .as_ref()
            .map(Rendered::digests)
            .unwrap_or_default();
        let same = intent
            .iter()
            .all(|(path, step)| step.after == rendered.get(path).copied());
        if !same {
            return Err(stale(
                "a fact in it has another value than when it was begun",
            ));
        }
        match self.context.tree.observe(intent)? {
            // Doing it again does what is left: at least to bring it down to the disk.
            Observation::Done | Observation::NotStarted | Observation::Partial => {
                prepared.steps.clone_from(intent)
            }
            Observation::Conflict(path) => match self.context.assume.get(identity) {
                None => return Err(Trouble::Unknown(path)),
                Some(Assumption::Done) => prepared.known = Some(Known::Assumed),
                Some(Assumption::Redo) => {
                    prepared.steps = self.context.tree.steps_from_here(intent)?;
                    prepared.overwrites = true;
                }
            },
        }
        Ok(())
    }
}

fn stale(why: &str) -> Trouble {
    Trouble::Stale(why.to_owned())
}

fn failed(why: impl ToString) -> Trouble {
    Trouble::Failed(why.to_string())
}
