//! What can be wrong with a graph.

use aegis_document::Identifier;

use crate::fact::{FactRef, Format};
use crate::plan::InstanceId;

/// A graph that cannot be planned. Every problem names the stage whose entry in the stack file is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphProblem {
    #[error("stage `{stage}` needs `{wanted}`, and there is no stage of that name")]
    UnknownNeed {
        stage: Identifier,
        wanted: Identifier,
    },
    #[error("nobody provides `{fact}` ({format}), which stage `{stage}` requires")]
    NobodyProvides {
        stage: Identifier,
        fact: FactRef,
        format: Format,
    },
    #[error("`{fact}` is provided twice: by {first} and by {second}")]
    TwoProviders {
        stage: Identifier,
        fact: FactRef,
        first: String,
        second: String,
    },
    #[error("`{fact}` is {provided} from {provider}, and stage `{stage}` requires {required}")]
    FormatMisfit {
        stage: Identifier,
        fact: FactRef,
        provider: String,
        provided: Format,
        required: Format,
    },
    #[error(
        "`{fact}` has meaning {provided} from {provider}, and stage `{stage}` requires meaning {required}"
    )]
    SchemaMisfit {
        stage: Identifier,
        fact: FactRef,
        provider: String,
        provided: u32,
        required: u32,
    },
    #[error("`{fact}` from {provider} is a secret, and stage `{stage}` does not treat it as one")]
    SecretMisfit {
        stage: Identifier,
        fact: FactRef,
        provider: String,
    },
    #[error("stage `{stage}` runs once for the stack and requires `{fact}` of its own cluster")]
    NoOwnCluster { stage: Identifier, fact: Identifier },
    #[error("the stages wait for each other: {}", cycle(.instances))]
    Cycle {
        stage: Identifier,
        instances: Vec<InstanceId>,
    },
    #[error(
        "stages `{first}` and `{stage}` exclude each other: a cluster can have only one {class}"
    )]
    Exclusive {
        stage: Identifier,
        first: Identifier,
        class: Identifier,
    },
}

fn cycle(instances: &[InstanceId]) -> String {
    let mut names: Vec<String> = instances.iter().map(|i| format!("`{i}`")).collect();
    names.extend(names.first().cloned());
    names.join(" → ")
}

impl GraphProblem {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownNeed { .. } => "AEG0201",
            Self::NobodyProvides { .. } => "AEG0202",
            Self::TwoProviders { .. } => "AEG0203",
            Self::FormatMisfit { .. } => "AEG0204",
            Self::SchemaMisfit { .. } => "AEG0205",
            Self::SecretMisfit { .. } => "AEG0206",
            Self::NoOwnCluster { .. } => "AEG0207",
            Self::Cycle { .. } => "AEG0208",
            Self::Exclusive { .. } => "AEG0209",
        }
    }

    /// The stage at fault.
    pub const fn stage(&self) -> &Identifier {
        match self {
            Self::UnknownNeed { stage, .. }
            | Self::NobodyProvides { stage, .. }
            | Self::TwoProviders { stage, .. }
            | Self::FormatMisfit { stage, .. }
            | Self::SchemaMisfit { stage, .. }
            | Self::SecretMisfit { stage, .. }
            | Self::NoOwnCluster { stage, .. }
            | Self::Cycle { stage, .. }
            | Self::Exclusive { stage, .. } => stage,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::UnknownNeed { .. } => "name a stage of this stack, or remove the entry from `needs`".into(),
            Self::NobodyProvides { fact, .. } => {
                let place = fact.cluster.as_ref().map_or("stack", Identifier::as_str);
                format!(
                    "add a stage that provides it, or supply its value: `facts: {{{place}: {{{}: …}}}}`",
                    fact.name
                )
            }
            Self::TwoProviders { .. } => {
                "turn one of them off (`off: \"reason\"`), or remove the supplied value from `facts`".into()
            }
            Self::FormatMisfit { .. } | Self::SchemaMisfit { .. } | Self::SecretMisfit { .. } => {
                "use versions of the two plugins that agree; `aegis plugin inspect` shows what each provides and requires".into()
            }
            Self::NoOwnCluster { .. } => "the plugin is at fault: tell its publisher".into(),
            Self::Cycle { .. } => "remove one of the `needs`, or replace one of the stages".into(),
            Self::Exclusive { .. } => "turn one of the two stages off".into(),
        }
    }
}
