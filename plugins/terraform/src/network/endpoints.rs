//! Endpoints of AWS services within the network.

use std::collections::{BTreeMap, BTreeSet};

use aegis_plugin::Cluster;
use aegis_plugin::terraform::{Resource, reference, resource};
use serde_json::json;

use super::config::Endpoints;
use super::routing::{private_table_id, public_table_id, subnet_id, vpc_id};
use super::subnets::{Blocks, Tier};
use crate::naming::{Tags, dashed};

/// The endpoints, and the security group of those that have addresses.
pub(super) fn resources(
    cluster: &Cluster,
    subnets: &BTreeMap<String, Blocks>,
    endpoints: &Endpoints,
    tags: &Tags,
) -> Vec<Resource> {
    let service = |name: &str| format!("com.amazonaws.{}.{name}", cluster.region);
    let tables: Vec<String> = subnets
        .keys()
        .map(|zone| private_table_id(zone))
        .chain([public_table_id()])
        .collect();
    let private: Vec<String> = subnets
        .keys()
        .map(|zone| subnet_id(Tier::Private, zone))
        .collect();

    let gateways = endpoints.gateway.iter().map(|gateway| {
        let name = gateway.name();
        resource(
            "aws_vpc_endpoint",
            name,
            json!({
                "vpc_id": vpc_id(),
                "vpc_endpoint_type": "Gateway",
                "service_name": service(name),
                "route_table_ids": tables,
                "tags": tags.named(name),
            }),
        )
    });
    // In the order of their names, whatever the order of the configuration.
    let interfaces: BTreeSet<&String> = endpoints.interface.iter().collect();
    let interfaces = interfaces.into_iter().map(|name| {
        let dashed = dashed(name);
        let tags = tags.named(&dashed);
        resource(
            "aws_vpc_endpoint",
            dashed,
            json!({
                "vpc_id": vpc_id(),
                "vpc_endpoint_type": "Interface",
                "service_name": service(name),
                "private_dns_enabled": true,
                "subnet_ids": private,
                "security_group_ids": [reference("aws_security_group", "endpoints", "id")],
                "tags": tags,
            }),
        )
    });
    let group = (!endpoints.interface.is_empty()).then(|| security_group(cluster, tags));
    let group = group.into_iter().flatten();
    gateways.chain(group).chain(interfaces).collect()
}

/// Lets HTTPS in from the network, and nothing else in or out: an endpoint only answers.
fn security_group(cluster: &Cluster, tags: &Tags) -> [Resource; 2] {
    let group = resource(
        "aws_security_group",
        "endpoints",
        json!({
            "name": "aegis-endpoints",
            "description": "Endpoints of AWS services: HTTPS from the network",
            "vpc_id": vpc_id(),
            "tags": tags.named("endpoints"),
        }),
    );
    let rule = resource(
        "aws_vpc_security_group_ingress_rule",
        "endpoints-https",
        json!({
            "security_group_id": reference("aws_security_group", "endpoints", "id"),
            "description": "HTTPS from the network",
            "cidr_ipv4": cluster.cidr,
            "ip_protocol": "tcp",
            "from_port": 443,
            "to_port": 443,
            "tags": tags.named("endpoints-https"),
        }),
    );
    [group, rule]
}
