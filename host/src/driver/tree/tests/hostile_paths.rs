//! Paths that lead elsewhere or mean something to another program, against the rule for `file` changes and the writer
//! of the tree, in a repository of the real Git.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aegis_document::Digest;
use serde_json::json;

use super::*;
use crate::capability::{
    CapabilitySet, DeclaredFacts, DeriveContext, Effective, EffectiveParts, authorize_change,
};
use crate::driver::document::fixtures::name;
use crate::proposal::{Change, File, Kind, OnImmutable};
use crate::state::{Folder, NoFaults};

/// Git's own folder in every spelling that some file system or some version of Git takes for it.
const GIT: &[&str] = &[
    ".git",
    ".GIT",
    ".Git",
    ".gIt",
    ".giT",
    ".git.",
    ".git..",
    ".git ",
    ".git . .",
    ".git\t",
    ".git:x",
    ".git::$DATA",
    ".git::$INDEX_ALLOCATION",
    ".git:$i30:$INDEX_ALLOCATION",
    "GIT~1",
    "git~1",
    "Git~2",
    "GIT~10",
    "GI7EBA~1",
    ".g\u{200c}it",
    ".gi\u{200d}t",
    "\u{200b}.git",
    ".git\u{feff}",
    ".git\u{202e}",
    ".g\u{2060}it",
    "\u{ff0e}git",
    ".\u{ff47}it",
    ".g\u{131}t",
    ".g\u{130}t",
    ".g\u{456}t",
    ".gi\u{301}t",
    ".git\0",
    "%2egit",
    ".git%20",
    ".git\u{a0}",
];

/// What other programs obey, wherever it lies.
const OBEYED: &[&str] = &[
    ".gitattributes",
    ".GITATTRIBUTES",
    ".gitmodules",
    ".gitModules",
    ".gitignore",
    ".gitconfig",
    "GITMOD~1",
    "GITATT~1",
    "CODEOWNERS",
    "codeowners",
    "CodeOwners",
    "HEAD",
    "head",
    "override.tf.json",
    "x_override.tf.json",
    "OVERRIDE.TF.JSON",
    "main.tf",
    "main.TF",
    "x.tofu",
    "x.tofu.json",
    "z.auto.tfvars",
    "z.auto.tfvars.json",
    "terraform.tfvars",
    "Z.AUTO.TFVARS",
    "terraform.tfstate",
    "terraform.tfstate.backup",
    "x.tftest.hcl",
    ".terraform.lock.hcl",
    ".terraform/providers/x",
    ".terraformrc",
    "terraform.rc",
    "backend.tfbackend",
    "aegis.yaml",
    "aegis.yml",
    "AEGIS.YAML",
    "Aegis.Lock",
    "aegis.lock",
    ".aegis/inventory.json",
    ".AEGIS/x",
    "x.yaml.aegis",
    "kustomization.yaml",
    "kustomization.yml",
    "Kustomization",
    "Chart.yaml",
    "chart.YAML",
    "main.jsonnet",
    "x.libsonnet",
    "action.yml",
    "action.yaml",
    "Action.YML",
    ".argocd-source.yaml",
    ".argocd-source-orders.yaml",
    "aegis.yaml ",
    "aegis.yaml.",
    "aegis.lock:x",
    "CODEOWNERS.",
    "CODEOWNERS ",
    "main.tf.",
    "main.tf ",
    "main.tf::$DATA",
    "\u{0441}odeowners",
    "aegis\u{2024}lock",
    "main\u{ff0e}tf",
];

/// Names that Windows gives to devices, with any ending.
const DEVICES: &[&str] = &[
    "con",
    "CON",
    "prn",
    "aux",
    "nul",
    "NUL",
    "com1",
    "com9",
    "lpt1",
    "LPT9",
    "con.txt",
    "aux.c.d",
    "nul.yaml",
    "Com3.log",
    "lpt5.md",
    "conin$",
    "CONOUT$",
    "com\u{b9}",
    "com\u{b2}.txt",
    "lpt\u{b3}",
    "nul .txt",
    "nul.",
];

/// Whole paths.
const ELSEWHERE: &[&str] = &[
    "",
    "/",
    ".",
    "..",
    "...",
    "./a",
    "../a",
    "a/..",
    "a/../b",
    "a/../../b",
    "a/./b",
    "a//b",
    "a/",
    "/a",
    "//a/b",
    "/etc/cron.d/x",
    "~",
    "~/x",
    "~root/x",
    "a\\b",
    "..\\a",
    "\\a",
    "\\\\server\\share\\x",
    "C:",
    "C:x",
    "C:/x",
    "c:\\x",
    "\\\\?\\C:\\x",
    "file:///x",
    "a\0b",
    "a\nb",
    "a\rb",
    "a\tb",
    "a\u{1b}[2Jb",
    "a\u{7f}",
    "a\u{85}b",
    "a b",
    " a",
    "a ",
    "a.",
    "a./b",
    "a. /b",
    "a:b",
    "a::$DATA",
    "a*",
    "a?",
    "a|b",
    "a<b",
    "a>b",
    "a\"b",
    "a'b",
    "$HOME/x",
    "${x}",
    "$(x)",
    "`x`",
    "a;b",
    "a&b",
    "-rf",
    "--force",
    "a/-b",
    "%2e%2e/a",
    "..%2fa",
    "%00",
    "\u{2025}/a",
    "\u{ff0e}\u{ff0e}/a",
    "a\u{2215}b",
    "a\u{ff0f}b",
    "a\u{ff3c}b",
    "a\u{200b}b",
    "a\u{202e}b",
    "a\u{2066}b",
    "a\u{e0041}b",
    "a\u{ad}b",
    "\u{feff}a",
    "r\u{e9}sum\u{e9}",
    "re\u{301}",
    "\u{212a}ind",
    "\u{1f4a9}",
    "\u{430}",
    "@x",
    "#x",
    "a,b",
    "a=b",
    ".github/workflows/x.yml",
    ".GitHub/Workflows/x.yml",
    ".github/actions/x/action.yml",
    ".GITHUB/ACTIONS/x/index.js",
    ".github/workflows",
    ".github/CODEOWNERS",
    ".github./workflows/x.yml",
    ".github /workflows/x.yml",
    "GITHUB~1/workflows/x.yml",
    "clusters/use1/rbac.yaml",
    "Clusters/use1/rbac.yaml",
    "clusters/x",
    "clusters",
    "terraform/use1/readme.md",
    "TERRAFORM/x",
    "kops/use1/cluster.yaml",
    "kops/x",
    "tools/x.json",
    "tools/use1/absent/x.json",
    ".aegis/state/head.json",
    ".aegis",
    ".aegis-x.tmp/.git/x",
];

/// Every hostile path, each once.
fn hostile() -> BTreeSet<String> {
    let mut paths: BTreeSet<String> = ELSEWHERE.iter().map(|path| (*path).to_owned()).collect();
    for git in GIT {
        for rest in ["", "/config", "/hooks/post-checkout"] {
            paths.insert(format!("{git}{rest}"));
            paths.insert(format!("docs/{git}{rest}"));
        }
    }
    for name in OBEYED.iter().chain(DEVICES) {
        paths.insert((*name).to_owned());
        paths.insert(format!("docs/a/{name}"));
        paths.insert(format!("DOCS/{name}/x"));
    }
    paths.insert("a".repeat(101));
    paths.insert("a".repeat(300));
    paths.insert(["a"; 33].join("/"));
    paths.insert(["abcdefgh"; 200].join("/"));
    paths
}

/// Git in a folder, without anybody's configuration.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// A temporary folder with a tree that is a Git repository, and something beside it that belongs to others.
struct Place {
    temporary: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            temporary: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(place.outside()).unwrap();
        std::fs::write(place.outside().join("theirs"), "theirs").unwrap();
        std::fs::create_dir(place.tree()).unwrap();
        git(&place.tree(), &["init", "--quiet", "--initial-branch=main"]);
        std::fs::create_dir(place.tree().join("links")).unwrap();
        for (link, to) in [
            ("links/folder", "../../outside"),
            ("links/file", "../../outside/theirs"),
            ("links/nowhere", "../../outside/new"),
            ("links/loop", "loop"),
            ("links/git", "../.git"),
        ] {
            std::os::unix::fs::symlink(to, place.tree().join(link)).unwrap();
        }
        std::fs::write(place.tree().join("README.md"), "theirs").unwrap();
        place.commit();
        place
    }

    fn tree(&self) -> std::path::PathBuf {
        self.temporary.path().join("tree")
    }

    fn outside(&self) -> std::path::PathBuf {
        self.temporary.path().join("outside")
    }

    fn commit(&self) {
        git(&self.tree(), &["add", "--all"]);
        git(&self.tree(), &["commit", "--quiet", "--message=x"]);
    }

    /// Nothing was written beside the tree or into Git's folder, and Git finds nothing wrong.
    fn assert_sound(&self) {
        let names = |folder: &Path| {
            let mut names: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(self.temporary.path()), ["outside", "tree"]);
        assert_eq!(names(&self.outside()), ["theirs"]);
        let theirs = std::fs::read_to_string(self.outside().join("theirs")).unwrap();
        assert_eq!(theirs, "theirs");
        assert_eq!(git(&self.tree(), &["status", "--porcelain"]), "");
        git(&self.tree(), &["fsck", "--strict", "--full"]);
        assert!(!self.tree().join(".git/hooks/post-checkout").exists());
    }
}

/// Whether the rule for files refuses the path to a plugin that may write everything that can be granted.
fn rule_refuses(path: &str) -> bool {
    let grants = CapabilitySet::parse(&json!([{
        "capability": "file",
        "globs": ["**", ".git/**", ".github/**", ".aegis/**", "docs/.git/**", ".github/workflows/**"]
    }]))
    .unwrap();
    let effective = Effective::new(EffectiveParts {
        kind: Kind::Gitops,
        stage: name("docs"),
        cluster: None,
        clusters: Arc::default(),
        signed: grants.clone().into(),
        granted: grants.into(),
    });
    let context = DeriveContext {
        stage: name("docs"),
        cluster: None,
        clusters: Arc::default(),
        repository: None,
        facts: DeclaredFacts::default(),
        proposed: BTreeSet::new(),
        scopes: BTreeMap::new(),
    };
    let change = Change {
        id: name("change"),
        cluster: None,
        after: Vec::new(),
        on_immutable: OnImmutable::Fail,
        action: Action::File(File {
            path: path.to_owned(),
            content: Templated::literal("evil"),
        }),
    };
    authorize_change(&effective, change, &context).is_err()
}

/// Writes a file as a plan does; whether the writer refuses.
fn tree_refuses(place: &Place, path: &str) -> bool {
    let identity = Identity::File {
        path: path.to_owned(),
    };
    let document = Document::File(Templated::literal("evil"));
    let Ok(rendered) = rendered(&identity, &document, true) else {
        return true;
    };
    let tree = TreeTarget::at(place.tree());
    let desired = Desired {
        document: Digest::of("document"),
        rendered: &rendered,
    };
    let Ok(difference) = tree.diff(&identity, Some(desired), None) else {
        return true;
    };
    !difference.conflicts.is_empty()
        || tree
            .execute(Some(&rendered), &difference.steps, &NoFaults)
            .is_err()
}

#[test]
fn a_hostile_path_writes_nothing_anywhere() {
    let place = Place::new();
    let paths = hostile();
    assert!(paths.len() >= 200, "{}", paths.len());
    // Folders of typed documents: the writer alone knows them.
    let owned = ["clusters", "terraform", "kops", "tools"];
    for path in &paths {
        let lower = path.to_ascii_lowercase();
        let first = lower.split('/').next().unwrap_or_default();
        assert!(rule_refuses(path) || owned.contains(&first), "{path:?}");
        assert!(tree_refuses(&place, path), "{path:?} was written");
    }
    place.assert_sound();
}

#[test]
fn honest_paths_are_written() {
    let place = Place::new();
    for path in [
        "docs/README.md",
        "docs/headings.md",
        "docs/consul.txt",
        "policies/x.rego",
        ".github/labels.yml",
    ] {
        assert!(!rule_refuses(path), "{path}");
    }
    for path in ["docs/README.md", "docs/consul.txt", "policies/x.rego"] {
        assert!(!tree_refuses(&place, path), "{path}");
    }
    place.commit();
    place.assert_sound();
}

#[test]
fn links_and_twins_of_what_is_there_are_refused() {
    let place = Place::new();
    for path in [
        "links/folder/new",
        "links/folder/theirs",
        "links/folder",
        "links/file",
        "links/file/x",
        "links/nowhere",
        "links/loop",
        "links/loop/x",
        "links/git/hooks/post-checkout",
        // One file where case does not count.
        "readme.md",
        "Readme.MD",
        "README.md/x",
        "Links/x",
        "LINKS/a/b",
    ] {
        assert!(tree_refuses(&place, path), "{path}");
        place.assert_sound();
    }
}

#[test]
fn a_folder_that_becomes_a_link_while_it_is_written_leads_nowhere() {
    let place = Place::new();
    let folder = place.tree().join("docs/a");
    let link = place.temporary.path().join("tree/docs/link");
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(place.outside(), &link).unwrap();
    let stop = AtomicBool::new(false);
    let (mut written, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                rustix::fs::renameat_with(
                    rustix::fs::CWD,
                    &folder,
                    rustix::fs::CWD,
                    &link,
                    rustix::fs::RenameFlags::EXCHANGE,
                )
                .unwrap();
            }
        });
        let tree = Folder::shared(place.tree());
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        for n in 0.. {
            // As many as it takes to have met both, and a good many more.
            if (n >= 2000 && written > 0 && refused > 0) || std::time::Instant::now() > until {
                break;
            }
            match tree.write(&format!("docs/a/{}/x.md", n % 64), b"evil") {
                Ok(()) => written += 1,
                Err(_) => refused += 1,
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(written > 0 && refused > 0, "{written} {refused}");
    let theirs: Vec<_> = std::fs::read_dir(place.outside()).unwrap().collect();
    assert_eq!(theirs.len(), 1, "something was written outside");
}
