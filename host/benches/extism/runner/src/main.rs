//! Extism with the first-party plugins: a fresh instance and a call, for each stage that the benchmark of the
//! host left a request of.
//!
//! `aegis-peer-extism MODULES STAGES RUNS`: a folder with a module for each plugin, a folder with a file for each
//! stage, and how many samples there are to be at least. One JSON object a line, as that benchmark prints them.

#![forbid(unsafe_code)]

// Sampled as it is there, to the line.
#[path = "../../../plugins/sampling.rs"]
#[expect(dead_code, reason = "there is more to measure there")]
mod sampling;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use extism::{CompiledPlugin, Plugin, PluginBuilder, UserData, ValType};
use serde::Deserialize;
use serde_json::Value;

use sampling::{Measurement, Runs};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A file of a stage.
#[derive(Deserialize)]
struct Stage {
    stage: String,
    plugin: String,
    request: Value,
    /// What the plugin answers natively.
    answer: Value,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [modules, stages, runs] = arguments.as_slice() else {
        eprintln!("usage: aegis-peer-extism MODULES STAGES RUNS");
        return ExitCode::from(2);
    };
    match measure(Path::new(modules), Path::new(stages), runs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(modules: &Path, stages: &Path, runs: &str) -> Outcome<()> {
    let runs = Runs(runs.parse()?);
    let mut files = fs::read_dir(stages)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Outcome<Vec<PathBuf>>>()?;
    files.sort();
    for file in files {
        let stage: Stage = serde_json::from_slice(&fs::read(&file)?)?;
        let module = modules.join(format!("{}.wasm", stage.plugin.replace('-', "_")));
        if !module.is_file() {
            eprintln!(
                "skipped: peer: extism, stage {}: the plugin {} is none of its plugins",
                stage.stage, stage.plugin
            );
            continue;
        }
        let measured = stage.calling(&compiled(&module)?, runs)?;
        println!("{}", serde_json::to_string(&measured)?);
    }
    Ok(())
}

/// A module as Extism compiles it by default. It is kept for all calls, so there is no cache on the disk.
fn compiled(module: &Path) -> Outcome<CompiledPlugin> {
    let builder = PluginBuilder::new(fs::read(module)?)
        .with_wasi(false)
        .with_cache_disabled()
        // What the functions of the plugin's component write to, which are in the module and which nobody calls.
        .with_function_in_namespace(
            "aegis:plugin/log@0.1.0",
            "write",
            [ValType::I32, ValType::I32, ValType::I32],
            [],
            UserData::new(()),
            |_, _, _, _| Ok(()),
        );
    Ok(builder.compile()?)
}

impl Stage {
    fn calling(&self, compiled: &CompiledPlugin, runs: Runs) -> Outcome<Measurement> {
        let request = self.request.to_string();
        let call = || -> Outcome<Vec<u8>> {
            let mut plugin = Plugin::new_from_compiled(compiled)?;
            Ok(plugin.call("plan", request.as_str())?)
        };
        let answer = call()?;
        if serde_json::from_slice::<Value>(&answer)? != self.answer {
            return Err(format!("stage {}: the answer is not the native one", self.stage).into());
        }
        let times = runs.quick(call)?;
        let what = format!("peer: extism, stage {}: instance and call", self.stage);
        let sizes = format!("{} B in, {} B out", request.len(), answer.len());
        Ok(Measurement::new(what, &times).note(sizes))
    }
}
