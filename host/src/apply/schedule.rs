//! Which pass comes when.

use std::collections::{BTreeMap, BTreeSet};

use super::outcome::InstanceOutcome;
use super::unit::Unit;
use crate::plan::{InstanceId, InstanceStatus, Plan};
use crate::state::{InstanceProgress, Phase, State};

/// All passes of a run, and how far they are.
pub(super) struct Schedule<'p> {
    waiting: BTreeMap<Node, Waiting<'p>>,
    running: usize,
    outcomes: BTreeMap<Node, InstanceOutcome>,
    /// Instances of the plan whose upstream state is enough: they exist but do not answer.
    stands: BTreeSet<InstanceId>,
}

type Node = (Phase, InstanceId);

struct Waiting<'p> {
    unit: Unit<'p>,
    /// Passes that come first.
    after: BTreeSet<Node>,
}

/// What a worker gets.
pub(super) enum Next<'p> {
    Run(Unit<'p>),
    /// Nothing can start before something else ends.
    Wait,
    Finished,
}

impl<'p> Schedule<'p> {
    /// The passes of a plan. Edges of prunes are those that state recorded: the plan does not know
    /// stages that are gone.
    pub(super) fn of(plan: &'p Plan, state: &State) -> Self {
        let body = &plan.body;
        let known: BTreeSet<&InstanceId> =
            body.instances.iter().map(|instance| &instance.id).collect();
        let applies: Vec<Unit<'p>> = body.instances.iter().map(Unit::apply).collect();
        let prunes: Vec<Unit<'p>> = body
            .instances
            .iter()
            .filter_map(|instance| Unit::prune(instance, body.mode))
            .collect();
        let pruned: BTreeSet<InstanceId> =
            prunes.iter().map(|unit| unit.instance.id.clone()).collect();
        let mut waiting = BTreeMap::new();
        for unit in applies {
            let edges = unit
                .instance
                .edges
                .iter()
                .filter(|edge| known.contains(edge));
            let after = edges.map(|edge| (Phase::Apply, edge.clone())).collect();
            waiting.insert(
                (Phase::Apply, unit.instance.id.clone()),
                Waiting { unit, after },
            );
        }
        let all_applies: BTreeSet<Node> = waiting.keys().cloned().collect();
        for unit in prunes {
            let id = unit.instance.id.clone();
            // Whoever stood on this one goes first.
            let dependants = pruned.iter().filter(|other| {
                **other != id
                    && state
                        .instance(other)
                        .is_some_and(|state| state.edges.contains(&id))
            });
            let mut after: BTreeSet<Node> = dependants
                .map(|other| (Phase::Prune, other.clone()))
                .collect();
            after.extend(all_applies.iter().cloned());
            waiting.insert((Phase::Prune, id), Waiting { unit, after });
        }
        let exists = |id: &InstanceId| {
            state.instance(id).is_some_and(|state| {
                !matches!(
                    state.progress,
                    InstanceProgress::Removed | InstanceProgress::Pending
                )
            })
        };
        let blocked = body
            .instances
            .iter()
            .filter(|instance| matches!(instance.state, InstanceStatus::Blocked(_)));
        let stands = blocked
            .map(|instance| instance.id.clone())
            .filter(exists)
            .collect();
        Self {
            waiting,
            running: 0,
            outcomes: BTreeMap::new(),
            stands,
        }
    }

    /// The next pass that can start. Passes behind one that did not end well are settled on the way.
    pub(super) fn next(&mut self) -> Next<'p> {
        while let Some((node, upstream)) = self.settled() {
            self.waiting.remove(&node);
            self.outcomes
                .insert(node, InstanceOutcome::Skipped { upstream });
        }
        let ready = self
            .waiting
            .iter()
            .find(|(_, waiting)| {
                waiting
                    .after
                    .iter()
                    .all(|before| self.outcomes.contains_key(before))
            })
            .map(|(node, _)| node.clone());
        match ready.and_then(|node| self.waiting.remove(&node)) {
            Some(waiting) => {
                self.running += 1;
                Next::Run(waiting.unit)
            }
            None if self.running > 0 => Next::Wait,
            None => {
                // Passes that wait for each other: a plan never has them, and none of them is run.
                let stuck = std::mem::take(&mut self.waiting);
                for (node, _) in stuck {
                    let reason = "it waits for itself".to_owned();
                    self.outcomes.insert(
                        node,
                        InstanceOutcome::Failed {
                            identity: None,
                            reason,
                        },
                    );
                }
                Next::Finished
            }
        }
    }

    /// A pass that will not run, with the one that is the reason.
    fn settled(&self) -> Option<(Node, InstanceId)> {
        self.waiting.iter().find_map(|(node, waiting)| {
            let bad = waiting.after.iter().find(|before| {
                self.outcomes
                    .get(before)
                    .is_some_and(|outcome| self.stops(node.0, &before.1, outcome))
            });
            bad.map(|before| (node.clone(), before.1.clone()))
        })
    }

    /// Whether what happened upstream keeps a pass from running. What is deferred or blocked was known when the
    /// plan was made, so removals elsewhere go on; an upstream that exists but does not answer still stands.
    fn stops(&self, phase: Phase, upstream: &InstanceId, outcome: &InstanceOutcome) -> bool {
        match (phase, outcome) {
            (_, InstanceOutcome::Done { .. }) => false,
            (Phase::Prune, InstanceOutcome::Deferred { .. } | InstanceOutcome::Blocked { .. }) => {
                false
            }
            (Phase::Apply, InstanceOutcome::Blocked { .. }) => !self.stands.contains(upstream),
            _ => true,
        }
    }

    pub(super) fn finish(&mut self, phase: Phase, instance: &InstanceId, outcome: InstanceOutcome) {
        self.running = self.running.saturating_sub(1);
        self.outcomes.insert((phase, instance.clone()), outcome);
    }

    /// Stops: what has not started never will in this part of the run. Whether that stopped anything.
    pub(super) fn stop(&mut self) -> bool {
        let left = std::mem::take(&mut self.waiting);
        let any = !left.is_empty();
        for (node, _) in left {
            self.outcomes.insert(node, InstanceOutcome::Interrupted);
        }
        any
    }

    /// One outcome for each instance: that of its removals counts when its changes are done.
    pub(super) fn outcomes(&self) -> BTreeMap<InstanceId, InstanceOutcome> {
        let mut merged: BTreeMap<InstanceId, InstanceOutcome> = BTreeMap::new();
        // `Apply` sorts before `Prune`.
        for ((_, id), outcome) in &self.outcomes {
            match (merged.get_mut(id), outcome) {
                (None, outcome) => {
                    merged.insert(id.clone(), outcome.clone());
                }
                (
                    Some(InstanceOutcome::Done { changed, unchanged }),
                    InstanceOutcome::Done {
                        changed: more,
                        unchanged: also,
                    },
                ) => {
                    *changed += more;
                    *unchanged += also;
                }
                (Some(first @ InstanceOutcome::Done { .. }), outcome) => *first = outcome.clone(),
                (Some(_), _) => {}
            }
        }
        merged
    }
}
