//! `cargo xtask demo`

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;

use super::build;
use crate::aegis::Aegis;
use crate::error::Error;
use crate::stack;
use crate::workspace::{Workspace, create_folder, remove_folder};
use crate::{process, report};

/// Do once what an operator does, from an empty folder to a validated platform
///
/// Builds everything, copies examples/two-clusters to target/demo/stack as a Git repository, and
/// works on it with the `aegis` program: keys and trust, plugins, plan, apply into the tree, facts
/// of a Terraform run, plan and apply again, validate, and a last plan that must be empty. No cloud
/// account is needed or touched. Every command is shown with its output.
#[derive(Args)]
pub struct Arguments {}

pub fn run(workspace: &Workspace, _arguments: &Arguments) -> Result<(), Error> {
    build::everything(workspace)?;
    show(workspace)
}

/// The demonstration; everything must be built.
pub fn show(workspace: &Workspace) -> Result<(), Error> {
    let folder = workspace.target().join("demo");
    remove_folder(&folder)?;
    let mut demo = Demo {
        aegis: Aegis::new(workspace.aegis("debug"), folder.join("home")),
        stack: folder.join("stack"),
        times: Vec::new(),
    };
    create_folder(demo.aegis.home())?;
    stack::copy_example(workspace, &demo.stack)?;
    stack::start_repository(&demo.stack)?;
    report::title("demo: a copy of the example, as a Git repository");
    report::line(workspace.shown(&demo.stack));

    demo.prepare(workspace)?;
    demo.first_delivery()?;
    demo.second_delivery()?;
    demo.proof()?;
    demo.summary(workspace);
    Ok(())
}

struct Demo {
    aegis: Aegis,
    stack: PathBuf,
    times: Vec<(String, Duration)>,
}

impl Demo {
    fn prepare(&mut self, workspace: &Workspace) -> Result<(), Error> {
        report::title("demo: the operator's key, whom they trust, and the plugins they accept");
        for command in stack::preparation(workspace, &self.aegis)? {
            self.step(command, &[0])?;
        }
        Ok(())
    }

    fn first_delivery(&mut self) -> Result<(), Error> {
        report::title("demo: what would be done, and doing it");
        self.step(self.aegis.plan(), &[0])?;
        self.step(self.aegis.apply(), &[0])?;
        self.commit("First delivery")?;
        let waiting = stack::waiting(&self.stack)?;
        report::line(format!(
            "documents that wait for values which only a cloud knows: {}",
            waiting.len()
        ));
        for path in waiting.iter().take(10) {
            report::line(format!("  {}", path.display()));
        }
        if waiting.len() > 10 {
            report::line(format!("  … and {} more", waiting.len() - 10));
        }
        Ok(())
    }

    fn second_delivery(&mut self) -> Result<(), Error> {
        report::title("demo: Terraform has run; its outputs become facts");
        let outputs = stack::terraform_outputs(&self.stack)?;
        if outputs.is_empty() {
            return Err(Error::content(
                self.stack.join("terraform-outputs"),
                "the example brings no outputs of Terraform to import",
            ));
        }
        for outputs in outputs {
            let file = relative(&outputs.file, &self.stack);
            let import = self
                .aegis
                .import_facts(&outputs.stage, outputs.cluster.as_deref(), file);
            self.step(import, &[0])?;
        }
        self.step(self.aegis.plan_with_exit_code(), &[2])?;
        self.step(self.aegis.apply(), &[0])?;
        self.commit("Facts of the network")?;
        report::line(format!(
            "documents that still wait: {}",
            stack::waiting(&self.stack)?.len()
        ));
        Ok(())
    }

    fn proof(&mut self) -> Result<(), Error> {
        report::title("demo: the controls, and a plan that must be empty");
        self.step(self.aegis.validate(), &[0])?;
        self.step(self.aegis.plan_with_exit_code(), &[0])
    }

    /// Shows a command, runs it in the stack's folder and takes its time.
    fn step(&mut self, mut command: Command, expected: &[i32]) -> Result<(), Error> {
        let shown = process::shown(&command);
        eprintln!("\n$ {shown}");
        command.current_dir(&self.stack);
        let (result, took) = report::timed(|| process::run_expecting(&mut command, expected));
        let code = result?;
        report::line(format!("[exit {code}, {}]", report::duration(took)));
        self.times.push((shown, took));
        Ok(())
    }

    fn commit(&self, message: &str) -> Result<(), Error> {
        eprintln!("\n$ git add --all && git commit --message '{message}'");
        let change = stack::commit(&self.stack, message)?;
        report::line(change.as_deref().unwrap_or("nothing changed"));
        Ok(())
    }

    fn summary(&self, workspace: &Workspace) {
        report::title("demo: done");
        let total: Duration = self.times.iter().map(|(_, took)| *took).sum();
        report::line(format!(
            "{} commands in {}; the slowest:",
            self.times.len(),
            report::duration(total)
        ));
        let mut slowest: Vec<_> = self.times.iter().collect();
        slowest.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        for (command, took) in slowest.into_iter().take(3) {
            report::line(format!("  {:>9}  {command}", report::duration(*took)));
        }
        let stack = workspace.shown(&self.stack);
        report::line(format!("the stack and what was delivered: {stack}"));
        report::line(format!(
            "keys, trust and cache:            {}",
            workspace.shown(self.aegis.home())
        ));
        report::line("try next:");
        report::line(format!(
            "  export AEGIS_HOME={}",
            self.aegis.home().display()
        ));
        report::line(format!(
            "  export PATH={}:$PATH",
            self.aegis
                .program()
                .parent()
                .unwrap_or(Path::new("."))
                .display()
        ));
        report::line(format!("  cd {stack} && git log --stat"));
        report::line("  aegis graph");
        report::line(format!("  $EDITOR {} && aegis plan", stack::FILE));
    }
}

fn relative<'a>(path: &'a Path, folder: &Path) -> &'a Path {
    path.strip_prefix(folder).unwrap_or(path)
}
