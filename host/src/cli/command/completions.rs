//! `aegis completions`

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::args::Arguments;
use crate::cli::failure::{Exit, Failure};
use crate::cli::ui::Ui;

pub fn run(ui: &Ui, shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "aegis", &mut script);
    ui.print_raw(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
