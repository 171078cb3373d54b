//! Calls of the operator's adapters.

use serde_json::Value;

pub use crate::bindings::shared::changes::ToolCall as Call;

impl Call {
    /// A call without holes, inputs and secrets, that may do harm when it is made twice.
    pub fn new(adapter: impl Into<String>) -> Self {
        Self {
            adapter: adapter.into(),
            holes: Vec::new(),
            inputs: Vec::new(),
            stdin_secrets: Vec::new(),
            idempotent: false,
            probe: None,
            undo: None,
        }
    }

    /// Fills a hole of the adapter.
    pub fn hole(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.holes.push((name.into(), value.into().to_string()));
        self
    }

    /// Adds a file that the tool finds in its folder.
    pub fn input(mut self, name: impl Into<String>, content: impl Into<String>) -> Self {
        self.inputs.push((name.into(), content.into()));
        self
    }

    /// Adds a secret fact that is given on standard input.
    pub fn stdin_secret(mut self, fact: impl Into<String>) -> Self {
        self.stdin_secrets.push(fact.into());
        self
    }

    /// Calling it twice does no harm.
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// The adapter that tells whether the call was done.
    pub fn probe(mut self, adapter: impl Into<String>) -> Self {
        self.probe = Some(adapter.into());
        self
    }

    /// The adapter that takes the call back.
    pub fn undo(mut self, adapter: impl Into<String>) -> Self {
        self.undo = Some(adapter.into());
        self
    }
}
