//! Stage type `network`: a VPC for each cluster.

mod config;
mod endpoints;
mod flow_logs;
mod routing;
mod subnets;

use std::collections::BTreeMap;

use aegis_plugin::provisioning::{Proposal, change};
use aegis_plugin::terraform::Root;
use aegis_plugin::{FactSource, Failure, Problems, Request, Scope, StageType, offer};
use serde_json::json;

use self::config::Config;
use self::routing::{Network, subnet_id, vpc_id};
use self::subnets::Tier;
use crate::naming::Tags;
use crate::policy::with_account;
use crate::{PROVIDER, PROVIDER_VERSIONS};

pub(crate) const NAME: &str = "network";

pub(crate) fn stage_type() -> StageType {
    let mut stage_type = StageType::new::<Config>(
        NAME,
        Scope::Cluster,
        "A VPC with private, public and utility subnets in each zone",
    )
    .provides(offer("network.vpc-id", "aws-id"))
    .provides(offer("network.cidr", "cidr"))
    .provides(offer("network.nat-gateway-ids", "map<aws-id>"));
    for tier in Tier::ALL {
        stage_type = stage_type
            .provides(offer(ids_fact(tier), "map<aws-id>"))
            .provides(offer(cidrs_fact(tier), "map<cidr>"));
    }
    stage_type
}

fn ids_fact(tier: Tier) -> String {
    format!("network.{}-subnet-ids", tier.name())
}

fn cidrs_fact(tier: Tier) -> String {
    format!("network.{}-subnet-cidrs", tier.name())
}

pub(crate) fn plan(request: &Request) -> Result<Proposal, Failure> {
    let config: Config = request.config()?;
    let cluster = request.own_cluster()?;
    let mut problems = Problems::default();
    config.check(&cluster.region, &mut problems);
    let subnets = subnets::plan(cluster, &config.subnets, &mut problems);
    problems.finish()?;

    let tags = Tags::of_cluster(request, cluster, &config.tags);
    let network = Network {
        cluster,
        subnets: &subnets,
        nat: config.nat,
        tags: &tags,
    };
    let name = format!("{NAME}-{}", cluster.name);
    let mut root = Root::new(&name, &cluster.region)
        .provider(PROVIDER, PROVIDER_VERSIONS)
        .resources(network.resources())
        .resources(endpoints::resources(
            cluster,
            &subnets,
            &config.endpoints,
            &tags,
        ));
    if config.flow_logs.enabled {
        root = with_account(root).resources(flow_logs::resources(
            request,
            cluster,
            &config.flow_logs,
            &tags,
        ));
    }

    let nat_gateways: BTreeMap<&str, String> = subnets
        .keys()
        .map(|zone| (zone.as_str(), network.nat_gateway_id(zone)))
        .collect();
    root = root
        .output("vpc-id", vpc_id())
        .output("nat-gateway-ids", json!(nat_gateways));
    let mut proposal = Proposal::new()
        .provides(
            "network.vpc-id",
            FactSource::terraform_output(&name, "vpc-id"),
        )
        .provides("network.cidr", FactSource::known(cluster.cidr.as_str()))
        .provides(
            "network.nat-gateway-ids",
            FactSource::terraform_output(&name, "nat-gateway-ids"),
        );
    for tier in Tier::ALL {
        let output = format!("{}-subnet-ids", tier.name());
        let ids: BTreeMap<&str, String> = subnets
            .keys()
            .map(|zone| (zone.as_str(), subnet_id(tier, zone)))
            .collect();
        let cidrs: BTreeMap<&str, String> = subnets
            .iter()
            .map(|(zone, blocks)| (zone.as_str(), blocks.of(tier).to_string()))
            .collect();
        root = root.output(&output, json!(ids));
        proposal = proposal
            .provides(ids_fact(tier), FactSource::terraform_output(&name, output))
            .provides(cidrs_fact(tier), FactSource::known(json!(cidrs)));
    }
    Ok(proposal.change(change(NAME).terraform(root)))
}
