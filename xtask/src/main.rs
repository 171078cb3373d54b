//! Sets up, builds, demonstrates, tests and measures Aegis: `cargo xtask --help`.

#![forbid(unsafe_code)]

mod aegis;
mod bench;
mod book;
mod command;
mod component;
mod digest;
mod error;
mod fuzz;
mod libtest;
mod package;
mod process;
mod report;
mod stack;
mod toolchain;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;
use crate::workspace::Workspace;

/// Build, test and try Aegis.
///
/// Aegis is a host program (`aegis`) and a set of plugins, which are WebAssembly components. The
/// commands below build both, and each does first what it needs from the ones before it: on a new
/// machine `cargo xtask demo` is all it takes.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
#[command(after_help = "\
Try this first:
  cargo xtask demo     from an empty folder to a validated platform, as an operator does it
  cargo xtask test     every test; then work with `cargo test -p CRATE` as usual

Everything that is made lies under target/: target/debug/aegis, target/plugins, target/demo.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Setup(command::setup::Arguments),
    Build(command::build::Arguments),
    Demo(command::demo::Arguments),
    Test(command::test::Arguments),
    Ci(command::ci::Arguments),
    Fuzz(command::fuzz::Arguments),
    Bench(command::bench::Arguments),
}

fn main() -> ExitCode {
    if let Some(code) = fuzz::compile_if_asked() {
        return code;
    }
    let arguments = Arguments::parse();
    let workspace = Workspace::locate();
    let result: Result<(), Error> = match arguments.command {
        Command::Setup(arguments) => command::setup::run(&workspace, &arguments),
        Command::Build(arguments) => command::build::run(&workspace, &arguments),
        Command::Demo(arguments) => command::demo::run(&workspace, &arguments),
        Command::Test(arguments) => command::test::run(&workspace, &arguments),
        Command::Ci(arguments) => command::ci::run(&workspace, &arguments),
        Command::Fuzz(arguments) => command::fuzz::run(&workspace, &arguments),
        Command::Bench(arguments) => command::bench::run(&workspace, &arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::failure(&error);
            ExitCode::FAILURE
        }
    }
}
