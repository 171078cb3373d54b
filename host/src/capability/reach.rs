//! Which clusters a grant and a stage mean.

use std::collections::BTreeSet;
use std::fmt;

use aegis_document::Identifier;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The clusters that a stage can mean at all.
#[derive(Clone, Copy, Debug)]
pub struct Reach<'a> {
    /// The cluster that the stage runs for; `None` for a stage of the stack.
    pub own: Option<&'a Identifier>,
    /// The clusters of the stack.
    pub clusters: &'a BTreeSet<Identifier>,
}

impl Reach<'_> {
    /// Whether the cluster is the stage's own or, for a stage of the stack, one of the stack.
    pub fn contains(&self, cluster: &Identifier) -> bool {
        self.clusters.contains(cluster) && self.own.is_none_or(|own| own == cluster)
    }
}

/// Clusters as a grant names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterPattern {
    /// `own`: the cluster that the stage runs for. Means nothing in a stage of the stack.
    Own,
    /// `*`: any cluster of the stack.
    Any,
    /// One cluster of the stack.
    Named(Identifier),
}

impl ClusterPattern {
    /// Whether one of the patterns has the cluster.
    pub fn covers_any(patterns: &[Self], cluster: &Identifier, reach: Reach<'_>) -> bool {
        reach.contains(cluster)
            && patterns.iter().any(|pattern| match pattern {
                Self::Own => reach.own == Some(cluster),
                Self::Any => true,
                Self::Named(named) => named == cluster,
            })
    }
}

impl fmt::Display for ClusterPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own"),
            Self::Any => f.write_str("*"),
            Self::Named(name) => name.fmt(f),
        }
    }
}

impl Serialize for ClusterPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClusterPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "own" => Ok(Self::Own),
            "*" => Ok(Self::Any),
            _ => Identifier::new(text).map(Self::Named).map_err(|error| {
                serde::de::Error::custom(format!(
                    "clusters are `own`, `*` or a cluster's name: {error}"
                ))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    #[test]
    fn a_stage_of_a_cluster_never_means_another() {
        let clusters = BTreeSet::from([id("use1"), id("euw1")]);
        let own = id("use1");
        let cluster_stage = Reach {
            own: Some(&own),
            clusters: &clusters,
        };
        let stack_stage = Reach {
            own: None,
            clusters: &clusters,
        };
        for (pattern, reach, cluster, covered) in [
            (ClusterPattern::Own, cluster_stage, "use1", true),
            (ClusterPattern::Own, cluster_stage, "euw1", false),
            (ClusterPattern::Any, cluster_stage, "euw1", false),
            (
                ClusterPattern::Named(id("euw1")),
                cluster_stage,
                "euw1",
                false,
            ),
            (ClusterPattern::Own, stack_stage, "use1", false),
            (ClusterPattern::Any, stack_stage, "euw1", true),
            (ClusterPattern::Any, stack_stage, "elsewhere", false),
            (
                ClusterPattern::Named(id("elsewhere")),
                stack_stage,
                "elsewhere",
                false,
            ),
        ] {
            let covers =
                ClusterPattern::covers_any(std::slice::from_ref(&pattern), &id(cluster), reach);
            assert_eq!(covers, covered, "{pattern} {cluster}");
        }
    }
}
