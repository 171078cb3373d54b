//! Places for secrets. Terraform may make the place, but what is in it would lie in clear text in
//! plan and state, so it comes from elsewhere.

use super::schema::{Guard, TAGS, TypePolicy, arn, id, name, number, policy, target, text};
use crate::capability::Risk;
use crate::capability::iam::PolicyKind;

pub(super) const TYPES: &[TypePolicy] = &[
    // Within the policy of a secret, the resource `*` is the secret.
    TypePolicy::new("aws_secretsmanager_secret", Risk::Plain)
        .attributes(&[
            text("name"),
            text("name_prefix"),
            text("description"),
            target("kms_key_id", &["aws_kms_key", "aws_kms_alias"]),
            number("recovery_window_in_days"),
            policy("policy", PolicyKind::Resource { star_is_self: true }),
            TAGS,
        ])
        .exports(&[
            arn("arn").of("aws_secretsmanager_secret"),
            arn("id").of("aws_secretsmanager_secret"),
        ]),
    TypePolicy::new("aws_secretsmanager_secret_version", Risk::Power)
        .attributes(&[
            target("secret_id", &["aws_secretsmanager_secret"]).required(),
            text("secret_string").secret(),
            text("secret_string_wo").secret(),
            text("secret_binary").secret(),
        ])
        .exports(&[id("version_id")]),
    TypePolicy::new("aws_ssm_parameter", Risk::Power)
        .attributes(&[
            text("name").literal().required(),
            text("type")
                .guarded(Guard::OneOf(&["String", "StringList"]))
                .required(),
            text("description"),
            text("insecure_value"),
            text("value").secret(),
            text("value_wo").secret(),
            target("key_id", &["aws_kms_key", "aws_kms_alias"]),
            text("tier").literal(),
            TAGS,
        ])
        .exports(&[
            arn("arn").of("aws_ssm_parameter"),
            name("name").of("aws_ssm_parameter"),
            name("value").as_secret(),
        ]),
];
