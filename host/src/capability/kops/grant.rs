//! What a grant says of kOps.

use serde::{Deserialize, Serialize};

use super::fields;
use super::{KopsRequest, KopsUse};
use crate::capability::grant::Problem;
use crate::capability::iam::IamGrant;
use crate::capability::sorted::{Clusters, Patterns, Sorted};
use crate::capability::{Reach, Risk, words};

/// `kops`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KopsGrant {
    /// The clusters whose documents may be proposed.
    pub clusters: Clusters,
    /// Paths of fields, `spec.kubelet.maxPods` and `instanceGroup.spec.*`. A wildcard reaches plain
    /// values only.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub fields: Patterns,
    /// Images of machines and containers. A beginning is enough, as what comes before the name says
    /// whose they are.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub images: Patterns,
    /// IAM policies that roles may get, by their exact ARNs. Facts need no line.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub policies: Patterns,
    /// Permissions that IAM statements may hold.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub iam: Sorted<IamGrant>,
}

fn is_empty<T>(list: &Sorted<T>) -> bool {
    list.is_empty()
}

impl KopsGrant {
    /// Whether the line allows the request.
    pub fn covers(&self, request: &KopsRequest, reach: Reach<'_>) -> bool {
        self.clusters.covers(&request.cluster, reach)
            && match &request.what {
                KopsUse::Field { .. } | KopsUse::Exposing => {
                    self.fields.covers(&request.path, request.risk())
                }
                KopsUse::Image { image } => self.images.matches(image),
                KopsUse::Policy { arn } => self.policies.covers(arn, request.risk()),
                KopsUse::Iam { allow } => self.iam.iter().any(|line| line.covers(allow)),
            }
    }

    /// The line in plain words.
    pub fn describe(&self) -> String {
        let mut parts = Vec::new();
        let mut list = |what: &str, items: String, empty: bool| {
            if !empty {
                parts.push(format!("{what} {items}"));
            }
        };
        list(
            "set the kOps fields",
            words::patterns(&self.fields),
            self.fields.is_empty(),
        );
        list(
            "run the images",
            words::patterns(&self.images),
            self.images.is_empty(),
        );
        list(
            "attach the IAM policies",
            words::list(self.policies.iter()),
            self.policies.is_empty(),
        );
        for line in self.iam.iter() {
            parts.push(format!("write IAM statements that {}", line.describe()));
        }
        format!("{}{}", words::list(parts), words::clusters(&self.clusters))
    }

    /// The highest class that the line reaches.
    pub fn risk(&self) -> Risk {
        let fields = self
            .fields
            .iter()
            .filter_map(|pattern| fields::class_of(&pattern.to_string()));
        let images = self.images.iter().map(|_| Risk::Code);
        let policies = self.policies.iter().map(|_| Risk::Power);
        let iam = self.iam.iter().map(IamGrant::risk);
        fields
            .chain(images)
            .chain(policies)
            .chain(iam)
            .max()
            .unwrap_or(Risk::Plain)
    }

    /// What is wrong with the line although each of its fields is well-formed.
    pub(in crate::capability) fn problem(&self) -> Option<Problem> {
        let known = |path: &str| {
            fields::class_of(path).is_some()
                || matches!(fields::at(path), Some(fields::Found::Inner))
        };
        if self
            .fields
            .iter()
            .any(|pattern| !pattern.is_wildcard() && !known(&pattern.to_string()))
        {
            return Some(Problem {
                pointer: "/fields",
                message: "one of the fields is unknown, is written by the host, or cannot be granted",
            });
        }
        if self
            .policies
            .iter()
            .any(crate::capability::Pattern::is_wildcard)
        {
            return Some(Problem {
                pointer: "/policies",
                message: "policies are granted by their exact ARNs",
            });
        }
        None
    }
}
