//! Samples of whole processes.

use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4;

use super::Sample;
use crate::error::Error;
use crate::process;

/// Runs a command to its end, from start to exit, and asks the kernel for its largest resident
/// set, which is never less than what this program itself holds when it starts the command (a few
/// MiB on Linux). What the command prints goes nowhere; an exit code other than 0 is an error.
pub fn sample(command: &mut Command) -> Result<Sample, Error> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let used = command
        .spawn()
        .and_then(Wait4::wait4)
        .map_err(|source| process::start_error(command, source))?;
    let time = start.elapsed();
    process::judge(command, used.status, &[0])?;
    Ok(Sample {
        time,
        memory: used.rusage.maxrss,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_process_is_sampled_with_its_time_and_memory() {
        let mut command = Command::new("sleep");
        let sample = sample(command.arg("0.05")).expect("a sample");
        assert!(sample.time >= Duration::from_millis(50));
        assert!(sample.memory > 100_000);
    }

    #[test]
    fn a_process_that_fails_is_no_sample() {
        assert!(sample(&mut Command::new("false")).is_err());
    }
}
