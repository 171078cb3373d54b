//! Logs of the network, and keys.

use super::schema::{
    Guard, TAGS, TypePolicy, arn, block, flag, id, name, number, policy, power_target, target, text,
};
use crate::capability::Risk;
use crate::capability::iam::PolicyKind;

pub(super) const TYPES: &[TypePolicy] = &[
    TypePolicy::new("aws_flow_log", Risk::Plain)
        .attributes(&[
            target("vpc_id", &["aws_vpc"]),
            target("subnet_id", &["aws_subnet"]),
            power_target("iam_role_arn", &["aws_iam_role"]),
            target(
                "log_destination",
                &["aws_cloudwatch_log_group", "aws_s3_bucket"],
            ),
            text("log_destination_type").literal(),
            text("log_format"),
            number("max_aggregation_interval"),
            text("traffic_type").literal(),
            TAGS,
        ])
        .blocks(&[block(
            "destination_options",
            &[
                text("file_format").literal(),
                flag("hive_compatible_partitions"),
                flag("per_hour_partition"),
            ],
        )])
        .exports(&[id("id"), arn("arn")]),
    TypePolicy::new("aws_cloudwatch_log_group", Risk::Plain)
        .attributes(&[
            text("name"),
            text("name_prefix"),
            number("retention_in_days"),
            target("kms_key_id", &["aws_kms_key", "aws_kms_alias"]),
            text("log_group_class").literal(),
            flag("skip_destroy"),
            TAGS,
        ])
        .exports(&[
            arn("arn").of("aws_cloudwatch_log_group").inside(":"),
            name("name").of("aws_cloudwatch_log_group"),
        ]),
    // Within the policy of a key, the resource `*` is the key.
    TypePolicy::new("aws_kms_key", Risk::Plain)
        .attributes(&[
            text("description"),
            number("deletion_window_in_days"),
            flag("enable_key_rotation").guarded(Guard::True),
            flag("is_enabled").guarded(Guard::True),
            flag("multi_region"),
            text("customer_master_key_spec").literal(),
            text("key_usage").literal(),
            number("rotation_period_in_days"),
            policy("policy", PolicyKind::Resource { star_is_self: true }),
            TAGS,
        ])
        .blocks(&[block("timeouts", &[text("create").literal()])])
        .exports(&[
            arn("arn").of("aws_kms_key"),
            id("id").of("aws_kms_key"),
            id("key_id").of("aws_kms_key"),
        ]),
    TypePolicy::new("aws_kms_alias", Risk::Plain)
        .attributes(&[
            text("name"),
            text("name_prefix"),
            target("target_key_id", &["aws_kms_key"]).required(),
        ])
        .exports(&[
            arn("arn").of("aws_kms_alias"),
            name("name").of("aws_kms_alias"),
            arn("target_key_arn"),
        ]),
];
