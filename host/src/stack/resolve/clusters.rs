//! Clusters: zones, partitions, addresses.

use std::collections::BTreeMap;

use semver::Version;

use crate::cidr::Cidr;
use crate::stack::codes;
use crate::stack::error::{Diagnostic, Report};
use crate::stack::file::suggest::{closest, quoted};
use crate::stack::file::{ClusterEntry, StackFile, Zones};
use crate::stack::model::Cluster;
use crate::stack::regions::{self, Partition};
use crate::stack::syntax::{Span, Spanned};

/// Kubernetes of clusters where the file names no version.
pub(crate) const DEFAULT_KUBERNETES: Version = Version::new(1, 36, 3);
/// Zones of clusters where the file says nothing: etcd survives the loss of one of three.
const DEFAULT_ZONES: usize = 3;

pub(super) fn resolve(file: &StackFile, report: &mut Report) -> BTreeMap<String, Cluster> {
    if let Some(at) = file.clusters_at
        && file.clusters.is_empty()
        && report.is_empty()
    {
        report.add(
            Diagnostic::new(codes::NO_CLUSTERS, "the stack has no cluster")
                .at(at, "nothing below this key")
                .help("add one: `use1: {region: us-east-1, cidr: 10.0.0.0/16}`"),
        );
    }
    check_addresses(file, report);
    check_partitions(file, report);
    file.clusters
        .iter()
        .filter_map(|(name, (span, entry))| {
            let cluster = cluster(file, name, *span, entry, report)?;
            Some((name.clone(), cluster))
        })
        .collect()
}

fn cluster(
    file: &StackFile,
    name: &str,
    span: Span,
    entry: &ClusterEntry,
    report: &mut Report,
) -> Option<Cluster> {
    let region = entry.region.as_ref()?;
    let Some(partition) = Partition::of(&region.value) else {
        report.add(
            Diagnostic::new(
                codes::REGION,
                format!(
                    "{} is not a region of a supported AWS partition",
                    quoted(&region.value)
                ),
            )
            .at(region.span, "unknown region")
            .help(format!(
                "{}regions look like `eu-west-1`; the partitions aws, aws-us-gov and aws-cn are \
                 supported",
                did_you_mean(&region.value)
            )),
        );
        return None;
    };
    let zones = match &entry.zones {
        None => usual(region, &Spanned::new(DEFAULT_ZONES, region.span), report),
        Some(Zones::Count(count)) => usual(region, count, report),
        Some(Zones::Names(_, names)) => listed(region, names, report),
    };
    let version = entry.kubernetes.as_ref().or(file.kubernetes.as_ref());
    Some(Cluster {
        name: name.to_owned(),
        dns_name: format!("{name}.{}", file.domain.as_ref()?.value),
        region: region.value.clone(),
        partition,
        zones: zones?,
        cidr: entry.cidr.as_ref()?.value,
        kubernetes_version: version.map_or(DEFAULT_KUBERNETES, |version| version.value.clone()),
        access: entry.access.clone().unwrap_or_default(),
        span,
    })
}

fn did_you_mean(region: &str) -> String {
    closest(region, regions::names())
        .map_or_else(String::new, |region| format!("did you mean `{region}`? "))
}

/// The first zones of a region, from the table.
fn usual(
    region: &Spanned<String>,
    count: &Spanned<usize>,
    report: &mut Report,
) -> Option<Vec<String>> {
    let name = &region.value;
    let example = format!("list them, for example `zones: [{name}a, {name}b]`");
    let (message, help) = match regions::usual_zones(name) {
        None => (
            format!("the zones of {} are not known here", quoted(name)),
            format!("{}if the region is new, {example}", did_you_mean(name)),
        ),
        Some(mut zones) if zones.len() >= count.value => {
            zones.truncate(count.value);
            return Some(zones);
        }
        Some(zones) if zones.is_empty() => (
            format!("the zones of {name} differ from account to account"),
            example,
        ),
        Some(zones) => (
            format!(
                "accounts usually have {} zones in {name}, not {}",
                zones.len(),
                count.value
            ),
            format!("use fewer, or if your account has more, {example}"),
        ),
    };
    report.add(
        Diagnostic::new(codes::ZONES_UNKNOWN, message)
            .at(count.span, format!("{} zones are wanted", count.value))
            .help(help),
    );
    None
}

/// Zones that the file lists: a letter behind the region's name, or a local zone such as
/// `us-west-2-lax-1a`.
fn listed(
    region: &Spanned<String>,
    names: &[Spanned<String>],
    report: &mut Report,
) -> Option<Vec<String>> {
    let mut zones: BTreeMap<&str, Span> = BTreeMap::new();
    let mut good = true;
    for zone in names {
        let shown = quoted(&zone.value);
        let rest = zone.value.strip_prefix(&region.value);
        let problem = if !rest.is_some_and(is_zone_suffix) {
            Diagnostic::new(
                codes::ZONE,
                format!("{shown} is not a zone of {}", quoted(&region.value)),
            )
            .at(zone.span, "not in the cluster's region")
            .and(region.span, "the region")
            .help(format!("zones are named like `{}a`", region.value))
        } else if let Some(first) = zones.insert(&zone.value, zone.span) {
            Diagnostic::new(codes::ZONE, format!("the zone {shown} stands twice"))
                .at(zone.span, "the second one")
                .and(first, "the first one")
                .help("remove one of them")
        } else {
            continue;
        };
        report.add(problem);
        good = false;
    }
    good.then(|| zones.into_keys().map(str::to_owned).collect())
}

fn is_zone_suffix(suffix: &str) -> bool {
    let local = |name: &str| {
        (1..=32).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    match suffix.strip_prefix('-') {
        Some(name) => local(name),
        None => suffix.len() == 1 && suffix.bytes().all(|letter| letter.is_ascii_lowercase()),
    }
}

/// Refuses clusters whose networks share addresses: they could never reach each other. Blocks
/// either nest or are apart, and the wider one sorts first, so that sorted ones only have to be
/// compared with the last one that was not within another.
fn check_addresses(file: &StackFile, report: &mut Report) {
    let mut blocks: Vec<(Cidr, &str, Span)> = file
        .clusters
        .iter()
        .filter_map(|(name, (_, entry))| {
            let block = entry.cidr.as_ref()?;
            Some((block.value, name.as_str(), block.span))
        })
        .collect();
    blocks.sort_by_key(|(block, name, _)| (*block, *name));
    let mut widest: Option<(Cidr, &str, Span)> = None;
    for (block, name, span) in blocks {
        let Some((_, other_name, other_span)) = widest.filter(|(other, ..)| other.overlaps(block))
        else {
            widest = Some((block, name, span));
            continue;
        };
        let (first, second) = if other_span < span {
            ((other_name, other_span), (name, span))
        } else {
            ((name, span), (other_name, other_span))
        };
        report.add(
            Diagnostic::new(
                codes::CIDR_OVERLAP,
                format!("the networks of `{}` and `{}` overlap", first.0, second.0),
            )
            .at(
                second.1,
                format!("`{}` uses addresses of `{}`", second.0, first.0),
            )
            .and(first.1, format!("`{}`", first.0))
            .help("give every cluster a block of its own"),
        );
    }
}

/// An account lives in one partition, and a stack in one account.
fn check_partitions(file: &StackFile, report: &mut Report) {
    let mut first: Option<(&str, Partition, Span)> = None;
    for (name, (_, entry)) in &file.clusters {
        let Some(region) = &entry.region else {
            continue;
        };
        let Some(partition) = Partition::of(&region.value) else {
            continue;
        };
        match first {
            None => first = Some((name, partition, region.span)),
            Some((_, other, _)) if other == partition => {}
            Some((other_name, other, other_span)) => report.add(
                Diagnostic::new(
                    codes::PARTITIONS,
                    format!("`{other_name}` is in {other} and `{name}` in {partition}"),
                )
                .at(region.span, partition.name())
                .and(other_span, other.name())
                .help("no account spans partitions: make a stack for each of them"),
            ),
        }
    }
}
