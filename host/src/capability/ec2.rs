//! EC2 describe calls.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::grant::Grant;
use super::sorted::{Patterns, Sorted};
use super::{Reach, Request, Risk, words};

/// The calls of the contract. Each has a typed answer without fields that can hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ec2Call {
    AvailabilityZones,
    InstanceTypes,
    Vpcs,
    Subnets,
    SecurityGroups,
    Volumes,
    Instances,
    Images,
}

impl Ec2Call {
    /// The call's name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AvailabilityZones => "availability-zones",
            Self::InstanceTypes => "instance-types",
            Self::Vpcs => "vpcs",
            Self::Subnets => "subnets",
            Self::SecurityGroups => "security-groups",
            Self::Volumes => "volumes",
            Self::Instances => "instances",
            Self::Images => "images",
        }
    }
}

impl fmt::Display for Ec2Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// `ec2.read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Ec2Grant {
    pub calls: Sorted<Ec2Call>,
    pub regions: Patterns,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ec2Request {
    pub call: Ec2Call,
    pub region: String,
}

impl Ec2Request {
    pub const fn risk(&self) -> Risk {
        Risk::Plain
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        None
    }
}

impl fmt::Display for Ec2Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ask EC2 for {} in {}",
            self.call,
            untrusted(&self.region)
        )
    }
}

impl Grant for Ec2Grant {
    fn covers(&self, request: &Request, _: Reach<'_>) -> bool {
        let Request::Ec2(request) = request else {
            return false;
        };
        self.calls.contains(&request.call) && self.regions.covers(&request.region, request.risk())
    }

    fn describe(&self) -> String {
        let regions = if self.regions.is_everything() {
            "every region".to_owned()
        } else {
            words::list(self.regions.iter())
        };
        format!(
            "ask EC2 for {} in {regions}",
            words::list(self.calls.iter())
        )
    }

    fn risk(&self) -> Risk {
        Risk::Plain
    }
}
