//! VPCs and security groups.

use serde_json::Value;

use super::{refers, resources};
use crate::document::{Document, is_world, unknown};
use crate::rule::Verdict;

pub(super) fn flow_logs(document: &Document) -> Vec<Verdict> {
    resources(document, "aws_vpc")
        .map(|vpc| {
            let logged = resources(document, "aws_flow_log")
                .any(|log| refers(log.body.get("vpc_id"), "aws_vpc", &vpc, "id"));
            if logged {
                Verdict::pass(format!("{} logs its flows", vpc.name))
            } else {
                Verdict::fail(&vpc.pointer, format!("{} does not log its flows", vpc.name))
            }
        })
        .collect()
}

pub(super) fn default_group(document: &Document) -> Vec<Verdict> {
    resources(document, "aws_vpc")
        .map(|vpc| {
            let group = resources(document, "aws_default_security_group")
                .find(|group| refers(group.body.get("vpc_id"), "aws_vpc", &vpc, "id"));
            let Some(group) = group else {
                return Verdict::fail(
                    &vpc.pointer,
                    format!("{}: the default security group is left as it is", vpc.name),
                );
            };
            let rules =
                ["ingress", "egress"]
                    .into_iter()
                    .find(|name| match group.body.get(*name) {
                        None | Some(Value::Null) => false,
                        Some(Value::Array(list)) => !list.is_empty(),
                        Some(_) => true,
                    });
            match rules {
                None => Verdict::pass(format!(
                    "{}: the default security group has no rules",
                    vpc.name
                )),
                Some(name) => Verdict::fail(
                    format!("{}/{name}", group.pointer),
                    format!("{}: the default security group has rules", vpc.name),
                ),
            }
        })
        .collect()
}

/// A rule that lets traffic in, however it is written.
struct Ingress<'a> {
    pointer: String,
    networks: Vec<&'a Value>,
    protocol: &'a Value,
    from: &'a Value,
    to: &'a Value,
}

fn ingress_rules(document: &Document) -> Vec<Ingress<'_>> {
    let mut rules = Vec::new();
    for rule in resources(document, "aws_vpc_security_group_ingress_rule") {
        rules.push(Ingress {
            networks: ["cidr_ipv4", "cidr_ipv6"]
                .into_iter()
                .filter_map(|name| rule.body.get(name))
                .collect(),
            protocol: rule.body.get("ip_protocol").unwrap_or(&Value::Null),
            from: rule.body.get("from_port").unwrap_or(&Value::Null),
            to: rule.body.get("to_port").unwrap_or(&Value::Null),
            pointer: rule.pointer,
        });
    }
    for group in resources(document, "aws_security_group") {
        let Some(Value::Array(list)) = group.body.get("ingress") else {
            continue;
        };
        for (index, rule) in list.iter().enumerate() {
            let networks = ["cidr_blocks", "ipv6_cidr_blocks"].into_iter();
            rules.push(Ingress {
                pointer: format!("{}/ingress/{index}", group.pointer),
                networks: networks
                    .filter_map(|name| rule.get(name)?.as_array())
                    .flatten()
                    .collect(),
                protocol: rule.get("protocol").unwrap_or(&Value::Null),
                from: rule.get("from_port").unwrap_or(&Value::Null),
                to: rule.get("to_port").unwrap_or(&Value::Null),
            });
        }
    }
    rules
}

pub(super) fn open_ports(document: &Document) -> Vec<Verdict> {
    ingress_rules(document)
        .into_iter()
        .map(|rule| {
            if rule.networks.iter().any(|network| unknown(network)) {
                return Verdict::unknown(rule.pointer);
            }
            if !rule.networks.iter().any(|network| is_world(network)) {
                return Verdict::pass("limited to named networks");
            }
            let https = rule.protocol.as_str() == Some("tcp")
                && rule.from.as_i64() == Some(443)
                && rule.to.as_i64() == Some(443);
            if https {
                Verdict::warn(rule.pointer, "HTTPS is open to the world")
            } else {
                Verdict::fail(rule.pointer, "open to the world").seen(format_args!(
                    "protocol {}, ports {} to {}",
                    rule.protocol, rule.from, rule.to
                ))
            }
        })
        .collect()
}
