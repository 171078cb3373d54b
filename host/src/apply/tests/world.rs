//! A stack in a temporary folder.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aegis_document::{Digest, Identifier};
use serde_json::Value;

use super::super::*;
use crate::driver::document::Document;
use crate::driver::tree::{TreePath, TreeTarget};
use crate::plan::*;
use crate::proposal::Severity;
use crate::state::*;

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
    Stage {
        id: id.to_owned(),
        ..Stage::default()
    }
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
    fn reauthorize(
        &self,
        _: &InstanceId,
        _: &PlannedChange,
        _: Option<&Document>,
    ) -> Result<(), Refusal> {
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
        let stack_use = StackUse {
            name: name("shop"),
            resolved: Digest::of("resolved"),
            settings: Digest::of("settings"),
        };
        let context = ApplyContext {
            ledger: LedgerContext {
                store: Arc::new(LocalStore::beside(&stack)),
                operator: OperatorFolder::new(folder.path().join("home/private/state")),
                stack: name("shop"),
                actor: "tester".to_owned(),
                faults: Arc::new(NoFaults),
            },
            tree: TreeTarget::at(stack.join("tree")),
            expected: Expected {
                stack: stack_use,
                lock: Digest::of("lock"),
                policy,
            },
            made_here: true,
            least_approvals: 0,
            approvals: BTreeSet::new(),
            clusters: BTreeMap::new(),
            reauthorize: Arc::new(AllowAll),
            reporter: Arc::clone(&events) as Arc<dyn Reporter>,
            cancel: Cancel::default(),
            parallelism: NonZeroUsize::MIN,
            today: "2026-11-24".parse().unwrap(),
            assume: BTreeMap::new(),
        };
        Self {
            folder,
            context,
            events,
        }
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
        load(
            self.store(),
            &self.context.ledger.operator,
            &self.context.ledger.stack,
        )
    }

    pub(super) fn runs(&self) -> Result<Vec<RunRecord>, StateError> {
        let ledger = &self.context.ledger;
        runs(self.store(), &ledger.operator, &ledger.stack)
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
        self.files()
            .into_keys()
            .filter(|path| !path.ends_with('/'))
            .collect()
    }

    pub(super) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.tree().join(path)).unwrap()
    }

    pub(super) fn write(&self, path: &str, content: &str) {
        std::fs::write(self.tree().join(path), content).unwrap();
    }

    pub(super) fn import(&self, id: &str, values: Value) -> Result<Imported, StateError> {
        let values = values
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| (name(key), value.clone()))
            .collect();
        import_facts(self.context.ledger.clone(), &instance(id), &values)
    }
}

/// Everything below a folder: files with their content, folders with a `/` at the end.
fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let shown = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        if path.is_dir() && !path.is_symlink() {
            collect(root, &path, files);
            files.insert(format!("{shown}/"), String::new());
        } else {
            files.insert(
                shown,
                String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned(),
            );
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
