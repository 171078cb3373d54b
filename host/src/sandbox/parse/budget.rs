//! How many parts an answer may have.

use super::AnswerError;

/// Counts list elements and JSON values of one answer. Each JSON text has limits of its own; without a total,
/// an answer of ten thousand of them would fill the host's memory.
pub struct Budget {
    left: usize,
    limit: usize,
}

impl Budget {
    pub const fn new(limit: usize) -> Self {
        Self { left: limit, limit }
    }

    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    /// How many parts are left.
    pub(super) const fn left(&self) -> usize {
        self.left
    }

    pub(super) fn take(&mut self, parts: usize) -> Result<(), AnswerError> {
        self.left = self
            .left
            .checked_sub(parts)
            .ok_or(AnswerError::TooManyParts)?;
        Ok(())
    }
}
