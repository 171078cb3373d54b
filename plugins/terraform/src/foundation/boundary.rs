//! The permissions boundary: the most that a role of the stack can ever do, whatever its own policies say.

use aegis_plugin::Request;
use aegis_plugin::terraform::{Resource, resource};
use serde_json::{Value, json};

use super::bucket::Bucket;
use crate::naming::{Tags, dashed, fit};
use crate::policy::{allow, arn, policy};

/// The longest name that IAM takes for a policy.
const LONGEST_NAME: usize = 128;

/// What nodes, the platform's controllers and workloads do in AWS. Not among them: IAM, organizations, keys' policies, and
/// everything that hands out credentials, so that no role of the stack can make a more powerful one.
const SERVICES: &[&str] = &[
    "autoscaling:*",
    "cloudwatch:*",
    "dynamodb:*",
    "ec2:*",
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:Describe*",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "ecr:List*",
    "elasticloadbalancing:*",
    "iam:GetServerCertificate",
    "iam:ListServerCertificates",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:GenerateRandom",
    "kms:ReEncrypt*",
    "logs:*",
    "route53:ChangeResourceRecordSets",
    "route53:Get*",
    "route53:List*",
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:Get*",
    "s3:List*",
    "s3:PutObject",
    "s3:PutObjectTagging",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "sns:Publish",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueue*",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
    "ssm:GetParameter*",
    "sts:GetCallerIdentity",
];

/// The boundary. Roles of the stack never see Terraform's state, and never write what AWS trusts a cluster's tokens by.
pub(super) fn policy_resource(
    request: &Request,
    state: &Bucket<'_>,
    discovery: &Bucket<'_>,
    tags: &Tags,
) -> Resource {
    let statements = [
        allow("Services", SERVICES, "*"),
        allow(
            "ServiceRoles",
            &["iam:CreateServiceLinkedRole"],
            arn("iam", "", "role/aws-service-role/*"),
        ),
        deny(
            "TerraformState",
            &["s3:*"],
            json!(format!(
                "{}/{}*",
                state.arn(),
                super::terraform_prefix(request)
            )),
        ),
        deny(
            "Discovery",
            &["s3:Put*", "s3:Delete*"],
            json!([discovery.arn(), format!("{}/*", discovery.arn())]),
        ),
    ];
    resource(
        "aws_iam_policy",
        "boundary",
        json!({
            "name": fit(&format!("{}-boundary", dashed(&request.stack)), LONGEST_NAME),
            "path": "/aegis/",
            "description": "The most that a role of the stack can do",
            "policy": policy(statements),
            "tags": tags.named("boundary"),
        }),
    )
}

fn deny(sid: &str, actions: &[&str], resources: Value) -> Value {
    json!({ "Sid": sid, "Effect": "Deny", "Action": actions, "Resource": resources })
}
