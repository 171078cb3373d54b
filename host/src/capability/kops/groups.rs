//! Instance groups and the members of etcd: who is there, and who names whom.

use std::collections::BTreeSet;

use super::codes;
use crate::capability::Denial;
use crate::proposal::{KopsCluster, KopsRoll};
use crate::template::Node;

/// Instance groups have names of their own and roles, and whoever names a group names one of these.
pub(super) fn check(kops: &KopsCluster) -> Result<(), Denial> {
    let mut names = BTreeSet::new();
    for group in &kops.instance_groups {
        let denied = |reason: &str, help: &str| {
            let asked = format!("instance group {}", group.name);
            Denial::forbidden(codes::NAME, asked, reason, help)
                .at(format!("/instance-groups/{}", group.name))
        };
        if !names.insert(group.name.as_str()) {
            return Err(denied(
                "two instance groups have this name",
                "give each a name of its own",
            ));
        }
        if group.spec.get("role").and_then(Node::as_str).is_none() {
            return Err(denied(
                "it does not say its role",
                "state `role` as a literal",
            ));
        }
    }
    if let KopsRoll::Groups(groups) = &kops.roll {
        let missing = groups.iter().find(|name| !names.contains(name.as_str()));
        missing.map_or(Ok(()), |name| {
            Err(dangling(format!("roll instance group {name}"), "/roll"))
        })?;
    }
    let clusters = kops
        .spec
        .get("etcdClusters")
        .and_then(Node::as_list)
        .unwrap_or_default();
    for (index, etcd) in clusters.iter().enumerate() {
        let members = etcd
            .get("etcdMembers")
            .and_then(Node::as_list)
            .unwrap_or_default();
        check_members(
            members,
            &names,
            &format!("/spec/etcdClusters/{index}/etcdMembers"),
        )?;
    }
    Ok(())
}

fn check_members(members: &[Node], groups: &BTreeSet<&str>, at: &str) -> Result<(), Denial> {
    let mut names = BTreeSet::new();
    for (index, member) in members.iter().enumerate() {
        let at = format!("{at}/{index}");
        let group = member.get("instanceGroup").and_then(Node::as_str);
        if !group.is_some_and(|group| groups.contains(group)) {
            return Err(dangling("an etcd member's instance group".to_owned(), &at));
        }
        let name = member
            .get("name")
            .and_then(Node::as_str)
            .unwrap_or_default();
        if name.is_empty() || !names.insert(name) {
            return Err(Denial::forbidden(
                codes::NAME,
                "an etcd member",
                "its name is not a literal, or another member has it",
                "give each member a literal name of its own",
            )
            .at(at));
        }
    }
    Ok(())
}

fn dangling(asked: String, at: &str) -> Denial {
    Denial::forbidden(
        codes::REFERENCE,
        asked,
        "the proposal has no instance group of that name",
        "name an instance group of this proposal as a literal",
    )
    .at(at)
}
