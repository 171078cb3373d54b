//! The `aegis` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A component is compiled in a process of its own, which has limits and can be killed.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == aegis_host::sandbox::CHILD_ARGUMENT)
    {
        return aegis_host::sandbox::compile_child_main();
    }
    aegis_host::cli::run()
}
