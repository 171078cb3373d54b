//! Names, order and identities: how the parts of a proposal fit together.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::{Identifier, untrusted};

use crate::capability::denial::Denial;
use crate::capability::{DeriveContext, codes};
use crate::proposal::{Action, Change, Moved, Proposal};

/// Everything that is wrong with the structure.
pub(super) fn check(proposal: &Proposal, context: &DeriveContext) -> Vec<Denial> {
    let mut denials = Vec::new();
    ids(proposal, &mut denials);
    order(proposal, &mut denials);
    identities(proposal, &mut denials);
    clusters(proposal, context, &mut denials);
    moved(&proposal.moved, &mut denials);
    denials
}

fn twice(asked: String, help: &str) -> Denial {
    Denial::forbidden(codes::DUPLICATE, asked, "it is in the proposal twice", help)
}

fn ids(proposal: &Proposal, denials: &mut Vec<Denial>) {
    let mut seen = BTreeSet::new();
    for change in &proposal.changes {
        if !seen.insert(&change.id) {
            denials.push(twice(
                format!("change {}", change.id),
                "give each change an id of its own",
            ));
        }
    }
    let mut seen = BTreeSet::new();
    for probe in &proposal.probes {
        if !seen.insert(&probe.id) {
            denials.push(twice(
                format!("probe {}", probe.id),
                "give each probe an id of its own",
            ));
        }
    }
}

/// `after` names changes of the proposal, and no change waits for itself.
fn order(proposal: &Proposal, denials: &mut Vec<Denial>) {
    let mut waits: BTreeMap<&Identifier, BTreeSet<&Identifier>> = BTreeMap::new();
    for change in &proposal.changes {
        waits.entry(&change.id).or_default().extend(&change.after);
    }
    for change in &proposal.changes {
        for before in change
            .after
            .iter()
            .filter(|before| !waits.contains_key(before))
        {
            let denial = Denial::forbidden(
                codes::DANGLING,
                format!("come after {before}"),
                "the proposal has no change of this id",
                "name a change of the same proposal",
            );
            denials.push(denial.of(&change.id));
        }
    }
    // Take away what waits for nothing until nothing more goes: the rest waits in a circle.
    let known: BTreeSet<&Identifier> = waits.keys().copied().collect();
    for befores in waits.values_mut() {
        befores.retain(|before| known.contains(before));
    }
    let mut followers: BTreeMap<&Identifier, Vec<&Identifier>> = BTreeMap::new();
    for (id, befores) in &waits {
        for before in befores {
            followers.entry(before).or_default().push(id);
        }
    }
    let mut left: BTreeMap<&Identifier, usize> = waits
        .iter()
        .map(|(id, befores)| (*id, befores.len()))
        .collect();
    let mut free: Vec<&Identifier> = left
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(id, _)| *id)
        .collect();
    while let Some(id) = free.pop() {
        left.remove(id);
        for follower in followers.get(id).into_iter().flatten() {
            if let Some(count) = left.get_mut(follower) {
                *count -= 1;
                if *count == 0 {
                    free.push(follower);
                }
            }
        }
    }
    if !left.is_empty() {
        let circle: Vec<&str> = left.keys().take(10).map(|id| id.as_str()).collect();
        denials.push(Denial::forbidden(
            codes::CYCLE,
            format!("order the changes {}", circle.join(", ")),
            "each of them waits for another of them",
            "take one of the `after` away",
        ));
    }
}

/// What a change changes, so that no two change the same. Case does not tell two files apart everywhere.
fn identity(change: &Change) -> String {
    let cluster = change.cluster.as_ref().map_or("", Identifier::as_str);
    match &change.action {
        Action::Terraform(root) => format!("Terraform root {}", root.root),
        Action::Kops(_) => format!("kOps cluster {cluster}"),
        // A tool may be called twice with other arguments.
        Action::Tool(_) => format!("tool call {}", change.id),
        Action::Apply(object) => object_identity(cluster, &object.reference()),
        Action::EnsureAbsent(object) => object_identity(cluster, object),
        Action::Release(release) => format!(
            "release {} in {} of {cluster}",
            release.name, release.namespace
        ),
        Action::Application(application) => object_identity(
            cluster,
            &crate::proposal::ObjectRef {
                group: "argoproj.io".to_owned(),
                kind: "Application".to_owned(),
                namespace: None,
                name: application.name.clone(),
            },
        ),
        Action::Workflow(workflow) => format!("file .github/workflows/{}.yml", workflow.file),
        Action::File(file) => format!("file {}", file.path.to_ascii_lowercase()),
    }
}

fn object_identity(cluster: &str, object: &crate::proposal::ObjectRef) -> String {
    format!(
        "{}.{} {}/{} of {cluster}",
        object.kind,
        object.group,
        object.namespace.as_deref().unwrap_or_default(),
        object.name
    )
}

fn identities(proposal: &Proposal, denials: &mut Vec<Denial>) {
    let mut seen: BTreeMap<String, &Identifier> = BTreeMap::new();
    for change in &proposal.changes {
        let identity = identity(change);
        if let Some(other) = seen.get(&identity) {
            let denial = Denial::forbidden(
                codes::DUPLICATE,
                untrusted(&identity).to_string(),
                format!("change {other} changes the same"),
                "propose each thing once",
            );
            denials.push(denial.of(&change.id));
        } else {
            seen.insert(identity, &change.id);
        }
    }
}

/// A stage of a cluster names its own only; every stage names clusters of the stack. Changes are held to it when
/// they are derived.
fn clusters(proposal: &Proposal, context: &DeriveContext, denials: &mut Vec<Denial>) {
    let reach = crate::capability::Reach {
        own: context.cluster.as_ref(),
        clusters: &context.clusters,
    };
    let probes = proposal
        .probes
        .iter()
        .map(|probe| (format!("probe {}", probe.id), &probe.cluster));
    let moved = proposal
        .moved
        .iter()
        .map(|moved| (format!("move {}", untrusted(&moved.to)), &moved.cluster));
    for (asked, cluster) in probes.chain(moved) {
        if let Some(cluster) = cluster.as_ref().filter(|cluster| !reach.contains(cluster)) {
            let reason = match &context.cluster {
                Some(own) => format!("the stage runs for cluster {own} and cannot mean {cluster}"),
                None => format!("the stack has no cluster {cluster}"),
            };
            denials.push(Denial::forbidden(
                codes::SCOPE,
                asked,
                reason,
                "name a cluster that the stage has",
            ));
        }
    }
}

/// Identities are printable text, each moved once, within one driver.
fn moved(moves: &[Moved], denials: &mut Vec<Denial>) {
    let mut seen = BTreeSet::new();
    for moved in moves {
        let printable = |text: &str| {
            (1..=512).contains(&text.len()) && text.bytes().all(|b| (b'!'..=b'~').contains(&b))
        };
        let driver = |text: &str| text.split('/').next().map(str::to_owned);
        let asked = format!(
            "move {} to {}",
            untrusted(&moved.from),
            untrusted(&moved.to)
        );
        if !printable(&moved.from)
            || !printable(&moved.to)
            || driver(&moved.from) != driver(&moved.to)
        {
            denials.push(Denial::forbidden(
                codes::MALFORMED_NAME,
                asked,
                "these are not two identities of one kind",
                "write both as state does, `terraform/ROOT/TYPE.NAME`",
            ));
        } else if moved.from == moved.to
            || !seen.insert((&moved.cluster, &moved.from))
            || !seen.insert((&moved.cluster, &moved.to))
        {
            denials.push(twice(asked, "move each identity once"));
        }
    }
}
