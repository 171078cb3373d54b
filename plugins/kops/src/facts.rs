//! The facts of other stages that the cluster is made of.

use std::collections::BTreeMap;

use aegis_plugin::cidr::Block;
use aegis_plugin::{Cluster, FactRequirement, Failure, Request, Token, by_value, opaque};

/// The secret fact that holds the API server's `EncryptionConfiguration`.
pub const ENCRYPTION: &str = "encryption.configuration";

/// Names of facts that several functions use.
const PRIVATE_CIDRS: &str = "network.private-subnet-cidrs";
const UTILITY_CIDRS: &str = "network.utility-subnet-cidrs";
const OIDC_BUCKET: &str = "oidc.bucket";
const OIDC_REGION: &str = "oidc.region";
const ACCOUNT: &str = "aws.account-id";
const BOUNDARY: &str = "iam.boundary-arn";
const POLICY_ARNS: &str = "aws.policy-arns";

/// What the stage type requires. Ids that only AWS knows are tokens; what the network was planned
/// with is needed by value, because the cluster's shape is checked against it.
pub fn requirements() -> Vec<FactRequirement> {
    vec![
        opaque("network.vpc-id", "aws-id"),
        opaque("network.private-subnet-ids", "map<aws-id>"),
        opaque("network.utility-subnet-ids", "map<aws-id>"),
        opaque("network.nat-gateway-ids", "map<aws-id>").optional(),
        by_value(PRIVATE_CIDRS, "map<cidr>"),
        by_value(UTILITY_CIDRS, "map<cidr>"),
        opaque("keys.etcd-arn", "arn"),
        opaque("keys.volumes-arn", "arn"),
        opaque(BOUNDARY, "arn").stack().optional(),
        by_value(OIDC_BUCKET, "dns-name").stack(),
        by_value(OIDC_REGION, "text").stack(),
        by_value(ACCOUNT, "aws-id").stack().optional(),
        opaque(POLICY_ARNS, "map<arn>").stack().optional(),
        opaque(ENCRYPTION, "text").secret().optional(),
    ]
}

/// The stack's AWS account, when its file names one.
///
/// # Errors
/// When the fact is not a text.
pub fn account(request: &Request) -> Result<Option<String>, Failure> {
    request.optional_fact(ACCOUNT)
}

/// The ARNs of the policies that the settings name, by what stands there. The host knows them from the operator, so
/// a token of this fact says that it was the operator, not this plugin, who chose the policy.
pub fn policy_arns(request: &Request) -> Option<Token> {
    request.optional_token(POLICY_ARNS)
}

/// The facts, as far as the cluster needs them.
#[derive(Debug)]
pub struct Facts {
    pub vpc: Token,
    pub etcd_key: Token,
    pub volumes_key: Token,
    /// The policy that bounds every role of the stack, when there is one.
    pub boundary: Option<Token>,
    /// One for each zone of the cluster, in order.
    pub zones: Vec<ZoneNetwork>,
    /// The bucket in which kOps publishes the keys of service accounts.
    pub oidc_bucket: String,
    pub oidc_region: String,
}

/// The network in one zone.
#[derive(Debug)]
pub struct ZoneNetwork {
    pub zone: String,
    pub private: Subnet,
    /// Where load balancers and NAT gateways stand.
    pub utility: Subnet,
    /// None when another tool decides how packets leave.
    pub nat_gateway: Option<Token>,
}

#[derive(Debug)]
pub struct Subnet {
    pub id: Token,
    pub cidr: Block,
}

impl Facts {
    /// Reads all of them.
    ///
    /// # Errors
    /// `Failure::NeedsFact` with everything that is missing; `Failure::Unsupported` when the network does not fit
    /// the cluster.
    pub fn of(request: &Request, cluster: &Cluster) -> Result<Self, Failure> {
        let mut facts = request.facts_by_value();
        let private = facts.get::<BTreeMap<String, String>>(PRIVATE_CIDRS);
        let utility = facts.get::<BTreeMap<String, String>>(UTILITY_CIDRS);
        let bucket = facts.get::<String>(OIDC_BUCKET);
        let region = facts.get::<String>(OIDC_REGION);
        let (Some(private), Some(utility), Some(oidc_bucket), Some(oidc_region)) =
            (private, utility, bucket, region)
        else {
            return Err(facts.into_failure());
        };
        if oidc_bucket.contains('.') {
            return Err(Failure::unsupported(format!(
                "the bucket `{oidc_bucket}` cannot publish keys over HTTPS: the certificate of S3 is for names without dots"
            )));
        }
        let private_ids = request.token("network.private-subnet-ids")?;
        let utility_ids = request.token("network.utility-subnet-ids")?;
        let gateways = request.optional_token("network.nat-gateway-ids");
        let zones = cluster.zones.iter().map(|zone| {
            Ok(ZoneNetwork {
                zone: zone.clone(),
                private: Subnet {
                    id: private_ids.key(zone),
                    cidr: subnet("private", &private, zone, cluster)?,
                },
                utility: Subnet {
                    id: utility_ids.key(zone),
                    cidr: subnet("utility", &utility, zone, cluster)?,
                },
                nat_gateway: gateways.as_ref().map(|gateways| gateways.key(zone)),
            })
        });
        Ok(Self {
            vpc: request.token("network.vpc-id")?,
            etcd_key: request.token("keys.etcd-arn")?,
            volumes_key: request.token("keys.volumes-arn")?,
            boundary: request.optional_token(BOUNDARY),
            zones: zones.collect::<Result<_, Failure>>()?,
            oidc_bucket,
            oidc_region,
        })
    }
}

/// The block of a subnet, which lies in the cluster's network.
fn subnet(
    kind: &str,
    blocks: &BTreeMap<String, String>,
    zone: &str,
    cluster: &Cluster,
) -> Result<Block, Failure> {
    let Some(text) = blocks.get(zone) else {
        return Err(Failure::unsupported(format!(
            "the network has no {kind} subnet in the zone {zone}"
        )));
    };
    let block: Block = text.parse().map_err(|error| {
        Failure::internal(format!("the {kind} subnet in {zone}, `{text}`, is {error}"))
    })?;
    if network(cluster)?.contains(block) {
        Ok(block)
    } else {
        Err(Failure::unsupported(format!(
            "the {kind} subnet in {zone}, {block}, is not in the cluster's network {}",
            cluster.cidr
        )))
    }
}

/// The cluster's network.
///
/// # Errors
/// `Failure::Internal` when the host gave no block.
pub fn network(cluster: &Cluster) -> Result<Block, Failure> {
    cluster.cidr.parse().map_err(|error| {
        Failure::internal(format!(
            "the network of cluster `{}` is {error}",
            cluster.name
        ))
    })
}
