//! The `compliance` plugin: controls over the kOps and Terraform documents of a plan.
//!
//! A control is evaluated on what a document means, not on whether a word occurs in it. A value that is
//! still a token is not known, so a control that needs it reports that it was not evaluated; a control
//! never passes for want of something to look at.

mod document;
mod kops;
mod rule;
mod terraform;

use aegis_plugin::validation::{Control, Finding};
use aegis_plugin::{Descriptor, Failure, Request, Scope, StageType, Validation, ValidationHost};

use document::Contents;
use rule::{Judgement, Rule};

/// The plugin.
#[derive(Debug)]
pub struct Compliance;

/// What an operator can set.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// Controls that are not evaluated at all. They are reported as not evaluated, never as passed.
    pub skip: std::collections::BTreeSet<String>,
}

fn rules() -> impl Iterator<Item = Rule> {
    kops::rules().into_iter().chain(terraform::rules())
}

impl Validation for Compliance {
    fn describe() -> Descriptor {
        Descriptor::validation("compliance", env!("CARGO_PKG_VERSION")).stage_type(
            StageType::new::<Config>(
                "controls",
                Scope::Stack,
                "Controls over the documents of a plan",
            )
            .config_version(1),
        )
    }

    fn controls() -> Vec<Control> {
        rules().map(|rule| rule.control).collect()
    }

    fn evaluate(request: &Request, host: &impl ValidationHost) -> Result<Vec<Finding>, Failure> {
        let config: Config = request.config()?;
        let known: std::collections::BTreeSet<String> =
            rules().map(|rule| rule.control.id).collect();
        if let Some(unknown) = config.skip.iter().find(|id| !known.contains(*id)) {
            return Err(Failure::invalid(
                "/skip",
                format!("there is no control `{unknown}`"),
            ));
        }
        let (left_out, judged): (Vec<Rule>, Vec<Rule>) =
            rules().partition(|rule| config.skip.contains(&rule.control.id));
        let mut contents = Contents::of(host)?;
        let mut judgements: Vec<Judgement> = judged.into_iter().map(Judgement::begin).collect();
        for part in contents.parts(host) {
            let part = part?;
            for judgement in &mut judgements {
                judgement.look(&part);
            }
        }
        let mut findings: Vec<Finding> = left_out
            .iter()
            .map(|rule| Finding::not_evaluated(&rule.control.id, "left out by configuration"))
            .collect();
        for judgement in judgements {
            findings.extend(judgement.end(&contents));
        }
        Ok(findings)
    }
}

aegis_plugin::export!(validation: Compliance);

#[cfg(test)]
mod tests;
