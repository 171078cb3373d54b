//! The one decision.

use super::ceiling;
use super::codes;
use super::denial::{Denial, Wall};
use super::{Effective, Request};

/// What was decided about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Allowed by this line of the operator's grant, counted from 0 in canonical order.
    Allowed {
        by: usize,
    },
    Denied(Denial),
}

impl Decision {
    pub const fn allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    /// The line of the grant, or the refusal.
    pub fn into_result(self) -> Result<usize, Denial> {
        match self {
            Self::Allowed { by } => Ok(by),
            Self::Denied(denial) => Err(denial),
        }
    }
}

/// Decides about one request: every read and everything that a change implies comes through here.
///
/// Allowed is what the plugin's kind can do, its signed statement asks for and the operator granted, all three,
/// on this very request; everything else is denied. Each decision is counted and traced.
pub fn authorize(effective: &Effective, request: &Request) -> Decision {
    match decide(effective, request) {
        Ok(by) => {
            effective.audit().allowed(request.family());
            tracing::debug!(stage = %effective.stage(), %request, line = by, "allowed");
            Decision::Allowed { by }
        }
        Err(denial) => {
            effective.audit().denied(request.family(), &denial);
            tracing::debug!(stage = %effective.stage(), %request, code = denial.code, wall = ?denial.wall, "denied");
            Decision::Denied(denial)
        }
    }
}

fn decide(effective: &Effective, request: &Request) -> Result<usize, Denial> {
    let reach = effective.reach();
    let stage = effective.stage();
    let denied = |code, wall, reason: String, help: String| Denial {
        code,
        asked: request.to_string().into_boxed_str(),
        wall,
        reason: reason.into_boxed_str(),
        help: help.into_boxed_str(),
        change: None,
        pointer: None,
    };
    if !ceiling::allows(effective.kind(), request) {
        return Err(denied(
            codes::KIND_CEILING,
            Wall::Kind,
            format!("a {} plugin can never do this", effective.kind()),
            "no grant helps: this belongs into a plugin of another kind".to_owned(),
        ));
    }
    if let Some(cluster) = request.cluster().filter(|cluster| !reach.contains(cluster)) {
        let reason = match reach.own {
            Some(own) => format!("stage {stage} runs for cluster {own} and cannot mean {cluster}"),
            None => format!("the stack has no cluster {cluster}"),
        };
        return Err(denied(
            codes::OUT_OF_REACH,
            Wall::Reach,
            reason,
            "no grant helps: only a stage of the stack can mean several clusters".to_owned(),
        ));
    }
    if effective.signed().covering(request, reach).is_none() {
        return Err(denied(
            codes::NOT_REQUESTED,
            Wall::Signed,
            "the plugin's signed statement does not ask for it".to_owned(),
            "ask the plugin's publisher: a grant cannot reach beyond what was signed".to_owned(),
        ));
    }
    effective.granted().covering(request, reach).ok_or_else(|| {
        denied(
            codes::NOT_GRANTED,
            Wall::Granted,
            format!("it is not granted to stage {stage}"),
            format!(
                "review what the plugin asks for with `aegis plugin inspect`, and accept it with `aegis plugin update {stage}` if it should have it"
            ),
        )
    })
}
