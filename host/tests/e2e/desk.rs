//! An operator at a desk: a home with keys and trust, a folder of plugins, a stack, and the program.
//!
//! ```text
//! home/      AEGIS_HOME: keys, trust, compiled code, the operator's part of the state
//! plugins/   signed packages, which a test may damage
//! stack/     aegis.yaml, aegis.lock, .aegis/, platform/
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use aegis_registry::{KeyStore, Lock, PluginName, SecretKey};
use serde_json::Value;
use tempfile::TempDir;

use crate::ended::{Ended, text};
use crate::world;

/// A stack of the name `shop` on one cluster that somebody else made: small, and everything in it is exact.
pub const SMALL: &str = "\
aegis: 1
name: shop
domain: shop.example.com
clusters:
  use1: {region: us-east-1, zones: 3, cidr: 10.0.0.0/16}
settings:
  oidc: {issuer: \"https://login.example.com\", client-id: argocd}
stages:
  certificates: {use: aegis/cert-manager}
  delivery: {use: aegis/argocd}
git: {repository: \"https://github.com/example/shop\", branch: main}
facts: {use1: {cluster.name: use1.shop.example.com}}
";

pub struct Desk {
    folder: TempDir,
    home: PathBuf,
}

/// How far the work of a desk has come. Each is prepared once and copied.
#[derive(Clone, Copy)]
enum Progress {
    /// Keys and trust, and the plugins lie there.
    Trusting,
    /// Every plugin is accepted for the stack `shop`, and none compiled twice.
    Accepted,
    /// The first plan is applied: the documents of the clusters wait for what Terraform will say.
    Applied,
    /// The outputs of Terraform are imported and the second plan is applied.
    Complete,
}

impl Desk {
    /// The example with two clusters; the publisher is trusted and no plugin is accepted yet.
    pub fn trusting() -> Option<Self> {
        Self::at(Progress::Trusting)
    }

    /// The example with two clusters; its plugins are accepted.
    pub fn accepted() -> Option<Self> {
        Self::at(Progress::Accepted)
    }

    /// The same after the first apply.
    pub fn applied() -> Option<Self> {
        Self::at(Progress::Applied)
    }

    /// The same after Terraform has run and the second apply.
    pub fn complete() -> Option<Self> {
        Self::at(Progress::Complete)
    }

    /// A desk on which another stack of the name `shop` lies; all plugins are accepted for it.
    pub fn with_stack(text: &str) -> Option<Self> {
        let desk = Self::accepted()?;
        desk.write("aegis.yaml", text);
        Some(desk)
    }

    /// Nothing but the packages and the example of this name: not even a key.
    pub fn empty(example: &str) -> Option<Self> {
        let built = world::plugins()?;
        let desk = Self::new();
        world::copy(&world::example(example), &desk.stack());
        std::fs::create_dir(desk.plugins()).unwrap();
        for plugin in world::PLUGINS {
            let name = format!("{plugin}.wasm");
            let (from, to) = (built.join(&name), desk.plugins().join(&name));
            std::fs::copy(&from, &to).unwrap();
            std::fs::copy(world::statement(&from), world::statement(&to)).unwrap();
        }
        Some(desk)
    }

    fn new() -> Self {
        let folder = tempfile::tempdir_in(world::scratch()).unwrap();
        let home = folder.path().join("home");
        Self { folder, home }
    }

    fn at(progress: Progress) -> Option<Self> {
        // Asked here so that every test that is skipped says so.
        world::plugins()?;
        static READY: [OnceLock<Option<PathBuf>>; 4] = [const { OnceLock::new() }; 4];
        let ready = READY.get(progress as usize)?;
        let template = ready.get_or_init(|| {
            let desk = Self::prepare(progress)?;
            // It is there until the process ends.
            Some(desk.folder.keep())
        });
        let desk = Self::new();
        world::copy(template.as_deref()?, desk.folder.path());
        Some(desk)
    }

    fn prepare(progress: Progress) -> Option<Self> {
        let desk = match progress {
            Progress::Trusting => {
                let desk = Self::empty("two-clusters")?;
                desk.trust_publisher();
                desk
            }
            Progress::Accepted => {
                let desk = Self::trusting()?;
                desk.accept_plugins();
                desk
            }
            Progress::Applied => {
                let desk = Self::accepted()?;
                desk.plan_and_apply();
                desk
            }
            Progress::Complete => {
                let desk = Self::applied()?;
                desk.import_outputs();
                desk.plan_and_apply();
                desk
            }
        };
        Some(desk)
    }

    /// Another checkout of the stack, in a folder of another name and depth, of the same operator.
    pub fn checkout(&self) -> Self {
        let other = Self::new();
        world::copy(&self.stack(), &other.stack());
        world::copy(&self.plugins(), &other.plugins());
        Self {
            home: self.home.clone(),
            ..other
        }
    }

    /// Everything once more, as far as it has come.
    pub fn twin(&self) -> Self {
        let other = self.checkout();
        let home = other.folder.path().join("home");
        world::copy(&self.home, &home);
        Self { home, ..other }
    }

    /// The same stack on the desk of somebody else with the same keys, who has seen nothing of it yet.
    pub fn colleague(&self) -> Self {
        let other = self.twin();
        std::fs::remove_dir_all(other.home.join("data/private")).unwrap();
        other
    }

    // ---- places ---------------------------------------------------------------------------------

    pub fn home(&self) -> &Path {
        &self.home
    }

    pub fn stack(&self) -> PathBuf {
        self.folder.path().join("stack")
    }

    pub fn plugins(&self) -> PathBuf {
        self.folder.path().join("plugins")
    }

    pub fn package(&self, plugin: &str) -> PathBuf {
        self.plugins().join(format!("{plugin}.wasm"))
    }

    pub fn tree(&self) -> PathBuf {
        self.stack().join("platform")
    }

    pub fn plan_file(&self) -> PathBuf {
        self.stack().join(".aegis/plan.json")
    }

    pub fn lock_file(&self) -> PathBuf {
        self.stack().join("aegis.lock")
    }

    pub fn trust_file(&self) -> PathBuf {
        self.home.join("config/trust.toml")
    }

    /// The lines of the journal.
    pub fn journal(&self) -> Vec<Value> {
        world::files_below(&self.stack().join(".aegis/journal"))
            .iter()
            .flat_map(|file| {
                let text = std::fs::read_to_string(file).unwrap();
                let lines: Vec<Value> = text
                    .lines()
                    .filter_map(|line| serde_json::from_str(line).ok())
                    .collect();
                lines
            })
            .collect()
    }

    // ---- the program ----------------------------------------------------------------------------

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aegis"));
        command
            .args(arguments)
            .current_dir(self.stack())
            .env("AEGIS_HOME", &self.home)
            .env("AEGIS_ACTOR", "tester")
            .env("NO_COLOR", "1")
            .env_remove("AEGIS_FILE")
            .env_remove("AEGIS_LOG")
            .stdin(std::process::Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        let output: Output = self.command(arguments).output().unwrap();
        Ended::new(format!("aegis {}", arguments.join(" ")), output)
    }

    /// Runs a command that must succeed and gives its standard output.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        self.run(arguments).exits(0).out
    }

    /// Runs a command that must succeed and gives its answer as JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.run_json(arguments).exits(0).json()
    }

    pub fn run_json(&self, arguments: &[&str]) -> Ended {
        self.run(&[arguments, &["--output", "json"]].concat())
    }

    // ---- steps ----------------------------------------------------------------------------------

    /// Makes the operator's key and trusts the key that signed the built plugins.
    pub fn trust_publisher(&self) {
        self.ok(&["trust", "init"]);
        let key = world::publisher_key();
        self.ok(&["trust", "add", "aegis", "--key-file", key.to_str().unwrap()]);
    }

    pub fn accept_plugins(&self) {
        for plugin in world::PLUGINS {
            self.add(&format!("aegis/{plugin}")).exits(0);
        }
    }

    /// Accepts a plugin with everything that it asks for.
    pub fn add(&self, plugin: &str) -> Ended {
        self.run(&["plugin", "add", plugin, "--from", "../plugins", "--accept"])
    }

    #[track_caller]
    pub fn plan_and_apply(&self) {
        self.ok(&["plan", "--quiet"]);
        self.ok(&["apply", "--quiet"]);
    }

    /// The plan that lies in the default place.
    pub fn plan(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.plan_file()).unwrap()).unwrap()
    }

    /// Brings the outputs of Terraform that lie beside the stack file: `CLUSTER-STAGE.json`, and `stack-STAGE.json` of
    /// a stage that runs once.
    #[track_caller]
    pub fn import_outputs(&self) {
        let files = world::files_below(&self.stack().join("terraform-outputs"));
        assert!(!files.is_empty(), "the example brings no outputs");
        for file in files {
            let name = file.file_stem().unwrap().to_str().unwrap();
            let (cluster, stage) = name.split_once('-').unwrap();
            self.import(cluster, stage, &file).exits(0);
        }
    }

    pub fn import(&self, cluster: &str, stage: &str, file: &Path) -> Ended {
        let mut arguments = vec!["facts", "import", "--stage", stage];
        if cluster != "stack" {
            arguments.extend(["--cluster", cluster]);
        }
        arguments.push(file.to_str().unwrap());
        self.run(&arguments)
    }

    // ---- files ----------------------------------------------------------------------------------

    pub fn read(&self, path: &str) -> String {
        text(&std::fs::read(self.stack().join(path)).unwrap())
    }

    /// Writes a file of the stack.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.stack().join(path), content).unwrap();
    }

    /// Replaces a part of the stack file, which must be there once.
    #[track_caller]
    pub fn edit(&self, from: &str, to: &str) {
        let text = self.read("aegis.yaml");
        assert_eq!(text.matches(from).count(), 1, "{from}\n{text}");
        self.write("aegis.yaml", text.replace(from, to));
    }

    /// Every file of the tree with its content. The marker, which holds the lineage, is left out.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let tree = self.tree();
        world::files_below(&tree)
            .into_iter()
            .filter_map(|path| {
                let name = path.strip_prefix(&tree).unwrap().to_str().unwrap();
                let content = std::fs::read(&path).unwrap();
                (!name.starts_with(".aegis/")).then(|| (name.to_owned(), content))
            })
            .collect()
    }

    /// Documents of the tree that wait for a value.
    pub fn waiting(&self) -> Vec<String> {
        self.files()
            .into_keys()
            .filter(|name| name.ends_with(".aegis"))
            .collect()
    }

    // ---- the operator's key ---------------------------------------------------------------------

    pub fn key(&self, name: &str) -> SecretKey {
        let store = KeyStore::open(self.home.join("data/keys")).unwrap();
        store.load(&name.parse().unwrap()).unwrap()
    }

    /// Changes the lock file and has the operator accept every plugin as it then stands.
    pub fn accept_changed(&self, change: impl FnOnce(&mut Lock)) {
        self.accept_as("operator", change);
    }

    /// The same with the signature of another key, after those that are there.
    pub fn accept_as(&self, key: &str, change: impl FnOnce(&mut Lock)) {
        let mut lock = Lock::load(&self.lock_file()).unwrap();
        change(&mut lock);
        let key = self.key(key);
        let names: Vec<PluginName> = lock.plugins().keys().cloned().collect();
        for name in names {
            lock.accept(&name, &key).unwrap();
        }
        lock.save(&self.lock_file()).unwrap();
    }
}
