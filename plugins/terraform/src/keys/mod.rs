//! Stage type `keys`: the encryption keys of a cluster.

use aegis_plugin::provisioning::{Proposal, change};
use aegis_plugin::terraform::{Resource, Root, data_reference, reference, resource};
use aegis_plugin::{Cluster, FactSource, Failure, Problems, Request, Scope, StageType, offer};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::naming::{Tags, UserTags, check_tags, dashed};
use crate::policy::{
    account, arn, dns_suffix, key_of_the_account, partition, policy, with_account,
};
use crate::{PROVIDER, PROVIDER_VERSIONS};

pub(crate) const NAME: &str = "keys";

/// The keys of a cluster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// Days between the wish to delete a key and its end, 7 to 30. What it encrypts is lost with it.
    #[schemars(range(min = 7, max = 30))]
    deletion_window_days: u32,
    /// Days after which AWS makes new key material, 90 to 2560; by default a year. The old material still decrypts.
    #[schemars(range(min = 90, max = 2560))]
    rotation_days: Option<u32>,
    /// Whether Auto Scaling may use the key of volumes. AWS refuses the key while the account has no role
    /// `AWSServiceRoleForAutoScaling`, which it gets with its first Auto Scaling group or by
    /// `aws iam create-service-linked-role --aws-service-name autoscaling.amazonaws.com`.
    autoscaling: bool,
    /// Tags of every key.
    tags: UserTags,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            deletion_window_days: 30,
            rotation_days: None,
            autoscaling: true,
            tags: UserTags::new(),
        }
    }
}

impl Config {
    fn check(&self) -> Result<(), Failure> {
        let mut problems = Problems::default();
        problems.require(
            (7..=30).contains(&self.deletion_window_days),
            "/deletion-window-days",
            "KMS takes 7 to 30 days",
        );
        problems.require(
            self.rotation_days
                .is_none_or(|days| (90..=2560).contains(&days)),
            "/rotation-days",
            "KMS takes 90 to 2560 days",
        );
        check_tags(&self.tags, &mut problems);
        problems.finish()
    }
}

/// What a key is for. Each has one, so that who may use one is not thereby able to read the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Etcd,
    Volumes,
    Secrets,
    Logs,
}

impl Purpose {
    const ALL: [Self; 4] = [Self::Etcd, Self::Volumes, Self::Secrets, Self::Logs];

    const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Volumes => "volumes",
            Self::Secrets => "secrets",
            Self::Logs => "logs",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Etcd => "Volumes of etcd",
            Self::Volumes => "Volumes of nodes and workloads",
            Self::Secrets => "Kubernetes Secrets",
            Self::Logs => "Log groups",
        }
    }

    fn fact(self) -> String {
        format!("keys.{}-arn", self.name())
    }

    fn output(self) -> String {
        format!("{}-arn", self.name())
    }

    /// Who may use the key besides those whom the account's own policies allow it.
    fn users(self, cluster: &Cluster, config: &Config) -> Vec<Value> {
        match self {
            Self::Volumes if config.autoscaling => auto_scaling().into(),
            Self::Logs => vec![cloudwatch_logs(cluster)],
            Self::Etcd | Self::Volumes | Self::Secrets => Vec::new(),
        }
    }
}

pub(crate) fn stage_type() -> StageType {
    let stage_type = StageType::new::<Config>(
        NAME,
        Scope::Cluster,
        "Encryption keys of a cluster: etcd, volumes, Secrets, logs",
    );
    Purpose::ALL.iter().fold(stage_type, |stage_type, purpose| {
        stage_type.provides(offer(purpose.fact(), "arn"))
    })
}

pub(crate) fn plan(request: &Request) -> Result<Proposal, Failure> {
    let config: Config = request.config()?;
    let cluster = request.own_cluster()?;
    config.check()?;

    let tags = Tags::of_cluster(request, cluster, &config.tags);
    let name = format!("{NAME}-{}", cluster.name);
    let mut root = with_account(
        Root::new(&name, &cluster.region)
            .provider(PROVIDER, PROVIDER_VERSIONS)
            .data("aws_region", "current", json!({})),
    );
    let mut proposal = Proposal::new();
    for purpose in Purpose::ALL {
        root = root
            .resources(key(purpose, request, cluster, &config, &tags))
            .output(
                purpose.output(),
                reference("aws_kms_key", purpose.name(), "arn"),
            );
        proposal = proposal.provides(
            purpose.fact(),
            FactSource::terraform_output(&name, purpose.output()),
        );
    }
    Ok(proposal.change(change(NAME).terraform(root)))
}

fn key(
    purpose: Purpose,
    request: &Request,
    cluster: &Cluster,
    config: &Config,
    tags: &Tags,
) -> [Resource; 2] {
    let name = purpose.name();
    let users = purpose.users(cluster, config);
    let statements = std::iter::once(key_of_the_account()).chain(users);
    let mut body = json!({
        "description": format!("{} of the cluster {}", purpose.description(), cluster.dns_name),
        "enable_key_rotation": true,
        "deletion_window_in_days": config.deletion_window_days,
        "policy": policy(statements),
        "tags": tags.named(name),
    });
    if let (Some(days), Some(body)) = (config.rotation_days, body.as_object_mut()) {
        body.insert("rotation_period_in_days".to_owned(), days.into());
    }
    let key = resource("aws_kms_key", name, body);
    let path = dashed(&format!("{}/{}", request.stack, cluster.name));
    let alias = resource(
        "aws_kms_alias",
        name,
        json!({
            "name": format!("alias/{path}/{name}"),
            "target_key_id": reference("aws_kms_key", name, "id"),
        }),
    );
    [key, alias]
}

/// Auto Scaling starts instances whose volumes are encrypted, as the Auto Scaling user guide wants it: it may use the key,
/// and hand it on to what AWS itself does for it, never to anybody else.
fn auto_scaling() -> [Value; 2] {
    let role = arn(
        "iam",
        "",
        "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
    );
    let use_of_the_key = json!({
        "Sid": "AutoScaling",
        "Effect": "Allow",
        "Principal": { "AWS": role },
        "Action": [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
        ],
        "Resource": "*",
    });
    let grants = json!({
        "Sid": "AutoScalingGrants",
        "Effect": "Allow",
        "Principal": { "AWS": role },
        "Action": "kms:CreateGrant",
        "Resource": "*",
        "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } },
    });
    [use_of_the_key, grants]
}

/// CloudWatch Logs of the cluster's region, for log groups of this account.
fn cloudwatch_logs(cluster: &Cluster) -> Value {
    let region = data_reference("aws_region", "current", "id");
    let groups = format!(
        "arn:{}:logs:{}:{}:log-group:*",
        partition(),
        cluster.region,
        account()
    );
    json!({
        "Sid": "CloudWatchLogs",
        "Effect": "Allow",
        "Principal": { "Service": format!("logs.{region}.{}", dns_suffix()) },
        "Action": [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
        ],
        "Resource": "*",
        "Condition": { "ArnLike": { "kms:EncryptionContext:aws:logs:arn": groups } },
    })
}
