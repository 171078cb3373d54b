//! A stack in a temporary folder, and a planner small enough to see through.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aegis_document::{Digest, Identifier};
use serde_json::{Value, json};

use super::super::*;
use crate::driver::document::Document;
use crate::driver::tree::{Desired, FactShape, RenderContext, Shapes, TreePath, TreeTarget, render};
use crate::fact::FactRef;
use crate::plan::*;
use crate::proposal::{FactMode, FactSource, OnImmutable, Severity};
use crate::state::*;
use crate::template::Binding;

pub(super) fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

pub(super) fn instance(text: &str) -> InstanceId {
    text.parse().unwrap()
}

pub(super) fn identity(text: &str) -> Identity {
    text.parse().unwrap()
}

/// What a stage wants: texts of files by path, with tokens, and facts.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    pub(super) id: String,
    pub(super) needs: Vec<String>,
    pub(super) files: BTreeMap<String, String>,
    /// Name, format, value.
    pub(super) facts: Vec<(String, String, Option<Value>)>,
    pub(super) state: Option<InstanceStatus>,
}

pub(super) fn stage(id: &str) -> Stage {
    Stage { id: id.to_owned(), ..Stage::default() }
}

impl Stage {
    pub(super) fn file(mut self, path: &str, content: &str) -> Self {
        self.files.insert(path.to_owned(), content.to_owned());
        self
    }

    pub(super) fn needs(mut self, other: &str) -> Self {
        self.needs.push(other.to_owned());
        self
    }

    pub(super) fn fact(mut self, name: &str, format: &str, value: Option<Value>) -> Self {
        self.facts.push((name.to_owned(), format.to_owned(), value));
        self
    }

    pub(super) fn held(mut self, state: InstanceStatus) -> Self {
        self.state = Some(state);
        self
    }
}

pub(super) struct World {
    folder: tempfile::TempDir,
    pub(super) context: ApplyContext,
    pub(super) events: Arc<Events>,
}

#[derive(Default)]
pub(super) struct Events(pub(super) Mutex<Vec<Progress>>);

impl Reporter for Events {
    fn report(&self, progress: &Progress) {
        self.0.lock().unwrap().push(progress.clone());
    }
}

pub(super) struct AllowAll;

impl Reauthorize for AllowAll {
    fn reauthorize(&self, _: &InstanceId, _: &PlannedChange, _: Option<&Document>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Dies when the closure says so.
pub(super) struct DiesWhen<F>(pub(super) F);

impl<F: Fn(&FaultPoint) -> bool + Send + Sync> Faults for DiesWhen<F> {
    fn dies_at(&self, point: &FaultPoint) -> bool {
        (self.0)(point)
    }
}

impl World {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stack = folder.path().join("stack");
        std::fs::create_dir(&stack).unwrap();
        let events = Arc::new(Events::default());
        let policy = PolicyUse {
            block_at: Severity::Medium,
            required: Vec::new(),
            structural: StructuralRule::Allow,
            approvals: 0,
        };
        let stack_use =
            StackUse { name: name("shop"), resolved: Digest::of("resolved"), settings: Digest::of("settings") };
        let context = ApplyContext {
            ledger: LedgerContext {
                store: Arc::new(LocalStore::beside(&stack)),
                operator: OperatorFolder::new(folder.path().join("home/private/state")),
                stack: name("shop"),
                actor: "tester".to_owned(),
                faults: Arc::new(NoFaults),
            },
            tree: TreeTarget::at(stack.join("tree")),
            expected: Expected { stack: stack_use, lock: Digest::of("lock"), policy },
            approvals: BTreeSet::new(),
            clusters: BTreeMap::new(),
            reauthorize: Arc::new(AllowAll),
            reporter: Arc::clone(&events) as Arc<dyn Reporter>,
            cancel: Cancel::default(),
            parallelism: NonZeroUsize::MIN,
            today: "2026-11-24".parse().unwrap(),
            assume: BTreeMap::new(),
        };
        Self { folder, context, events }
    }

    pub(super) fn stack(&self) -> PathBuf {
        self.folder.path().join("stack")
    }

    pub(super) fn tree(&self) -> PathBuf {
        self.stack().join("tree")
    }

    pub(super) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.context.ledger.store.as_ref()
    }

    pub(super) fn state(&self) -> Result<State, StateError> {
        load(self.store(), &self.context.ledger.operator)
    }

    pub(super) fn apply(&self, plan: &Plan) -> Result<Outcome, ApplyError> {
        apply(plan, &self.context)
    }

    /// Plans and applies; everything must be done.
    pub(super) fn converge(&self, stages: &[Stage]) -> Outcome {
        let outcome = self.apply(&self.plan(stages)).unwrap();
        assert_eq!(outcome.exit_code(), 0, "{outcome:?}");
        outcome
    }

    /// The files of the tree without its marker, and the folders.
    pub(super) fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        collect(&self.tree(), &self.tree(), &mut files);
        files.remove(".aegis/inventory.json");
        files.remove(".aegis/");
        files
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.files().into_keys().filter(|path| !path.ends_with('/')).collect()
    }

    pub(super) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.tree().join(path)).unwrap()
    }

    pub(super) fn write(&self, path: &str, content: &str) {
        std::fs::write(self.tree().join(path), content).unwrap();
    }

    pub(super) fn import(&self, id: &str, values: Value) -> Result<Imported, StateError> {
        let values = values.as_object().unwrap().iter().map(|(key, value)| (name(key), value.clone())).collect();
        import_facts(self.context.ledger.clone(), &instance(id), &values)
    }

    pub(super) fn plan(&self, stages: &[Stage]) -> Plan {
        self.plan_with(stages, |_| {})
    }

    pub(super) fn plan_with(&self, stages: &[Stage], change: impl FnOnce(&mut Body)) -> Plan {
        let state = self.state().unwrap();
        let mut documents = Documents::default();
        let facts = planned_facts(stages, &state);
        let (shapes, binding) = known(&facts);
        let mut claimed = BTreeSet::new();
        let mut instances = Vec::new();
        for stage in stages {
            let id = instance(&stage.id);
            let mut changes = Vec::new();
            if stage.state.is_none() {
                for (path, text) in &stage.files {
                    let identity = Identity::File { path: path.clone() };
                    let document = Document::parse(&identity, &json!({"content": text})).unwrap();
                    claimed.insert(identity.clone());
                    changes.push(self.change(&state, &id, identity, &document, (&shapes, &binding), &mut documents));
                }
            }
            instances.push(Instance {
                id,
                state: stage.state.clone().unwrap_or(InstanceStatus::Planned),
                edges: stage.needs.iter().map(|need| instance(need)).collect(),
                request: Some(Digest::of(stage.id.as_bytes())),
                response: None,
                changes,
                sources: stage.facts.iter().map(|(fact, _, _)| (name(fact), FactSource::Value(Value::Null))).collect(),
                probes: Vec::new(),
            });
        }
        self.prunes(&state, &claimed, &mut instances);
        let mut body = Body {
            stack: self.context.expected.stack.clone(),
            mode: Mode::Apply,
            base: Base { lineage: state.base_lineage().map(str::to_owned), serials: state.serials() },
            policy: self.context.expected.policy.clone(),
            lock: self.context.expected.lock,
            plugins: Vec::new(),
            facts,
            instances,
            findings: Vec::new(),
            exceptions: Vec::new(),
        };
        change(&mut body);
        Plan::seal(body, Evidence::default(), documents).unwrap()
    }

    fn change(
        &self,
        state: &State,
        id: &InstanceId,
        identity: Identity,
        document: &Document,
        (shapes, binding): (&Shapes, &Binding),
        documents: &mut Documents,
    ) -> PlannedChange {
        let digest = documents.insert(&document.to_source()).unwrap();
        let bound = document.bind(&identity, binding).unwrap();
        let context = RenderContext { instance: id, shapes, binding };
        let rendered = render(&identity, document, &context).unwrap();
        let owned = state.owner_of(&identity);
        let entry = owned.map(|(_, entry)| entry);
        let desired = Desired { document: digest, rendered: &rendered };
        let difference = self.context.tree.diff(&identity, Some(desired), entry).unwrap();
        assert!(difference.conflicts.is_empty(), "{:?}", difference.conflicts);
        let transferred = owned.is_some_and(|(owner, _)| owner != id);
        let waiting = rendered.waiting();
        PlannedChange {
            id: None,
            driver: DriverKind::Tree,
            action: if transferred { ChangeAction::Transfer } else { difference.action },
            cause: if difference.drift.is_empty() { Cause::Config } else { Cause::Drift },
            precision: if waiting { Precision::Structural(StructuralReason::UnboundFact) } else { Precision::Exact },
            desired: Some(digest),
            before: entry.map(|entry| entry.document),
            bound: Some(aegis_document::digest_of(&bound.to_source()).unwrap()),
            target: Some(difference.fingerprint),
            waits_for: rendered.waits_for.iter().cloned().collect(),
            risk: Risk::None,
            moved_from: None,
            after: Vec::new(),
            on_immutable: OnImmutable::Fail,
            capabilities: Vec::new(),
            identity,
        }
    }

    fn prunes(&self, state: &State, claimed: &BTreeSet<Identity>, instances: &mut Vec<Instance>) {
        for recorded in state.instances() {
            let index = instances.iter().position(|instance| instance.id == recorded.id).unwrap_or_else(|| {
                instances.push(Instance {
                    id: recorded.id.clone(),
                    state: InstanceStatus::Planned,
                    edges: Vec::new(),
                    request: None,
                    response: None,
                    changes: Vec::new(),
                    sources: BTreeMap::new(),
                    probes: Vec::new(),
                });
                instances.len() - 1
            });
            if instances[index].state != InstanceStatus::Planned {
                continue;
            }
            for (identity, entry) in recorded.inventory.iter().filter(|(identity, _)| !claimed.contains(identity)) {
                let difference = self.context.tree.diff(identity, None, Some(entry)).unwrap();
                instances[index].changes.push(PlannedChange {
                    id: None,
                    identity: identity.clone(),
                    driver: DriverKind::Tree,
                    action: ChangeAction::Delete,
                    cause: Cause::Removed,
                    precision: Precision::Exact,
                    desired: None,
                    before: Some(entry.document),
                    bound: None,
                    target: Some(difference.fingerprint),
                    waits_for: Vec::new(),
                    risk: Risk::Disruptive,
                    moved_from: None,
                    after: Vec::new(),
                    on_immutable: OnImmutable::Fail,
                    capabilities: Vec::new(),
                });
            }
        }
    }
}

fn planned_facts(stages: &[Stage], state: &State) -> Vec<PlannedFact> {
    let mut facts = Vec::new();
    for stage in stages {
        let id = instance(&stage.id);
        for (fact, format, value) in &stage.facts {
            let stored = state.instance(&id).and_then(|state| state.facts.get(&name(fact)));
            let known = stored.and_then(|stored| stored.value.clone());
            let status = match (&known, value) {
                (Some(known), Some(value)) if known != value => FactStatus::Planned,
                (None, Some(_)) => FactStatus::Planned,
                (Some(_), _) => FactStatus::Known,
                (None, None) => FactStatus::Unknown,
            };
            facts.push(PlannedFact {
                reference: FactRef::new(id.cluster.clone(), name(fact)),
                format: format.parse().unwrap(),
                schema: 1,
                secret: false,
                mode: FactMode::Opaque,
                status,
                provenance: stored.map_or_else(|| Provenance::Stage(id.clone()), |stored| stored.provenance.clone()),
                value: value.clone().or(known),
            });
        }
    }
    facts
}

fn known(facts: &[PlannedFact]) -> (Shapes, Binding) {
    let (mut shapes, mut binding) = (Shapes::new(), Binding::default());
    for fact in facts {
        let shape = FactShape { format: fact.format.clone(), secret: fact.secret };
        shapes.insert(fact.reference.clone(), shape);
        if let Some(value) = &fact.value {
            binding.insert(fact.reference.clone(), fact.format.clone(), value.clone());
        }
    }
    (shapes, binding)
}

/// Everything below a folder: files with their content, folders with a `/` at the end.
fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let shown = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && !path.is_symlink() {
            collect(root, &path, files);
            files.insert(format!("{shown}/"), String::new());
        } else {
            files.insert(shown, String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned());
        }
    }
}

/// State as two runs of the same plan should leave it: without what is random or counts writes.
pub(super) fn comparable(state: &State) -> Value {
    let instances = state.serials().into_keys().map(|id| {
        let mut instance = serde_json::to_value(state.instance(&id).unwrap()).unwrap();
        if let Some(last) = instance.get_mut("last").and_then(Value::as_object_mut) {
            last.remove("run");
            last.remove("plan");
        }
        (id.to_string(), instance)
    });
    Value::Object(instances.collect())
}

pub(super) fn path(text: &str) -> TreePath {
    TreePath::new(text).unwrap()
}
