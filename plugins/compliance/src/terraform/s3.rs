//! Buckets, and their settings that are resources of their own.

use serde_json::Value;

use super::policy::{allows, is_everybody, statements, texts};
use super::{Resource, block, refers, resources};
use crate::document::Document;
use crate::rule::Verdict;

/// The settings of a bucket that are a resource of their own.
fn of_bucket<'a>(
    document: &'a Document,
    kind: &'static str,
    bucket: &Resource<'_>,
) -> Option<Resource<'a>> {
    resources(document, kind)
        .find(|other| refers(other.body.get("bucket"), "aws_s3_bucket", bucket, "bucket"))
}

/// Who else can read a bucket.
#[derive(PartialEq)]
enum Readers {
    /// Nobody but those whom the account lets.
    Account,
    /// Everybody, and only the two documents of OIDC discovery: AWS reads them without credentials, to check the
    /// tokens of service accounts.
    Discovery,
    Everybody,
}

fn readers(document: &Document, bucket: &Resource<'_>) -> Readers {
    let acl = of_bucket(document, "aws_s3_bucket_acl", bucket);
    let acl = acl
        .as_ref()
        .and_then(|acl| acl.body.get("acl"))
        .and_then(Value::as_str);
    if acl.is_some_and(|acl| acl.starts_with("public-") || acl == "authenticated-read") {
        return Readers::Everybody;
    }
    let policy = of_bucket(document, "aws_s3_bucket_policy", bucket);
    let open: Vec<&Value> = policy
        .iter()
        .flat_map(|policy| allows(policy.body.get("policy")))
        .filter(|statement| is_everybody(statement.get("Principal")))
        .collect();
    match open.as_slice() {
        [] => Readers::Account,
        open if open.iter().all(|statement| reads_discovery(statement)) => Readers::Discovery,
        _ => Readers::Everybody,
    }
}

/// The paths below an issuer, OpenID Connect Discovery 1.0 section 4 and where kOps puts the keys.
const DISCOVERY: [&str; 2] = ["/.well-known/openid-configuration", "/openid/v1/jwks"];

fn reads_discovery(statement: &Value) -> bool {
    let resources = texts(statement.get("Resource"));
    texts(statement.get("Action")) == ["s3:GetObject"]
        && !resources.is_empty()
        && resources
            .iter()
            .all(|resource| DISCOVERY.iter().any(|path| resource.ends_with(path)))
}

/// Whether other buckets write their access logs into this one.
fn takes_logs(document: &Document, bucket: &Resource<'_>) -> bool {
    resources(document, "aws_s3_bucket_logging").any(|logging| {
        refers(
            logging.body.get("target_bucket"),
            "aws_s3_bucket",
            bucket,
            "bucket",
        )
    })
}

fn each_bucket(
    document: &Document,
    check: impl Fn(&Resource<'_>) -> Result<&'static str, Verdict>,
) -> Vec<Verdict> {
    resources(document, "aws_s3_bucket")
        .map(|bucket| match check(&bucket) {
            Ok(message) => Verdict::pass(format!("{}: {message}", bucket.name)),
            Err(verdict) => verdict,
        })
        .collect()
}

pub(super) fn encrypted(document: &Document) -> Vec<Verdict> {
    each_bucket(document, |bucket| {
        if readers(document, bucket) == Readers::Discovery {
            return Ok("holds published documents, which are no secrets");
        }
        let settings = of_bucket(
            document,
            "aws_s3_bucket_server_side_encryption_configuration",
            bucket,
        )
        .ok_or_else(|| {
            Verdict::fail(
                &bucket.pointer,
                format!("{}: no encryption is set", bucket.name),
            )
        })?;
        let default = block(
            block(settings.body, "rule"),
            "apply_server_side_encryption_by_default",
        );
        let algorithm = default.get("sse_algorithm").unwrap_or(&Value::Null);
        match algorithm.as_str() {
            Some("aws:kms" | "aws:kms:dsse") => Ok("encrypted with a KMS key"),
            // S3 delivers access logs only to buckets whose default is SSE-S3.
            Some("AES256") if takes_logs(document, bucket) => {
                Ok("encrypted by S3, as log delivery needs it")
            }
            _ => Err(Verdict::fail(
                settings.pointer,
                format!("{}: not encrypted with a KMS key", bucket.name),
            )
            .seen(algorithm)),
        }
    })
}

pub(super) fn private(document: &Document) -> Vec<Verdict> {
    const SETTINGS: [&str; 4] = [
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    ];
    each_bucket(document, |bucket| {
        let name = bucket.name;
        match readers(document, bucket) {
            Readers::Account => {}
            Readers::Discovery => {
                let message = format!(
                    "{name}: everybody can read the documents of OIDC discovery, and nothing else"
                );
                return Err(Verdict::warn(&bucket.pointer, message));
            }
            Readers::Everybody => {
                return Err(Verdict::fail(
                    &bucket.pointer,
                    format!("{name}: open to everybody"),
                ));
            }
        }
        let block =
            of_bucket(document, "aws_s3_bucket_public_access_block", bucket).ok_or_else(|| {
                Verdict::fail(
                    &bucket.pointer,
                    format!("{name}: public access is not blocked"),
                )
            })?;
        match SETTINGS
            .iter()
            .find(|setting| block.body.get(**setting) != Some(&Value::Bool(true)))
        {
            None => Ok("public access is blocked"),
            Some(setting) => Err(Verdict::fail(
                format!("{}/{setting}", block.pointer),
                format!("{name}: {setting} must be true"),
            )),
        }
    })
}

pub(super) fn versioned(document: &Document) -> Vec<Verdict> {
    each_bucket(document, |bucket| {
        let versioning = of_bucket(document, "aws_s3_bucket_versioning", bucket);
        let status = versioning
            .as_ref()
            .map(|v| block(v.body, "versioning_configuration").get("status"));
        match status.flatten().and_then(Value::as_str) {
            Some("Enabled") => Ok("earlier versions are kept"),
            _ if takes_logs(document, bucket) => Ok("log objects are written once"),
            _ => Err(Verdict::fail(
                &bucket.pointer,
                format!("{}: earlier versions are not kept", bucket.name),
            )),
        }
    })
}

pub(super) fn tls(document: &Document) -> Vec<Verdict> {
    each_bucket(document, |bucket| {
        let policy = of_bucket(document, "aws_s3_bucket_policy", bucket);
        let denied = policy.as_ref().is_some_and(|policy| {
            statements(policy.body.get("policy")).any(|statement| {
                let flag = statement
                    .pointer("/Condition/Bool/aws:SecureTransport")
                    .map(|value| match value {
                        Value::Array(list) => list.iter().any(is_no),
                        value => is_no(value),
                    });
                statement.get("Effect").and_then(Value::as_str) == Some("Deny")
                    && is_everybody(statement.get("Principal"))
                    && flag == Some(true)
            })
        });
        if denied {
            Ok("requests without TLS are denied")
        } else {
            Err(Verdict::fail(
                &bucket.pointer,
                format!("{}: requests without TLS are not denied", bucket.name),
            ))
        }
    })
}

fn is_no(value: &Value) -> bool {
    value.as_str() == Some("false") || value.as_bool() == Some(false)
}
