//! What to do next, for problems that know no better. A diagnostic that says nothing of its own shows this, so none is
//! without a next step.

/// The usual next step of a code. `None` for codes whose errors are types that cannot be made without one.
pub fn usual(code: &str) -> Option<&'static str> {
    Some(match code {
        "AEG0001" => "`aegis help` and `--help` of the command say what it takes",
        "AEG0002" => {
            "check that the path is right, that you may read and write it, and that the disk has room"
        }
        "AEG0003" => "set AEGIS_HOME to a folder of yours",
        "AEG0004" => {
            "check where standard output leads; what the command did besides is done, and `aegis status` shows it"
        }
        "AEG0005" => "correct `catalogue.toml`, or remove it to use the built-in catalogue",
        "AEG0006" => "the machine is out of processes or open files: end others, or raise `ulimit`",
        "AEG0199" | "AEG0611" | "AEG0612" | "AEG0799" => {
            "this is a fault of aegis: please report it"
        }
        "AEG0300" | "AEG0301" | "AEG0302" | "AEG0303" => {
            "correct the list of capabilities; the book's page on capabilities lists what there is"
        }
        "AEG0601" => "say whom you trust: `aegis trust init`, then `aegis trust add`",
        "AEG0602" => {
            "correct the trust file or restore it from a backup; it decides whose plugins run, so nothing runs without it"
        }
        "AEG0603" => {
            "add the plugins that the stack uses: `aegis plugin add PUBLISHER/PLUGIN --from FOLDER`"
        }
        "AEG0604" => "add the plugins anew: `aegis plugin add PUBLISHER/PLUGIN --from FOLDER`",
        "AEG0605" => {
            "restore the lock file from version control, or accept the plugin anew: `aegis plugin add PUBLISHER/PLUGIN --from FOLDER`"
        }
        "AEG0606" => {
            "put the package back where the lock file says, or name another folder: `aegis plugin update PLUGIN --from FOLDER`"
        }
        "AEG0607" => {
            "do not run it: get the package anew from its publisher, and look at it with `aegis plugin verify`"
        }
        "AEG0608" | "AEG0609" | "AEG0610" => {
            "the plugin was made for another version of aegis or was packaged wrongly; ask its publisher"
        }
        "AEG0620" => {
            "`aegis key list` shows the keys; `aegis key generate --name NAME` makes one, and key files must be yours alone (`chmod 600`)"
        }
        "AEG0621" => "trust is as it was; `aegis trust list` shows it",
        "AEG0630" => {
            "the lock file is as it was; `aegis plugin list` shows it, and version control has what it held before"
        }
        "AEG0631" => "give the folder that holds the plugin's package: `--from FOLDER`",
        "AEG0632" => {
            "nothing was written; mend what is said here and make the package again: `aegis plugin package`"
        }
        "AEG0633" => "look at it with `aegis plugin inspect`, then accept it with `--accept`",
        "AEG0701" => "`aegis schema --stage STAGE` shows what can be configured",
        "AEG0702" => "change the stage's configuration as the plugin says, or tell its publisher",
        "AEG0704" | "AEG0709" | "AEG0710" | "AEG0714" => {
            "the plugin is at fault: tell its publisher"
        }
        "AEG0705" | "AEG0706" => "turn one of the two stages off, or configure them apart",
        "AEG0707" => "move the file away, or remove it, and plan again",
        "AEG0708" => {
            "give the value in the form that is asked for; `aegis graph` shows which stage requires the fact"
        }
        "AEG0711" => {
            "name one of the stage types that the plugin offers: `use: PUBLISHER/PLUGIN/TYPE`"
        }
        "AEG0712" => "remove the part for the cluster",
        "AEG0713" => "`aegis plugin update PLUGIN`, or change the requirement",
        "AEG0715" => {
            "check that the tree's folder exists, that no symbolic link stands in its place, and that you may read it"
        }
        "AEG0720" => {
            "mend what is said here and run `aegis plan` again; an older plan is as it was"
        }
        "AEG0721" => "restore `.aegis` from version control or a backup",
        "AEG0730" => "give what `terraform output -json` prints in the stage's folder of the tree",
        "AEG0740" => "make one with `aegis plan`",
        "AEG0741" => {
            "make a new plan with `aegis plan`; for a run that was interrupted, restore `.aegis/plans`, or give it up with `aegis unlock --abandon`"
        }
        "AEG0742" => "`aegis apply` carries out a plan",
        "AEG0743" => {
            "remove the approval that does not count, and have the plan approved by people that you trust: `aegis approve`"
        }
        other => return of_group(other),
    })
}

/// Codes whose problems have next steps of their own nearly always.
fn of_group(code: &str) -> Option<&'static str> {
    Some(match code.get(..5)? {
        "AEG01" => "correct the stack file in the marked place; `aegis schema` describes every key",
        "AEG02" => "`aegis graph` shows which stage requires and provides which fact",
        "AEG03" => {
            "`aegis plugin list` shows what was granted; what nobody can grant, the plugin has to leave"
        }
        "AEG04" => "report it to the plugin's publisher",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use super::*;

    /// The text of all source files of a crate but its tests.
    fn sources(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, into);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                into.push_str(text.split("#[cfg(test)]").next().unwrap_or_default());
            }
        }
    }

    fn codes(text: &str) -> BTreeSet<String> {
        let code = regex::Regex::new("AEG[0-9]{4}").unwrap();
        code.find_iter(text)
            .map(|found| found.as_str().to_owned())
            .collect()
    }

    fn manual() -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(folder.join("../docs/src/reference/diagnostics.md")).unwrap()
    }

    fn program() -> String {
        let mut text = String::new();
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut text,
        );
        text
    }

    /// Codes of error types that are diagnostics themselves, and whether each has help.
    fn derived(program: &str) -> BTreeMap<String, bool> {
        program
            .split("#[diagnostic(")
            .skip(1)
            .filter_map(|rest| {
                let attribute = rest.split(")]").next()?;
                let code = codes(attribute).into_iter().next()?;
                Some((code, attribute.contains("help(")))
            })
            .collect()
    }

    #[test]
    fn every_diagnostic_has_a_next_step() {
        let derived = derived(&program());
        assert!(derived.len() > 30, "{derived:?}");
        let without: Vec<_> = codes(&manual())
            .into_iter()
            .filter(|code| match usual(code) {
                Some(text) => text.is_empty(),
                None => derived.get(code) != Some(&true),
            })
            .collect();
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn the_manual_lists_the_codes_that_there_are() {
        let (manual, program) = (codes(&manual()), codes(&program()));
        let unlisted: Vec<_> = program.difference(&manual).collect();
        assert!(unlisted.is_empty(), "not in the manual: {unlisted:?}");
        let gone: Vec<_> = manual.difference(&program).collect();
        assert!(gone.is_empty(), "only in the manual: {gone:?}");
    }
}
