//! What a grant says of Terraform.

use serde::{Deserialize, Serialize};

use super::types;
use super::{TerraformAction, TerraformRequest};
use crate::capability::grant::Problem;
use crate::capability::iam::IamGrant;
use crate::capability::sorted::{Patterns, Sorted};
use crate::capability::{Pattern, Reach, Risk, words};
use crate::template::Mode;

/// `terraform`. What a line leaves out it does not allow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TerraformGrant {
    /// Source of the provider, `hashicorp/aws`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Version constraints that a root may state, each as it is written: `>= 5.100.0, < 7.0.0`.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub versions: Sorted<String>,
    /// Regions that roots may work in.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub regions: Patterns,
    /// Resource types. A wildcard reaches plain ones; `*` and `aws_*` are too wide to mean anything.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub resource_types: Patterns,
    /// Data sources, by their exact names.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub data_types: Sorted<String>,
    /// What Terraform's plan may do with resources of the types of this line.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub actions: Sorted<TerraformAction>,
    /// Literals that identify infrastructure of somebody else.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub targets: Patterns,
    /// Permissions that IAM policies may hold.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub iam: Sorted<IamGrant>,
    /// Attributes that can do more than their type says, `aws_instance.user_data`, by their exact names.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub attributes: Sorted<String>,
    /// The most resources of one root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_resources: Option<u32>,
    /// Resource types that the host has no table for, by their exact names: anything may be in them.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub unchecked: Sorted<String>,
}

fn is_empty<T>(list: &Sorted<T>) -> bool {
    list.is_empty()
}

impl TerraformGrant {
    /// Whether the line allows the request.
    pub fn covers(&self, request: &TerraformRequest, _: Reach<'_>) -> bool {
        match request {
            TerraformRequest::Provider { source, version } => {
                self.provider.as_ref() == Some(source) && self.versions.contains(version)
            }
            TerraformRequest::Region { region } => self.regions.matches(region),
            TerraformRequest::Count { resources } => {
                self.max_resources.is_some_and(|most| *resources <= most)
            }
            TerraformRequest::Resource { kind, risk } => self.resource_types.covers(kind, *risk),
            TerraformRequest::Unchecked { kind } => self.unchecked.contains(kind),
            TerraformRequest::Data { kind } => self.data_types.contains(kind),
            TerraformRequest::Target { value, risk, .. } => self.targets.covers(value, *risk),
            TerraformRequest::Iam { allow, .. } => self.iam.iter().any(|line| line.covers(allow)),
            TerraformRequest::Attribute {
                kind, attribute, ..
            } => self.attributes.iter().any(|name| {
                name.strip_prefix(kind)
                    .and_then(|rest| rest.strip_prefix('.'))
                    == Some(attribute)
            }),
            TerraformRequest::Action { kind, action } => {
                self.actions.contains(action) && self.has_type(kind)
            }
        }
    }

    fn has_type(&self, kind: &str) -> bool {
        match types::policy_of(Mode::Managed, kind) {
            Some(policy) => self.resource_types.covers(kind, policy.risk),
            None => self.unchecked.iter().any(|name| name == kind),
        }
    }

    /// The line in plain words.
    pub fn describe(&self) -> String {
        let mut parts = Vec::new();
        if let Some(provider) = &self.provider {
            parts.push(format!(
                "use the Terraform provider {provider} ({})",
                words::list(self.versions.iter())
            ));
        }
        let mut list = |what: &str, items: String, empty: bool| {
            if !empty {
                parts.push(format!("{what} {items}"));
            }
        };
        list(
            "work in the regions",
            words::patterns(&self.regions),
            self.regions.is_empty(),
        );
        list(
            "manage",
            words::patterns(&self.resource_types),
            self.resource_types.is_empty(),
        );
        list(
            "manage without any check",
            words::list(self.unchecked.iter()),
            self.unchecked.is_empty(),
        );
        list(
            "read",
            words::list(self.data_types.iter()),
            self.data_types.is_empty(),
        );
        list(
            "do",
            words::list(self.actions.iter()),
            self.actions.is_empty(),
        );
        list(
            "touch",
            words::list(self.targets.iter()),
            self.targets.is_empty(),
        );
        list(
            "decide",
            words::list(self.attributes.iter()),
            self.attributes.is_empty(),
        );
        for line in self.iam.iter() {
            parts.push(format!("write IAM policies that {}", line.describe()));
        }
        if let Some(most) = self.max_resources {
            parts.push(format!("have up to {most} resources in a root"));
        }
        words::list(parts)
    }

    /// The highest class that the line reaches.
    pub fn risk(&self) -> Risk {
        let unchecked = self.unchecked.iter().map(|_| Risk::Opaque);
        let types = self.resource_types.iter().filter_map(|pattern| {
            let name = pattern.to_string();
            types::policy_of(Mode::Managed, &name).map(|policy| policy.risk)
        });
        let attributes = self
            .attributes
            .iter()
            .filter_map(|name| types::class_of(name))
            .map(|class| class.risk());
        let iam = self.iam.iter().map(IamGrant::risk);
        let actions = self.actions.iter().map(|action| action.risk());
        let targets = self.targets.iter().map(|_| Risk::Power);
        unchecked
            .chain(types)
            .chain(attributes)
            .chain(iam)
            .chain(actions)
            .chain(targets)
            .max()
            .unwrap_or(Risk::Plain)
    }

    /// What is wrong with the line although each of its fields is well-formed.
    pub(in crate::capability) fn problem(&self) -> Option<Problem> {
        let problem = |pointer, message| Some(Problem { pointer, message });
        if self
            .provider
            .as_ref()
            .is_some_and(|source| source != super::PROVIDER)
        {
            return problem(
                "/provider",
                "the only provider that the host has rules for is hashicorp/aws",
            );
        }
        if self.resource_types.iter().any(is_too_wide) {
            return problem(
                "/resource-types",
                "`*` and `aws_*` are too wide; name types, or beginnings such as `aws_vpc*`",
            );
        }
        let unknown_type = |pattern: &Pattern| {
            !pattern.is_wildcard()
                && types::policy_of(Mode::Managed, &pattern.to_string()).is_none()
        };
        if self.resource_types.iter().any(unknown_type) {
            return problem(
                "/resource-types",
                "the host has no rules for one of the types; grant it by name in `unchecked`",
            );
        }
        if self
            .data_types
            .iter()
            .any(|name| types::policy_of(Mode::Data, name).is_none())
        {
            return problem(
                "/data-types",
                "one of the data sources cannot be granted: it is unknown, runs code, or brings secrets into the state",
            );
        }
        if self
            .attributes
            .iter()
            .any(|name| types::class_of(name).is_none())
        {
            return problem(
                "/attributes",
                "one of the attributes needs no grant or cannot be granted; write `TYPE.ATTRIBUTE`",
            );
        }
        let checked = |name: &String| {
            !super::is_terraform_name(name, false)
                || types::policy_of(Mode::Managed, name).is_some()
        };
        if self.unchecked.iter().any(checked) {
            return problem(
                "/unchecked",
                "exact names of types that the host has no rules for",
            );
        }
        None
    }
}

/// A beginning that every type has.
fn is_too_wide(pattern: &Pattern) -> bool {
    pattern.is_wildcard() && "aws_".starts_with(pattern.to_string().trim_end_matches('*'))
}
