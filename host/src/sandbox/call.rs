//! One call of a plugin: a fresh store, a clock, and the words for how it ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aegis_document::untrusted;
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

use super::error::{CallError, Fault, root_cause};
use super::limits::Limits;
use super::meter::{MemoryMeter, Meter, Waiting};
use super::reads::{Access, Gate, Reads};
use crate::capability::Effective;

/// For whom a plugin is called, and what it may use. Cheap to clone.
#[derive(Clone)]
pub struct CallContext {
    /// The instance that the plugin speaks for, for example `network/use1`: the prefix of its log messages.
    pub instance: Arc<str>,
    /// What reads are authorised against.
    pub effective: Arc<Effective>,
    pub reads: Reads,
    pub limits: Limits,
}

impl CallContext {
    /// A context with the default limits.
    pub fn new(instance: impl Into<Arc<str>>, effective: Arc<Effective>, reads: Reads) -> Self {
        Self {
            instance: instance.into(),
            effective,
            reads,
            limits: Limits::DEFAULT,
        }
    }
}

/// What a store of one call holds.
pub(super) struct CallState {
    pub(super) gate: Gate,
    pub(super) meter: Meter,
    memory: MemoryMeter,
    plugin: Arc<str>,
    instance: Arc<str>,
}

impl CallState {
    /// Passes a message on to the operator's log. It is one line, and cannot pretend to be another's.
    pub(super) fn log(&self, level: tracing::Level, message: &str) {
        let (plugin, instance, message) = (&*self.plugin, &*self.instance, untrusted(message));
        match level {
            tracing::Level::WARN => tracing::warn!(target: "plugin", plugin, instance, "{message}"),
            tracing::Level::INFO => tracing::info!(target: "plugin", plugin, instance, "{message}"),
            _ => tracing::debug!(target: "plugin", plugin, instance, "{message}"),
        }
    }
}

/// What watches over a call from outside of its store.
pub(super) struct Watch {
    plugin: Arc<str>,
    function: &'static str,
    limits: Limits,
    waiting: Arc<Waiting>,
}

/// Makes the store of a call. Without a context the plugin is asked about itself and may not read.
pub(super) fn open(
    engine: &Engine,
    plugin: &Arc<str>,
    function: &'static str,
    context: Option<&CallContext>,
) -> (Store<CallState>, Watch) {
    let limits = context.map_or(Limits::DEFAULT, |context| context.limits);
    let waiting = Arc::new(Waiting::default());
    let access = context.map(|context| Access {
        effective: Arc::clone(&context.effective),
        reads: context.reads.clone(),
    });
    let state = CallState {
        gate: Gate::new(access, Arc::clone(&waiting)),
        meter: Meter::new(limits),
        memory: MemoryMeter::new(limits),
        plugin: Arc::clone(plugin),
        instance: context.map_or_else(
            || Arc::clone(plugin),
            |context| Arc::clone(&context.instance),
        ),
    };
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(limits.answer_bytes);
    // Every tick lets other tasks of the thread run, and looks at the clock: yielding alone would never end a
    // loop, and a deadline in ticks would be late on a machine that is.
    let started = Instant::now();
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        if started.elapsed() >= limits.time {
            return Err(Fault::Time {
                limit: limits.time,
                waiting: None,
            }
            .into());
        }
        Ok(UpdateDeadline::Yield(1))
    });
    (
        store,
        Watch {
            plugin: Arc::clone(plugin),
            function,
            limits,
            waiting,
        },
    )
}

impl Watch {
    /// Runs a call. The epoch ends one that computes; the timer ends one that waits for the host, which no
    /// epoch reaches.
    pub(super) async fn over<T>(
        &self,
        call: impl Future<Output = wasmtime::Result<T>>,
    ) -> Result<T, CallError> {
        // The epoch's words are the better ones for a loop, so it goes first.
        let grace = Duration::from_millis(100);
        match tokio::time::timeout(self.limits.time + grace, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.error(self.fault(&error))),
            Err(_) => Err(self.error(Fault::Time {
                limit: self.limits.time,
                waiting: self.waiting.function(),
            })),
        }
    }

    pub(super) fn error(&self, fault: Fault) -> CallError {
        CallError {
            plugin: self.plugin.to_string(),
            function: self.function,
            fault,
        }
    }

    /// What a failed call was stopped by: one of our own limits, a trap, or a value that cannot be lifted.
    fn fault(&self, error: &wasmtime::Error) -> Fault {
        if let Some(fault) = error.downcast_ref::<Fault>() {
            return fault.clone();
        }
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return match trap {
                Trap::UnreachableCodeReached => Fault::Panic,
                Trap::StackOverflow => Fault::Stack,
                other => Fault::Trap(
                    other
                        .to_string()
                        .trim_start_matches("wasm trap: ")
                        .to_owned(),
                ),
            };
        }
        let cause = root_cause(error);
        for (words, what) in [
            ("instance count", "instances"),
            ("memory count", "memories"),
            ("table count", "tables"),
        ] {
            if cause.contains(words) {
                return Fault::Instances {
                    what,
                    limit: self.limits.instances,
                };
            }
        }
        // Wasmtime keeps this error's type to itself.
        if cause.contains("fuel allocated for hostcalls") {
            return Fault::AnswerSize {
                limit: self.limits.answer_bytes,
            };
        }
        Fault::Convention(cause)
    }
}
