//! Why there is no plan.

use aegis_document::{CanonicalError, IdentifierError, untrusted};

use super::super::identity::{Identity, InstanceId};
use crate::capability::Denial;
use crate::driver::tree::Clash;
use crate::graph::GraphProblem;
use crate::sandbox::CallError;
use crate::stack::{Diagnostic, Stack};

/// Everything that stands between the inputs and a plan. All problems that were found, not only the first.
#[derive(Debug, Default)]
pub struct PlanFailure {
    pub diagnostics: Vec<Diagnostic>,
    /// Refusals of the capability check; they make the exit code 3.
    pub denials: Vec<(InstanceId, Denial)>,
}

pub const CONFIG: &str = "AEG0701";
pub const PLUGIN_FAILURE: &str = "AEG0702";
pub const DOCUMENT: &str = "AEG0704";
pub const TWO_CLAIMS: &str = "AEG0705";
pub const PATH_CLASH: &str = "AEG0706";
pub const FOREIGN_FILE: &str = "AEG0707";
pub const FACT_VALUE: &str = "AEG0708";
pub const PLUGIN_FACTS: &str = "AEG0709";
pub const CONFIG_SCHEMA: &str = "AEG0710";
pub const STAGE_TYPE: &str = "AEG0711";
pub const STAGE_SCOPE: &str = "AEG0712";
pub const LOCKED_VERSION: &str = "AEG0713";
pub const CONTROL: &str = "AEG0714";
pub const TARGET: &str = "AEG0715";
pub const INTERNAL: &str = "AEG0799";

impl PlanFailure {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub fn merge(&mut self, other: Self) {
        self.diagnostics.extend(other.diagnostics);
        self.denials.extend(other.denials);
    }

    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty() && self.denials.is_empty()
    }

    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    /// 3 when anything was refused, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        if self.denials.is_empty() { 1 } else { 3 }
    }

    pub(super) fn denied(id: &InstanceId, denials: Vec<Denial>) -> Self {
        Self {
            diagnostics: Vec::new(),
            denials: denials
                .into_iter()
                .map(|denial| (id.clone(), denial))
                .collect(),
        }
    }

    pub(super) fn canonical(error: CanonicalError) -> Self {
        Diagnostic::new(INTERNAL, error.to_string()).into()
    }

    pub(super) fn identifier(error: IdentifierError) -> Self {
        Diagnostic::new(INTERNAL, error.to_string()).into()
    }
}

impl From<Diagnostic> for PlanFailure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostics: vec![diagnostic],
            denials: Vec::new(),
        }
    }
}

/// A diagnostic at the place where a stage names its plugin.
pub fn at_stage(stack: &Stack, stage: &str, code: &'static str, message: String) -> Diagnostic {
    let diagnostic = Diagnostic::new(code, message).with_source(stack.source());
    match stack
        .stages
        .get(stage)
        .and_then(crate::stack::Stage::use_span)
    {
        Some(span) => diagnostic.at(span, "this stage"),
        None => diagnostic,
    }
}

pub fn graph_problem(stack: &Stack, problem: &GraphProblem) -> Diagnostic {
    let stage = problem.stage().as_str();
    let diagnostic = Diagnostic::new(problem.code(), problem.to_string())
        .help(problem.help())
        .with_source(stack.source());
    let stages = stack.stages.get(stage);
    let span = match problem {
        GraphProblem::UnknownNeed { wanted, .. } => {
            stages.and_then(|stage| stage.need_span(wanted.as_str()))
        }
        GraphProblem::TwoProviders { fact, .. } => stack
            .fact(
                fact.cluster
                    .as_ref()
                    .map(aegis_document::Identifier::as_str),
                fact.name.as_str(),
            )
            .map(|fact| fact.span)
            .or_else(|| stages.and_then(crate::stack::Stage::use_span)),
        _ => stages.and_then(crate::stack::Stage::use_span),
    };
    match span {
        Some(span) => diagnostic.at(span, "here"),
        None => diagnostic,
    }
}

pub fn call(stack: &Stack, id: &InstanceId, error: &CallError) -> Diagnostic {
    at_stage(
        stack,
        id.stage.as_str(),
        error.code(),
        format!("{id}: {error}"),
    )
    .help(error.help())
}

pub fn two_claims(identity: &Identity, first: &InstanceId, second: &InstanceId) -> Diagnostic {
    Diagnostic::new(
        TWO_CLAIMS,
        format!(
            "{} is proposed by {first} and by {second}",
            untrusted(&identity.to_string())
        ),
    )
    .help("one thing has one owner: turn one of the two stages off, or configure them apart")
}

pub fn path_clash(id: &InstanceId, clash: &Clash) -> Diagnostic {
    Diagnostic::new(PATH_CLASH, format!("{id}: {clash}"))
        .help("two documents would be written to one place: configure the stages apart")
}
