//! The VPC with its subnets, gateways and routes.

use std::collections::BTreeMap;

use aegis_plugin::Cluster;
use aegis_plugin::terraform::{Resource, reference, resource};
use serde_json::{Value, json};

use super::config::Nat;
use super::subnets::{Blocks, Tier};
use crate::naming::Tags;

/// Everything, as a route's destination.
const ANYWHERE: &str = "0.0.0.0/0";

/// A network that is being written down.
pub(super) struct Network<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) subnets: &'a BTreeMap<String, Blocks>,
    pub(super) nat: Nat,
    pub(super) tags: &'a Tags,
}

/// The VPC's id.
pub(super) fn vpc_id() -> String {
    reference("aws_vpc", "main", "id")
}

/// The id of a zone's subnet.
pub(super) fn subnet_id(tier: Tier, zone: &str) -> String {
    reference("aws_subnet", &tiered(tier, zone), "id")
}

/// The route table of the public and utility subnets.
pub(super) fn public_table_id() -> String {
    reference("aws_route_table", "public", "id")
}

/// The route table of a zone's private subnet.
pub(super) fn private_table_id(zone: &str) -> String {
    reference("aws_route_table", &tiered(Tier::Private, zone), "id")
}

fn tiered(tier: Tier, zone: &str) -> String {
    format!("{}-{zone}", tier.name())
}

impl Network<'_> {
    /// All resources, those that others need first.
    pub(super) fn resources(&self) -> Vec<Resource> {
        let mut resources = vec![
            self.vpc(),
            self.default_security_group(),
            self.internet_gateway(),
        ];
        for (zone, blocks) in self.subnets {
            resources.extend(Tier::ALL.map(|tier| self.subnet(tier, zone, *blocks)));
        }
        for zone in self.zones_with_nat() {
            resources.extend([self.nat_address(zone), self.nat_gateway(zone)]);
        }
        resources.extend([self.public_table(), self.internet_route()]);
        for zone in self.subnets.keys() {
            resources.extend([self.private_table(zone), self.nat_route(zone)]);
            resources.extend(Tier::ALL.map(|tier| self.association(tier, zone)));
        }
        resources
    }

    /// The NAT gateway that a zone's private subnet uses.
    pub(super) fn nat_gateway_id(&self, zone: &str) -> String {
        let first = self.subnets.keys().next().map(String::as_str);
        let zone = match self.nat {
            Nat::PerZone => zone,
            Nat::Single => first.unwrap_or(zone),
        };
        reference("aws_nat_gateway", zone, "id")
    }

    /// A single gateway stands in the first zone and is named after it, so that going over to one for each zone
    /// leaves it where it is.
    fn zones_with_nat(&self) -> impl Iterator<Item = &String> {
        let count = match self.nat {
            Nat::PerZone => self.subnets.len(),
            Nat::Single => 1,
        };
        self.subnets.keys().take(count)
    }

    /// The tag by which Kubernetes and kOps know what a cluster may use. `shared`: they never delete it.
    fn shared(&self) -> (String, Value) {
        (
            format!("kubernetes.io/cluster/{}", self.cluster.dns_name),
            "shared".into(),
        )
    }

    fn vpc(&self) -> Resource {
        resource(
            "aws_vpc",
            "main",
            json!({
                "cidr_block": self.cluster.cidr,
                "enable_dns_support": true,
                "enable_dns_hostnames": true,
                "tags": self.tags.with("vpc", [self.shared()]),
            }),
        )
    }

    /// AWS makes this group with every VPC and puts into it what names no other; without rules it lets nothing
    /// through. Terraform takes all rules out of it.
    fn default_security_group(&self) -> Resource {
        resource(
            "aws_default_security_group",
            "main",
            json!({ "vpc_id": vpc_id(), "tags": self.tags.named("default-unused") }),
        )
    }

    fn internet_gateway(&self) -> Resource {
        resource(
            "aws_internet_gateway",
            "main",
            json!({ "vpc_id": vpc_id(), "tags": self.tags.with("internet", [self.shared()]) }),
        )
    }

    /// The tags are those that kOps would set by itself, so that neither undoes what the other did; by the roles among them
    /// load balancers find their subnets.
    fn subnet(&self, tier: Tier, zone: &str, blocks: Blocks) -> Resource {
        let (kops_type, role) = match tier {
            Tier::Private => ("Private", "kubernetes.io/role/internal-elb"),
            Tier::Public => ("Public", "kubernetes.io/role/elb"),
            Tier::Utility => ("Utility", "kubernetes.io/role/elb"),
        };
        let more = [
            self.shared(),
            ("SubnetType".to_owned(), kops_type.into()),
            (role.to_owned(), "1".into()),
        ];
        resource(
            "aws_subnet",
            tiered(tier, zone),
            json!({
                "vpc_id": vpc_id(),
                "availability_zone": zone,
                "cidr_block": blocks.of(tier).to_string(),
                "map_public_ip_on_launch": false,
                "tags": self.tags.with(&tiered(tier, zone), more),
            }),
        )
    }

    fn nat_address(&self, zone: &str) -> Resource {
        let name = format!("nat-{zone}");
        let tags = self.tags.named(&name);
        resource("aws_eip", name, json!({ "domain": "vpc", "tags": tags }))
            .depends_on("aws_internet_gateway", "main")
    }

    fn nat_gateway(&self, zone: &str) -> Resource {
        resource(
            "aws_nat_gateway",
            zone,
            json!({
                "allocation_id": reference("aws_eip", &format!("nat-{zone}"), "id"),
                "subnet_id": subnet_id(Tier::Utility, zone),
                "tags": self.tags.with(&format!("nat-{zone}"), [self.shared()]),
            }),
        )
        .depends_on("aws_internet_gateway", "main")
    }

    fn public_table(&self) -> Resource {
        resource(
            "aws_route_table",
            "public",
            json!({ "vpc_id": vpc_id(), "tags": self.tags.named("public") }),
        )
    }

    fn internet_route(&self) -> Resource {
        resource(
            "aws_route",
            "internet",
            json!({
                "route_table_id": public_table_id(),
                "destination_cidr_block": ANYWHERE,
                "gateway_id": reference("aws_internet_gateway", "main", "id"),
            }),
        )
    }

    /// kOps finds a zone's private route table by the role tag, and would make one of its own if it did not.
    fn private_table(&self, zone: &str) -> Resource {
        let name = tiered(Tier::Private, zone);
        let role = (
            "kubernetes.io/kops/role".to_owned(),
            format!("private-{zone}").into(),
        );
        let tags = self.tags.with(&name, [self.shared(), role]);
        resource(
            "aws_route_table",
            name,
            json!({ "vpc_id": vpc_id(), "tags": tags }),
        )
    }

    fn nat_route(&self, zone: &str) -> Resource {
        resource(
            "aws_route",
            format!("nat-{zone}"),
            json!({
                "route_table_id": private_table_id(zone),
                "destination_cidr_block": ANYWHERE,
                "nat_gateway_id": self.nat_gateway_id(zone),
            }),
        )
    }

    fn association(&self, tier: Tier, zone: &str) -> Resource {
        let table = match tier {
            Tier::Private => private_table_id(zone),
            Tier::Public | Tier::Utility => public_table_id(),
        };
        resource(
            "aws_route_table_association",
            tiered(tier, zone),
            json!({ "subnet_id": subnet_id(tier, zone), "route_table_id": table }),
        )
    }
}
