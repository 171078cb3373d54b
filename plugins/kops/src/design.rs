//! What configuration and stack come to. Everything that can be wrong with them has been looked at here, so that
//! the documents are made without a second thought.

use aegis_plugin::cidr::Block;
use aegis_plugin::{Cluster, ConfigProblem, Failure, Problems, Request};

use crate::access;
use crate::config::{Config, SecretsEncryption};
use crate::control_plane::{self, Member};
use crate::facts;
use crate::image;
use crate::name;
use crate::nodes::{self, Group};
use crate::partition::Partition;
use crate::service_account::{Permission, Settings};

/// A configuration that holds together.
#[derive(Debug)]
pub struct Design<'a> {
    pub stack: &'a str,
    pub cluster: &'a Cluster,
    pub config: &'a Config,
    pub partition: Partition,
    /// Networks that may reach the API server, the cluster's own first.
    pub api_access: Vec<Block>,
    pub ssh_access: Vec<Block>,
    pub internal: Internal,
    /// The Route 53 zone, by name or id.
    pub dns_zone: String,
    pub members: Vec<Member>,
    pub groups: Vec<Group<'a>>,
    pub permissions: Vec<Permission>,
    /// Whether the API server encrypts Secrets.
    pub encrypts_secrets: bool,
}

impl<'a> Design<'a> {
    /// Checks a configuration and the settings.
    ///
    /// # Errors
    /// `Failure::InvalidConfig` with everything that is wrong.
    pub fn of(
        request: &'a Request,
        config: &'a Config,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let cluster = request.own_cluster()?;
        let partition = Partition::of(&cluster.region);
        let account = facts::account(request)?;
        let own = facts::network(cluster)?;
        let networks = request
            .clusters
            .iter()
            .map(|other| Ok((other.name.as_str(), facts::network(other)?)));
        let networks = networks.collect::<Result<Vec<_>, Failure>>()?;

        let mut problems = Problems::default();
        let members = control_plane::members(cluster, &config.control_plane, &mut problems);
        let groups = nodes::groups(cluster, config, partition, &mut problems);
        let mut api_access = access::networks(&config.api_access, "api-access", &mut problems);
        api_access.retain(|block| !own.contains(*block));
        api_access.insert(0, own);
        let ssh_access = access::networks(&config.ssh_access, "ssh-access", &mut problems);
        let internal = internal(&config.internal_cidr, &networks);
        if let Err(message) = &internal {
            problems.add(ConfigProblem::new(INTERNAL, message));
        }
        let dns_zone = dns_zone(cluster, config, &mut problems);
        let arns = facts::policy_arns(request);
        let permissions =
            settings.permissions(partition, account.as_deref(), arns.as_ref(), &mut problems);
        let encrypts_secrets = encrypts_secrets(request, config, &mut problems);
        check_machines(config, partition, &mut problems);
        check_names(config, partition, &mut problems);
        problems.require(
            config.rolling_update.surge > 0 || config.rolling_update.unavailable > 0,
            "/rolling-update/surge",
            "with no node more and none fewer nothing can be replaced",
        );
        problems.finish()?;

        Ok(Self {
            stack: &request.stack,
            cluster,
            config,
            partition,
            api_access,
            ssh_access,
            internal: internal.map_err(|message| Failure::invalid(INTERNAL, message))?,
            dns_zone,
            members,
            groups,
            permissions,
            encrypts_secrets,
        })
    }

    /// The DNS name of the API server.
    pub fn api_name(&self) -> String {
        format!("api.{}", self.cluster.dns_name)
    }
}

const INTERNAL: &str = "/internal-cidr";

/// Where Pods and Services get their addresses from: the parts of the block that kOps itself would take, the upper half
/// and the first eighth.
#[derive(Debug)]
pub struct Internal {
    pub block: Block,
    pub pods: Block,
    pub services: Block,
}

impl Internal {
    fn of(block: Block) -> Option<Self> {
        Some(Self {
            block,
            pods: block.part(block.prefix() + 1, 1)?,
            services: block.part(block.prefix() + 3, 0)?,
        })
    }
}

/// The block of Pods and Services: large enough for both, within what Kubernetes takes, and no network of the
/// stack, because Pods could not reach that one.
fn internal(text: &str, networks: &[(&str, Block)]) -> Result<Internal, String> {
    /// The API server takes no block of Services that is wider than a /12, and theirs is an eighth.
    const WIDEST: u8 = 9;
    /// Half of it is a /24 for each of 128 nodes.
    const NARROWEST: u8 = 16;

    let block: Block = text.parse().map_err(|error| format!("{error}"))?;
    let fits = block.is_v4() && (WIDEST..=NARROWEST).contains(&block.prefix());
    let Some(internal) = Internal::of(block).filter(|_| fits) else {
        return Err(format!(
            "an IPv4 block with a prefix between /{WIDEST} and /{NARROWEST}"
        ));
    };
    if !block.is_private() {
        return Err(format!(
            "`{block}` holds addresses of the internet, which Pods could not reach"
        ));
    }
    match networks
        .iter()
        .find(|(_, network)| block.overlaps(*network))
    {
        Some((cluster, network)) => Err(format!(
            "`{block}` overlaps with `{network}`, the network of cluster `{cluster}`"
        )),
        None => Ok(internal),
    }
}

fn dns_zone(cluster: &Cluster, config: &Config, problems: &mut Problems) -> String {
    let Some(zone) = &config.dns_zone else {
        return cluster.dns_name.clone();
    };
    let holds = cluster
        .dns_name
        .strip_suffix(zone.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    problems.require(
        name::is_zone_id(zone) || (name::is_dns_name(zone) && holds),
        "/dns-zone",
        format!(
            "neither the id of a hosted zone nor the end of `{}`",
            cluster.dns_name
        ),
    );
    zone.clone()
}

fn encrypts_secrets(request: &Request, config: &Config, problems: &mut Problems) -> bool {
    let provided = request.optional_token(facts::ENCRYPTION).is_some();
    problems.require(
        provided || config.secrets_encryption != SecretsEncryption::Required,
        "/secrets-encryption",
        format!("nobody provides the secret fact `{}`", facts::ENCRYPTION),
    );
    provided && config.secrets_encryption != SecretsEncryption::Off
}

fn check_machines(config: &Config, partition: Partition, problems: &mut Problems) {
    problems.require(
        image::is_machine_type(&config.control_plane.machine_type),
        "/control-plane/machine-type",
        "not an EC2 instance type, such as `m6i.large`",
    );
    for (at, image) in [
        ("/image", &config.image),
        ("/control-plane/image", &config.control_plane.image),
    ] {
        problems.require(
            image
                .as_deref()
                .is_none_or(|image| image::is_pinned(image, partition)),
            at,
            image::NOT_PINNED,
        );
    }
}

fn check_names(config: &Config, partition: Partition, problems: &mut Problems) {
    let boundary = config.permissions_boundary.as_deref();
    problems.require(
        boundary.is_none_or(|arn| name::policy_path(arn, partition.name).is_some()),
        "/permissions-boundary",
        format!(
            "not the ARN of an IAM policy of the partition {}",
            partition.name
        ),
    );
    for (key, value) in &config.tags {
        if let Some(problem) = name::tag_problem(key, value) {
            problems.add(ConfigProblem::new(
                aegis_plugin::pointer::of(["tags", key]),
                problem,
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_and_services_get_the_parts_that_kops_would_take() {
        for (block, pods, services) in [
            ("100.64.0.0/10", "100.96.0.0/11", "100.64.0.0/13"),
            ("172.16.0.0/12", "172.24.0.0/13", "172.16.0.0/15"),
        ] {
            let internal = Internal::of(block.parse().unwrap()).unwrap();
            assert_eq!(internal.pods.to_string(), pods);
            assert_eq!(internal.services.to_string(), services);
        }
        assert!(Internal::of("10.0.0.0/30".parse().unwrap()).is_none());
    }
}
