//! The role that GitHub workflows take to deliver the clusters' networks.
//!
//! It reads everything that Terraform refreshes, and changes only what a `network` root is made of: what is there already only
//! where it bears the stack's tag, and roles only within the boundary. The foundation is not among it, so that a workflow can
//! change neither its own role nor the boundary nor the stores' policies. Neither are keys: who changes a key's policy
//! reads what it encrypts.

use std::collections::BTreeSet;

use aegis_plugin::Request;
use aegis_plugin::terraform::{Resource, reference, resource};
use serde_json::{Value, json};

use super::bucket::Bucket;
use super::config::{Github, GithubProvider};
use super::stores::state_key;
use crate::naming::{STACK_TAG, Tags, dashed, fit};
use crate::policy::{allow, arn, policy, when};

/// Where GitHub signs the tokens of workflow runs.
const ISSUER: &str = "token.actions.githubusercontent.com";
/// Whom the tokens are for.
const AUDIENCE: &str = "sts.amazonaws.com";

/// The longest name that IAM takes for a role.
const LONGEST_ROLE_NAME: usize = 64;

/// What the role is made for and of.
pub(super) struct Deploy<'a> {
    pub(super) request: &'a Request,
    pub(super) github: &'a Github,
    pub(super) provider: GithubProvider,
    /// Where the stores are.
    pub(super) region: &'a str,
    pub(super) state: &'a Bucket<'a>,
    pub(super) tags: &'a Tags,
}

/// The role's ARN.
pub(super) fn role_arn() -> String {
    reference("aws_iam_role", "deploy", "arn")
}

impl Deploy<'_> {
    /// The role, its permissions and, where the account has none, GitHub as an identity provider.
    pub(super) fn resources(&self) -> Vec<Resource> {
        let role = resource(
            "aws_iam_role",
            "deploy",
            json!({
                "name": fit(&format!("{}-deploy", dashed(&self.request.stack)), LONGEST_ROLE_NAME),
                "path": "/aegis/",
                "description": "Taken by GitHub workflows that deliver the stack",
                "max_session_duration": 3600,
                "assume_role_policy": self.trust(),
                "tags": self.tags.named("deploy"),
            }),
        );
        let permissions = resource(
            "aws_iam_role_policy",
            "deploy",
            json!({
                "name": "deliver",
                "role": reference("aws_iam_role", "deploy", "id"),
                "policy": policy(self.permissions()),
            }),
        );
        match self.provider {
            GithubProvider::Create => vec![
                self.identity_provider(),
                role.depends_on("aws_iam_openid_connect_provider", "github"),
                permissions,
            ],
            GithubProvider::Existing => vec![role, permissions],
        }
    }

    fn identity_provider(&self) -> Resource {
        resource(
            "aws_iam_openid_connect_provider",
            "github",
            json!({
                "url": format!("https://{ISSUER}"),
                "client_id_list": [AUDIENCE],
                "tags": self.tags.named("github"),
            }),
        )
    }

    /// One environment of one repository, compared letter by letter: GitHub signs tokens for everybody's repositories.
    fn trust(&self) -> Value {
        let Github {
            repository,
            environment,
        } = self.github;
        policy([json!({
            "Effect": "Allow",
            "Principal": { "Federated": arn("iam", "", &format!("oidc-provider/{ISSUER}")) },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    format!("{ISSUER}:aud"): AUDIENCE,
                    format!("{ISSUER}:sub"): format!("repo:{repository}:environment:{environment}"),
                },
            },
        })])
    }

    fn permissions(&self) -> Vec<Value> {
        let mut statements = vec![allow("Refresh", REFRESH, "*")];
        statements.extend(self.state());
        statements.extend(self.networks());
        statements.extend(self.flow_logs());
        statements
    }

    /// Terraform's state, and the locks beside it, which are deleted when they are let go. kOps' store, which holds the clusters'
    /// private keys, is out of reach.
    fn state(&self) -> [Value; 4] {
        let bucket = self.state.arn();
        let objects = format!("{bucket}/{}*", super::terraform_prefix(self.request));
        [
            allow("State", &["s3:GetObject", "s3:PutObject"], objects.as_str()),
            allow(
                "StateLocks",
                &["s3:DeleteObject"],
                format!("{objects}.tflock"),
            ),
            allow("StateBucket", &["s3:ListBucket"], bucket),
            allow(
                "StateKey",
                &["kms:Decrypt", "kms:GenerateDataKey"],
                state_key(),
            ),
        ]
    }

    fn networks(&self) -> [Value; 5] {
        [
            when(
                allow("NetworkNew", NETWORK_NEW, "*"),
                json!({ "StringEquals": { "aws:RequestedRegion": self.regions() } }),
            ),
            when(
                allow("NetworkOwn", NETWORK_OWN, "*"),
                json!({ "StringEquals": self.own() }),
            ),
            when(
                allow("TagsOfNew", &["ec2:CreateTags"], "*"),
                json!({ "StringEquals": { "ec2:CreateAction": CREATE_WITH_TAGS } }),
            ),
            // An endpoint's private names are a hosted zone of Route 53, which has no regions.
            allow(
                "NamesOfEndpoints",
                &["route53:AssociateVPCWithHostedZone"],
                "*",
            ),
            when(
                allow(
                    "ServiceRoleOfNat",
                    &["iam:CreateServiceLinkedRole"],
                    arn(
                        "iam",
                        "",
                        "role/aws-service-role/natgateway.amazonaws.com/*",
                    ),
                ),
                json!({ "StringEquals": { "iam:AWSServiceName": "natgateway.amazonaws.com" } }),
            ),
        ]
    }

    fn flow_logs(&self) -> [Value; 4] {
        let stack = &self.request.stack;
        let roles = arn("iam", "", &format!("role/aegis/{stack}/*"));
        let boundary = reference("aws_iam_policy", "boundary", "arn");
        [
            allow(
                "LogGroups",
                LOG_GROUPS,
                arn("logs", "*", &format!("log-group:/aegis/{stack}/*")),
            ),
            when(
                allow("RolesWithinBoundary", ROLES_NEW, roles.as_str()),
                json!({ "StringEquals": { "iam:PermissionsBoundary": boundary } }),
            ),
            allow("RolesOwn", ROLES_OWN, roles.as_str()),
            when(
                allow("RoleOfFlowLogs", &["iam:PassRole"], roles.as_str()),
                json!({ "StringEquals": { "iam:PassedToService": "vpc-flow-logs.amazonaws.com" } }),
            ),
        ]
    }

    /// The condition that a resource is the stack's.
    fn own(&self) -> Value {
        json!({ format!("aws:ResourceTag/{STACK_TAG}"): self.request.stack })
    }

    fn regions(&self) -> BTreeSet<&str> {
        let clusters = self
            .request
            .clusters
            .iter()
            .map(|cluster| cluster.region.as_str());
        clusters.chain([self.region]).collect()
    }
}

/// What a refresh reads. Instances, which can hold secrets in their user data, are not among it.
const REFRESH: &[&str] = &[
    "ec2:DescribeAddresses",
    "ec2:DescribeAddressesAttribute",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribePrefixLists",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroup*",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpc*",
    "iam:Get*",
    "iam:List*",
    "kms:DescribeKey",
    "kms:Get*",
    "kms:List*",
    "logs:DescribeLogGroups",
    "logs:ListTagsForResource",
];

/// What makes parts of a network, and what works on two resources of which AWS looks at the tag of one. Rules of the
/// group that AWS makes with a VPC are taken out before Terraform can tag it.
const NETWORK_NEW: &[&str] = &[
    "ec2:AllocateAddress",
    "ec2:CreateFlowLogs",
    "ec2:CreateInternetGateway",
    "ec2:CreateNatGateway",
    "ec2:CreateRouteTable",
    "ec2:CreateSecurityGroup",
    "ec2:CreateSubnet",
    "ec2:CreateVpc",
    "ec2:CreateVpcEndpoint",
    "ec2:DisassociateAddress",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
];

/// What changes and removes parts of a network that bear the stack's tag.
const NETWORK_OWN: &[&str] = &[
    "ec2:AssociateRouteTable",
    "ec2:AttachInternetGateway",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateRoute",
    "ec2:CreateTags",
    "ec2:DeleteFlowLogs",
    "ec2:DeleteInternetGateway",
    "ec2:DeleteNatGateway",
    "ec2:DeleteRoute",
    "ec2:DeleteRouteTable",
    "ec2:DeleteSecurityGroup",
    "ec2:DeleteSubnet",
    "ec2:DeleteTags",
    "ec2:DeleteVpc",
    "ec2:DeleteVpcEndpoints",
    "ec2:DetachInternetGateway",
    "ec2:DisassociateRouteTable",
    "ec2:ModifySubnetAttribute",
    "ec2:ModifyVpcAttribute",
    "ec2:ModifyVpcEndpoint",
    "ec2:ReleaseAddress",
    "ec2:ReplaceRoute",
    "ec2:ReplaceRouteTableAssociation",
];

/// The calls of EC2 that take tags for what they make.
const CREATE_WITH_TAGS: [&str; 10] = [
    "AllocateAddress",
    "AuthorizeSecurityGroupIngress",
    "CreateFlowLogs",
    "CreateInternetGateway",
    "CreateNatGateway",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "CreateSubnet",
    "CreateVpc",
    "CreateVpcEndpoint",
];

const LOG_GROUPS: &[&str] = &[
    "logs:CreateLogGroup",
    "logs:DeleteLogGroup",
    "logs:PutRetentionPolicy",
    "logs:TagResource",
    "logs:UntagResource",
];

/// What decides what a role can do.
const ROLES_NEW: &[&str] = &[
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:PutRolePolicy",
];

/// What cannot make a role more powerful.
const ROLES_OWN: &[&str] = &["iam:DeleteRole", "iam:TagRole", "iam:UntagRole"];
