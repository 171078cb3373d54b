//! The stores: state, OIDC discovery, and the logs of who used them.

use aegis_plugin::terraform::{Resource, reference, resource};
use serde_json::json;

use super::bucket::{Bucket, Public};
use super::config::Config;
use crate::naming::Tags;
use crate::policy::{account, key_of_the_account, policy};

/// The ARN of the key that encrypts the state store.
pub(super) fn state_key() -> String {
    reference("aws_kms_key", "state", "arn")
}

/// The key of the state store. Terraform refuses to destroy it: without it, no state can be read again.
pub(super) fn key(alias: &str, tags: &Tags) -> [Resource; 2] {
    let key = resource(
        "aws_kms_key",
        "state",
        json!({
            "description": "State of the stack",
            "enable_key_rotation": true,
            "deletion_window_in_days": 30,
            "policy": policy([key_of_the_account()]),
            "tags": tags.named("state"),
        }),
    )
    .prevent_destroy();
    let alias = resource(
        "aws_kms_alias",
        "state",
        json!({ "name": alias, "target_key_id": reference("aws_kms_key", "state", "id") }),
    );
    [key, alias]
}

/// The store of Terraform's and kOps' state. Both write secrets into it: the cluster's private keys are there.
pub(super) fn state(bucket: &Bucket<'_>, config: &Config) -> [Resource; 7] {
    [
        bucket.resource().prevent_destroy(),
        bucket.ownership(),
        bucket.public_access(Public::Never),
        bucket.versioning(),
        bucket.encryption_with(&state_key()),
        bucket.keep_versions(config.keep_versions_days),
        bucket.policy([]),
    ]
}

/// The store of OIDC discovery documents, a bucket of its own because it is public.
///
/// AWS STS fetches a cluster's issuer document and public keys from it without credentials, so they have to be readable by
/// everybody. That is all that is: exactly those two documents of each cluster, by the bucket's policy. Access lists open
/// nothing, and nobody else can list the bucket. kOps asks S3 whether a policy makes the bucket public, and sets no
/// access lists on its objects when one does (`IssuerDiscoveryModelBuilder`, `S3Path.IsBucketPublic`).
///
/// The documents are encrypted with keys of S3's own, as nobody without credentials could use one of KMS.
pub(super) fn discovery(bucket: &Bucket<'_>) -> [Resource; 6] {
    let documents = [".well-known/openid-configuration", "openid/v1/jwks"]
        .map(|document| format!("{}/*/{document}", bucket.arn()));
    let read = json!({
        "Sid": "DiscoveryDocuments",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": documents,
    });
    [
        bucket.resource().prevent_destroy(),
        bucket.ownership(),
        bucket.public_access(Public::ByPolicy),
        bucket.versioning(),
        bucket.encryption_of_s3(),
        bucket.policy([read]),
    ]
}

/// The bucket that S3 writes access logs to. S3's own keys encrypt it: the log delivery takes no key of KMS.
pub(super) fn access_logs(
    bucket: &Bucket<'_>,
    logged: &[&Bucket<'_>],
    config: &Config,
) -> Vec<Resource> {
    let sources: Vec<String> = logged.iter().map(|bucket| bucket.arn()).collect();
    let write = json!({
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": { "Service": "logging.s3.amazonaws.com" },
        "Action": "s3:PutObject",
        "Resource": format!("{}/*", bucket.arn()),
        "Condition": {
            "StringEquals": { "aws:SourceAccount": account() },
            "ArnEquals": { "aws:SourceArn": sources },
        },
    });
    let mut resources = vec![
        bucket.resource(),
        bucket.ownership(),
        bucket.public_access(Public::Never),
        bucket.encryption_of_s3(),
        bucket.expire(config.access_logs.retention_days),
        bucket.policy([write]),
    ];
    resources.extend(logged.iter().map(|source| source.log_to(bucket)));
    resources
}
