//! Another runtime for plugins, in the same run: Extism with the first-party plugins.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::plugins::rows;
use super::{Figure, Measurement};
use crate::error::Error;
use crate::process;
use crate::toolchain::{TARGET, Toolchain};
use crate::wasm;
use crate::workspace::Workspace;

/// A workspace of its own, so that nobody who builds or tests Aegis compiles a second Wasmtime.
const MANIFEST: &str = "host/benches/extism/Cargo.toml";
/// What the rows of this peer begin with; the rest is the name of Aegis' own row.
const PREFIX: &str = "peer: extism, ";

/// The plugins as modules of Extism, and what calls them.
pub struct Extism {
    modules: PathBuf,
    runner: PathBuf,
}

impl Extism {
    /// Builds both, optimised.
    pub fn build(workspace: &Workspace, toolchain: &Toolchain) -> Result<Self, Error> {
        let target = workspace.peers_target();
        let mut modules = wasm::cargo_build(workspace, toolchain, &target);
        modules.args(["--package", "aegis-peer-extism-plugin", "--examples"]);
        let mut runner = process::cargo(workspace);
        runner
            .args(["build", "--release", "--package", "aegis-peer-extism"])
            // Its Wasmtime asks for a later Rust than Aegis does, and compiles without.
            .arg("--ignore-rust-version")
            .env("CARGO_TARGET_DIR", &target);
        for build in [&mut modules, &mut runner] {
            process::run(build.args(["--locked", "--manifest-path", MANIFEST]))?;
        }
        let release = target.join("release");
        Ok(Self {
            modules: target.join(TARGET).join("release").join("examples"),
            runner: release.join(format!("aegis-peer-extism{}", env::consts::EXE_SUFFIX)),
        })
    }

    /// Measures the stages that the benchmark of the host left in a folder, beside the rows that it measured.
    pub fn measure(
        &self,
        stages: &Path,
        runs: usize,
        measured: &[Measurement],
    ) -> Result<Vec<Measurement>, Error> {
        let mut runner = Command::new(&self.runner);
        runner
            .arg(&self.modules)
            .arg(stages)
            .arg(runs.to_string())
            .stdin(Stdio::null())
            .stderr(Stdio::inherit());
        let output = runner
            .output()
            .map_err(|source| process::start_error(&runner, source))?;
        process::judge(&runner, output.status, &[0])?;
        let mut rows = rows(&String::from_utf8_lossy(&output.stdout))?;
        compare(&mut rows, measured);
        Ok(rows)
    }
}

/// Adds to each row how many times Aegis' own row of that stage it is.
fn compare(rows: &mut [Measurement], measured: &[Measurement]) {
    for row in rows {
        let own = measured
            .iter()
            .find(|own| row.what.strip_prefix(PREFIX) == Some(own.what.as_str()));
        if let Some(own) = own {
            let ratio = row.median_ms / own.median_ms;
            row.figures.push(Figure::new(ratio, "× aegis", None));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(what: &str, median_ms: f64) -> Measurement {
        Measurement {
            what: what.to_owned(),
            runs: 1,
            min_ms: median_ms,
            median_ms,
            max_ms: median_ms,
            peak_memory: None,
            figures: Vec::new(),
            note: None,
        }
    }

    #[test]
    fn each_row_stands_beside_aegis_own_of_that_stage() {
        let own = [
            row("stage network: native", 1.0),
            row("stage network: instance and call", 2.0),
            row("stage cluster: instance and call", 8.0),
        ];
        let mut rows = [
            row("peer: extism, stage network: instance and call", 3.0),
            row("peer: extism, stage cluster: instance and call", 4.0),
            row("peer: extism, stage other: instance and call", 4.0),
        ];
        compare(&mut rows, &own);
        let figures: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| row.figures.iter().map(|figure| figure.value).collect())
            .collect();
        assert_eq!(figures, [vec![1.5], vec![0.5], vec![]]);
        assert_eq!(rows[0].figures[0].unit, "× aegis");
    }
}
