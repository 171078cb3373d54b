//! `cargo xtask setup`

use clap::Args;

use crate::error::Error;
use crate::report;
use crate::toolchain::{self, Choice, Toolchain};
use crate::workspace::Workspace;

/// Find or install what compiles plugins to WebAssembly
///
/// In this order: the target of the Rust in use, `rustup target add`, Debian's packages if they
/// are installed, `apt-get install` of them. What was found is remembered under target/xtask and
/// looked at again by each later command, which takes a moment.
#[derive(Args)]
pub struct Arguments {
    /// Which toolchain to use from now on
    #[arg(long, value_enum, default_value_t)]
    toolchain: Choice,

    /// Only look; install nothing
    #[arg(long)]
    no_install: bool,
}

pub fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), Error> {
    report::title("set-up");
    let (toolchain, took) =
        report::timed(|| toolchain::obtain(workspace, arguments.toolchain, !arguments.no_install));
    say(&toolchain?);
    report::line(format!("ready in {}", report::duration(took)));
    Ok(())
}

/// The set-up as a part of another command.
pub fn ensure(workspace: &Workspace) -> Result<Toolchain, Error> {
    report::title("set-up");
    let toolchain = toolchain::obtain(workspace, Choice::Any, true)?;
    say(&toolchain);
    Ok(toolchain)
}

fn say(toolchain: &Toolchain) {
    report::line(format!("WebAssembly: {}", toolchain.describe()));
}
