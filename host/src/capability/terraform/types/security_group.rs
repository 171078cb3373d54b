//! Security groups. Rules are resources of their own: inline rules of a group would replace those
//! of others.

use super::schema::{Guard, TAGS, TIMEOUTS, TypePolicy, arn, flag, id, name, number, target, text};
use crate::capability::Risk;

pub(super) const TYPES: &[TypePolicy] = &[
    // The network has to be stated: by default it is the account's default one.
    TypePolicy::new("aws_security_group", Risk::Plain)
        .attributes(&[
            text("name"),
            text("name_prefix"),
            text("description"),
            target("vpc_id", &["aws_vpc"]).required(),
            flag("revoke_rules_on_delete"),
            TAGS,
        ])
        .blocks(&[TIMEOUTS])
        .exports(&[
            id("id").of("aws_security_group"),
            arn("arn").of("aws_security_group"),
            name("name"),
            id("owner_id"),
        ]),
    // Who may come in decides what is exposed: an address block outside of the private ranges is power.
    TypePolicy::new("aws_vpc_security_group_ingress_rule", Risk::Plain)
        .attributes(&[
            target("security_group_id", &["aws_security_group"]).required(),
            text("cidr_ipv4").guarded(Guard::PrivateBlock),
            text("cidr_ipv6").guarded(Guard::PrivateBlock),
            target("prefix_list_id", &["aws_prefix_list"]),
            target("referenced_security_group_id", &["aws_security_group"]),
            text("ip_protocol").literal().required(),
            number("from_port"),
            number("to_port"),
            text("description"),
            TAGS,
        ])
        .exports(&[id("id"), id("security_group_rule_id"), arn("arn")]),
    TypePolicy::new("aws_vpc_security_group_egress_rule", Risk::Plain)
        .attributes(&[
            target("security_group_id", &["aws_security_group"]).required(),
            text("cidr_ipv4"),
            text("cidr_ipv6"),
            target("prefix_list_id", &["aws_prefix_list"]),
            target("referenced_security_group_id", &["aws_security_group"]),
            text("ip_protocol").literal().required(),
            number("from_port"),
            number("to_port"),
            text("description"),
            TAGS,
        ])
        .exports(&[id("id"), id("security_group_rule_id"), arn("arn")]),
];
