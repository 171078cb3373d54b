//! `aegis doctor`

use aegis_document::shown_path;
use serde::Serialize;

use super::plan::operator_folder;
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::session::{Project, home};
use crate::cli::ui::{Tone, Ui};
use crate::home::Home;
use crate::library;
use crate::state::{self, LocalStore};

/// One thing that was looked at.
#[derive(Serialize)]
struct Check {
    what: &'static str,
    ok: bool,
    /// Without it, something is missing, but not everything.
    needed: bool,
    details: String,
}

pub fn run(ui: &Ui, global: &Global) -> Result<Exit, Failure> {
    let mut checks = Vec::new();
    let mut check = |what, needed, result: Result<String, String>| {
        let ok = result.is_ok();
        checks.push(Check {
            what,
            ok,
            needed,
            details: result.unwrap_or_else(|error| error),
        });
    };
    let words = |failure: Failure| {
        failure
            .problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    };
    let home = home()?;
    check(
        "trust",
        true,
        library::trust(&home)
            .map(|trust| format!("{} roles", trust.roles().len()))
            .map_err(|error| error.to_string()),
    );
    check(
        "code cache",
        false,
        library::cache(&home)
            .map(|_| shown_path(&home.code_cache()))
            .ok_or_else(|| "cannot be used: plugins are compiled at every run".to_owned()),
    );
    let project = Project::open(global).map_err(words);
    check(
        "stack file",
        true,
        project
            .as_ref()
            .map(|project| format!("stack `{}`", project.name))
            .map_err(Clone::clone),
    );
    if let Ok(project) = &project {
        let loaded = project.load(&home).map_err(words);
        check(
            "plugins",
            true,
            loaded.map(|loaded| format!("{} stages", loaded.stages.iter().count())),
        );
    }
    if let Ok(project) = &project {
        check("state", true, state(project, &home).map_err(words));
    }
    for program in ["git", "terraform", "kops", "kubectl"] {
        check(program, false, find(program));
    }
    let broken = checks.iter().any(|check| check.needed && !check.ok);
    ui.answer(&checks, || {
        checks
            .iter()
            .map(|check| {
                let mark = match (check.ok, check.needed) {
                    (true, _) => ui.paint(Tone::Good, "ok  "),
                    (false, true) => ui.paint(Tone::Bad, "fail"),
                    (false, false) => ui.paint(Tone::Warn, "none"),
                };
                format!("{mark} {:12} {}\n", check.what, check.details)
            })
            .collect()
    })?;
    Ok(if broken { Exit::Error } else { Exit::Done })
}

/// State with the whole of its journal: other commands read only the end of it.
fn state(project: &Project, home: &Home) -> Result<String, Failure> {
    let store = LocalStore::beside(&project.folder);
    let operator = operator_folder(project, home)?;
    let state = state::load(&store, &operator, &project.name)?;
    let Some(head) = state.head() else {
        return Ok("nothing was applied yet".to_owned());
    };
    let runs = state::runs(&store, &operator, &project.name)?;
    Ok(format!(
        "serial {}, {} instances; the journal of {} runs is whole",
        head.serial,
        state.instances().count(),
        runs.len()
    ))
}

/// Where a program lies on the PATH. It is not run.
fn find(program: &str) -> Result<String, String> {
    std::env::var_os("PATH")
        .and_then(|path| {
            std::env::split_paths(&path)
                .map(|folder| folder.join(program))
                .find(|file| file.is_file())
        })
        .map(|file| shown_path(&file))
        .ok_or_else(|| "not on the PATH; only needed to work with what the tree holds".to_owned())
}
