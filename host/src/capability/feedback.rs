//! Configuration patches that a validation plugin offers for other stages.

use std::fmt;

use aegis_document::Identifier;
use serde::{Deserialize, Serialize};

use super::grant::Grant;
use super::sorted::Patterns;
use super::{Reach, Request, Risk, words};

/// `feedback`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FeedbackGrant {
    /// Stages whose configuration may be patched. The operator still accepts each patch.
    pub stages: Patterns,
}

/// Offering a patch of a stage's configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedbackRequest {
    pub stage: Identifier,
}

impl FeedbackRequest {
    /// Plain: a patch is shown as a difference and never written by the host.
    pub const fn risk(&self) -> Risk {
        Risk::Plain
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        None
    }
}

impl fmt::Display for FeedbackRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "offer a patch of the configuration of stage {}",
            self.stage
        )
    }
}

impl Grant for FeedbackGrant {
    fn covers(&self, request: &Request, _: Reach<'_>) -> bool {
        let Request::Feedback(request) = request else {
            return false;
        };
        self.stages.covers(request.stage.as_str(), request.risk())
    }

    fn describe(&self) -> String {
        if self.stages.is_everything() {
            return "offer patches of the configuration of every stage".to_owned();
        }
        format!(
            "offer patches of the configuration of stages {}",
            words::list(self.stages.iter())
        )
    }

    fn risk(&self) -> Risk {
        Risk::Plain
    }
}
