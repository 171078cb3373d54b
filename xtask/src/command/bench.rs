//! `cargo xtask bench`

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{build, setup};
use crate::aegis::Aegis;
use crate::bench::extism::Extism;
use crate::bench::{
    self, Budget, Figure, Measurement, Row, growth, peer, plugins, process as sampled, synthetic,
};
use crate::error::Error;
use crate::stack;
use crate::workspace::{Workspace, create_folder, remove_folder};
use crate::{process, report};

/// Measure the optimised `aegis`: time and memory, beside budgets and peers
///
/// Rows inside of one process, for each plugin: verifying, loading and compiling it, and the calls of
/// the example's stages beside the same functions called natively, the same components in Wasmtime alone
/// and the same plugins in Extism, which is built where its crates can be had. Rows of whole processes: `aegis plan` of
/// examples/two-clusters with its plugins compiled already (warm) and not yet (cold; the files themselves
/// stay in the operating system's cache), `terraform plan` of as many resources where there is a
/// Terraform, and plans of the same stack with more clusters. One run of each row is not counted.
/// Budgets are for a machine with two cores that does nothing else; nothing fails that exceeds one.
#[derive(Args)]
pub struct Arguments {
    /// Counted runs of each row; of what takes long, fewer
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = at_least_one)]
    runs: usize,

    /// Sizes of the synthetic stacks
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "10,100,1000"
    )]
    clusters: Vec<usize>,

    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("not a number of 1 or more".to_owned()),
        Ok(runs) => Ok(runs),
    }
}

pub fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), Error> {
    build::everything(workspace)?;
    report::title("host and benchmark, optimised");
    plugins::build(workspace)?;
    let extism = extism(workspace);
    let subject = Subject::prepare(workspace)?;

    report::title("measuring");
    let stages = subject.stages();
    let mut measurements = plugins::measure(workspace, &stages, arguments.runs)?;
    if let Some(extism) = extism {
        let peers = extism.measure(&stages, arguments.runs, &measurements)?;
        measurements.extend(peers);
    }
    measurements.extend(subject.example_rows(arguments.runs)?);
    measurements.extend(subject.synthetic_rows(&arguments.clusters, arguments.runs)?);

    if arguments.json {
        let json = serde_json::to_string_pretty(&measurements)
            .map_err(|error| Error::content("measurements", error.to_string()))?;
        println!("{json}");
    } else {
        print!("\n{}", bench::table(&measurements));
    }
    Ok(())
}

/// The peer Extism. Where it cannot be built, as without a network, the rest is measured all the same.
fn extism(workspace: &Workspace) -> Option<Extism> {
    report::title("peer: Extism, optimised");
    let built = setup::ensure(workspace).and_then(|toolchain| Extism::build(workspace, &toolchain));
    built
        .inspect_err(|error| report::line(format!("skipped: the peer Extism: {error}")))
        .ok()
}

/// The most that plans should take, whichever stack.
const WARM_PLAN: Duration = Duration::from_millis(60);
/// And of a thousand clusters, in bytes.
const LARGE_PLAN: (Duration, u64) = (Duration::from_secs(10), 500_000_000);
/// A plan of so many clusters is a large one.
const LARGE: usize = 1000;
/// The instances for which a large plan has its time: twelve stages for each cluster. The example may have
/// fewer, so what each instance takes is judged as well.
const LARGE_INSTANCES: f64 = 12_000.0;

/// What is measured: an optimised `aegis`, a home with the plugins in it, and the example.
struct Subject {
    aegis: Aegis,
    folder: PathBuf,
}

impl Subject {
    fn prepare(workspace: &Workspace) -> Result<Self, Error> {
        report::title("stacks to measure");
        let folder = workspace.target().join("bench");
        remove_folder(&folder)?;
        let subject = Self {
            aegis: Aegis::new(workspace.aegis("release"), folder.join("home")),
            folder,
        };
        create_folder(subject.aegis.home())?;
        stack::copy_example(workspace, &subject.example())?;
        for mut command in stack::preparation(workspace, &subject.aegis)? {
            process::output(command.current_dir(subject.example()))?;
        }
        report::line(workspace.shown(&subject.folder));
        Ok(subject)
    }

    fn example(&self) -> PathBuf {
        self.folder.join("example")
    }

    /// The requests and answers of the example's stages.
    fn stages(&self) -> PathBuf {
        self.folder.join("stages")
    }

    /// The example, warm and cold, and Terraform with as much to do.
    fn example_rows(&self, runs: usize) -> Result<Vec<Measurement>, Error> {
        let mut warm = bench::measure(self.warm_plan(), runs)?;
        let made = Made::read(&self.example())?;
        warm.note = Some(made.to_string());
        let mut rows = vec![warm, bench::measure(self.cold_plan(), runs)?];
        let terraform = self.folder.join("terraform");
        match peer::terraform(&terraform, made.documents)? {
            Some(peer) => {
                let mut peer = bench::measure(peer, runs)?;
                if let Some(warm) = rows.first() {
                    let ratio = peer.median_ms / warm.median_ms;
                    peer.figures
                        .push(Figure::new(ratio, "× aegis plan, warm", None));
                }
                rows.push(peer);
            }
            None => report::line("skipped: the peer needs terraform on the PATH"),
        }
        Ok(rows)
    }

    fn warm_plan(&self) -> Row<'_> {
        Row {
            what: "aegis plan, 2 clusters, warm".to_owned(),
            budget: Budget {
                time: Some(WARM_PLAN),
                memory: None,
            },
            most_runs: usize::MAX,
            sample: Box::new(|| self.sample_plan(&self.example())),
        }
    }

    fn cold_plan(&self) -> Row<'_> {
        Row {
            what: "aegis plan, 2 clusters, cold".to_owned(),
            budget: Budget::default(),
            most_runs: 3,
            sample: Box::new(|| {
                remove_folder(&self.aegis.compiled_code())?;
                self.sample_plan(&self.example())
            }),
        }
    }

    /// The example's stages for more clusters, and how the time grows.
    fn synthetic_rows(&self, sizes: &[usize], runs: usize) -> Result<Vec<Measurement>, Error> {
        let mut sizes = sizes.to_vec();
        sizes.sort_unstable();
        sizes.dedup();
        let mut rows = Vec::new();
        for clusters in sizes {
            let folder = self.folder.join(format!("clusters-{clusters}"));
            self.extended(&folder, clusters)?;
            let mut row = bench::measure(self.plan_of(&folder, clusters), runs)?;
            let made = Made::read(&folder)?;
            let limit =
                (clusters == LARGE).then(|| LARGE_PLAN.0.as_secs_f64() * 1000.0 / LARGE_INSTANCES);
            let each = row.median_ms / made.instances as f64;
            row.figures.push(Figure::new(each, "ms/instance", limit));
            row.note = Some(made.to_string());
            rows.push((clusters, row));
        }
        growth::growth(&mut rows);
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// The example with more clusters, in a folder of its own.
    fn extended(&self, folder: &Path, clusters: usize) -> Result<(), Error> {
        stack::copy(&self.example(), folder)?;
        let file = folder.join(stack::FILE);
        let text = fs::read_to_string(&file).map_err(Error::file(&file))?;
        let text = synthetic::with_clusters(&text, clusters).ok_or_else(|| {
            Error::content(
                &file,
                format!(
                    "cannot be extended to {clusters} clusters: it needs a block `clusters:` with \
                     no more entries than that, and {} can be added",
                    synthetic::MOST
                ),
            )
        })?;
        fs::write(&file, text).map_err(Error::file(&file))
    }

    fn plan_of(&self, folder: &Path, clusters: usize) -> Row<'_> {
        let folder = folder.to_owned();
        let large = (clusters == LARGE).then_some(LARGE_PLAN);
        Row {
            what: format!("aegis plan, {clusters} clusters"),
            budget: Budget {
                time: large.map(|(time, _)| time),
                memory: large.map(|(_, memory)| memory),
            },
            most_runs: if clusters < LARGE { 5 } else { 3 },
            sample: Box::new(move || self.sample_plan(&folder)),
        }
    }

    fn sample_plan(&self, stack: &Path) -> Result<bench::Sample, Error> {
        sampled::sample(self.aegis.plan().current_dir(stack))
    }
}

/// Where `aegis plan` leaves its plan, below the stack's folder.
const PLAN_FILE: &str = ".aegis/plan.json";

/// What a plan that was made has in it.
struct Made {
    instances: usize,
    documents: usize,
    /// Bytes of its file.
    size: usize,
}

impl Made {
    fn read(folder: &Path) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Plan {
            body: Body,
            documents: BTreeMap<String, IgnoredAny>,
        }
        #[derive(Deserialize)]
        struct Body {
            instances: Vec<IgnoredAny>,
        }
        let file = folder.join(PLAN_FILE);
        let bytes = fs::read(&file).map_err(Error::file(&file))?;
        let plan: Plan = serde_json::from_slice(&bytes)
            .map_err(|error| Error::content(&file, error.to_string()))?;
        Ok(Self {
            instances: plan.body.instances.len(),
            documents: plan.documents.len(),
            size: bytes.len(),
        })
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = report::size(self.size as u64);
        let (instances, documents) = (self.instances, self.documents);
        write!(
            f,
            "{instances} instances, {documents} documents, plan of {size}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_and_documents_of_a_plan_are_counted() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join(PLAN_FILE);
        create_folder(file.parent().expect("a folder")).expect("a folder");
        let text = r#"{"format":"aegis.plan/1","body":{"instances":[{},{}],"facts":[]},"documents":{"a":"{}"}}"#;
        fs::write(&file, text).expect("a plan");
        let made = Made::read(folder.path()).expect("a plan");
        assert_eq!(made.to_string(), "2 instances, 1 documents, plan of 88 B");
        fs::write(&file, "{}").expect("a plan");
        assert!(Made::read(folder.path()).is_err());
    }
}
