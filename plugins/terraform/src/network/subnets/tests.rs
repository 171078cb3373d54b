use aegis_plugin::{Failure, harness};

use super::*;

fn cluster(cidr: &str, letters: &str) -> Cluster {
    let mut cluster = harness::cluster("use1", "us-east-1");
    cluster.cidr = cidr.to_owned();
    cluster.zones = letters
        .chars()
        .map(|letter| format!("us-east-1{letter}"))
        .collect();
    cluster
}

fn planned(cidr: &str, letters: &str) -> Result<BTreeMap<String, Blocks>, Failure> {
    given(cidr, letters, &[])
}

fn given(
    cidr: &str,
    letters: &str,
    blocks: &[(&str, [&str; 3])],
) -> Result<BTreeMap<String, Blocks>, Failure> {
    let given = blocks
        .iter()
        .map(|(zone, [private, public, utility])| {
            let blocks = ZoneBlocks {
                private: (*private).to_owned(),
                public: (*public).to_owned(),
                utility: (*utility).to_owned(),
            };
            ((*zone).to_owned(), blocks)
        })
        .collect();
    let mut problems = Problems::default();
    let plan = plan(&cluster(cidr, letters), &given, &mut problems);
    problems.finish().map(|()| plan)
}

fn texts(blocks: &Blocks) -> [String; 3] {
    Tier::ALL.map(|tier| blocks.of(tier).to_string())
}

#[test]
fn each_letter_has_its_place() {
    for (cidr, zone, blocks) in [
        (
            "10.0.0.0/16",
            "a",
            ["10.0.0.0/19", "10.0.32.0/22", "10.0.36.0/22"],
        ),
        (
            "10.0.0.0/16",
            "b",
            ["10.0.64.0/19", "10.0.96.0/22", "10.0.100.0/22"],
        ),
        (
            "10.0.0.0/16",
            "d",
            ["10.0.192.0/19", "10.0.224.0/22", "10.0.228.0/22"],
        ),
        (
            "10.0.0.0/16",
            "e",
            ["10.0.48.0/21", "10.0.56.0/22", "10.0.60.0/22"],
        ),
        (
            "10.0.0.0/16",
            "h",
            ["10.0.240.0/21", "10.0.248.0/22", "10.0.252.0/22"],
        ),
        (
            "10.9.32.0/19",
            "c",
            ["10.9.48.0/22", "10.9.52.0/25", "10.9.52.128/25"],
        ),
        (
            "10.0.4.0/22",
            "a",
            ["10.0.4.0/25", "10.0.4.128/28", "10.0.4.144/28"],
        ),
        (
            "10.0.4.0/22",
            "f",
            ["10.0.5.192/27", "10.0.5.224/28", "10.0.5.240/28"],
        ),
        (
            "10.0.4.0/23",
            "b",
            ["10.0.4.128/26", "10.0.4.192/28", "10.0.4.208/28"],
        ),
        (
            "10.0.4.0/24",
            "c",
            ["10.0.4.128/27", "10.0.4.160/28", "10.0.4.176/28"],
        ),
    ] {
        let plan = planned(cidr, zone).unwrap();
        assert_eq!(texts(&plan[&format!("us-east-1{zone}")]), blocks, "{cidr}");
    }
}

#[test]
fn no_two_subnets_share_an_address_and_all_lie_within_the_network() {
    for prefix in 16..=24 {
        let letters = if prefix <= 22 { "abcdefgh" } else { "abcd" };
        let cidr = format!("10.32.0.0/{prefix}");
        let network = cidr.parse::<Block>().unwrap();
        let plan = planned(&cidr, letters).unwrap();
        let all: Vec<Block> = plan
            .values()
            .flat_map(|blocks| blocks.all().map(|(_, block)| block))
            .collect();
        assert_eq!(all.len(), letters.len() * 3);
        for (index, block) in all.iter().enumerate() {
            assert!(network.contains(*block), "{block} in {cidr}");
            assert!(block.prefix() <= SMALLEST, "{block} in {cidr}");
            let later = all.iter().skip(index + 1);
            assert!(
                later.clone().all(|other| !other.overlaps(*block)),
                "{block} in {cidr}"
            );
        }
    }
}

#[test]
fn private_subnets_are_the_largest() {
    for prefix in 16..=24 {
        for blocks in planned(&format!("10.0.0.0/{prefix}"), "abc")
            .unwrap()
            .values()
        {
            assert_eq!(blocks.private.prefix(), prefix + 3);
            assert!(blocks.private.prefix() < blocks.public.prefix());
            assert_eq!(blocks.public.prefix(), blocks.utility.prefix());
        }
    }
}

#[test]
fn adding_a_zone_moves_no_other() {
    let one = planned("10.0.0.0/16", "b").unwrap();
    let all = planned("10.0.0.0/16", "abcdefgh").unwrap();
    for letters in ["bc", "abc", "abcd", "bef", "abcdefgh"] {
        let more = planned("10.0.0.0/16", letters).unwrap();
        assert_eq!(more["us-east-1b"], one["us-east-1b"], "{letters}");
        assert!(
            more.iter().all(|(zone, blocks)| all[zone] == *blocks),
            "{letters}"
        );
    }
}

#[test]
fn a_block_without_room_is_refused_with_what_would_help() {
    for (cidr, letters, pointer, message) in [
        ("10.0.0.0/25", "a", "/subnets/us-east-1a", "at least /24"),
        ("10.0.0.0/28", "c", "/subnets/us-east-1c", "at least /24"),
        ("10.0.0.0/23", "e", "/subnets/us-east-1e", "at least /22"),
        ("10.0.0.0/24", "h", "/subnets/us-east-1h", "at least /22"),
        ("10.0.0.0/15", "a", "", "from /16 to /28"),
        ("10.0.0.0/29", "a", "", "from /16 to /28"),
        ("10.0.0.1/16", "a", "", "from /16 to /28"),
        (
            "10.0.0.0/16",
            "i",
            "/subnets/us-east-1i",
            "give its blocks here",
        ),
    ] {
        let Err(Failure::InvalidConfig(problems)) = planned(cidr, letters) else {
            panic!("{cidr} {letters} was accepted");
        };
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].pointer, pointer);
        assert!(
            problems[0].message.contains(message),
            "{}",
            problems[0].message
        );
    }
}

#[test]
fn a_local_zone_needs_its_blocks_given() {
    let mut cluster = cluster("10.0.0.0/16", "");
    cluster.zones = vec!["us-east-1-bos-1a".to_owned()];
    let mut problems = Problems::default();
    assert!(plan(&cluster, &BTreeMap::new(), &mut problems).is_empty());
    assert!(problems.finish().is_err());
}

#[test]
fn given_blocks_take_the_place_of_cut_ones() {
    let blocks = ["10.0.0.0/27", "10.0.0.32/28", "10.0.0.48/28"];
    let plan = given("10.0.0.0/26", "a", &[("us-east-1a", blocks)]).unwrap();
    assert_eq!(texts(&plan["us-east-1a"]), blocks);
}

#[test]
fn given_blocks_that_cannot_be_are_refused() {
    let good = ["10.0.0.0/20", "10.0.32.0/24", "10.0.36.0/24"];
    for (blocks, pointer, message) in [
        (
            ("us-east-1z", good),
            "/subnets/us-east-1z",
            "the cluster has no zone",
        ),
        (
            ("us-east-1a", ["10.0.0.0", good[1], good[2]]),
            "/subnets/us-east-1a/private",
            "is not a block",
        ),
        (
            ("us-east-1a", ["fd00::/16", good[1], good[2]]),
            "/subnets/us-east-1a/private",
            "is not a block",
        ),
        (
            ("us-east-1a", ["10.0.0.0/29", good[1], good[2]]),
            "/subnets/us-east-1a/private",
            "is not a block",
        ),
        (
            ("us-east-1a", [good[0], "10.1.0.0/24", good[2]]),
            "/subnets/us-east-1a/public",
            "not within the cluster's block",
        ),
        (
            ("us-east-1a", [good[0], good[1], "10.0.64.0/24"]),
            "/subnets/us-east-1a/utility",
            "overlaps 10.0.64.0/19, the private subnet of us-east-1b",
        ),
    ] {
        let Err(Failure::InvalidConfig(problems)) = given("10.0.0.0/16", "ab", &[blocks]) else {
            panic!("{blocks:?} was accepted");
        };
        assert_eq!(problems[0].pointer, pointer, "{problems:?}");
        assert!(
            problems[0].message.contains(message),
            "{}",
            problems[0].message
        );
    }
    let overlapping_itself = ["10.0.0.0/20", "10.0.0.0/24", "10.0.36.0/24"];
    let Err(Failure::InvalidConfig(problems)) =
        given("10.0.0.0/16", "a", &[("us-east-1a", overlapping_itself)])
    else {
        panic!("it was accepted");
    };
    assert_eq!(problems.len(), 2, "each of the two is pointed at");
}
