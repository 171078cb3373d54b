//! Which machines the control plane has, and which members etcd.

use aegis_plugin::{Cluster, Problems};

use crate::config::ControlPlane;

/// Numbers of members that etcd can vote with.
const COUNTS: [u8; 3] = [1, 3, 5];

/// A machine of the control plane, in an instance group of its own, with one member of each etcd cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The member's name in etcd: the zone without the region, `a`, and `a-2` for a second one in the zone. kOps
    /// finds the member's volume by it, so it never changes.
    pub name: String,
    /// The instance group's name.
    pub group: String,
    pub zone: String,
}

/// The members, dealt out over the zones in order.
///
/// Without a configured number: three when there is more than one zone, so that the loss of one machine is
/// survived, else one, because three machines in one zone go down together.
pub fn members(cluster: &Cluster, config: &ControlPlane, problems: &mut Problems) -> Vec<Member> {
    let count = config
        .count
        .unwrap_or(if cluster.zones.len() > 1 { 3 } else { 1 });
    problems.require(
        COUNTS.contains(&count),
        "/control-plane/count",
        "1, 3 or 5: etcd needs a majority, and an even number survives no more failures than one fewer",
    );
    let rounds = (1_usize..).flat_map(|round| cluster.zones.iter().map(move |zone| (round, zone)));
    // Without zones there would be nothing to take from for ever.
    let wanted = if cluster.zones.is_empty() {
        0
    } else {
        usize::from(count)
    };
    rounds
        .take(wanted)
        .map(|(round, zone)| {
            let suffix = if round == 1 {
                String::new()
            } else {
                format!("-{round}")
            };
            let in_region = zone
                .strip_prefix(cluster.region.as_str())
                .unwrap_or(zone)
                .trim_start_matches('-');
            Member {
                name: format!("{in_region}{suffix}"),
                group: format!("control-plane-{zone}{suffix}"),
                zone: zone.clone(),
            }
        })
        .collect()
}

/// Why losing one zone stops the control plane, when it does although there are several.
pub fn weakness(cluster: &Cluster, members: &[Member]) -> Option<String> {
    let majority = members.len() / 2 + 1;
    let fragile = cluster.zones.iter().find(|zone| {
        members
            .iter()
            .filter(|member| member.zone != **zone)
            .count()
            < majority
    })?;
    (cluster.zones.len() > 1).then(|| {
        format!("the control plane does not survive the loss of {fragile}: too few of its members are elsewhere")
    })
}

#[cfg(test)]
mod tests {
    use aegis_plugin::Failure;
    use aegis_plugin::harness;

    use super::*;

    fn cluster(zones: &[&str]) -> Cluster {
        Cluster {
            zones: zones.iter().map(|zone| (*zone).to_owned()).collect(),
            ..harness::cluster("use1", "us-east-1")
        }
    }

    fn names(zones: &[&str], count: Option<u8>) -> Result<Vec<String>, Failure> {
        let mut problems = Problems::default();
        let config = ControlPlane {
            count,
            ..ControlPlane::default()
        };
        let members = members(&cluster(zones), &config, &mut problems);
        problems.finish()?;
        Ok(members
            .into_iter()
            .map(|member| format!("{} {}", member.name, member.group))
            .collect())
    }

    #[test]
    fn there_are_three_members_unless_there_is_only_one_zone() {
        for (zones, count, want) in [
            (
                &["us-east-1a"][..],
                None,
                vec!["a control-plane-us-east-1a"],
            ),
            (
                &["us-east-1a", "us-east-1b", "us-east-1c"],
                None,
                vec![
                    "a control-plane-us-east-1a",
                    "b control-plane-us-east-1b",
                    "c control-plane-us-east-1c",
                ],
            ),
            (
                &["us-east-1a", "us-east-1b"],
                None,
                vec![
                    "a control-plane-us-east-1a",
                    "b control-plane-us-east-1b",
                    "a-2 control-plane-us-east-1a-2",
                ],
            ),
            (
                &["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"],
                None,
                vec![
                    "a control-plane-us-east-1a",
                    "b control-plane-us-east-1b",
                    "c control-plane-us-east-1c",
                ],
            ),
            (
                &["us-east-1a"],
                Some(3),
                vec![
                    "a control-plane-us-east-1a",
                    "a-2 control-plane-us-east-1a-2",
                    "a-3 control-plane-us-east-1a-3",
                ],
            ),
            (
                &["us-east-1a", "us-east-1b"],
                Some(1),
                vec!["a control-plane-us-east-1a"],
            ),
            (
                &["us-east-1-bos-1a"],
                None,
                vec!["bos-1a control-plane-us-east-1-bos-1a"],
            ),
            (&[], None, vec![]),
        ] {
            assert_eq!(
                names(zones, count),
                Ok(want.into_iter().map(str::to_owned).collect()),
                "{zones:?} {count:?}"
            );
        }
    }

    #[test]
    fn an_even_number_of_members_is_refused() {
        for count in [0, 2, 4, 6, 7] {
            let Err(Failure::InvalidConfig(problems)) = names(&["us-east-1a"], Some(count)) else {
                panic!("{count} was accepted");
            };
            assert_eq!(problems[0].pointer, "/control-plane/count");
        }
    }

    #[test]
    fn a_zone_that_stops_the_control_plane_is_told() {
        let mut problems = Problems::default();
        for (zones, count, weak) in [
            (&["us-east-1a"][..], None, false),
            (&["us-east-1a", "us-east-1b"], None, true),
            (&["us-east-1a", "us-east-1b"], Some(1), true),
            (&["us-east-1a", "us-east-1b", "us-east-1c"], None, false),
            (&["us-east-1a", "us-east-1b", "us-east-1c"], Some(5), false),
        ] {
            let cluster = cluster(zones);
            let config = ControlPlane {
                count,
                ..ControlPlane::default()
            };
            let members = members(&cluster, &config, &mut problems);
            assert_eq!(
                weakness(&cluster, &members).is_some(),
                weak,
                "{zones:?} {count:?}"
            );
        }
    }
}
