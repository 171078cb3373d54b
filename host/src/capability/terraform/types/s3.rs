//! Buckets. Each part of a bucket is a resource of its own; the deprecated inline forms are not offered.

use super::schema::{
    Attribute, Guard, TAGS, TypePolicy, arn, block, dns_name, flag, id, name, number, policy,
    target, text, text_map,
};
use crate::capability::Risk;
use crate::capability::iam::PolicyKind;

const BUCKET: Attribute = target("bucket", &["aws_s3_bucket"]).required();
const CANNED_ACLS: Guard =
    Guard::OneOf(&["private", "log-delivery-write", "bucket-owner-full-control"]);

pub(super) const TYPES: &[TypePolicy] = &[
    TypePolicy::new("aws_s3_bucket", Risk::Plain)
        .attributes(&[
            text("bucket"),
            text("bucket_prefix"),
            flag("force_destroy").guarded(Guard::False),
            flag("object_lock_enabled"),
            TAGS,
        ])
        .exports(&[
            dns_name("id").of("aws_s3_bucket"),
            dns_name("bucket").of("aws_s3_bucket"),
            arn("arn").of("aws_s3_bucket").inside("/"),
            dns_name("bucket_domain_name"),
            dns_name("bucket_regional_domain_name"),
            id("hosted_zone_id"),
            id("region"),
        ]),
    TypePolicy::new("aws_s3_bucket_versioning", Risk::Plain)
        .attributes(&[BUCKET, text("expected_bucket_owner")])
        .blocks(&[block(
            "versioning_configuration",
            &[
                text("status")
                    .guarded(Guard::OneOf(&["Enabled"]))
                    .required(),
                text("mfa_delete").literal(),
            ],
        )
        .required()])
        .exports(&[name("id")]),
    TypePolicy::new(
        "aws_s3_bucket_server_side_encryption_configuration",
        Risk::Plain,
    )
    .attributes(&[BUCKET, text("expected_bucket_owner")])
    .blocks(&[block("rule", &[flag("bucket_key_enabled")])
        .with(&[block(
            "apply_server_side_encryption_by_default",
            &[
                target("kms_master_key_id", &["aws_kms_key", "aws_kms_alias"]),
                text("sse_algorithm").literal().required(),
            ],
        )
        .required()])
        .required()])
    .exports(&[name("id")]),
    // Each of the four is false by default, so each has to be stated.
    TypePolicy::new("aws_s3_bucket_public_access_block", Risk::Plain)
        .attributes(&[
            BUCKET,
            flag("block_public_acls").guarded(Guard::True).required(),
            flag("block_public_policy").guarded(Guard::True).required(),
            flag("ignore_public_acls").guarded(Guard::True).required(),
            flag("restrict_public_buckets")
                .guarded(Guard::True)
                .required(),
        ])
        .exports(&[name("id")]),
    TypePolicy::new("aws_s3_bucket_ownership_controls", Risk::Plain)
        .attributes(&[BUCKET])
        .blocks(&[block(
            "rule",
            &[text("object_ownership")
                .guarded(Guard::OneOf(&["BucketOwnerEnforced"]))
                .required()],
        )
        .required()])
        .exports(&[name("id")]),
    TypePolicy::new("aws_s3_bucket_policy", Risk::Power)
        .attributes(&[
            BUCKET,
            policy(
                "policy",
                PolicyKind::Resource {
                    star_is_self: false,
                },
            )
            .required(),
        ])
        .exports(&[name("id")]),
    TypePolicy::new("aws_s3_bucket_lifecycle_configuration", Risk::Plain)
        .attributes(&[
            BUCKET,
            text("expected_bucket_owner"),
            text("transition_default_minimum_object_size").literal(),
        ])
        .blocks(&[block(
            "rule",
            &[text("id").required(), text("status").literal().required()],
        )
        .with(&[
            block(
                "abort_incomplete_multipart_upload",
                &[number("days_after_initiation")],
            ),
            block(
                "expiration",
                &[
                    text("date").literal(),
                    number("days"),
                    flag("expired_object_delete_marker"),
                ],
            ),
            block(
                "filter",
                &[
                    text("prefix"),
                    number("object_size_greater_than"),
                    number("object_size_less_than"),
                ],
            )
            .with(&[
                block(
                    "and",
                    &[
                        text("prefix"),
                        number("object_size_greater_than"),
                        number("object_size_less_than"),
                        text_map("tags"),
                    ],
                ),
                block("tag", &[text("key").required(), text("value").required()]),
            ]),
            block(
                "noncurrent_version_expiration",
                &[
                    number("newer_noncurrent_versions"),
                    number("noncurrent_days").required(),
                ],
            ),
            block(
                "noncurrent_version_transition",
                &[
                    number("newer_noncurrent_versions"),
                    number("noncurrent_days").required(),
                    text("storage_class").literal().required(),
                ],
            ),
            block(
                "transition",
                &[
                    text("date").literal(),
                    number("days"),
                    text("storage_class").literal().required(),
                ],
            ),
        ])
        .required()])
        .exports(&[name("id")]),
    TypePolicy::new("aws_s3_bucket_logging", Risk::Plain)
        .attributes(&[
            BUCKET,
            text("expected_bucket_owner"),
            target("target_bucket", &["aws_s3_bucket"]).required(),
            text("target_prefix").required(),
        ])
        .blocks(&[block("target_object_key_format", &[]).with(&[
            block(
                "partitioned_prefix",
                &[text("partition_date_source").literal().required()],
            ),
            block("simple_prefix", &[]),
        ])])
        .exports(&[name("id")]),
    TypePolicy::new("aws_s3_bucket_acl", Risk::Power)
        .attributes(&[
            BUCKET,
            text("expected_bucket_owner"),
            text("acl").guarded(CANNED_ACLS).required(),
        ])
        .exports(&[name("id")]),
    // What is in an object may be run by whoever reads it.
    TypePolicy::new("aws_s3_object", Risk::Code)
        .attributes(&[
            BUCKET,
            text("key").required(),
            text("content").code(),
            text("content_base64").code(),
            text("source").path(),
            text("content_type"),
            text("cache_control"),
            text("acl").guarded(CANNED_ACLS),
            target("kms_key_id", &["aws_kms_key", "aws_kms_alias"]),
            text("server_side_encryption").literal(),
            flag("force_destroy").guarded(Guard::False),
            TAGS,
        ])
        .exports(&[name("id"), arn("arn"), name("etag"), name("version_id")]),
];
