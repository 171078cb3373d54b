//! Where things are in the checkout.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::error::Error;

/// The checkout that this program was started in.
pub struct Workspace {
    root: PathBuf,
}

/// A folder of `plugins/` that holds a crate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Plugin {
    /// Name of the folder and of the plugin: `cert-manager`.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
}

impl Workspace {
    /// Finds the checkout: Cargo says where this package lies when it runs it; started in another
    /// way, it is where the program was compiled.
    pub fn locate() -> Self {
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.parent().unwrap_or(&package);
        Self {
            root: root.to_owned(),
        }
    }

    #[cfg(test)]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the checkout.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A path below the checkout as a person would write it there: `target/plugins`.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }

    /// Cargo's target folder of the host and its tests.
    pub fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.root.join("target"), |folder| self.root.join(folder))
    }

    /// Cargo's target folder of the plugins. Apart from the host's, because another compiler may
    /// write to it, and Cargo throws away what another compiler made.
    pub fn wasm_target(&self) -> PathBuf {
        self.target().join("wasm")
    }

    /// Cargo's target folder of the peers that are built to be measured beside Aegis.
    pub fn peers_target(&self) -> PathBuf {
        self.target().join("peers")
    }

    /// Components, packages and statements of the plugins.
    pub fn built_plugins(&self) -> PathBuf {
        self.target().join("plugins")
    }

    /// What this program remembers between runs.
    pub fn memory(&self) -> PathBuf {
        self.target().join("xtask")
    }

    /// The `aegis` program of the given Cargo profile folder, `debug` or `release`.
    pub fn aegis(&self, profile: &str) -> PathBuf {
        self.target()
            .join(profile)
            .join(format!("aegis{}", env::consts::EXE_SUFFIX))
    }

    pub fn has_lock_file(&self) -> bool {
        self.path("Cargo.lock").is_file()
    }

    /// The plugins of this checkout, sorted by name.
    pub fn plugins(&self) -> Result<Vec<Plugin>, Error> {
        let folder = self.path("plugins");
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut plugins: Vec<Plugin> = list(&folder)?
            .into_iter()
            .filter(|path| path.join("Cargo.toml").is_file())
            .filter_map(|path| {
                let name = path.file_name().and_then(OsStr::to_str)?.to_owned();
                Some(Plugin { name, folder: path })
            })
            .collect();
        plugins.sort();
        Ok(plugins)
    }

    /// The plugins with the given names, or all of them for no name.
    pub fn chosen_plugins(&self, names: &[String]) -> Result<Vec<Plugin>, Error> {
        let all = self.plugins()?;
        if names.is_empty() {
            return Ok(all);
        }
        for name in names {
            if !all.iter().any(|plugin| plugin.name == *name) {
                let known: Vec<&str> = all.iter().map(|plugin| plugin.name.as_str()).collect();
                return Err(Error::UnknownPlugin {
                    name: name.clone(),
                    known: known.join(", "),
                });
            }
        }
        Ok(all
            .into_iter()
            .filter(|plugin| names.contains(&plugin.name))
            .collect())
    }
}

impl Plugin {
    /// Name of the plugin's crate.
    pub fn package(&self) -> String {
        format!("aegis-plugin-{}", self.name)
    }

    /// File name of the core module that Cargo makes of the crate.
    pub fn module_file(&self) -> String {
        format!("{}.wasm", self.package().replace('-', "_"))
    }

    /// The plugin's manifest: what it is and what it asks for.
    pub fn manifest(&self) -> PathBuf {
        self.folder.join("plugin.toml")
    }
}

/// What lies in a folder, sorted.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = fs::read_dir(folder)
        .map_err(Error::file(folder))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Error::file(folder))?;
    paths.sort();
    Ok(paths)
}

/// Every file below a folder, sorted, without following links; `skip` names folders that are left out.
pub fn files_below(folder: &Path, skip: &[&str]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in list(&folder)? {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            if path.is_symlink() || skip.contains(&name) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Makes a folder and those above it.
pub fn create_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::file(folder))
}

/// Removes a folder with all that is in it, if it is there.
pub fn remove_folder(folder: &Path) -> Result<(), Error> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Error::file(folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout(folders: &[(&str, bool)]) -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, is_crate) in folders {
            let plugin = folder.path().join("plugins").join(name);
            fs::create_dir_all(&plugin).expect("a plugin's folder");
            if *is_crate {
                fs::write(plugin.join("Cargo.toml"), "").expect("a manifest");
            }
        }
        let workspace = Workspace::at(folder.path());
        (folder, workspace)
    }

    #[test]
    fn plugins_are_the_folders_with_a_crate_in_order_of_name() {
        let (_folder, workspace) =
            checkout(&[("kops", true), ("notes", false), ("cert-manager", true)]);
        let plugins = workspace.plugins().expect("the plugins");
        let names: Vec<&str> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        assert_eq!(names, ["cert-manager", "kops"]);
        assert_eq!(plugins[0].module_file(), "aegis_plugin_cert_manager.wasm");
    }

    #[test]
    fn a_plugin_that_does_not_exist_is_named_beside_those_that_do() {
        let (_folder, workspace) = checkout(&[("kops", true), ("istio", true)]);
        let error = workspace
            .chosen_plugins(&["kpos".to_owned()])
            .expect_err("no such plugin");
        assert_eq!(
            error.to_string(),
            "there is no plugin `kpos`; there are: istio, kops"
        );
    }
}
