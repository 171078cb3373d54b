//! Why a plugin has no answer.

use super::super::bindings::types as wit;
use crate::proposal::{ConfigProblem, Failure};
use crate::sandbox::parse::{AnswerError, At, Budget, each, patch, text};

pub(in crate::sandbox) fn failure(
    raw: wit::Failure,
    budget: &mut Budget,
) -> Result<Failure, AnswerError> {
    Ok(match raw {
        wit::Failure::InvalidConfig(problems) => {
            Failure::InvalidConfig(each("invalid-config", problems, budget, problem)?)
        }
        wit::Failure::NeedsFact(facts) => {
            Failure::NeedsFact(each("needs-fact", facts, budget, |fact, _| {
                text::fact_ref(&fact)
            })?)
        }
        wit::Failure::NeedsCluster(clusters) => {
            Failure::NeedsCluster(each("needs-cluster", clusters, budget, |name, _| {
                text::identifier(name)
            })?)
        }
        wit::Failure::Conflict(raw) => Failure::Conflict(problem(raw, budget).at("conflict")?),
        wit::Failure::Unsupported(message) => Failure::Unsupported(text::cut(message)),
        wit::Failure::Internal(message) => Failure::Internal(text::cut(message)),
    })
}

fn problem(raw: wit::ConfigProblem, budget: &mut Budget) -> Result<ConfigProblem, AnswerError> {
    Ok(ConfigProblem {
        pointer: text::json_pointer(raw.pointer).at("pointer")?,
        message: text::cut(raw.message),
        patch: raw
            .patch
            .map(|raw| patch(&raw, budget))
            .transpose()
            .at("patch")?,
    })
}
