//! Which block each subnet gets.
//!
//! A zone's place follows from its letter alone, never from how many zones there are: adding or removing a zone moves no
//! other subnet, and a subnet that moves would have to be made again with everything in it.
//!
//! The cluster's block is cut into four equal slots, for the zones `a` to `d`:
//!
//! ```text
//! one slot    | private: one half        | public | utility | reserve | zone e, f, g or h |
//! of a /16    | /19                      | /22    | /22     | /21     | /20               |
//! ```
//!
//! Public and utility subnets get a sixty-fourth of the cluster's block each, and never less than a /28, which is the
//! least that AWS takes. The last quarter of the slots belongs to the zones `e` to `h`: half of it private, the rest public
//! and utility. Three zones fit into every block from /16 to /24; the zones `e` to `h` need at least a /22.

use std::collections::BTreeMap;

use aegis_plugin::cidr::Block;
use aegis_plugin::{Cluster, ConfigProblem, Problems, pointer};

use super::config::ZoneBlocks;

/// The least and the largest block that AWS takes for a VPC and for a subnet, as prefixes.
const SMALLEST: u8 = 28;
const LARGEST: u8 = 16;

/// What a subnet is for. One of each is in every zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// Nodes and Pods: no way in from the Internet.
    Private,
    /// What has a public address of its own.
    Public,
    /// Load balancers and NAT gateways.
    Utility,
}

impl Tier {
    pub(crate) const ALL: [Self; 3] = [Self::Private, Self::Public, Self::Utility];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
            Self::Utility => "utility",
        }
    }
}

/// The blocks of one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocks {
    private: Block,
    public: Block,
    utility: Block,
}

impl Blocks {
    pub(crate) const fn of(self, tier: Tier) -> Block {
        match tier {
            Tier::Private => self.private,
            Tier::Public => self.public,
            Tier::Utility => self.utility,
        }
    }

    fn all(self) -> impl Iterator<Item = (Tier, Block)> {
        Tier::ALL.into_iter().map(move |tier| (tier, self.of(tier)))
    }
}

/// The blocks of every zone of the cluster, by zone: those that the configuration gives, the others cut out of the
/// cluster's block. Adds what is wrong.
pub(crate) fn plan(
    cluster: &Cluster,
    given: &BTreeMap<String, ZoneBlocks>,
    problems: &mut Problems,
) -> BTreeMap<String, Blocks> {
    let Some(network) = network_of(cluster, problems) else {
        return BTreeMap::new();
    };
    for zone in given.keys().filter(|zone| !cluster.zones.contains(zone)) {
        problems.add(ConfigProblem::new(
            at(zone, None),
            format!("the cluster has no zone `{zone}`"),
        ));
    }
    let mut plan = BTreeMap::new();
    for zone in &cluster.zones {
        let blocks = match given.get(zone) {
            Some(given) => read(zone, given, problems),
            None => cut_for(network, cluster, zone, problems),
        };
        if let Some(blocks) = blocks {
            plan.insert(zone.clone(), blocks);
        }
    }
    check_given(network, &plan, given, problems);
    plan
}

/// The block of this text, if AWS takes it for a network or a subnet.
fn taken(text: &str) -> Option<Block> {
    let block: Block = text.parse().ok()?;
    (block.is_v4() && (LARGEST..=SMALLEST).contains(&block.prefix())).then_some(block)
}

/// The cluster's block, when AWS takes it.
fn network_of(cluster: &Cluster, problems: &mut Problems) -> Option<Block> {
    let network = taken(&cluster.cidr);
    if network.is_none() {
        problems.add(ConfigProblem::new(
            "",
            format!(
                "the cluster's block {} is not one that AWS takes for a network: from /{LARGEST} to /{SMALLEST}; change \
                 the cluster's `cidr`",
                cluster.cidr
            ),
        ));
    }
    network
}

fn cut_for(
    network: Block,
    cluster: &Cluster,
    zone: &str,
    problems: &mut Problems,
) -> Option<Blocks> {
    let Some(letter) = letter_of(zone, &cluster.region) else {
        problems.add(ConfigProblem::new(
            at(zone, None),
            format!(
                "the place of zone `{zone}` does not follow from its name, as it is none of {0}a to {0}h; give its blocks here",
                cluster.region
            ),
        ));
        return None;
    };
    let blocks = cut(network, letter);
    if blocks.is_none() {
        let least = if letter < SLOTS { "/24" } else { "/22" };
        problems.add(ConfigProblem::new(
            at(zone, None),
            format!(
                "the cluster's block {network} has no room for zone `{zone}`, which needs a block of at least {least}; \
                 widen the cluster's `cidr`, or give the zone's blocks here"
            ),
        ));
    }
    blocks
}

/// How many zones have a slot of their own.
const SLOTS: u32 = 4;

/// The zone's letter as a number: 0 for `us-east-1a`, at most 7. `None` for local zones and later letters.
fn letter_of(zone: &str, region: &str) -> Option<u32> {
    let mut letters = zone.strip_prefix(region)?.chars();
    match (letters.next(), letters.next()) {
        (Some(letter @ 'a'..='h'), None) => Some(u32::from(letter) - u32::from('a')),
        _ => None,
    }
}

/// The blocks of the zone with this letter; `None` when there is no room for it.
fn cut(network: Block, letter: u32) -> Option<Blocks> {
    let whole = network.prefix();
    let small = (whole + 6).min(SMALLEST);
    let slot = network.part(whole + 2, letter % SLOTS)?;
    let (private, rest) = if letter < SLOTS {
        (slot.part(whole + 3, 0)?, slot.part(whole + 3, 1)?)
    } else {
        let quarter = slot.part(whole + 4, 3)?;
        (quarter.part(whole + 5, 0)?, quarter.part(whole + 5, 1)?)
    };
    let fits = private.prefix() <= SMALLEST;
    Some(Blocks {
        private: Some(private).filter(|_| fits)?,
        public: rest.part(small, 0)?,
        utility: rest.part(small, 1)?,
    })
}

fn read(zone: &str, given: &ZoneBlocks, problems: &mut Problems) -> Option<Blocks> {
    let mut one = |tier: Tier, text: &str| {
        let block = taken(text);
        problems.require(
            block.is_some(),
            at(zone, Some(tier)),
            format!("`{text}` is not a block from /{LARGEST} to /{SMALLEST}, as in 10.0.0.0/20"),
        );
        block
    };
    let private = one(Tier::Private, &given.private);
    let public = one(Tier::Public, &given.public);
    let utility = one(Tier::Utility, &given.utility);
    Some(Blocks {
        private: private?,
        public: public?,
        utility: utility?,
    })
}

/// Blocks that were given lie within the network and share no address with another.
fn check_given(
    network: Block,
    plan: &BTreeMap<String, Blocks>,
    given: &BTreeMap<String, ZoneBlocks>,
    problems: &mut Problems,
) {
    let all: Vec<(&String, Tier, Block)> = plan
        .iter()
        .flat_map(|(zone, blocks)| blocks.all().map(move |(tier, block)| (zone, tier, block)))
        .collect();
    for (zone, tier, block) in all
        .iter()
        .copied()
        .filter(|(zone, ..)| given.contains_key(*zone))
    {
        problems.require(
            network.contains(block),
            at(zone, Some(tier)),
            format!("{block} is not within the cluster's block {network}"),
        );
        let other = all.iter().find(|(other_zone, other_tier, other)| {
            (*other_zone, *other_tier) != (zone, tier) && other.overlaps(block)
        });
        if let Some((other_zone, other_tier, other)) = other {
            problems.add(ConfigProblem::new(
                at(zone, Some(tier)),
                format!(
                    "{block} overlaps {other}, the {} subnet of {other_zone}",
                    other_tier.name()
                ),
            ));
        }
    }
}

fn at(zone: &str, tier: Option<Tier>) -> String {
    let mut at = String::from("/subnets");
    pointer::push(&mut at, zone);
    if let Some(tier) = tier {
        pointer::push(&mut at, tier.name());
    }
    at
}

#[cfg(test)]
mod tests;
