//! Running the compiling process, and ending it.

use std::ffi::OsString;
use std::io::{Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use aegis_document::untrusted;
use rustix::process::Signal;

use super::child::{EXIT_REFUSED, LIMITS_VARIABLE};
use super::{ARTIFACT_MAX, CompileLimits};
use crate::sandbox::error::LoadError;

/// How much of the child's reason is read, in bytes.
const REASON_MAX: u64 = 4096;

/// Ends the child however this module is left.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // Both fail only when the child is gone, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Compiles a component in a child with a cleared environment, a process group and limits of its own.
pub(in crate::sandbox) fn compile_in_child(
    program: &Path,
    arguments: &[OsString],
    limits: CompileLimits,
    component: &[u8],
) -> Result<Vec<u8>, LoadError> {
    let failed = |reason: String| LoadError::Compiler { reason };
    let child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env(
            LIMITS_VARIABLE,
            format!("{},{}", limits.cpu_seconds, limits.memory),
        )
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let mut child = Killed(child);
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (
        child.0.stdin.take(),
        child.0.stdout.take(),
        child.0.stderr.take(),
    ) else {
        return Err(failed("the pipes to the child are missing".into()));
    };
    let started = Instant::now();
    let left = || limits.time.saturating_sub(started.elapsed());
    thread::scope(|scope| {
        // A child that stops reading ends in an error here, and its reason comes on standard error.
        scope.spawn(move || stdin.write_all(component));
        let reason = scope.spawn(move || read_up_to(stderr, REASON_MAX));
        let (sender, receiver) = mpsc::channel();
        scope.spawn(move || sender.send(read_up_to(stdout, ARTIFACT_MAX as u64 + 1)));
        let outcome = match receiver.recv_timeout(left()) {
            Ok(artifact) => wait(&mut child.0, left()).map(|status| (artifact, status)),
            Err(_) => None,
        };
        // The pipes close with the child, so that no thread of the scope waits for them.
        drop(child);
        let reason = reason.join().unwrap_or_default();
        let Some((artifact, status)) = outcome else {
            return Err(LoadError::CompileTime { limit: limits.time });
        };
        if !status.success() {
            return Err(explain(status, &reason, limits));
        }
        if artifact.len() > ARTIFACT_MAX {
            return Err(failed(format!(
                "the artifact is larger than {ARTIFACT_MAX} bytes"
            )));
        }
        Ok(artifact)
    })
}

/// What can be read of a pipe that may break off; whether it is complete is told by the exit status.
fn read_up_to(pipe: impl Read, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = pipe.take(limit).read_to_end(&mut bytes);
    bytes
}

/// Waits for a child that has closed its output and so is about to end.
fn wait(child: &mut Child, time: Duration) -> Option<ExitStatus> {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if started.elapsed() < time => thread::sleep(Duration::from_millis(1)),
            _ => return None,
        }
    }
}

fn explain(status: ExitStatus, reason: &[u8], limits: CompileLimits) -> LoadError {
    let text = String::from_utf8_lossy(reason);
    let reason = untrusted(text.lines().last().unwrap_or_default()).to_string();
    let signal = |wanted: Signal| status.signal() == Some(wanted.as_raw());
    let out_of_memory =
        text.contains("memory allocation of") || text.contains("Cannot allocate memory");
    if out_of_memory {
        LoadError::CompileMemory {
            limit: limits.memory,
        }
    } else if signal(Signal::XCPU) || signal(Signal::KILL) {
        LoadError::CompileTime {
            limit: Duration::from_secs(limits.cpu_seconds),
        }
    } else if status.code() == Some(i32::from(EXIT_REFUSED)) {
        LoadError::NotAComponent { reason }
    } else if reason.is_empty() {
        LoadError::Compiler {
            reason: status.to_string(),
        }
    } else {
        LoadError::Compiler { reason }
    }
}
