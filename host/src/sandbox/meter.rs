//! What a call has used so far.

use std::sync::{Mutex, PoisonError};

use wasmtime::ResourceLimiter;

use super::error::Fault;
use super::limits::Limits;
use super::reads::Weight;

/// Counts host calls, what they return, and log messages.
pub(super) struct Meter {
    limits: Limits,
    host_calls: usize,
    read_bytes: usize,
    log_messages: usize,
    log_bytes: usize,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            host_calls: 0,
            read_bytes: 0,
            log_messages: 0,
            log_bytes: 0,
        }
    }

    /// Counts a call of the host.
    pub(super) fn host_call(&mut self) -> Result<(), Fault> {
        self.host_calls = self.host_calls.saturating_add(1);
        if self.host_calls > self.limits.host_calls {
            return Err(Fault::HostCalls {
                limit: self.limits.host_calls,
            });
        }
        Ok(())
    }

    /// Charges an answer and hands it on.
    pub(super) fn read<T: Weight>(&mut self, answer: T) -> Result<T, Fault> {
        self.read_bytes = self.read_bytes.saturating_add(answer.weight());
        if self.read_bytes > self.limits.read_bytes {
            return Err(Fault::ReadBytes {
                limit: self.limits.read_bytes,
            });
        }
        Ok(answer)
    }

    /// Counts a log message of this many bytes.
    pub(super) fn log(&mut self, bytes: usize) -> Result<(), Fault> {
        self.host_call()?;
        self.log_messages = self.log_messages.saturating_add(1);
        self.log_bytes = self.log_bytes.saturating_add(bytes);
        if self.log_messages > self.limits.log_messages || self.log_bytes > self.limits.log_bytes {
            return Err(Fault::Log {
                messages: self.limits.log_messages,
                bytes: self.limits.log_bytes,
            });
        }
        Ok(())
    }
}

/// Bytes that the host keeps for one element of a table: a pointer to a function.
const TABLE_ELEMENT: usize = size_of::<usize>();

/// Memory of all linear memories and tables of a store together. Wasmtime's own limits count each
/// memory alone, and a component may have many.
pub(super) struct MemoryMeter {
    used: usize,
    limits: Limits,
}

impl MemoryMeter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { used: 0, limits }
    }

    /// Refusing ends the call instead of answering the guest with -1: most guests turn that answer into a
    /// crash that says nothing about memory.
    fn grow(&mut self, current: usize, desired: usize) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limits.memory {
            return Err(Fault::Memory {
                limit: self.limits.memory,
            }
            .into());
        }
        self.used = used;
        Ok(true)
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.grow(current, desired)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.grow(
            current.saturating_mul(TABLE_ELEMENT),
            desired.saturating_mul(TABLE_ELEMENT),
        )
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.instances
    }

    fn memories(&self) -> usize {
        self.limits.instances
    }
}

/// Which host function a call waits for. It outlives the call, so that a timeout can say whether the
/// plugin or the world was slow; a call that is dropped while it waits leaves its note behind.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Option<&'static str>>);

impl Waiting {
    /// Waits, under the name of the function.
    pub(super) async fn during<T>(
        &self,
        function: &'static str,
        answer: impl Future<Output = T>,
    ) -> T {
        self.note(Some(function));
        let answer = answer.await;
        self.note(None);
        answer
    }

    pub(super) fn function(&self) -> Option<&'static str> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, function: Option<&'static str>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = function;
    }
}
