//! What plugins cost inside of one process: measured by a benchmark of the host, which links them natively, too.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Measurement;
use crate::error::Error;
use crate::process;
use crate::stack;
use crate::workspace::Workspace;

/// Builds the benchmark, optimised, and with it `aegis`: Cargo makes a package's programs along with its
/// benchmarks. One build for both, because the crates of the benchmark turn on features of crates that
/// `aegis` uses, too, and a second build would compile most of them again.
pub fn build(workspace: &Workspace) -> Result<(), Error> {
    process::run(cargo_bench(workspace).arg("--no-run"))
}

/// Runs it and takes over its rows. It leaves a file for each stage in a folder, for peers.
pub fn measure(
    workspace: &Workspace,
    stages: &Path,
    runs: usize,
) -> Result<Vec<Measurement>, Error> {
    let mut bench = cargo_bench(workspace);
    bench
        .args(["--", "--json", "--runs", &runs.to_string(), "--components"])
        .arg(workspace.built_plugins())
        .arg("--stack")
        .arg(workspace.path(stack::EXAMPLE).join(stack::FILE))
        .arg("--stages")
        .arg(stages);
    // What it leaves out, and why, is for the person who measures.
    let output = bench
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| process::start_error(&bench, source))?;
    process::judge(&bench, output.status, &[0])?;
    rows(&String::from_utf8_lossy(&output.stdout))
}

fn cargo_bench(workspace: &Workspace) -> Command {
    let mut bench = process::cargo(workspace);
    bench.args(["bench", "--package", "aegis-host", "--bench", "plugins"]);
    if workspace.has_lock_file() {
        bench.arg("--locked");
    }
    bench
}

/// One JSON object a line.
pub(super) fn rows(text: &str) -> Result<Vec<Measurement>, Error> {
    let wrong =
        |error: serde_json::Error| Error::content(Path::new("benchmark"), error.to_string());
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).map_err(wrong))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_taken_over_as_they_are() {
        let text = concat!(
            r#"{"what":"kops: load, warm","runs":12,"min_ms":0.5,"median_ms":0.75,"max_ms":2.0,"#,
            r#""figures":[{"value":1.5,"unit":"ms/MB","limit":2.0,"within":true}],"note":"package of 500 KB"}"#,
            "\n"
        );
        let rows = rows(text).expect("rows");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].median_ms, 0.75);
        assert_eq!(rows[0].figures[0].within, Some(true));
        assert_eq!(rows[0].note.as_deref(), Some("package of 500 KB"));
    }

    #[test]
    fn anything_else_is_an_error() {
        assert!(rows("fast enough\n").is_err());
    }
}
