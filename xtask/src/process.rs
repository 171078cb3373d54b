//! Other programs: how they are started, shown and judged by their exit code.

use std::env;
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::workspace::Workspace;

/// Cargo, in the checkout.
///
/// What `cargo run` told this program about its own package is taken out of the environment:
/// crates that look at it would be compiled again for nothing.
pub fn cargo(workspace: &Workspace) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace.root());
    forget_own_package(&mut cargo);
    cargo
}

/// Removes what Cargo said about the package `xtask` from a command's environment.
pub fn forget_own_package(command: &mut Command) {
    for (key, _) in env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&key);
        }
    }
}

/// The command as it would be typed: program name and arguments.
pub fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or(&program);
    let mut words = vec![name.to_owned()];
    words.extend(command.get_args().map(|argument| {
        let argument = argument.to_string_lossy();
        if argument.is_empty() || argument.contains(char::is_whitespace) {
            format!("'{argument}'")
        } else {
            argument.into_owned()
        }
    }));
    words.join(" ")
}

/// Runs a command on this terminal, without standard input; any exit code but 0 is an error.
pub fn run(command: &mut Command) -> Result<(), Error> {
    run_expecting(command, &[0]).map(|_| ())
}

/// Runs a command on this terminal, without standard input, and returns its exit code, which
/// must be one of `expected`.
pub fn run_expecting(command: &mut Command, expected: &[i32]) -> Result<i32, Error> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|source| start_error(command, source))?;
    judge(command, status, expected)
}

/// Runs a command and returns what it wrote to stdout; its stderr is shown only if it fails.
pub fn output(command: &mut Command) -> Result<String, Error> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| start_error(command, source))?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
    judge(command, output.status, &[0])?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a command could be started and ended with exit code 0. Says nothing.
pub fn succeeds(command: &mut Command) -> bool {
    quiet(command).status().is_ok_and(|status| status.success())
}

/// What a command wrote to stdout, if it ended with exit code 0. Says nothing.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = quiet(command).stdout(Stdio::piped()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

/// Like [`succeeds`], but a command that takes longer than `limit` is ended and has failed.
/// The error is the last line that it wrote to stderr.
pub fn succeeds_within(command: &mut Command, limit: Duration) -> Result<(), String> {
    let mut child = quiet(command)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let complaint = child.stderr.take().map(|mut stderr| {
        thread::spawn(move || {
            let mut text = String::new();
            // A complaint that cannot be read is no worse than none.
            let _ = stderr.read_to_string(&mut text);
            text
        })
    });
    let status = wait_within(&mut child, limit).map_err(|error| error.to_string())?;
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => {
            let text = complaint.and_then(|thread| thread.join().ok());
            let last = text
                .as_deref()
                .and_then(|text| text.lines().rev().find(|line| !line.trim().is_empty()))
                .map(|line| line.trim().trim_start_matches("error: ").to_owned());
            Err(last.unwrap_or_else(|| ended(status)))
        }
        None => Err(format!("no answer within {} s", limit.as_secs())),
    }
}

fn wait_within(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn quiet(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}

/// The error of a command that could not be started.
pub fn start_error(command: &Command, source: std::io::Error) -> Error {
    Error::Start {
        command: shown(command),
        source,
    }
}

/// The exit code of a command that ended, if it is one of `expected`.
pub fn judge(command: &Command, status: ExitStatus, expected: &[i32]) -> Result<i32, Error> {
    match status.code() {
        Some(code) if expected.contains(&code) => Ok(code),
        _ => Err(Error::Ended {
            command: shown(command),
            ended: ended(status),
            expected: expected
                .iter()
                .map(i32::to_string)
                .collect::<Vec<_>>()
                .join(" or "),
        }),
    }
}

fn ended(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("/opt/rust/bin/cargo");
        command.args(["build", "-p", "two words", ""]);
        assert_eq!(shown(&command), "cargo build -p 'two words' ''");
    }

    #[test]
    fn an_exit_code_is_an_error_unless_it_was_expected() {
        let mut pending = Command::new("sh");
        pending.args(["-c", "exit 2"]);
        assert_eq!(run_expecting(&mut pending, &[0, 2]).expect("expected"), 2);
        let error = run_expecting(&mut pending, &[0]).expect_err("not expected");
        assert_eq!(
            error.to_string(),
            "`sh -c 'exit 2'` ended with exit code 2; expected 0"
        );
    }

    #[test]
    fn a_command_that_does_not_answer_in_time_is_ended() {
        let mut slow = Command::new("sleep");
        slow.arg("60");
        let result = succeeds_within(&mut slow, Duration::from_millis(100));
        assert_eq!(result, Err("no answer within 0 s".to_owned()));
    }

    #[test]
    fn the_last_line_of_a_failed_command_is_its_reason() {
        let mut failing = Command::new("sh");
        failing.args(["-c", "echo first >&2; echo error: no network >&2; exit 1"]);
        let result = succeeds_within(&mut failing, Duration::from_secs(10));
        assert_eq!(result, Err("no network".to_owned()));
    }
}
