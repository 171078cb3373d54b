//! Claims about networks.

use aegis_plugin::Provisioning;
use aegis_plugin::harness::Harness;
use serde_json::{Value, json};

use super::{bodies, harness, problems, root, run};
use crate::Terraform;

#[test]
fn one_gateway_serves_all_zones_and_stays_when_the_others_come() {
    let network = |nat: &str| {
        let harness = harness("network").own("use1").config(json!({ "nat": nat }));
        run(harness).unwrap()
    };
    let (single, per_zone) = (network("single"), network("per-zone"));
    let (single, per_zone) = (root(&single), root(&per_zone));
    assert_eq!(bodies(single, "aws_nat_gateway").len(), 1);
    assert_eq!(bodies(per_zone, "aws_nat_gateway").len(), 3);
    assert_eq!(
        bodies(single, "aws_nat_gateway")[0],
        bodies(per_zone, "aws_nat_gateway")[0]
    );
    let routed: Vec<Value> = bodies(single, "aws_route")
        .into_iter()
        .filter_map(|(_, body)| body.get("nat_gateway_id").cloned())
        .collect();
    assert_eq!(
        routed,
        vec![json!("@{resource:aws_nat_gateway.us-east-1a.id}"); 3]
    );
}

#[test]
fn nothing_comes_in_but_https_from_the_network() {
    let proposal = run(harness("network").own("use1")).unwrap();
    let root = root(&proposal);
    let rules = bodies(root, "aws_vpc_security_group_ingress_rule");
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].1["cidr_ipv4"], "10.0.0.0/16");
    assert_eq!(rules[0].1["from_port"], 443);
    assert!(bodies(root, "aws_vpc_security_group_egress_rule").is_empty());
    let default = &bodies(root, "aws_default_security_group")[0].1;
    assert!(default.get("ingress").is_none() && default.get("egress").is_none());
    for (name, subnet) in bodies(root, "aws_subnet") {
        assert_eq!(subnet["map_public_ip_on_launch"], false, "{name}");
    }
}

#[test]
fn any_number_of_zones_gets_its_subnets() {
    for (cidr, letters) in [
        ("10.0.0.0/24", "b"),
        ("10.0.0.0/24", "abcd"),
        ("10.0.0.0/22", "abcdefgh"),
    ] {
        let mut cluster = harness::cluster("use1", "us-east-1");
        cluster.cidr = cidr.to_owned();
        cluster.zones = letters
            .chars()
            .map(|zone| format!("us-east-1{zone}"))
            .collect();
        let harness = Harness::new(&Terraform::describe(), "network")
            .cluster(cluster)
            .own("use1");
        let proposal = run(harness).unwrap();
        let count = |kind: &str| bodies(root(&proposal), kind).len();
        assert_eq!(count("aws_subnet"), letters.len() * 3);
        assert_eq!(count("aws_route_table_association"), letters.len() * 3);
        assert_eq!(count("aws_nat_gateway"), letters.len());
    }
}

#[test]
fn interface_endpoints_of_china_are_refused_and_the_rest_works() {
    let china = Harness::new(&Terraform::describe(), "network")
        .cluster(harness::cluster("cnn1", "cn-north-1"))
        .own("cnn1");
    assert_eq!(problems(china.clone())[0].0, "/endpoints/interface");
    run(china.config(json!({ "endpoints": { "interface": [] } }))).unwrap();
}
