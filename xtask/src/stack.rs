//! Stacks to work on: copies of an example, with an operator's home and every plugin added.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::aegis::{Aegis, PUBLISHER};
use crate::error::Error;
use crate::package;
use crate::process;
use crate::workspace::{Workspace, create_folder, files_below, remove_folder};

/// The example that is demonstrated and measured.
pub const EXAMPLE: &str = "examples/two-clusters";

/// The stack file's name.
pub const FILE: &str = "aegis.yaml";

/// Name of the operator's own key.
pub const OPERATOR: &str = "operator";

/// Copies the example to `folder`, which is removed first.
pub fn copy_example(workspace: &Workspace, folder: &Path) -> Result<(), Error> {
    copy(&workspace.path(EXAMPLE), folder)
}

/// Copies a stack's folder, without its history, to `folder`, which is removed first.
pub fn copy(original: &Path, folder: &Path) -> Result<(), Error> {
    remove_folder(folder)?;
    for file in files_below(original, &[".git"])? {
        let to = folder.join(file.strip_prefix(original).unwrap_or(&file));
        if let Some(parent) = to.parent() {
            create_folder(parent)?;
        }
        fs::copy(&file, &to).map_err(Error::file(&file))?;
    }
    Ok(())
}

/// The commands that make a fresh home ready for a stack: a key of the operator's own, trust in
/// the publisher of this repository's plugins, and the plugins themselves.
pub fn preparation(workspace: &Workspace, aegis: &Aegis) -> Result<Vec<Command>, Error> {
    let publisher = package::publisher(workspace).public_key(PUBLISHER);
    let mut commands = vec![
        aegis.start_trust(OPERATOR),
        aegis.trust(PUBLISHER, &publisher),
    ];
    for plugin in workspace.plugins()? {
        commands.push(aegis.add_plugin(PUBLISHER, &plugin.name, &workspace.built_plugins()));
    }
    Ok(commands)
}

/// Git in a stack's folder, with an author of its own and none of the person's settings, also where
/// this program was started by a hook of another repository.
pub fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .args(["-c", "user.name=operator"])
        .args(["-c", "user.email=operator@example.com"]);
    git
}

/// Makes a folder a Git repository whose first commit is what lies there.
pub fn start_repository(folder: &Path) -> Result<(), Error> {
    process::output(git(folder).args(["init", "--quiet", "--initial-branch", "main"]))?;
    commit(folder, "The stack").map(drop)
}

/// Commits everything and returns what changed, in Git's words; nothing if nothing did.
pub fn commit(folder: &Path, message: &str) -> Result<Option<String>, Error> {
    process::output(git(folder).args(["add", "--all"]))?;
    if process::succeeds(git(folder).args(["diff", "--cached", "--quiet"])) {
        return Ok(None);
    }
    process::output(git(folder).args(["commit", "--quiet", "--message", message]))?;
    let summary = process::output(git(folder).args(["show", "--shortstat", "--format="]))?;
    Ok(Some(summary.trim().to_owned()))
}

/// Documents that wait for a value, `NAME.aegis`, relative to the stack's folder.
pub fn waiting(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    Ok(files_below(folder, &[".git", ".aegis"])?
        .into_iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "aegis")
        })
        .map(|path| {
            path.strip_prefix(folder)
                .map(Path::to_owned)
                .unwrap_or(path)
        })
        .collect())
}

/// Outputs of Terraform that an example brings along, `terraform-outputs/CLUSTER-STAGE.json`, or
/// `stack-STAGE.json` for a stage of the stack.
#[derive(Debug, PartialEq, Eq)]
pub struct Outputs {
    pub cluster: Option<String>,
    pub stage: String,
    pub file: PathBuf,
}

/// The outputs that lie in a stack's folder, sorted.
pub fn terraform_outputs(folder: &Path) -> Result<Vec<Outputs>, Error> {
    let folder = folder.join("terraform-outputs");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    files_below(&folder, &[])?
        .into_iter()
        .map(|file| {
            let name = file.file_stem().and_then(|name| name.to_str());
            match name.and_then(|name| name.split_once('-')) {
                Some((cluster, stage)) => Ok(Outputs {
                    cluster: (cluster != "stack").then(|| cluster.to_owned()),
                    stage: stage.to_owned(),
                    file: file.clone(),
                }),
                None => Err(Error::content(&file, "its name is not CLUSTER-STAGE.json")),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outputs_file_names_its_cluster_and_stage() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let outputs = folder.path().join("terraform-outputs");
        fs::create_dir(&outputs).expect("a folder");
        for name in [
            "use1-network.json",
            "euw1-state-store.json",
            "stack-base.json",
        ] {
            fs::write(outputs.join(name), "{}").expect("a file");
        }
        let found = terraform_outputs(folder.path()).expect("outputs");
        let names: Vec<(Option<&str>, &str)> = found
            .iter()
            .map(|outputs| (outputs.cluster.as_deref(), outputs.stage.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                (Some("euw1"), "state-store"),
                (None, "base"),
                (Some("use1"), "network")
            ]
        );
        fs::write(outputs.join("network.json"), "{}").expect("a file");
        assert!(terraform_outputs(folder.path()).is_err());
    }

    #[test]
    fn a_commit_of_nothing_is_no_commit() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join(FILE), "aegis: 1\n").expect("a file");
        start_repository(folder.path()).expect("a repository");
        assert_eq!(commit(folder.path(), "again").expect("no change"), None);
        fs::write(folder.path().join("new.aegis"), "x\n").expect("a file");
        assert_eq!(
            commit(folder.path(), "more").expect("a change").as_deref(),
            Some("1 file changed, 1 insertion(+)")
        );
        assert_eq!(
            waiting(folder.path()).expect("files"),
            [PathBuf::from("new.aegis")]
        );
    }
}
