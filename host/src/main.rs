//! The `aegis` program.

use std::process::ExitCode;

/// A plan is millions of small values that are made on one thread and dropped on another, which is what this
/// allocator is quick at: a third less time for a plan of many clusters.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
