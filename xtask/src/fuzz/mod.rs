//! Coverage-guided runs of the targets in `fuzz/`.

mod coverage;
mod engine;
mod libfuzzer;
mod outcome;

use std::process::Command;

use crate::error::Error;
use crate::process;
use crate::workspace::{Workspace, list};

pub use coverage::compile_if_asked;
pub use engine::{Fuzzer, Length};
pub use outcome::{Outcome, table};

/// The targets with the given names, or all of them for no name. Each is a file of that name.
pub fn chosen_targets(workspace: &Workspace, names: &[String]) -> Result<Vec<String>, Error> {
    let mut known = Vec::new();
    for file in list(&workspace.path("fuzz/src/targets"))? {
        match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("mod") | None => {}
            Some(name) => known.push(name.to_owned()),
        }
    }
    match names.iter().find(|name| !known.contains(name)) {
        Some(name) => Err(Error::UnknownTarget {
            name: name.clone(),
            known: known.join(", "),
        }),
        None if names.is_empty() => Ok(known),
        None => Ok(names.to_vec()),
    }
}

/// Whether libFuzzer can be compiled here: by the compiler that the `cc` crate would take.
pub fn has_compiler() -> bool {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    process::succeeds(Command::new(compiler).arg("--version"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn targets_are_the_files_of_their_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let targets = folder.path().join("fuzz/src/targets");
        fs::create_dir_all(&targets).expect("a folder");
        for name in ["plan.rs", "mod.rs", "json.rs"] {
            fs::write(targets.join(name), "").expect("a file");
        }
        let workspace = Workspace::at(folder.path());
        let chosen = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            chosen_targets(&workspace, &names)
        };
        assert_eq!(chosen(&[]).expect("all"), ["json", "plan"]);
        assert_eq!(chosen(&["plan"]).expect("one"), ["plan"]);
        assert_eq!(
            chosen(&["mod"]).expect_err("no such target").to_string(),
            "there is no fuzz target `mod`; there are: json, plan"
        );
    }
}
