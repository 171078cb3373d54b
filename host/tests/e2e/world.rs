//! What lies around the tests: the checkout, the built plugins, reference data and other programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The first-party plugins.
pub const PLUGINS: [&str; 5] = ["argocd", "cert-manager", "compliance", "kops", "terraform"];

/// The root of the checkout.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// An example of the checkout.
pub fn example(name: &str) -> PathBuf {
    repository().join("examples").join(name)
}

/// A folder that an environment variable names, or else one of the checkout.
fn named(variable: &str, fallback: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| repository().join(fallback), PathBuf::from)
}

/// Where the built plugins are, or `None` with a word about what is missing.
pub fn plugins() -> Option<PathBuf> {
    let folder = named("AEGIS_TEST_PLUGINS", "target/plugins");
    let files = PLUGINS.iter().flat_map(|name| {
        let package = folder.join(format!("{name}.wasm"));
        [statement(&package), package]
    });
    let missing: Vec<_> = files.filter(|file| !file.is_file()).collect();
    if missing.is_empty() && publisher_key().is_file() {
        return Some(folder);
    }
    println!("skipped: needs signed plugins (`cargo xtask build`)");
    None
}

/// The statement beside a package.
pub fn statement(package: &Path) -> PathBuf {
    let mut name = package.as_os_str().to_owned();
    name.push(".dsse.json");
    name.into()
}

/// A component as it came from the compiler, to be packaged by somebody else.
pub fn component(plugin: &str) -> Option<PathBuf> {
    let file = plugins()?.join(format!("{plugin}.component.wasm"));
    if file.is_file() {
        return Some(file);
    }
    println!("skipped: needs the components of the plugins (`cargo xtask build`)");
    None
}

/// The public half of the key that signed the built plugins.
pub fn publisher_key() -> PathBuf {
    named(
        "AEGIS_TEST_PUBLISHER",
        "target/xtask/publisher/data/keys/aegis.pub",
    )
}

/// The schemas of custom resources, which are not part of the project, or `None` with a word about it.
pub fn definitions() -> Option<PathBuf> {
    let folder = named("AEGIS_CORPORA", "../shared/corpora").join("crds");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: needs the definitions of custom resources (AEGIS_CORPORA)");
    None
}

/// Terraform on the PATH, and a folder with the AWS provider.
pub fn terraform() -> Option<(PathBuf, PathBuf)> {
    let providers = named("AEGIS_TF_PLUGINS", "/opt/tf-plugins");
    let found = program("terraform").filter(|_| providers.is_dir());
    if found.is_none() {
        println!("skipped: needs terraform and the AWS provider");
    }
    found.map(|program| (program, providers))
}

fn program(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The folder in which this process may work; what dead processes left beside it is removed.
pub fn scratch() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e");
        std::fs::create_dir_all(&base).unwrap();
        for entry in std::fs::read_dir(&base).unwrap().flatten() {
            let alive = Path::new("/proc").join(entry.file_name()).is_dir();
            if !alive {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        let folder = base.join(std::process::id().to_string());
        std::fs::create_dir_all(&folder).unwrap();
        folder
    })
}

/// Every file below a folder, sorted, with paths as they are.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files
}

/// Every file below a folder with its content, or where it leads.
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files_below(folder)
        .into_iter()
        .map(|file| {
            let content = match std::fs::read_link(&file) {
                Ok(leads) => leads.into_os_string().into_encoded_bytes(),
                Err(_) => std::fs::read(&file).unwrap_or_default(),
            };
            (file, content)
        })
        .collect()
}

/// Copies a folder with the permissions of what is in it: keys in a folder that others can enter are not used.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_symlink() {
            let leads = std::fs::read_link(entry.path()).unwrap();
            std::os::unix::fs::symlink(leads, target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
}
