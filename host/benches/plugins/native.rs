//! The first-party plugins as native code.

use aegis_plugin::harness::Memory;
use aegis_plugin::{
    Descriptor, Failure, Gitops, ProvidedFact, Provisioning, Request, Security, Validation,
};
use aegis_plugin::{gitops, provisioning, security, validation};
use aegis_plugin_argocd::ArgoCd;
use aegis_plugin_cert_manager::CertManager;
use aegis_plugin_compliance::Compliance;
use aegis_plugin_kops::Kops;
use aegis_plugin_terraform::Terraform;
use serde_json::Value;

use crate::Outcome;

/// A plugin's functions. The folder of the plugin, and its component, have its name.
pub struct Native {
    pub name: &'static str,
    pub describe: fn() -> Descriptor,
    /// `plan`, or `evaluate` of a plugin that judges.
    pub call: fn(&Request, &Memory) -> Result<Answer, Failure>,
}

/// What a plugin answers.
pub enum Answer {
    Provisioning(provisioning::Proposal),
    Security(security::Proposal),
    Gitops(gitops::Proposal),
    Findings(Vec<validation::Finding>),
}

impl Answer {
    /// Changes and facts that it provides, or findings.
    pub fn parts(&self) -> usize {
        match self {
            Self::Provisioning(proposal) => proposal.changes.len() + proposal.provides.len(),
            Self::Security(proposal) => proposal.changes.len() + proposal.provides.len(),
            Self::Gitops(proposal) => proposal.changes.len() + proposal.provides.len(),
            Self::Findings(findings) => findings.len(),
        }
    }

    pub fn provides(&self) -> &[ProvidedFact] {
        match self {
            Self::Provisioning(proposal) => &proposal.provides,
            Self::Security(proposal) => &proposal.provides,
            Self::Gitops(proposal) => &proposal.provides,
            Self::Findings(_) => &[],
        }
    }

    /// As JSON, of which about as many bytes cross the sandbox's wall.
    pub fn json(&self) -> Outcome<Value> {
        Ok(match self {
            Self::Provisioning(proposal) => serde_json::to_value(proposal),
            Self::Security(proposal) => serde_json::to_value(proposal),
            Self::Gitops(proposal) => serde_json::to_value(proposal),
            Self::Findings(findings) => serde_json::to_value(findings),
        }?)
    }
}

/// Every plugin of this repository.
pub const ALL: [Native; 5] = [
    Native {
        name: "terraform",
        describe: Terraform::describe,
        call: |request, host| Terraform::plan(request, host).map(Answer::Provisioning),
    },
    Native {
        name: "kops",
        describe: Kops::describe,
        call: |request, host| Kops::plan(request, host).map(Answer::Provisioning),
    },
    Native {
        name: "cert-manager",
        describe: CertManager::describe,
        call: |request, host| CertManager::plan(request, host).map(Answer::Security),
    },
    Native {
        name: "argocd",
        describe: ArgoCd::describe,
        call: |request, host| ArgoCd::plan(request, host).map(Answer::Gitops),
    },
    Native {
        name: "compliance",
        describe: Compliance::describe,
        call: |request, host| Compliance::evaluate(request, host).map(Answer::Findings),
    },
];
