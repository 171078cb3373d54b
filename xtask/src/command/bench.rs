//! `cargo xtask bench`

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::build;
use crate::aegis::Aegis;
use crate::bench::{self, Budget, Row, process as sampled, synthetic};
use crate::error::Error;
use crate::stack;
use crate::workspace::{Workspace, create_folder, remove_folder};
use crate::{process, report};

/// Measure the optimised `aegis` as whole processes: time and peak memory
///
/// Rows: `aegis plan` of examples/two-clusters with its plugins compiled already (warm) and not yet
/// (cold; the files themselves stay in the operating system's cache), and of the same stack with
/// more clusters. One run of each row is not counted. Budgets are for a machine with two cores
/// that does nothing else.
#[derive(Args)]
pub struct Arguments {
    /// Counted runs of each row
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
    release_host(workspace)?;
    let subject = Subject::prepare(workspace)?;

    report::title("measuring");
    let mut rows = vec![subject.warm_plan(), subject.cold_plan()];
    for clusters in &arguments.clusters {
        rows.push(subject.plan_of(*clusters)?);
    }
    let measurements = bench::measure(rows, arguments.runs)?;
    if arguments.json {
        let json = serde_json::to_string_pretty(&measurements)
            .map_err(|error| Error::content("measurements", error.to_string()))?;
        println!("{json}");
    } else {
        print!("\n{}", bench::table(&measurements));
    }
    Ok(())
}

fn release_host(workspace: &Workspace) -> Result<(), Error> {
    report::title("host, optimised");
    let mut build = process::cargo(workspace);
    build.args([
        "build",
        "--release",
        "--package",
        "aegis-host",
        "--bin",
        "aegis",
    ]);
    if workspace.has_lock_file() {
        build.arg("--locked");
    }
    process::run(&mut build)
}

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

    fn warm_plan(&self) -> Row<'_> {
        Row {
            what: "plan of 2 clusters, warm".to_owned(),
            budget: Budget {
                time: Some(Duration::from_millis(60)),
                memory: None,
            },
            sample: Box::new(|| self.sample_plan(&self.example())),
        }
    }

    fn cold_plan(&self) -> Row<'_> {
        Row {
            what: "plan of 2 clusters, cold".to_owned(),
            budget: Budget::default(),
            sample: Box::new(|| {
                remove_folder(&self.aegis.compiled_code())?;
                self.sample_plan(&self.example())
            }),
        }
    }

    /// The example's stages for more clusters.
    fn plan_of(&self, clusters: usize) -> Result<Row<'_>, Error> {
        let folder = self.folder.join(format!("clusters-{clusters}"));
        stack::copy(&self.example(), &folder)?;
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
        fs::write(&file, text).map_err(Error::file(&file))?;
        let budget = if clusters == 1000 {
            Budget {
                time: Some(Duration::from_secs(10)),
                memory: Some(500 << 20),
            }
        } else {
            Budget::default()
        };
        Ok(Row {
            what: format!("plan of {clusters} clusters"),
            budget,
            sample: Box::new(move || self.sample_plan(&folder)),
        })
    }

    fn sample_plan(&self, stack: &Path) -> Result<bench::Sample, Error> {
        sampled::sample(self.aegis.plan().current_dir(stack))
    }
}
