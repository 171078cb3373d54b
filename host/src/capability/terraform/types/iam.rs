//! IAM. Every type is power: granted by its exact name. Policies inside of a role and exclusive
//! lists of attachments are not offered; each policy is a resource of its own.

use super::schema::{
    Guard, TAGS, TypePolicy, arn, flag, id, name, number, policy, power_target, power_targets,
    target, text, texts,
};
use crate::capability::Risk;
use crate::capability::iam::PolicyKind;

pub(super) const TYPES: &[TypePolicy] = &[
    TypePolicy::new("aws_iam_role", Risk::Power)
        .attributes(&[
            policy("assume_role_policy", PolicyKind::Trust).required(),
            text("description"),
            text("name").literal(),
            text("name_prefix").literal(),
            text("path").literal(),
            number("max_session_duration"),
            power_target("permissions_boundary", &["aws_iam_policy"]),
            TAGS,
        ])
        .exports(&[
            name("id").of("aws_iam_role"),
            name("name").of("aws_iam_role"),
            arn("arn").of("aws_iam_role"),
            id("unique_id"),
        ]),
    TypePolicy::new("aws_iam_role_policy", Risk::Power)
        .attributes(&[
            text("name").literal(),
            text("name_prefix").literal(),
            policy("policy", PolicyKind::Identity).required(),
            power_target("role", &["aws_iam_role"]).required(),
        ])
        .exports(&[name("id")]),
    TypePolicy::new("aws_iam_policy", Risk::Power)
        .attributes(&[
            text("name").literal(),
            text("name_prefix").literal(),
            text("path").literal(),
            text("description"),
            policy("policy", PolicyKind::Identity).required(),
            TAGS,
        ])
        .exports(&[
            arn("arn").of("aws_iam_policy"),
            arn("id").of("aws_iam_policy"),
            id("policy_id"),
        ]),
    TypePolicy::new("aws_iam_role_policy_attachment", Risk::Power)
        .attributes(&[
            power_target("policy_arn", &["aws_iam_policy"]).required(),
            power_target("role", &["aws_iam_role"]).required(),
        ])
        .exports(&[name("id")]),
    // Whom an account trusts to say who somebody is. The URL is literal or a fact, never a value of
    // the root.
    TypePolicy::new("aws_iam_openid_connect_provider", Risk::Power)
        .attributes(&[
            power_target("url", &[]).required(),
            texts("client_id_list").literal().required(),
            texts("thumbprint_list").literal(),
            TAGS,
        ])
        .exports(&[
            arn("arn").of("aws_iam_openid_connect_provider"),
            arn("id").of("aws_iam_openid_connect_provider"),
        ]),
    TypePolicy::new("aws_iam_instance_profile", Risk::Power)
        .attributes(&[
            text("name").literal(),
            text("name_prefix").literal(),
            text("path").literal(),
            power_target("role", &["aws_iam_role"]).required(),
            TAGS,
        ])
        .exports(&[
            arn("arn").of("aws_iam_instance_profile"),
            name("id").of("aws_iam_instance_profile"),
            name("name").of("aws_iam_instance_profile"),
            id("unique_id"),
        ]),
    // Exclusive: takes the policy away from everybody else that has it.
    TypePolicy::new("aws_iam_policy_attachment", Risk::Deputy)
        .attributes(&[
            text("name").literal().required(),
            power_target("policy_arn", &["aws_iam_policy"]).required(),
            power_targets("roles", &["aws_iam_role"]),
        ])
        .exports(&[name("id")]),
    // A long-lived credential, which lies in clear text in Terraform's state.
    TypePolicy::new("aws_iam_access_key", Risk::Deputy)
        .attributes(&[
            power_target("user", &[]).required(),
            text("status").literal(),
        ])
        .exports(&[
            id("id"),
            name("secret").as_secret(),
            name("ses_smtp_password_v4").as_secret(),
        ]),
    TypePolicy::new("aws_kms_grant", Risk::Deputy)
        .attributes(&[
            text("name"),
            target("key_id", &["aws_kms_key"]).required(),
            power_target("grantee_principal", &["aws_iam_role"]).required(),
            power_target("retiring_principal", &["aws_iam_role"]),
            texts("operations").deputy().required(),
        ])
        .exports(&[id("grant_id"), name("grant_token").as_secret()]),
    TypePolicy::new("aws_ram_resource_share", Risk::Deputy)
        .attributes(&[
            text("name").required(),
            flag("allow_external_principals")
                .guarded(Guard::False)
                .required(),
            TAGS,
        ])
        .exports(&[
            arn("arn").of("aws_ram_resource_share"),
            arn("id").of("aws_ram_resource_share"),
        ]),
    TypePolicy::new("aws_ram_principal_association", Risk::Deputy).attributes(&[
        power_target("principal", &[]).required(),
        target("resource_share_arn", &["aws_ram_resource_share"]).required(),
    ]),
    TypePolicy::new("aws_ram_resource_association", Risk::Deputy).attributes(&[
        target("resource_arn", &["aws_subnet"]).required(),
        target("resource_share_arn", &["aws_ram_resource_share"]).required(),
    ]),
];
