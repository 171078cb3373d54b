//! The command line: reads arguments, calls the library, shows what came of it. Nothing is decided here.

mod args;
mod command;
mod failure;
mod files;
mod lines;
mod progress;
mod session;
mod show;
mod ui;

use clap::Parser as _;

use args::{Arguments, Command};
use failure::Exit;
use ui::Ui;

/// Runs `aegis` with the process's arguments and gives its exit code.
pub fn run() -> std::process::ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, not errors.
            let code = if error.use_stderr() {
                Exit::Error
            } else {
                Exit::Done
            };
            let _ = error.print();
            return code.into();
        }
    };
    let ui = Ui::new(&arguments.global);
    ui.start_log();
    match dispatch(&ui, &arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            ui.failure(&failure);
            failure.exit.into()
        }
    }
}

fn dispatch(ui: &Ui, arguments: &Arguments) -> Result<Exit, failure::Failure> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Init(options) => command::init::run(ui, global, options),
        Command::Plan(options) => command::plan::run(ui, global, options),
        Command::Show(options) => command::show::run(ui, global, options),
        Command::Apply(options) => command::apply::run(ui, global, options),
        Command::Approve(options) => command::approve::run(ui, global, options),
        Command::Status(options) => command::status::run(ui, global, options),
        Command::Validate(options) => command::validate::run(ui, global, options),
        Command::Graph(options) => command::graph::run(ui, global, options),
        Command::Facts(options) => command::facts::run(ui, global, options),
        Command::Unlock(options) => command::unlock::run(ui, global, options),
        Command::Schema(options) => command::schema::run(ui, global, options),
        Command::Doctor => command::doctor::run(ui, global),
        Command::Key(options) => command::key::run(ui, options),
        Command::Trust(options) => command::trust::run(ui, options),
        Command::Plugin(options) => command::plugin::run(ui, global, options),
        Command::Completions { shell } => command::completions::run(ui, *shell),
    }
}
