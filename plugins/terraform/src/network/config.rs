//! What an operator can set of a network.

use std::collections::{BTreeMap, BTreeSet};

use aegis_plugin::{Problems, pointer};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::naming::{UserTags, check_tags, dashed};

/// The network of a cluster.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// How private subnets reach the Internet.
    pub(crate) nat: Nat,
    /// Services of AWS that are reached without leaving the network.
    pub(crate) endpoints: Endpoints,
    /// Records of who talked to whom.
    pub(crate) flow_logs: FlowLogs,
    /// Blocks of a zone's subnets, by the zone's full name, instead of those that are cut out of the cluster's block.
    pub(crate) subnets: BTreeMap<String, ZoneBlocks>,
    /// Tags of every resource that takes tags.
    pub(crate) tags: UserTags,
}

/// Where NAT gateways stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Nat {
    /// One in each zone: a zone that fails takes no other with it.
    #[default]
    PerZone,
    /// One for all zones: cheaper, and when its zone fails no private subnet reaches the Internet.
    Single,
}

/// Endpoints within the network.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Endpoints {
    /// Services that are reached by a route; they cost nothing.
    pub(crate) gateway: BTreeSet<GatewayService>,
    /// Services that get an address in each private subnet, as AWS names them after the region: `ecr.api`, `sts`.
    /// Each costs by the hour and by zone.
    #[schemars(extend("uniqueItems" = true))]
    pub(crate) interface: Vec<String>,
}

/// The services that have gateway endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GatewayService {
    Dynamodb,
    S3,
}

/// What nodes and the platform's controllers talk to all the time.
const INTERFACES: [&str; 7] = [
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "elasticloadbalancing",
    "kms",
    "sts",
];

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            gateway: BTreeSet::from([GatewayService::S3]),
            interface: INTERFACES.map(str::to_owned).into(),
        }
    }
}

impl GatewayService {
    /// As AWS names it after the region.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dynamodb => "dynamodb",
            Self::S3 => "s3",
        }
    }
}

/// VPC flow logs, in CloudWatch.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct FlowLogs {
    /// Whether they are kept at all.
    pub(crate) enabled: bool,
    /// Days until a record is deleted: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
    /// 2922, 3288 or 3653.
    pub(crate) retention_days: u32,
    /// Seconds over which packets are summed up: 60 or 600.
    pub(crate) aggregation_seconds: u32,
    /// Which traffic is recorded.
    pub(crate) traffic: Traffic,
}

/// Traffic that flow logs record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Traffic {
    All,
    /// What security groups and network ACLs let through.
    Accept,
    /// What they did not let through.
    Reject,
}

impl Traffic {
    /// As the EC2 API names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Accept => "ACCEPT",
            Self::Reject => "REJECT",
        }
    }
}

impl Default for FlowLogs {
    fn default() -> Self {
        Self {
            enabled: true,
            retention_days: 90,
            aggregation_seconds: 600,
            traffic: Traffic::All,
        }
    }
}

/// Periods that CloudWatch Logs takes, in days (API reference of `PutRetentionPolicy`).
const RETENTION_DAYS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// The blocks of one zone's subnets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ZoneBlocks {
    /// Where nodes and Pods are.
    pub(crate) private: String,
    /// For what has a public address of its own.
    pub(crate) public: String,
    /// For load balancers and NAT gateways.
    pub(crate) utility: String,
}

impl Config {
    /// Adds what is wrong, but for subnets, which [`super::subnets`] judges.
    pub(crate) fn check(&self, region: &str, problems: &mut Problems) {
        check_tags(&self.tags, problems);
        problems.require(
            RETENTION_DAYS.contains(&self.flow_logs.retention_days),
            "/flow-logs/retention-days",
            "CloudWatch takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, \
             2922, 3288 or 3653 days",
        );
        problems.require(
            [60, 600].contains(&self.flow_logs.aggregation_seconds),
            "/flow-logs/aggregation-seconds",
            "EC2 takes 60 or 600 seconds",
        );
        // Some services of the China regions are named `cn.com.amazonaws.…`, others are not.
        problems.require(
            !region.starts_with("cn-") || self.endpoints.interface.is_empty(),
            "/endpoints/interface",
            "interface endpoints of the China regions are not supported; set an empty list",
        );
        let mut labels = BTreeSet::new();
        for (index, service) in self.endpoints.interface.iter().enumerate() {
            let mut at = String::from("/endpoints/interface");
            pointer::push(&mut at, &index.to_string());
            let gateway = ["dynamodb", "s3"].contains(&service.as_str());
            problems.require(
                is_service(service) && !gateway,
                at.as_str(),
                format!(
                    "`{service}` is no service with an interface endpoint; they are named as AWS names them after the \
                     region, `ecr.api`; `s3` and `dynamodb` go under `gateway`"
                ),
            );
            problems.require(
                labels.insert(dashed(service)),
                at,
                format!("`{service}` is there twice"),
            );
        }
    }
}

/// Words of lower-case letters, digits and dashes with dots between them.
fn is_service(text: &str) -> bool {
    let word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && !word.ends_with('-')
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.len() <= 63 && text.split('.').all(word)
}
