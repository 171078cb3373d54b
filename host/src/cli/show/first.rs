//! What an approver has to know before anything else. It is never cut; what is the same in several clusters is said
//! once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use super::line::Line;
use super::report::{Applied, Item, changing};
use super::words;
use crate::capability::Risk as Class;
use crate::driver::document::{CodeText, code, is_absent};
use crate::plan::{
    ChangeAction, FactStatus, Instance, InstanceStatus, Plan, PlannedChange, Provenance, Risk,
};
use crate::validate::{Date, expired};

/// Everything to look at first, what can do most harm at the beginning.
pub fn items(plan: &Plan, applied: &Applied<'_>) -> Vec<Item> {
    let mut items: Vec<Item> = losses(plan)
        .into_iter()
        .chain(owners(plan))
        .chain(powers(plan))
        .map(bare)
        .collect();
    items.extend(texts(plan, applied));
    items.extend(decided_later(plan).into_iter().map(bare));
    items.extend(left_out(plan).into_iter().map(bare));
    items.extend(exceptions(plan).into_iter().map(bare));
    items
}

fn bare(line: Line) -> Item {
    Item {
        line,
        code: Vec::new(),
    }
}

/// What is deleted, replaced or disturbed, the worst first.
fn losses(plan: &Plan) -> Vec<Line> {
    let mut lines: Vec<(Risk, Line)> = Vec::new();
    for (instance, change) in changing(plan) {
        let action = change.action;
        let absent = || {
            let document = change
                .desired
                .and_then(|digest| plan.documents.get(&digest));
            action != ChangeAction::Delete && document.is_some_and(|source| is_absent(&source))
        };
        let word = match (change.risk, action) {
            (Risk::Destructive, _) => "destructive",
            (Risk::Disruptive, _) => "disruptive",
            (Risk::None, ChangeAction::Delete | ChangeAction::Replace) => "gone",
            (Risk::None, _) if absent() => "gone, and not Aegis's own",
            (Risk::None, _) => continue,
        };
        let line = Line::of(format!("{word}: {} ", words::action(action)))
            .quote(&change.identity)
            .say(" (")
            .quote(&instance.id)
            .say(")");
        let line = match change.takes {
            0 => line,
            1 => line.say(", and 1 thing goes with it"),
            takes => line.say(format!(", and {takes} things go with it")),
        };
        lines.push((change.risk, line));
    }
    lines.sort_by_key(|(risk, _)| Reverse(*risk));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// What another stage or another way of installing takes over.
fn owners(plan: &Plan) -> Vec<Line> {
    let changes = changing(plan).filter_map(|(instance, change)| {
        let word = match change.action {
            ChangeAction::Transfer => "new owner: ",
            ChangeAction::Handover => "handed over: ",
            _ => return None,
        };
        let line = Line::of(word).quote(&change.identity);
        Some(line.say(" is taken over by ").quote(&instance.id))
    });
    changes.collect()
}

/// Things that are the same but for the cluster, in the order in which they came.
struct Merged<K> {
    seen: Vec<(K, BTreeSet<String>)>,
    places: BTreeMap<K, usize>,
}

impl<K: Ord + Clone> Merged<K> {
    const fn new() -> Self {
        Self {
            seen: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    fn add(&mut self, key: K, place: Option<String>) {
        let at = *self.places.entry(key.clone()).or_insert_with(|| {
            self.seen.push((key, BTreeSet::new()));
            self.seen.len() - 1
        });
        if let (Some((_, places)), Some(place)) = (self.seen.get_mut(at), place) {
            places.insert(place);
        }
    }
}

fn by(plan: &Plan, instance: &Instance) -> String {
    let mut plugins = plan.body.plugins.iter();
    let plugin = plugins.find(|plugin| plugin.stage == instance.id.stage);
    plugin.map_or_else(String::new, |plugin| {
        format!("{} {}", plugin.plugin, plugin.version)
    })
}

/// What was granted beyond the plain and is used by a change: roles and policies, Pods above restricted, where secrets
/// go, what is intercepted and exposed, code, and what the host does not look into. The strongest class comes first.
fn powers(plan: &Plan) -> Vec<Line> {
    let mut merged = Merged::new();
    for (instance, change) in changing(plan) {
        let cluster = instance.id.cluster.as_ref();
        for power in &change.capabilities {
            let words = match cluster {
                Some(cluster) => power
                    .what
                    .replace(&format!("cluster {cluster}"), "the cluster"),
                None => power.what.clone(),
            };
            let stage = instance.id.stage.to_string();
            let key = (Reverse(power.class), stage, by(plan, instance), words);
            merged.add(key, cluster.map(ToString::to_string));
        }
    }
    let mut seen = merged.seen;
    seen.sort_by_key(|((class, ..), _)| *class);
    seen.into_iter()
        .map(|((Reverse(class), stage, by, words), clusters)| {
            let mut line = Line::of(format!("{class}: "))
                .quote(stage)
                .say(": ")
                .quote(words);
            if !clusters.is_empty() {
                line = line.say(" (").list(clusters).say(")");
            }
            if by.is_empty() {
                line
            } else {
                line.say(", by ").quote(by)
            }
        })
        .collect()
}

/// The text of everything that is run or not looked into, in full.
fn texts(plan: &Plan, applied: &Applied<'_>) -> Vec<Item> {
    let mut merged = Merged::new();
    for (instance, change) in changing(plan) {
        let stage = instance.id.stage.to_string();
        let before = known_code(change, applied);
        for text in code_of(plan, change) {
            let same = before.contains(&text);
            let identity = change.identity.to_string();
            merged.add((stage.clone(), same, text), Some(identity));
        }
    }
    merged
        .seen
        .into_iter()
        .map(|((stage, same, text), identities)| {
            let word = if same { "code, as applied: " } else { "code: " };
            let mut line = Line::of(word).quote(stage).say(": ").list(identities);
            if !text.place.is_empty() {
                line = line.say(" at ").quote(&text.place);
            }
            Item {
                line,
                code: text.text.split('\n').map(str::to_owned).collect(),
            }
        })
        .collect()
}

fn is_opaque(change: &PlannedChange) -> bool {
    let mut powers = change.capabilities.iter();
    powers.any(|power| power.class == Class::Opaque)
}

fn code_of(plan: &Plan, change: &PlannedChange) -> Vec<CodeText> {
    let source = change
        .desired
        .and_then(|digest| plan.documents.get(&digest));
    source.map_or_else(Vec::new, |source| {
        code(&change.identity, &source, is_opaque(change))
    })
}

fn known_code(change: &PlannedChange, applied: &Applied<'_>) -> Vec<CodeText> {
    let source = change.before.as_ref().and_then(applied);
    source.map_or_else(Vec::new, |source| {
        code(&change.identity, &source, is_opaque(change))
    })
}

/// Values that are known only after the approval, and who decides them.
fn decided_later(plan: &Plan) -> Vec<Line> {
    let used: BTreeSet<_> = changing(plan)
        .flat_map(|(_, change)| &change.waits_for)
        .collect();
    plan.body
        .facts
        .iter()
        .filter(|fact| fact.status == FactStatus::Unknown && used.contains(&fact.reference))
        .map(|fact| match &fact.provenance {
            Provenance::Stage(id) | Provenance::Imported(id) => {
                let mut plugins = plan.body.plugins.iter();
                let mut line = Line::of("decided after approval by ").quote(id);
                if let Some(plugin) = plugins.find(|plugin| plugin.stage == id.stage) {
                    line = line.say(" (").quote(&plugin.plugin).say(")");
                }
                line.say(": ").quote(&fact.reference)
            }
            Provenance::Host | Provenance::Supplied => {
                Line::of("not known yet: ").quote(&fact.reference)
            }
        })
        .collect()
}

/// Instances that the plan does not cover.
fn left_out(plan: &Plan) -> Vec<Line> {
    let instances = plan.body.instances.iter();
    let lines = instances.filter_map(|instance| {
        let (word, reason) = match &instance.state {
            InstanceStatus::Planned => return None,
            InstanceStatus::Deferred(reason) => ("deferred", reason),
            InstanceStatus::Blocked(reason) => ("blocked", reason),
        };
        Some(
            Line::of(format!("{word}, not part of this plan: "))
                .quote(&instance.id)
                .say(" ")
                .quote(reason),
        )
    });
    lines.collect()
}

fn exceptions(plan: &Plan) -> Vec<Line> {
    let today = Date::of(SystemTime::now());
    let lines = plan.body.exceptions.iter().map(|exception| {
        let word = if expired(exception, today) {
            "exception EXPIRED, it held until "
        } else {
            "exception until "
        };
        let mut line = Line::of(word)
            .quote(&exception.expires)
            .say(": ")
            .quote(&exception.control);
        if let Some(document) = &exception.document {
            line = line.say(" for ").quote(document);
        }
        line.say(" (")
            .quote(&exception.reason)
            .say(", ")
            .quote(&exception.owner)
            .say(")")
    });
    lines.collect()
}
