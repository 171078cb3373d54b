//! `aegis plugin`

mod lock;
mod package;

use aegis_document::untrusted;

use crate::capability::{CapabilitySet, Risk};
use crate::cli::args::{Global, Plugin, PluginCommand};
use crate::cli::failure::{Exit, Failure};
use crate::cli::ui::{Tone, Ui};
use crate::library::LibraryError;
use crate::sandbox::Compiler;

pub fn run(ui: &Ui, global: &Global, options: &Plugin) -> Result<Exit, Failure> {
    match &options.command {
        PluginCommand::Add {
            plugin,
            from,
            accept,
            grant,
            key,
        } => {
            let wish = lock::Wish {
                accept: *accept,
                grant: grant.as_deref(),
                key,
                keep: false,
                downgrade: false,
            };
            lock::add(ui, global, plugin, from, &wish)
        }
        PluginCommand::Update {
            plugin,
            from,
            accept,
            grant,
            key,
            downgrade,
        } => {
            let wish = lock::Wish {
                accept: *accept,
                grant: grant.as_deref(),
                key,
                keep: true,
                downgrade: *downgrade,
            };
            lock::update(ui, global, plugin, from.as_deref(), &wish)
        }
        PluginCommand::Remove { plugin } => lock::remove(ui, global, plugin),
        PluginCommand::List => lock::list(ui, global),
        PluginCommand::Inspect { package } => package::inspect(ui, package),
        PluginCommand::Verify { package } => package::check(ui, package),
        PluginCommand::Package {
            component,
            manifest,
            out,
        } => package::pack(ui, component, manifest, out),
        PluginCommand::Sign { package, key } => package::sign(ui, package, key),
    }
}

fn compiler() -> Result<Compiler, Failure> {
    Ok(Compiler::this_program().map_err(LibraryError::from)?)
}

/// What is asked for, the dangerous first.
fn asked_for(ui: &Ui, asks: &CapabilitySet) -> String {
    let mut lines: Vec<(Risk, String)> = asks
        .entries()
        .iter()
        .map(|line| (line.risk(), line.describe()))
        .collect();
    lines.sort_by_key(|(risk, _)| std::cmp::Reverse(*risk));
    lines
        .into_iter()
        .map(|(risk, words)| {
            let tone = match risk {
                Risk::Plain => Tone::Faint,
                Risk::Power => Tone::Warn,
                Risk::Code | Risk::Deputy | Risk::Opaque => Tone::Bad,
            };
            format!(
                "  {} {}\n",
                ui.paint(tone, format_args!("{:6}", risk.to_string())),
                untrusted(&words)
            )
        })
        .collect()
}
