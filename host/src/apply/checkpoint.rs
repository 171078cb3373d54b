//! What state knows of an instance after a pass.

use std::collections::BTreeMap;

use super::facts::PlanFacts;
use super::prepare::Prepared;
use super::unit::Unit;
use crate::plan::{Identity, Plan};
use crate::state::{
    ChangeResult, InstanceProgress, InstanceState, LastRun, Phase, PluginMark, State,
};

/// The instances as they are after a pass: its own, and former owners of what it took over.
pub(super) fn after(
    (plan, facts): (&Plan, &PlanFacts<'_>),
    state: &State,
    run: &str,
    unit: &Unit<'_>,
    (prepared, results): (&[Prepared<'_>], &BTreeMap<Identity, ChangeResult>),
) -> Vec<InstanceState> {
    let id = &unit.instance.id;
    let old = state.instance(id).cloned();
    let mut new = old
        .clone()
        .unwrap_or_else(|| InstanceState::new(id.clone()));
    let mut others: BTreeMap<_, InstanceState> = BTreeMap::new();
    for ready in prepared {
        let identity = &ready.change.identity;
        if !results.get(identity).is_some_and(ChangeResult::holds) {
            continue;
        }
        match &ready.entry {
            Some(entry) => new.inventory.insert(identity.clone(), entry.clone()),
            None => new.inventory.remove(identity),
        };
        let former = ready.from.as_ref().and_then(|from| state.instance(from));
        if let Some(former) = former {
            let former = others
                .entry(former.id.clone())
                .or_insert_with(|| former.clone());
            former.inventory.remove(identity);
        }
    }
    let complete = unit.changes.iter().all(|change| {
        results
            .get(&change.identity)
            .is_some_and(ChangeResult::holds)
    });
    if !complete {
        new.progress = InstanceProgress::Failed;
    } else if unit.ends(plan.body.mode) && new.inventory.is_empty() {
        new = removed(&new);
    } else if unit.phase == Phase::Apply && unit.instance.request.is_some() {
        describe(&mut new, plan, facts, run, unit);
    }
    let changed = old.as_ref() != Some(&new);
    // An instance that never was anything leaves no trace.
    if !changed || (old.is_none() && new == InstanceState::new(id.clone())) {
        return others.into_values().collect();
    }
    let mut last = new.last.take().filter(|last| last.run == run);
    if last.is_none() {
        new.serial += 1;
    }
    let last = last.get_or_insert_with(|| LastRun {
        run: run.to_owned(),
        plan: plan.digest,
        phases: [].into(),
    });
    if complete {
        last.phases.insert(unit.phase);
    }
    new.last = Some(last.clone());
    others.insert(id.clone(), new);
    others.into_values().collect()
}

/// What the plan says of the instance as a whole.
fn describe(
    new: &mut InstanceState,
    plan: &Plan,
    facts: &PlanFacts<'_>,
    run: &str,
    unit: &Unit<'_>,
) {
    let base = plan.body.base.serials.get(&new.id).copied().unwrap_or(0);
    let moved = new.serial != base && new.last.as_ref().is_none_or(|last| last.run != run);
    let plugin = plan
        .body
        .plugins
        .iter()
        .find(|plugin| plugin.stage == new.id.stage);
    new.plugin = plugin.map(|plugin| PluginMark {
        plugin: plugin.plugin.clone(),
        version: plugin.version.clone(),
        component: plugin.component,
    });
    new.facts = facts.stored(new, moved);
    new.edges = unit.instance.edges.iter().cloned().collect();
    new.sources = unit.instance.sources.clone();
    new.probes = unit.instance.probes.clone();
    new.progress = InstanceProgress::Written;
}

/// Only the serial stays: an approval from before does not fit whatever comes under this name later.
fn removed(old: &InstanceState) -> InstanceState {
    InstanceState {
        serial: old.serial,
        progress: InstanceProgress::Removed,
        last: old.last.clone(),
        extra: old.extra.clone(),
        ..InstanceState::new(old.id.clone())
    }
}
