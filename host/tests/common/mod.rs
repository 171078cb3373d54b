//! A desk for end-to-end tests: an operator's home, a stack in a folder, and the `aegis` program as a person
//! uses it.

#![allow(dead_code, reason = "every test program uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Where the built plugins are, or `None` with a word about what is missing.
pub fn plugins() -> Option<PathBuf> {
    let folder = std::env::var_os("AEGIS_TEST_PLUGINS")
        .map_or_else(|| repository().join("target/plugins"), PathBuf::from);
    let found = folder.join("terraform.wasm").is_file();
    if !found {
        println!("skipped: needs built plugins in {} (`cargo xtask build`)", folder.display());
    }
    found.then_some(folder)
}

/// The root of the checkout.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Reference data that is not part of the project, or `None` with a word about what is missing.
pub fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("AEGIS_CORPORA")
        .map_or_else(|| repository().join("../shared/corpora"), PathBuf::from);
    let found = folder.is_dir();
    if !found {
        println!("skipped: needs the corpora in {}", folder.display());
    }
    found.then_some(folder)
}

/// An operator at work on one stack.
pub struct Desk {
    folder: tempfile::TempDir,
    /// `AEGIS_HOME`; shared by desks of one operator.
    pub home: PathBuf,
    pub stack: PathBuf,
}

/// The first-party plugins.
pub const PLUGINS: [&str; 5] = ["argocd", "cert-manager", "compliance", "kops", "terraform"];

impl Desk {
    /// A home with an operator's key that trusts the publisher of the built plugins, and an example
    /// stack whose plugins are accepted.
    pub fn with_example(name: &str) -> Option<Self> {
        let desk = Self::empty(name)?;
        desk.trust_publisher();
        for plugin in PLUGINS {
            desk.add(plugin);
        }
        Some(desk)
    }

    /// The same, and nothing is trusted or locked yet. The packages lie in `plugins`, where a test may
    /// damage them.
    pub fn empty(name: &str) -> Option<Self> {
        let built = plugins()?;
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        let stack = folder.path().join("stack");
        copy(&repository().join("examples").join(name), &stack);
        let packages = folder.path().join("plugins");
        std::fs::create_dir(&packages).unwrap();
        for plugin in PLUGINS {
            for ending in ["wasm", "wasm.dsse.json"] {
                let file = format!("{plugin}.{ending}");
                std::fs::copy(built.join(&file), packages.join(&file)).unwrap();
            }
        }
        Some(Self { folder, home, stack })
    }

    /// A second checkout of the same stack, by the same operator, in another folder.
    pub fn checkout(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stack = folder.path().join("elsewhere").join("stack");
        copy(&self.stack, &stack);
        copy(&self.packages(), &folder.path().join("elsewhere").join("plugins"));
        Self { folder, home: self.home.clone(), stack }
    }

    pub fn packages(&self) -> PathBuf {
        self.stack.parent().unwrap().join("plugins")
    }

    /// Makes the operator's key and trusts the key that signed the built plugins.
    pub fn trust_publisher(&self) {
        self.ok(&["trust", "init"]);
        let key = publisher_key();
        self.ok(&["trust", "add", "aegis", "--key-file", key.to_str().unwrap()]);
    }

    pub fn add(&self, plugin: &str) {
        self.ok(&["plugin", "add", &format!("aegis/{plugin}"), "--from", "../plugins", "--accept"]);
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aegis"));
        command
            .args(arguments)
            .current_dir(&self.stack)
            .env("AEGIS_HOME", &self.home)
            .env("AEGIS_ACTOR", "tester")
            .env("NO_COLOR", "1")
            .env_remove("AEGIS_FILE")
            .env_remove("AEGIS_LOG");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed and gives its standard output.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        self.exits(arguments, 0).0
    }

    /// Runs a command that must end with this exit code; gives standard output and standard error.
    #[track_caller]
    pub fn exits(&self, arguments: &[&str], code: i32) -> (String, String) {
        let output = self.run(arguments);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "aegis {}\n{out}\n{err}", arguments.join(" "));
        assert!(!err.contains("panicked"), "{err}");
        (out, err)
    }

    /// Runs a command that must be refused with this code and these words.
    #[track_caller]
    pub fn refuses(&self, arguments: &[&str], code: i32, words: &[&str]) {
        let (out, err) = self.exits(arguments, code);
        // Long messages are wrapped; a gap is a gap.
        let flat = err.replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(flat.contains(word), "`{word}` is missing in:\n{err}\n{out}");
        }
    }

    /// The plan that lies in the default place.
    pub fn plan(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.plan_file()).unwrap()).unwrap()
    }

    pub fn plan_file(&self) -> PathBuf {
        self.stack.join(".aegis/plan.json")
    }

    pub fn tree(&self) -> PathBuf {
        self.stack.join("platform")
    }

    /// Every file below the tree with its content, sorted. The marker holds the lineage and is left out.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        walk(&self.tree(), &mut |path| {
            let name = path.strip_prefix(self.tree()).unwrap().to_str().unwrap().to_owned();
            if !name.starts_with(".aegis/") {
                files.push((name, std::fs::read(path).unwrap()));
            }
        });
        files.sort();
        files
    }

    /// Brings the sample outputs of a stage of a cluster.
    pub fn import(&self, cluster: Option<&str>, stage: &str) {
        let file = format!("terraform-outputs/{}-{stage}.json", cluster.unwrap_or("stack"));
        let mut arguments = vec!["facts", "import", "--stage", stage];
        arguments.extend(cluster.iter().flat_map(|cluster| ["--cluster", cluster]));
        arguments.push(&file);
        self.ok(&arguments);
    }

    /// Changes the stack file.
    pub fn edit(&self, edit: impl FnOnce(String) -> String) {
        let path = self.stack.join("aegis.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        let changed = edit(text.clone());
        assert_ne!(text, changed, "the edit changes nothing");
        std::fs::write(path, changed).unwrap();
    }
}

/// The public half of the key that signed the built plugins.
pub fn publisher_key() -> PathBuf {
    std::env::var_os("AEGIS_TEST_PUBLISHER")
        .map_or_else(|| repository().join("target/xtask/publisher/data/keys/aegis.pub"), PathBuf::from)
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { walk(&path, visit) } else { visit(&path) }
    }
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
