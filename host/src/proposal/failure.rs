//! Why a plugin has no answer.

use aegis_document::{Identifier, untrusted};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    InvalidConfig(Vec<ConfigProblem>),
    /// All missing facts by value, at once.
    NeedsFact(Vec<crate::fact::FactRef>),
    NeedsCluster(Vec<Identifier>),
    Conflict(ConfigProblem),
    Unsupported(String),
    Internal(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ConfigProblem {
    /// JSON pointer into the stage's configuration.
    pub pointer: String,
    /// The plugin's words: shown escaped.
    pub message: String,
    /// JSON Patch (RFC 6902) that would mend it.
    pub patch: Option<Value>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InvalidConfig(problems) => {
                f.write_str("the configuration is not valid")?;
                for problem in problems {
                    write!(
                        f,
                        "; {}: {}",
                        untrusted(&problem.pointer),
                        untrusted(&problem.message)
                    )?;
                }
                Ok(())
            }
            Self::NeedsFact(facts) => {
                f.write_str("facts are missing:")?;
                facts.iter().try_for_each(|fact| write!(f, " {fact}"))
            }
            Self::NeedsCluster(clusters) => {
                f.write_str("clusters are missing:")?;
                clusters
                    .iter()
                    .try_for_each(|cluster| write!(f, " {cluster}"))
            }
            Self::Conflict(problem) => {
                write!(
                    f,
                    "conflict at {}: {}",
                    untrusted(&problem.pointer),
                    untrusted(&problem.message)
                )
            }
            Self::Unsupported(message) => write!(f, "not supported: {}", untrusted(message)),
            Self::Internal(message) => write!(f, "the plugin failed: {}", untrusted(message)),
        }
    }
}
