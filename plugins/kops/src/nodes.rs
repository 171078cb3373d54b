//! Groups of nodes, checked.

use std::collections::BTreeSet;

use aegis_plugin::{Cluster, ConfigProblem, Problems, pointer};

use crate::config::{Config, Nodes};
use crate::image;
use crate::name;
use crate::partition::Partition;

/// The instance group that is always there.
pub const MAIN: &str = "nodes";
/// Beginnings of names that kOps, or this plugin, gives to other groups.
const RESERVED: [&str; 4] = ["control-plane", "master", "bastion", "apiserver"];
/// Longest name of a group: it is a part of longer names in AWS.
const LONGEST_NAME: usize = 40;
/// What a taint does to Pods that do not tolerate it.
const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// A group of nodes.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    pub name: &'a str,
    pub nodes: &'a Nodes,
    /// Zones of the cluster, in its order.
    pub zones: Vec<&'a str>,
}

/// All groups, sorted by name.
pub fn groups<'a>(
    cluster: &'a Cluster,
    config: &'a Config,
    partition: Partition,
    problems: &mut Problems,
) -> Vec<Group<'a>> {
    let mut check = Check {
        at: pointer::of([MAIN]),
        partition,
        problems,
    };
    if config.nodes.min == 0 {
        check.problem(&["min"], "a cluster has at least one node");
    }
    let mut groups = vec![check.group(MAIN, &config.nodes, cluster)];
    for (name, nodes) in &config.node_groups {
        check.at = pointer::of(["node-groups", name]);
        check.name(name);
        groups.push(check.group(name, nodes, cluster));
    }
    groups.sort_by(|a, b| a.name.cmp(b.name));
    groups
}

/// What is wrong with one group.
struct Check<'p> {
    /// Where the group is in the configuration.
    at: String,
    partition: Partition,
    problems: &'p mut Problems,
}

impl Check<'_> {
    fn group<'a>(&mut self, name: &'a str, nodes: &'a Nodes, cluster: &'a Cluster) -> Group<'a> {
        self.size(nodes);
        self.machines(nodes);
        self.labels(nodes);
        self.taints(nodes);
        Group {
            name,
            nodes,
            zones: self.zones(nodes, cluster),
        }
    }

    fn problem(&mut self, path: &[&str], message: impl Into<String>) {
        let at = format!("{}{}", self.at, pointer::of(path));
        self.problems.add(ConfigProblem::new(at, message));
    }

    fn name(&mut self, name: &str) {
        if name == MAIN || RESERVED.iter().any(|reserved| name.starts_with(reserved)) {
            self.problem(&[], format!("`{name}` is the name of another group"));
        }
        let is_name =
            name::is_dns_label(name) && name.starts_with(|first: char| first.is_ascii_lowercase());
        if !is_name || name.len() > LONGEST_NAME {
            let rule =
                format!("lower-case letters, digits and `-`, at most {LONGEST_NAME} characters");
            self.problem(&[], format!("`{name}` is no name of a group: {rule}"));
        }
    }

    fn size(&mut self, nodes: &Nodes) {
        if nodes.max == 0 || nodes.min > nodes.max {
            self.problem(
                &["max"],
                format!(
                    "at least one, and no fewer than `min`, which is {}",
                    nodes.min
                ),
            );
        }
        if let Some(spot) = &nodes.spot
            && spot.on_demand_base > nodes.max
        {
            self.problem(
                &["spot", "on-demand-base"],
                format!("more than `max`, which is {}", nodes.max),
            );
        }
    }

    fn machines(&mut self, nodes: &Nodes) {
        const NO_TYPE: &str = "not an EC2 instance type, such as `m6i.large`";
        if !image::is_machine_type(&nodes.machine_type) {
            self.problem(&["machine-type"], NO_TYPE);
        }
        let mut seen = BTreeSet::from([nodes.machine_type.as_str()]);
        for (index, machine_type) in nodes
            .spot
            .iter()
            .flat_map(|spot| &spot.machine_types)
            .enumerate()
        {
            let path = ["spot", "machine-types", &index.to_string()];
            if !image::is_machine_type(machine_type) {
                self.problem(&path, NO_TYPE);
            } else if !seen.insert(machine_type) {
                self.problem(&path, format!("`{machine_type}` is there twice"));
            }
        }
        if nodes
            .image
            .as_deref()
            .is_some_and(|image| !image::is_pinned(image, self.partition))
        {
            self.problem(&["image"], image::NOT_PINNED);
        }
    }

    fn labels(&mut self, nodes: &Nodes) {
        for (key, value) in &nodes.labels {
            if let Some(problem) = name::key_problem(key) {
                self.problem(&["labels", key], problem);
            } else if !name::is_label_value(value) {
                self.problem(&["labels", key], "not a value of a label");
            }
        }
    }

    fn taints(&mut self, nodes: &Nodes) {
        let mut seen = BTreeSet::new();
        for (index, taint) in nodes.taints.iter().enumerate() {
            let path = ["taints", &index.to_string()];
            match taint_problem(taint) {
                Some(problem) => self.problem(&path, problem),
                None if !seen.insert(taint) => {
                    self.problem(&path, format!("`{taint}` is there twice"))
                }
                None => {}
            }
        }
    }

    fn zones<'a>(&mut self, nodes: &'a Nodes, cluster: &'a Cluster) -> Vec<&'a str> {
        let all = || cluster.zones.iter().map(String::as_str);
        let Some(wanted) = &nodes.zones else {
            return all().collect();
        };
        for (index, zone) in wanted.iter().enumerate() {
            let path = ["zones", &index.to_string()];
            if !cluster.zones.contains(zone) {
                self.problem(
                    &path,
                    format!(
                        "the cluster has no zone `{zone}`: it has {}",
                        cluster.zones.join(", ")
                    ),
                );
            } else if wanted.iter().take(index).any(|before| before == zone) {
                self.problem(&path, format!("`{zone}` is there twice"));
            }
        }
        if wanted.is_empty() {
            self.problem(
                &["zones"],
                "name at least one zone, or leave it out for all",
            );
        }
        all()
            .filter(|zone| wanted.iter().any(|name| name == zone))
            .collect()
    }
}

fn taint_problem(taint: &str) -> Option<&'static str> {
    let Some((key_value, effect)) = taint.rsplit_once(':') else {
        return Some("not a taint: `key=value:EFFECT` or `key:EFFECT`");
    };
    let (key, value) = key_value.split_once('=').unwrap_or((key_value, ""));
    if !EFFECTS.contains(&effect) {
        return Some("the effect is NoSchedule, PreferNoSchedule or NoExecute");
    }
    if !name::is_label_value(value) {
        return Some("not a value of a taint");
    }
    name::key_problem(key)
}
