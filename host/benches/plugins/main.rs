//! What plugins cost: verifying, loading and compiling them, and calls in the sandbox beside the same
//! functions called natively.
//!
//! `cargo xtask bench` runs this among its other rows. It measures and says; nothing fails here because it
//! was slow, and what cannot be measured is named with the reason.

#![forbid(unsafe_code)]

mod calls;
mod native;
mod package;
mod peer;
mod planning;
mod raw;
mod request;
mod sampling;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use aegis_host::library::LoadedPlugin;
use aegis_host::sandbox::{CHILD_ARGUMENT, Compiler, Sandbox, compile_child_main};
use aegis_host::stack;
use aegis_registry::PluginName;
use clap::Parser;
use tokio::runtime::Runtime;

use package::Package;
use planning::{Documents, Planner};
use raw::Raw;
use sampling::{Measurement, Runs, Times};

/// Whatever can go wrong is told to the person who measures, and handled by nobody else.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// What verifying and loading a plugin should cost at most, in milliseconds for each megabyte of package.
const LOAD_LIMIT: f64 = 2.0;

/// Measures the plugins of this repository, in the sandbox and natively
#[derive(Parser)]
struct Arguments {
    /// Samples of each row at least; of compiling, at most 3
    #[arg(long, value_name = "N", default_value_t = 10)]
    runs: usize,

    /// The folder with NAME.component.wasm of each plugin
    #[arg(long, value_name = "FOLDER", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/plugins"))]
    components: PathBuf,

    /// The stack whose stages are asked
    #[arg(
        long,
        value_name = "FILE",
        default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/two-clusters/aegis.yaml")
    )]
    stack: PathBuf,

    /// Leave here, for peers, a file for each stage with its request and its answer
    #[arg(long, value_name = "FOLDER")]
    stages: Option<PathBuf>,

    /// Print one JSON object a line
    #[arg(long)]
    json: bool,

    /// Given by `cargo bench` to everything that it runs
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    // Components are compiled by this program in a process of its own, as `aegis` does it.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == CHILD_ARGUMENT)
    {
        return compile_child_main();
    }
    match measure(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Outcome<()> {
    let stack = stack::load(&arguments.stack)
        .map_err(|problems| format!("{}: {problems}", arguments.stack.display()))?;
    let folder = tempfile::tempdir()?;
    let bench = Bench {
        runs: Runs(arguments.runs.max(1)),
        json: arguments.json,
        stages: arguments.stages.clone(),
        sandbox: Sandbox::new()?,
        // As `aegis` has it: timeouts on a thread of their own, plugins on this one.
        runtime: tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()?,
    };

    let (row, empty) = peer::empty_component(bench.runs)?;
    bench.say(row)?;

    let mut plugins: BTreeMap<PluginName, Arc<LoadedPlugin>> = BTreeMap::new();
    let mut raw: BTreeMap<&str, Raw> = BTreeMap::new();
    for native in &native::ALL {
        let component = arguments
            .components
            .join(format!("{}.component.wasm", native.name));
        if !component.is_file() {
            eprintln!(
                "skipped: {} needs {}: `cargo xtask build --components`",
                native.name,
                component.display()
            );
            continue;
        }
        let manifest = plugin_folder(native.name).join("plugin.toml");
        let package = Package::make(
            &folder.path().join(native.name),
            &component,
            &manifest,
            &bench.sandbox,
            &bench.runtime,
        )?;
        bench.loading(&package)?;
        let plugin = package.loaded(&bench.sandbox)?;
        bench.describing(&plugin, &empty)?;
        raw.insert(native.name, Raw::load(&component, plugin.kind)?);
        plugins.insert(plugin.name.clone(), plugin);
    }

    let planner = Planner {
        stack: &stack,
        plugins: &plugins,
        folder: folder.path(),
        runtime: &bench.runtime,
    };
    let documents = bench.planning(&planner, stack.clusters.len())?;
    for subject in request::subjects(&stack)? {
        let name = subject.plugin.name;
        let plugin = plugins
            .values()
            .find(|plugin| plugin.name.plugin.as_str() == name);
        let (Some(plugin), Some(raw)) = (plugin, raw.get(name)) else {
            continue;
        };
        if let Err(error) = bench.calling(&subject, plugin, raw, documents.as_ref()) {
            eprintln!("skipped: stage {}: {error}", subject.stage);
        }
    }
    Ok(())
}

/// The folder of a plugin in this repository.
fn plugin_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../plugins")
        .join(name)
}

struct Bench {
    runs: Runs,
    json: bool,
    stages: Option<PathBuf>,
    sandbox: Sandbox,
    runtime: Runtime,
}

impl Bench {
    fn say(&self, measurement: Measurement) -> Outcome<()> {
        if self.json {
            println!("{}", serde_json::to_string(&measurement)?);
        } else {
            println!("{}", measurement.line());
        }
        Ok(())
    }

    /// From files to a plugin that can be called.
    fn loading(&self, package: &Package) -> Outcome<()> {
        let name = package.name().plugin.as_str();
        let size = package.size;
        let verified = package.verify()?;

        let verify = self.runs.quick(|| package.verify())?;
        let code = self.runs.quick(|| package.load(&self.sandbox, &verified))?;
        let both = self
            .runs
            .quick(|| package.load(&self.sandbox, &package.verify()?))?;
        let child = Compiler::this_program()?;
        let in_child = self
            .runs
            .slow(|| Ok(self.sandbox.load(&verified, None, &child)?))?;
        let in_process = self
            .runs
            .slow(|| Ok(self.sandbox.load(&verified, None, &Compiler::InProcess)?))?;

        self.say(
            Measurement::new(format!("{name}: read and verify"), &verify).per_megabyte(size, None),
        )?;
        self.say(
            Measurement::new(format!("{name}: cached code"), &code)
                .per_megabyte(size, None)
                .note(format!("{} KB of code", package.code_size()? / 1000)),
        )?;
        self.say(
            Measurement::new(format!("{name}: load, warm"), &both)
                .per_megabyte(size, Some(LOAD_LIMIT))
                .note(format!("package of {} KB", size / 1000)),
        )?;
        self.say(
            Measurement::new(format!("{name}: compile in a child process"), &in_child)
                .per_megabyte(size, None),
        )?;
        self.say(
            Measurement::new(format!("{name}: compile in this process"), &in_process)
                .per_megabyte(size, None),
        )
    }

    fn describing(&self, plugin: &LoadedPlugin, empty: &Times) -> Outcome<()> {
        let times = self
            .runs
            .quick(|| Ok(self.runtime.block_on(plugin.code.describe())?))?;
        let what = format!("{}: instantiate and describe", plugin.name.plugin);
        self.say(Measurement::new(what, &times).against(empty, "× empty component", None))
    }

    /// The planner on the whole stack, without starting a process and loading plugins. Gives the documents of the plan.
    fn planning(&self, planner: &Planner<'_>, clusters: usize) -> Outcome<Option<Documents>> {
        match planner.plan() {
            Ok(plan) => {
                let times = self.runs.quick(|| planner.plan())?;
                let (instances, documents) = (plan.body.instances.len(), plan.documents.0.len());
                let row = Measurement::new(format!("planner alone, {clusters} clusters"), &times)
                    .note(format!("{instances} instances, {documents} documents"));
                self.say(row)?;
                Ok(Some(Documents::of(&plan)))
            }
            Err(error) => {
                eprintln!("skipped: the planner alone: {error}");
                Ok(None)
            }
        }
    }
}
