//! What the implications of a change depend on besides the change itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aegis_document::Identifier;

use crate::capability::ObjectScope;
use crate::fact::{FactRef, Format};
use crate::proposal::{Collection, FactReach, ObjectRef, StageType};

/// Where a change is proposed.
#[derive(Clone, Debug)]
pub struct DeriveContext {
    pub stage: Identifier,
    /// The cluster that the stage runs for; `None` for a stage of the stack.
    pub cluster: Option<Identifier>,
    /// All clusters of the stack.
    pub clusters: Arc<BTreeSet<Identifier>>,
    /// The repository that holds the stack's tree.
    pub repository: Option<Repository>,
    /// The facts that the stage requires.
    pub facts: DeclaredFacts,
    /// Objects that the stage itself proposes, rendered ones included, each with its cluster. What is bound to
    /// or refers to one of them needs no grant of its own, as the object has one.
    pub proposed: BTreeSet<(Identifier, ObjectRef)>,
    /// Scopes of kinds that are defined in this plan or that the cluster's API told.
    pub scopes: BTreeMap<Collection, ObjectScope>,
}

/// A branch of a Git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// `https://host/path`
    pub url: String,
    pub branch: String,
}

impl DeriveContext {
    /// The scope of a kind, if anybody knows it. What the host's own table says cannot be overridden.
    pub(in crate::capability) fn scope_of(&self, collection: &Collection) -> Option<ObjectScope> {
        crate::capability::kinds::scope_of(collection)
            .or_else(|| self.scopes.get(collection).copied())
    }

    /// Whether the stage itself proposes the object.
    pub(in crate::capability) fn proposes(&self, cluster: &Identifier, object: &ObjectRef) -> bool {
        self.proposed.contains(&(cluster.clone(), object.clone()))
    }
}

/// The facts that an instance of a stage may use, each with its format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredFacts {
    facts: BTreeMap<FactRef, DeclaredFact>,
}

/// What is declared about a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredFact {
    pub format: Format,
    pub secret: bool,
}

impl DeclaredFacts {
    /// The requirements of a stage type, for the instance of one cluster or of the stack.
    pub fn of(
        stage_type: &StageType,
        cluster: Option<&Identifier>,
        clusters: &BTreeSet<Identifier>,
    ) -> Self {
        let mut facts = BTreeMap::new();
        for requirement in &stage_type.requires {
            let owners: Vec<Option<Identifier>> = match requirement.reach {
                FactReach::OwnCluster => cluster.cloned().map(Some).into_iter().collect(),
                FactReach::Stack => vec![None],
                FactReach::EachCluster => clusters.iter().cloned().map(Some).collect(),
            };
            for owner in owners {
                let declared = DeclaredFact {
                    format: requirement.format.clone(),
                    secret: requirement.secret,
                };
                facts
                    .entry(FactRef::new(owner, requirement.name.clone()))
                    // Declared twice: the stricter declaration holds.
                    .and_modify(|known: &mut DeclaredFact| known.secret |= requirement.secret)
                    .or_insert(declared);
            }
        }
        Self { facts }
    }

    pub fn insert(&mut self, fact: FactRef, declared: DeclaredFact) {
        self.facts.insert(fact, declared);
    }

    pub fn get(&self, fact: &FactRef) -> Option<&DeclaredFact> {
        self.facts.get(fact)
    }

    /// The fact of a name: of the cluster if there is one, else of the stack.
    pub fn named(
        &self,
        name: &Identifier,
        cluster: Option<&Identifier>,
    ) -> Option<(FactRef, &DeclaredFact)> {
        [cluster.cloned(), None].into_iter().find_map(|owner| {
            let fact = FactRef::new(owner, name.clone());
            self.facts.get(&fact).map(|declared| (fact, declared))
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = (&FactRef, &DeclaredFact)> {
        self.facts.iter()
    }
}
