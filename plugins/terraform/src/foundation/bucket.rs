//! Buckets and the parts that all of them have.

use aegis_plugin::terraform::{Resource, reference, resource};
use serde_json::{Value, json};

use crate::naming::Tags;

/// A bucket that is being written down.
pub(super) struct Bucket<'a> {
    /// Its name in the root.
    pub(super) label: &'static str,
    /// Its name in S3.
    pub(super) name: &'a str,
    pub(super) tags: &'a Tags,
}

/// Who may see what is in a bucket without any rights in the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Public {
    /// Nobody, whatever its policy says.
    Never,
    /// Whom its policy names. Access lists still open nothing.
    ByPolicy,
}

impl Bucket<'_> {
    /// The name, by reference.
    pub(super) fn id(&self) -> String {
        reference("aws_s3_bucket", self.label, "id")
    }

    pub(super) fn arn(&self) -> String {
        reference("aws_s3_bucket", self.label, "arn")
    }

    /// The bucket itself. Terraform never empties it, so nothing is lost with the resource.
    pub(super) fn resource(&self) -> Resource {
        resource(
            "aws_s3_bucket",
            self.label,
            json!({
                "bucket": self.name,
                "force_destroy": false,
                "tags": self.tags.named(self.label),
            }),
        )
    }

    /// Access lists have no effect: whoever writes an object, it belongs to the bucket's owner.
    pub(super) fn ownership(&self) -> Resource {
        resource(
            "aws_s3_bucket_ownership_controls",
            self.label,
            json!({
                "bucket": self.id(),
                "rule": { "object_ownership": "BucketOwnerEnforced" },
            }),
        )
    }

    pub(super) fn public_access(&self, public: Public) -> Resource {
        let by_policy = public == Public::ByPolicy;
        resource(
            "aws_s3_bucket_public_access_block",
            self.label,
            json!({
                "bucket": self.id(),
                "block_public_acls": true,
                "ignore_public_acls": true,
                "block_public_policy": !by_policy,
                "restrict_public_buckets": !by_policy,
            }),
        )
    }

    pub(super) fn versioning(&self) -> Resource {
        resource(
            "aws_s3_bucket_versioning",
            self.label,
            json!({
                "bucket": self.id(),
                "versioning_configuration": { "status": "Enabled" },
            }),
        )
    }

    /// Encrypts with the key of this ARN. A bucket key saves a call to KMS for each object.
    pub(super) fn encryption_with(&self, key: &str) -> Resource {
        self.encryption(json!({
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": "aws:kms",
                "kms_master_key_id": key,
            },
            "bucket_key_enabled": true,
        }))
    }

    /// Encrypts with keys of S3's own.
    pub(super) fn encryption_of_s3(&self) -> Resource {
        self.encryption(json!({
            "apply_server_side_encryption_by_default": { "sse_algorithm": "AES256" },
        }))
    }

    fn encryption(&self, rule: Value) -> Resource {
        resource(
            "aws_s3_bucket_server_side_encryption_configuration",
            self.label,
            json!({ "bucket": self.id(), "rule": rule }),
        )
    }

    /// Earlier versions go after so many days, and uploads that were given up after a week.
    pub(super) fn keep_versions(&self, days: u32) -> Resource {
        self.lifecycle(json!({
            "id": "earlier-versions",
            "status": "Enabled",
            "filter": { "prefix": "" },
            "noncurrent_version_expiration": { "noncurrent_days": days },
            "expiration": { "expired_object_delete_marker": true },
            "abort_incomplete_multipart_upload": { "days_after_initiation": 7 },
        }))
        .depends_on("aws_s3_bucket_versioning", self.label)
    }

    /// Objects go after so many days.
    pub(super) fn expire(&self, days: u32) -> Resource {
        self.lifecycle(json!({
            "id": "expire",
            "status": "Enabled",
            "filter": { "prefix": "" },
            "expiration": { "days": days },
            "abort_incomplete_multipart_upload": { "days_after_initiation": 7 },
        }))
    }

    fn lifecycle(&self, rule: Value) -> Resource {
        resource(
            "aws_s3_bucket_lifecycle_configuration",
            self.label,
            json!({ "bucket": self.id(), "rule": rule }),
        )
    }

    /// A policy of these statements and of those that refuse what is not encrypted on the way. It waits for the block of
    /// public access, which decides whether S3 takes it.
    pub(super) fn policy(&self, statements: impl IntoIterator<Item = Value>) -> Resource {
        let statements = statements.into_iter().chain(self.only_tls());
        resource(
            "aws_s3_bucket_policy",
            self.label,
            json!({
                "bucket": self.id(),
                "policy": crate::policy::policy(statements),
            }),
        )
        .depends_on("aws_s3_bucket_public_access_block", self.label)
    }

    fn only_tls(&self) -> [Value; 2] {
        let deny = |sid: &str, condition: Value| {
            json!({
                "Sid": sid,
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [self.arn(), format!("{}/*", self.arn())],
                "Condition": condition,
            })
        };
        [
            deny(
                "OnlyTls",
                json!({ "Bool": { "aws:SecureTransport": "false" } }),
            ),
            deny(
                "OnlyTls12",
                json!({ "NumericLessThan": { "s3:TlsVersion": "1.2" } }),
            ),
        ]
    }

    /// Has S3 write down who reads and writes this bucket.
    pub(super) fn log_to(&self, logs: &Bucket<'_>) -> Resource {
        resource(
            "aws_s3_bucket_logging",
            self.label,
            json!({
                "bucket": self.id(),
                "target_bucket": logs.id(),
                "target_prefix": format!("{}/", self.label),
            }),
        )
        .depends_on("aws_s3_bucket_policy", logs.label)
    }
}
