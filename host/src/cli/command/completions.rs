//! `aegis completions`

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::args::Arguments;
use crate::cli::failure::{Exit, Failure};

pub fn run(shell: Shell) -> Result<Exit, Failure> {
    clap_complete::generate(
        shell,
        &mut Arguments::command(),
        "aegis",
        &mut std::io::stdout(),
    );
    Ok(Exit::Done)
}
