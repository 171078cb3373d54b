//! Why a plugin has no answer, said so that a person can act on it.

use serde_json::Value;

use crate::{ConfigProblem, Failure, ReadError};

impl Failure {
    /// One thing in the configuration that is wrong.
    pub fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::InvalidConfig(vec![ConfigProblem::new(pointer, message)])
    }

    /// The stage cannot be planned without these clusters.
    pub fn needs_clusters<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self::NeedsCluster(names.into_iter().map(Into::into).collect())
    }

    /// Two wishes that exclude each other; the pointer names one, the message the other.
    pub fn conflicting(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Conflict(ConfigProblem::new(pointer, message))
    }

    /// What is asked for makes sense, and this plugin does not do it.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::Unsupported(message.into())
    }

    /// The plugin itself is at fault.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(message.into())
    }
}

impl ConfigProblem {
    /// A problem at a JSON pointer of the configuration.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            message: message.into(),
            patch: None,
        }
    }

    /// A JSON Patch (RFC 6902) of the configuration that would mend it.
    pub fn patch(mut self, patch: Value) -> Self {
        self.patch = Some(patch.to_string());
        self
    }
}

/// Collects what is wrong with a configuration, so that a person sees all of it at once.
///
/// ```
/// use aegis_plugin::Problems;
///
/// let (min, max) = (4, 3);
/// let mut problems = Problems::default();
/// problems.require(min <= max, "/nodes/max", "must not be below `min`");
/// assert!(problems.finish().is_err());
/// ```
#[derive(Debug, Default)]
pub struct Problems(Vec<ConfigProblem>);

impl Problems {
    /// Adds a problem unless the condition holds.
    pub fn require(&mut self, holds: bool, pointer: impl Into<String>, message: impl Into<String>) {
        if !holds {
            self.add(ConfigProblem::new(pointer, message));
        }
    }

    /// Adds a problem.
    pub fn add(&mut self, problem: ConfigProblem) {
        self.0.push(problem);
    }

    /// `Ok` when nothing was found.
    ///
    /// # Errors
    /// `Failure::InvalidConfig` with everything that was added.
    pub fn finish(self) -> Result<(), Failure> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Failure::InvalidConfig(self.0))
        }
    }
}

impl ReadError {
    /// A sentence about a read that gave no value.
    ///
    /// ```
    /// use aegis_plugin::ReadError;
    ///
    /// assert_eq!(ReadError::Absent.explain("the file `a.txt`"), "the file `a.txt` does not exist");
    /// ```
    pub fn explain(&self, subject: &str) -> String {
        match self {
            Self::Absent => format!("{subject} does not exist"),
            Self::Unreachable(why) => format!("{subject} could not be read: {why}"),
            Self::Denied(why) => format!("{subject} was not granted: {why}"),
            Self::Invalid(why) => format!("{subject} was asked for in a wrong way: {why}"),
        }
    }

    /// The failure of a plan that cannot do without this read.
    pub fn into_failure(self, subject: &str) -> Failure {
        match self {
            Self::Invalid(_) => Failure::Internal(self.explain(subject)),
            _ => Failure::Unsupported(self.explain(subject)),
        }
    }
}
