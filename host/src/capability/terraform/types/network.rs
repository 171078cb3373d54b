//! Networks: the VPC, its subnets, gateways and routes.

use super::schema::{
    Guard, TAGS, TIMEOUTS, TypePolicy, arn, block, cidr, flag, id, ids, name, number, policy,
    target, targets, text,
};
use crate::capability::Risk;
use crate::capability::iam::PolicyKind;

pub(super) const TYPES: &[TypePolicy] = &[
    TypePolicy::new("aws_vpc", Risk::Plain)
        .attributes(&[
            text("cidr_block").required(),
            flag("enable_dns_hostnames"),
            flag("enable_dns_support"),
            flag("enable_network_address_usage_metrics"),
            text("instance_tenancy").literal(),
            flag("assign_generated_ipv6_cidr_block"),
            TAGS,
        ])
        .exports(&[
            id("id").of("aws_vpc"),
            arn("arn").of("aws_vpc"),
            cidr("cidr_block"),
            id("default_network_acl_id").of("aws_default_network_acl"),
            id("default_route_table_id").of("aws_route_table"),
            id("default_security_group_id").of("aws_security_group"),
            id("main_route_table_id").of("aws_route_table"),
            id("owner_id"),
        ]),
    // Takes the group over that AWS makes with the network. Without rules in it, it lets nothing
    // through. The network has to be stated: by default it is the account's default one.
    TypePolicy::new("aws_default_security_group", Risk::Power)
        .attributes(&[target("vpc_id", &["aws_vpc"]).required(), TAGS])
        .exports(&[
            id("id").of("aws_security_group"),
            arn("arn").of("aws_security_group"),
        ]),
    // Without rules, subnets of the list are cut off.
    TypePolicy::new("aws_default_network_acl", Risk::Power)
        .attributes(&[
            target("default_network_acl_id", &["aws_default_network_acl"]).required(),
            targets("subnet_ids", &["aws_subnet"]),
            TAGS,
        ])
        .blocks(&[
            block("ingress", NETWORK_ACL_RULE),
            block("egress", NETWORK_ACL_RULE),
        ])
        .exports(&[
            id("id").of("aws_default_network_acl"),
            arn("arn").of("aws_default_network_acl"),
        ]),
    TypePolicy::new("aws_subnet", Risk::Plain)
        .attributes(&[
            target("vpc_id", &["aws_vpc"]).required(),
            text("cidr_block"),
            text("availability_zone"),
            text("availability_zone_id"),
            flag("map_public_ip_on_launch").guarded(Guard::False),
            flag("assign_ipv6_address_on_creation").guarded(Guard::False),
            flag("enable_resource_name_dns_a_record_on_launch"),
            text("private_dns_hostname_type_on_launch").literal(),
            TAGS,
        ])
        .blocks(&[TIMEOUTS])
        .exports(&[
            id("id").of("aws_subnet"),
            arn("arn").of("aws_subnet"),
            cidr("cidr_block"),
            id("availability_zone"),
            id("availability_zone_id"),
            id("owner_id"),
        ]),
    TypePolicy::new("aws_internet_gateway", Risk::Plain)
        .attributes(&[target("vpc_id", &["aws_vpc"]).required(), TAGS])
        .blocks(&[TIMEOUTS])
        .exports(&[
            id("id").of("aws_internet_gateway"),
            arn("arn").of("aws_internet_gateway"),
        ]),
    TypePolicy::new("aws_eip", Risk::Plain)
        .attributes(&[
            text("domain").guarded(Guard::OneOf(&["vpc"])).required(),
            text("network_border_group").literal(),
            TAGS,
        ])
        .exports(&[
            id("id").of("aws_eip"),
            id("allocation_id").of("aws_eip"),
            arn("arn").of("aws_eip"),
            name("public_ip"),
            name("public_dns"),
        ]),
    TypePolicy::new("aws_nat_gateway", Risk::Plain)
        .attributes(&[
            target("allocation_id", &["aws_eip"]),
            text("connectivity_type").literal(),
            target("subnet_id", &["aws_subnet"]).required(),
            TAGS,
        ])
        .blocks(&[TIMEOUTS])
        .exports(&[
            id("id").of("aws_nat_gateway"),
            id("network_interface_id"),
            name("public_ip"),
            name("private_ip"),
        ]),
    // Routes are resources of their own, so that each has a line of its own.
    TypePolicy::new("aws_route_table", Risk::Plain)
        .attributes(&[target("vpc_id", &["aws_vpc"]).required(), TAGS])
        .blocks(&[TIMEOUTS])
        .exports(&[
            id("id").of("aws_route_table"),
            arn("arn").of("aws_route_table"),
            id("owner_id"),
        ]),
    TypePolicy::new("aws_route", Risk::Plain)
        .attributes(&[
            target("route_table_id", &["aws_route_table"]).required(),
            text("destination_cidr_block"),
            text("destination_ipv6_cidr_block"),
            target("gateway_id", &["aws_internet_gateway"]),
            target("nat_gateway_id", &["aws_nat_gateway"]),
            target(
                "egress_only_gateway_id",
                &["aws_egress_only_internet_gateway"],
            ),
            target("network_interface_id", &[]),
            target("transit_gateway_id", &[]),
            target("vpc_endpoint_id", &["aws_vpc_endpoint"]),
            target("vpc_peering_connection_id", &[]),
        ])
        .blocks(&[TIMEOUTS])
        .exports(&[id("id")]),
    TypePolicy::new("aws_egress_only_internet_gateway", Risk::Plain)
        .attributes(&[target("vpc_id", &["aws_vpc"]).required(), TAGS])
        .exports(&[id("id").of("aws_egress_only_internet_gateway")]),
    TypePolicy::new("aws_route_table_association", Risk::Plain)
        .attributes(&[
            target("route_table_id", &["aws_route_table"]).required(),
            target("subnet_id", &["aws_subnet"]),
            target("gateway_id", &["aws_internet_gateway"]),
        ])
        .blocks(&[TIMEOUTS])
        .exports(&[id("id")]),
    TypePolicy::new("aws_vpc_endpoint", Risk::Plain)
        .attributes(&[
            target("vpc_id", &["aws_vpc"]).required(),
            text("service_name").guarded(Guard::AwsService).required(),
            text("vpc_endpoint_type").literal(),
            flag("private_dns_enabled"),
            text("ip_address_type").literal(),
            targets("route_table_ids", &["aws_route_table"]),
            targets("security_group_ids", &["aws_security_group"]),
            targets("subnet_ids", &["aws_subnet"]),
            policy(
                "policy",
                PolicyKind::Resource {
                    star_is_self: false,
                },
            ),
            TAGS,
        ])
        .blocks(&[
            block(
                "dns_options",
                &[
                    text("dns_record_ip_type").literal(),
                    flag("private_dns_only_for_inbound_resolver_endpoint"),
                ],
            ),
            TIMEOUTS,
        ])
        .exports(&[
            id("id").of("aws_vpc_endpoint"),
            arn("arn").of("aws_vpc_endpoint"),
            id("prefix_list_id").of("aws_prefix_list"),
            ids("network_interface_ids"),
        ]),
];

const NETWORK_ACL_RULE: &[super::Attribute] = &[
    text("action").literal().required(),
    text("cidr_block").guarded(Guard::PrivateBlock),
    text("ipv6_cidr_block").guarded(Guard::PrivateBlock),
    text("protocol").literal().required(),
    number("rule_no").required(),
    number("from_port").required(),
    number("to_port").required(),
    number("icmp_code"),
    number("icmp_type"),
];
