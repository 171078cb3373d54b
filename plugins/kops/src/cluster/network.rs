//! The network, which another stage made, and who may come in.

use aegis_plugin::cidr::Block;
use serde_json::{Value, json};

use crate::design::Design;
use crate::facts::{Facts, ZoneNetwork};

pub fn fields(design: &Design<'_>, facts: &Facts) -> Value {
    json!({
        "networkID": facts.vpc,
        "networkCIDR": design.cluster.cidr,
        "nonMasqueradeCIDR": design.internal.block.to_string(),
        "podCIDR": design.internal.pods.to_string(),
        "serviceClusterIPRange": design.internal.services.to_string(),
        "subnets": facts.zones.iter().flat_map(subnets).collect::<Vec<_>>(),
        "DisableSubnetTags": !design.config.tag_subnets,
        "topology": { "dns": { "type": "Private" } },
        "dnsZone": design.dns_zone,
        "externalDns": { "provider": "dns-controller" },
        "masterPublicName": design.api_name(),
        "api": { "loadBalancer": {
            "class": "Network",
            "type": "Internal",
            "crossZoneLoadBalancing": true,
        } },
        "kubernetesApiAccess": texts(&design.api_access),
        "sshAccess": texts(&design.ssh_access),
        "nodePortAccess": [],
        "networking": { "calico": calico(design) },
    })
}

/// The private subnet of machines and the utility subnet of load balancers in one zone.
fn subnets(network: &ZoneNetwork) -> [Value; 2] {
    let zone = &network.zone;
    let egress = network
        .nat_gateway
        .as_ref()
        .map_or_else(|| String::from("External"), ToString::to_string);
    [
        json!({
            "name": zone, "zone": zone, "type": "Private",
            "id": network.private.id, "cidr": network.private.cidr.to_string(), "egress": egress,
        }),
        json!({
            "name": format!("utility-{zone}"), "zone": zone, "type": "Utility",
            "id": network.utility.id, "cidr": network.utility.cidr.to_string(),
        }),
    ]
}

/// The Pod network.
///
/// Everything between nodes is encapsulated, also within a subnet: only then can AWS go on checking that a machine
/// sends from its own address, and no node needs the right to turn that check off.
fn calico(design: &Design<'_>) -> Value {
    let config = &design.config.calico;
    let zones = u8::try_from(design.cluster.zones.len()).unwrap_or(u8::MAX);
    json!({
        "encapsulationMode": "ipip",
        "ipipMode": "Always",
        "awsSrcDstCheck": "DoNothing",
        "bpfEnabled": false,
        "wireguardEnabled": true,
        "typhaReplicas": config.typha_replicas.unwrap_or_else(|| zones.min(3)),
        "prometheusMetricsEnabled": config.metrics,
        "typhaPrometheusMetricsEnabled": config.metrics,
    })
}

fn texts(blocks: &[Block]) -> Vec<String> {
    blocks.iter().map(ToString::to_string).collect()
}
