//! What was decided, counted.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::denial::Denial;

/// Collects decisions. Allowed ones are counted, refusals are kept: a plugin that asks a million times
/// makes numbers, not lines.
#[derive(Debug, Default)]
pub struct Audit {
    inner: Mutex<AuditSummary>,
}

/// What an [`Audit`] has collected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AuditSummary {
    /// By family of requests, sorted.
    pub counts: BTreeMap<&'static str, AuditCount>,
    /// The first refusals, in order.
    pub denials: Vec<Denial>,
    /// Refusals beyond [`AuditSummary::MAX_DENIALS`].
    pub denials_omitted: u64,
}

/// Decisions of one family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AuditCount {
    pub allowed: u64,
    pub denied: u64,
}

impl AuditSummary {
    /// How many refusals are kept.
    pub const MAX_DENIALS: usize = 100;
}

impl Audit {
    pub(super) fn allowed(&self, family: &'static str) {
        self.with(|summary| summary.counts.entry(family).or_default().allowed += 1);
    }

    pub(super) fn denied(&self, family: &'static str, denial: &Denial) {
        self.with(|summary| {
            summary.counts.entry(family).or_default().denied += 1;
            if summary.denials.len() < AuditSummary::MAX_DENIALS {
                summary.denials.push(denial.clone());
            } else {
                summary.denials_omitted += 1;
            }
        });
    }

    /// What was collected so far.
    pub fn summary(&self) -> AuditSummary {
        self.with(|summary| summary.clone())
    }

    /// The counts stay usable after a panic elsewhere: they are only ever added to.
    fn with<T>(&self, action: impl FnOnce(&mut AuditSummary) -> T) -> T {
        action(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
