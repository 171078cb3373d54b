//! Authorising a planned change once more, right before it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aegis_document::{Digest, Identifier, digest_of};

use super::super::document::{Documents, PlannedChange};
use super::super::identity::{Identity, InstanceId};
use super::failure::PlanFailure;
use super::instance::{derive_context, effective};
use super::stage::{StagePlan, StageSet};
use super::{STATE_FACTS, graph, release_owners, target};
use crate::apply::{Reauthorize, Refusal};
use crate::capability::{Denial, authorize_change};
use crate::catalogue::Catalogue;
use crate::driver::document::{Document, Origin, TargetContext, documents};
use crate::proposal::{Action, Change, File, ObjectRef};
use crate::stack::{ReleaseOwner, Stack};

/// Asks the same walls as the planner did, with the grants that are in the lock file now. It looks at the document that
/// was approved, tokens and all: what is authorised is literal by construction, and what a token may become is
/// decided by its fact's format, which is checked when it is bound.
///
/// A plan is a file that others may have written. The part of a document that no plugin decides (stores, backends,
/// accounts, chart pins, labels) is therefore never taken from it: the documents are made once more of what was
/// authorised, and the plan's must be the same.
pub struct Again {
    stages: StageSet,
    target: TargetContext,
    owners: BTreeMap<Identifier, ReleaseOwner>,
    clusters: Arc<BTreeSet<Identifier>>,
    documents: Documents,
    /// The objects of each instance: what they refer to among themselves needs no grant of its own.
    proposed: BTreeMap<InstanceId, BTreeSet<(Identifier, ObjectRef)>>,
    /// The documents of each proposed change: a kOps change has several, and is authorised as a whole.
    parts: BTreeMap<(InstanceId, Identifier), Vec<(Identity, Digest)>>,
}

impl Again {
    /// For the changes of a plan.
    pub fn new(
        stack: &Stack,
        stages: StageSet,
        catalogue: &Catalogue,
        plan: &super::super::Plan,
    ) -> Result<Self, PlanFailure> {
        let mut target = target(stack, &stages, catalogue)?;
        if let Some(region) = state_region(&stages, plan) {
            target.state.region = region;
        }
        let owners = release_owners(stack, &stages, &graph(stack, &stages)?);
        let mut parts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (instance, change) in plan.body.changes() {
            if let (Some(id), Some(desired)) = (&change.id, change.desired) {
                let part = (change.identity.clone(), desired);
                parts
                    .entry((instance.id.clone(), id.clone()))
                    .or_default()
                    .push(part);
            }
        }
        let mut proposed: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (instance, change) in plan.body.changes() {
            if let (Identity::Kubernetes { cluster, object }, Some(_)) =
                (&change.identity, change.desired)
            {
                proposed
                    .entry(instance.id.clone())
                    .or_default()
                    .insert((cluster.clone(), object.clone()));
            }
        }
        Ok(Self {
            clusters: Arc::new(stages.clusters().cloned().collect()),
            stages,
            target,
            owners,
            documents: plan.documents.clone(),
            proposed,
            parts,
        })
    }

    fn check(
        &self,
        id: &InstanceId,
        change: &PlannedChange,
        bound: Option<&Document>,
    ) -> Result<(), Refusal> {
        // A removal has no document: the plan names the identity, and state must own it.
        let Some(desired) = &change.desired else {
            return Ok(());
        };
        let fault = |message: &str| Refusal {
            code: super::failure::INTERNAL.to_owned(),
            message: message.to_owned(),
            help: Some("run `aegis plan` again".to_owned()),
        };
        let stage = self.stages.iter().find(|stage| stage.name == id.stage);
        let stage = stage.ok_or_else(|| fault("the stage is not in the stack any more"))?;
        let action = self
            .action(id, change, *desired)
            .map_err(|message| fault(&message))?;
        let again = Change {
            id: change.id.clone().unwrap_or_else(|| id.stage.clone()),
            cluster: cluster_of(id, &change.identity),
            after: Vec::new(),
            on_immutable: change.on_immutable,
            action,
        };
        let mut context = derive_context(stage, id, &self.clusters, self.stages.repository());
        if let Some(proposed) = self.proposed.get(id) {
            context.proposed.clone_from(proposed);
        }
        let effective = effective(stage, id, &self.clusters);
        if let Some(filled) = filled(&again, bound) {
            authorize_change(&effective, filled, &context).map_err(|denials| refusal(&denials))?;
        }
        let authorized =
            authorize_change(&effective, again, &context).map_err(|denials| refusal(&denials))?;
        let origin = Origin {
            target: &self.target,
            instance: id,
            provides_state: provides_state(stage),
            release_owner: self
                .owners
                .get(&stage.name)
                .copied()
                .unwrap_or(ReleaseOwner::Aegis),
        };
        same(&authorized, origin, &change.identity, *desired).map_err(|message| fault(&message))
    }
}

/// The cluster that a change named. Files and workflows belong to none, also those of a stage that runs for each.
fn cluster_of(id: &InstanceId, identity: &Identity) -> Option<Identifier> {
    match identity {
        Identity::File { .. } | Identity::Workflow { .. } => None,
        other => other.cluster().or(id.cluster.as_ref()).cloned(),
    }
}

/// A file with the facts in it: their text may make of it what no file may be.
fn filled(change: &Change, bound: Option<&Document>) -> Option<Change> {
    let (Action::File(file), Some(Document::File(content))) = (&change.action, bound) else {
        return None;
    };
    let file = File {
        path: file.path.clone(),
        content: content.clone(),
    };
    Some(Change {
        action: Action::File(file),
        ..change.clone()
    })
}

/// Whether a document is the one that the host makes of a change.
fn same(
    change: &Change,
    origin: Origin<'_>,
    identity: &Identity,
    desired: Digest,
) -> Result<(), String> {
    let made = documents(change, origin).map_err(|error| error.to_string())?;
    let own = made
        .iter()
        .find(|(other, _)| other == identity)
        .ok_or("what the change proposes is something else")?;
    let digest = digest_of(&own.1.to_node()).map_err(|error| error.to_string())?;
    if digest == desired {
        Ok(())
    } else {
        Err(
            "the plan's document has parts that the host decides, and decides otherwise: the plan file, the stack or \
             the chart catalogue was changed"
                .to_owned(),
        )
    }
}

fn provides_state(stage: &StagePlan) -> bool {
    let mut offers = stage.stage_type().provides.iter();
    offers.any(|offer| offer.name.as_str().starts_with(STATE_FACTS))
}

/// The region of the store for Terraform and kOps state: that of the root which makes it.
fn state_region(stages: &StageSet, plan: &super::super::Plan) -> Option<String> {
    let makes_store = |id: &InstanceId| {
        stages
            .iter()
            .any(|stage| stage.name == id.stage && provides_state(stage))
    };
    plan.body
        .changes()
        .filter(|(instance, _)| makes_store(&instance.id))
        .filter_map(|(_, change)| {
            let source = plan.documents.get(&change.desired?)?;
            match Document::parse(&change.identity, &source).ok()? {
                Document::Terraform(root) => Some(root.region),
                _ => None,
            }
        })
        .last()
}

/// Puts the parts of one kOps change together again: the cluster comes first, then its instance groups.
fn join(whole: Option<Action>, part: Action, identity: &Identity) -> Result<Action, String> {
    match (whole, part) {
        (None, part) => Ok(part),
        (Some(Action::Kops(mut whole)), Action::Kops(part))
            if matches!(identity, Identity::KopsInstanceGroup { .. }) =>
        {
            whole.instance_groups.extend(part.instance_groups);
            Ok(Action::Kops(whole))
        }
        (Some(_), _) => Err("the change has more documents than its kind can have".to_owned()),
    }
}

fn refusal(denials: &[Denial]) -> Refusal {
    let messages: Vec<String> = denials.iter().map(ToString::to_string).collect();
    Refusal {
        code: denials
            .first()
            .map_or_else(String::new, |denial| denial.code.to_string()),
        message: messages.join("; "),
        help: denials.first().map(|denial| denial.help.to_string()),
    }
}

impl Again {
    /// The proposed action that the change's documents come from.
    fn action(
        &self,
        id: &InstanceId,
        change: &PlannedChange,
        desired: Digest,
    ) -> Result<Action, String> {
        let alone = [(change.identity.clone(), desired)];
        let parts = change
            .id
            .as_ref()
            .and_then(|change| self.parts.get(&(id.clone(), change.clone())));
        let parts = parts.map_or(alone.as_slice(), Vec::as_slice);
        let mut whole = None;
        for (identity, digest) in parts {
            let source = self
                .documents
                .get(digest)
                .ok_or("the plan does not hold the document")?;
            let document = Document::parse(identity, &source).map_err(|error| error.to_string())?;
            let part = document
                .to_action(identity)
                .ok_or("the document is of another kind")?;
            whole = Some(join(whole, part, identity)?);
        }
        whole.ok_or_else(|| "the change has no document".to_owned())
    }
}

impl Reauthorize for Again {
    fn reauthorize(
        &self,
        id: &InstanceId,
        change: &PlannedChange,
        bound: Option<&Document>,
    ) -> Result<(), Refusal> {
        self.check(id, change, bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::{DeclaredFacts, DeriveContext, derive};
    use crate::driver::document::fixtures::{
        application, kops, name, object, release, root, target,
    };
    use crate::plan::Identity;
    use crate::proposal::OnImmutable;
    use crate::template::Templated;

    fn change(action: Action) -> Change {
        Change {
            id: name("change"),
            cluster: Some(name("use1")),
            after: Vec::new(),
            on_immutable: OnImmutable::Fail,
            action,
        }
    }

    /// What a plan holds of an action: the planner's documents, as they are stored.
    fn planned(action: Action, target: &TargetContext) -> Vec<(Identity, serde_json::Value)> {
        let id = "use1/mesh".parse().unwrap();
        documents(&change(action), origin(target, &id))
            .unwrap()
            .into_iter()
            .map(|(identity, document)| (identity, document.to_source()))
            .collect()
    }

    fn origin<'a>(target: &'a TargetContext, instance: &'a InstanceId) -> Origin<'a> {
        Origin {
            target,
            instance,
            provides_state: false,
            release_owner: ReleaseOwner::Argocd,
        }
    }

    /// Judges every document of a plan as an apply does, with what the host decides now.
    fn judge(plan: &[(Identity, serde_json::Value)], target: &TargetContext) -> Result<(), String> {
        let mut whole = None;
        for (identity, source) in plan {
            let document = Document::parse(identity, source).unwrap();
            let part = document.to_action(identity).unwrap();
            whole = Some(join(whole, part, identity)?);
        }
        let change = change(whole.unwrap());
        let id = "use1/mesh".parse().unwrap();
        for (identity, source) in plan {
            let desired = digest_of(source).unwrap();
            same(&change, origin(target, &id), identity, desired)?;
        }
        Ok(())
    }

    fn actions() -> Vec<Action> {
        vec![
            Action::Terraform(root(&[])),
            Action::Kops(kops()),
            Action::Apply(object()),
            Action::Release(release()),
            Action::Application(application()),
        ]
    }

    #[test]
    fn what_the_planner_made_is_made_again() {
        let host = target();
        for action in actions() {
            assert_eq!(judge(&planned(action, &host), &host), Ok(()));
        }
    }

    #[test]
    fn what_the_host_decides_never_comes_from_a_plan() {
        let host = target();
        for (action, forge) in [
            (
                Action::Kops(kops()),
                (|target| target.state.bucket = Templated::parse("attacker").unwrap())
                    as fn(&mut TargetContext),
            ),
            (Action::Kops(kops()), |target| {
                for cluster in target.clusters.values_mut() {
                    cluster.kubernetes_version = "1.20.0".into();
                }
            }),
            (Action::Kops(kops()), |target| {
                for cluster in target.clusters.values_mut() {
                    cluster.dns_name = "use1.attacker.example.com".into();
                }
            }),
            (Action::Terraform(root(&[])), |target| {
                target.state.bucket = Templated::parse("attacker").unwrap();
            }),
            (Action::Terraform(root(&[])), |target| target.account = None),
            (Action::Terraform(root(&[])), |target| {
                target.state.region = "eu-west-1".into();
            }),
            (Action::Release(release()), |target| {
                for chart in target.charts.values_mut() {
                    chart.repository = "https://charts.attacker.example.com".into();
                }
            }),
            (Action::Release(release()), |target| {
                for chart in target.charts.values_mut() {
                    chart.digest = None;
                }
            }),
            (Action::Release(release()), |target| {
                target.argocd.namespace = "attacker".into();
            }),
            (Action::Application(application()), |target| {
                target.argocd.namespace = "attacker".into();
            }),
            (Action::Apply(object()), |target| {
                target.stack = name("attacker");
            }),
        ] {
            let mut forged = target();
            forge(&mut forged);
            let plan = planned(action, &forged);
            assert!(judge(&plan, &host).is_err(), "{plan:?}");
        }
    }

    #[test]
    fn a_file_is_looked_at_with_its_facts_in_it() {
        let id: InstanceId = "use1/mesh".parse().unwrap();
        let identity = Identity::File {
            path: "docs/motd.yaml".into(),
        };
        assert_eq!(cluster_of(&id, &identity), None);
        let file = |text: &str| Change {
            cluster: cluster_of(&id, &identity),
            ..change(Action::File(File {
                path: "docs/motd.yaml".into(),
                content: Templated::parse(text).unwrap(),
            }))
        };
        let bound = |text: &str| Document::File(Templated::parse(text).unwrap());
        let context = DeriveContext {
            stage: name("mesh"),
            cluster: id.cluster.clone(),
            clusters: Arc::default(),
            repository: None,
            facts: DeclaredFacts::default(),
            proposed: BTreeSet::new(),
            scopes: BTreeMap::new(),
        };
        for (text, allowed) in [
            ("welcome", true),
            ("apiVersion: v1\nkind: ClusterRoleBinding", false),
            ("a\u{7}b", false),
        ] {
            let filled = filled(&file("@{motd}"), Some(&bound(text))).unwrap();
            assert_eq!(derive(&filled, &context).is_ok(), allowed, "{text}");
        }
        assert_eq!(filled(&change(Action::Kops(kops())), None), None);
    }

    #[test]
    fn a_change_has_one_kops_cluster() {
        let mut plan = planned(Action::Kops(kops()), &target());
        plan.push(plan[0].clone());
        assert!(judge(&plan, &target()).is_err());
    }
}
