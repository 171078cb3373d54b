//! Lists whose order means nothing.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Risk;
use super::pattern::Pattern;
use super::reach::{ClusterPattern, Reach};

/// A list that is sorted and holds each item once, so that equal grants have equal digests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sorted<T>(Vec<T>);

/// Patterns of names.
pub type Patterns = Sorted<Pattern>;
/// Patterns of clusters.
pub type Clusters = Sorted<ClusterPattern>;

impl<T: Ord> From<Vec<T>> for Sorted<T> {
    fn from(mut items: Vec<T>) -> Self {
        items.sort();
        items.dedup();
        Self(items)
    }
}

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for Sorted<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Serialize> Serialize for Sorted<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for Sorted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

impl Patterns {
    /// Whether a place lies in one of the patterns.
    pub fn matches(&self, text: &str) -> bool {
        Pattern::matches_any(self, text)
    }

    /// Whether one of the patterns means a thing of some risk.
    pub fn covers(&self, text: &str, risk: Risk) -> bool {
        Pattern::covers_any(self, text, risk)
    }

    /// Whether `*` is one of the patterns.
    pub fn is_everything(&self) -> bool {
        self.iter().any(Pattern::is_everything)
    }
}

impl Clusters {
    /// Whether one of the patterns has the cluster.
    pub fn covers(&self, cluster: &aegis_document::Identifier, reach: Reach<'_>) -> bool {
        ClusterPattern::covers_any(self, cluster, reach)
    }
}
