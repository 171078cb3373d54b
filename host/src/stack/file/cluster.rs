//! Entries of `clusters`.

use semver::Version;

use super::decode::{Wanted, fields, formed, integer, list, parsed, text, wrong_type};
use super::suggest::quoted;
use super::{Named, STACK_SCOPE, formats, keys, kubernetes, named, places};
use crate::cidr::{Cidr, CidrError};
use crate::stack::codes;
use crate::stack::error::{Diagnostic, Report};
use crate::stack::syntax::{Node, Span, Spanned, Value};

/// A cluster as written.
#[derive(Clone, Debug, Default)]
pub struct ClusterEntry {
    pub region: Option<Spanned<String>>,
    pub zones: Option<Zones>,
    pub cidr: Option<Spanned<Cidr>>,
    pub kubernetes: Option<Spanned<Version>>,
    pub access: Option<Access>,
}

/// The availability zones of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zones {
    /// The first so many of the region.
    Count(Spanned<usize>),
    Names(Span, Vec<Spanned<String>>),
}

/// How this machine reaches a cluster's API server. A command never stands in the stack file: who
/// could change the file could then run it wherever the file is planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// The API server's name resolves and answers from here.
    #[default]
    Direct,
    /// Through an HTTP or SOCKS proxy with this URL.
    ProxyUrl(String),
    /// Through a port forwarding session of AWS Systems Manager.
    Ssm,
    /// Through an adapter of this name, defined in the operator's own configuration.
    Exec(String),
}

/// Most zones that a cluster can be spread over.
pub(crate) const MOST_ZONES: i64 = 6;

pub(super) fn clusters(node: &Node, report: &mut Report) -> Named<ClusterEntry> {
    named(
        node,
        "`clusters`",
        "a cluster's name",
        report,
        |name, node, report| {
            if name.value == STACK_SCOPE {
                report.add(
                    Diagnostic::new(codes::RESERVED_NAME, "no cluster can be named `stack`")
                        .at(name.span, "this name means the stack as a whole")
                        .help("choose another name, for example one that tells the region: `use1`"),
                );
            }
            Some(cluster(name, node, report))
        },
    )
}

fn cluster(name: &Spanned<String>, node: &Node, report: &mut Report) -> ClusterEntry {
    let mut cluster = ClusterEntry::default();
    let what = format!("the cluster {}", quoted(&name.value));
    let Some(map) = fields(node, keys::CLUSTER, &what, name.span, report) else {
        return cluster;
    };
    cluster.region = map
        .get("region")
        .and_then(|node| text(node, "a region", report));
    cluster.zones = map.get("zones").and_then(|node| zones(node, report));
    cluster.cidr = map.get("cidr").and_then(|node| cidr(node, report));
    cluster.kubernetes = map
        .get("kubernetes")
        .and_then(|node| kubernetes(node, report));
    cluster.access = map.get("access").and_then(|node| access(node, report));
    cluster
}

fn zones(node: &Node, report: &mut Report) -> Option<Zones> {
    match &node.value {
        Value::Scalar(_) => {
            let count = integer(node, "a number of zones", 1..=MOST_ZONES, report)?;
            let number = usize::try_from(count.value).ok()?;
            Some(Zones::Count(Spanned::new(number, count.span)))
        }
        _ => {
            let items = list(node, "`zones`", report)?;
            if items.is_empty() {
                report.add(
                    Diagnostic::new(codes::ZONE, "a cluster needs at least one zone")
                        .at(node.span, "no zones")
                        .help("list the zones, or write how many, for example `zones: 3`"),
                );
                return None;
            }
            let names = items
                .iter()
                .filter_map(|item| text(item, "a zone", report))
                .collect();
            Some(Zones::Names(node.span, names))
        }
    }
}

/// The network's size is that of an AWS VPC (/16 to /28), less what is too small for a cluster.
const NETWORK_PREFIX: std::ops::RangeInclusive<u8> = 16..=24;

fn cidr(node: &Node, report: &mut Report) -> Option<Spanned<Cidr>> {
    let text = text(node, "`cidr`", report)?;
    let shown = quoted(&text.value);
    let problem = match Cidr::parse(&text.value) {
        Ok(block) if !NETWORK_PREFIX.contains(&block.prefix()) => Diagnostic::new(
            codes::CIDR_SIZE,
            format!("{shown} is not the size of a cluster's network"),
        )
        .at(
            text.span,
            format!("the prefix length is {}", block.prefix()),
        )
        .help("use a prefix length from 16 (65,536 addresses) to 24 (256 addresses)"),
        Ok(block) if !block.is_private() => Diagnostic::new(
            codes::CIDR_PUBLIC,
            format!("{shown} are addresses of somebody else"),
        )
        .at(text.span, "not private")
        .help("use a block within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10"),
        Ok(block) => return Some(Spanned::new(block, text.span)),
        Err(CidrError::HostBits(block)) => Diagnostic::new(
            codes::CIDR_HOST_BITS,
            format!("{shown} is an address within a block, not the block itself"),
        )
        .at(text.span, format!("the block is {block}"))
        .help(format!("write `{block}`")),
        Err(error) => Diagnostic::new(codes::CIDR, format!("{shown} is not an IPv4 block"))
            .at(text.span, error.to_string())
            .help("write it as in `10.0.0.0/16`"),
    };
    report.add(problem);
    None
}

fn access(node: &Node, report: &mut Report) -> Option<Access> {
    if let Value::Map(entries) = &node.value {
        let map = fields(node, keys::ACCESS, "`access`", node.span, report)?;
        return match (map.get("proxy-url"), map.get("exec")) {
            (Some(url), None) => {
                parsed(url, "the URL of a proxy", codes::URL, places::proxy, report)
                    .map(|url| Access::ProxyUrl(url.value))
            }
            (None, Some(adapter)) => adapter_name(adapter, report).map(Access::Exec),
            (Some(_), Some(_)) => {
                one_way(
                    entries.first().map_or(node.span, |entry| entry.key.span),
                    report,
                );
                None
            }
            (None, None) => {
                // An unknown key has been reported already.
                if entries.is_empty() {
                    one_way(node.span, report);
                }
                None
            }
        };
    }
    if !matches!(node.value, Value::Scalar(_)) {
        wrong_type(node, "`access`", Wanted::WordOrMap, report);
        return None;
    }
    let word = text(node, "`access`", report)?;
    match word.value.as_str() {
        "direct" => Some(Access::Direct),
        "ssm" => Some(Access::Ssm),
        _ => {
            report.add(
                Diagnostic::new(
                    codes::UNKNOWN_WORD,
                    format!("{} is not a way to reach a cluster", quoted(&word.value)),
                )
                .at(word.span, "unknown value")
                .help(WAYS),
            );
            None
        }
    }
}

const WAYS: &str = "write `direct`, `ssm`, `{proxy-url: https://proxy.example.com:3128}` or \
                    `{exec: NAME}`, where NAME is an adapter in your own configuration";

fn one_way(at: Span, report: &mut Report) {
    report.add(
        Diagnostic::new(
            codes::WRONG_TYPE,
            "`access` is exactly one way to reach a cluster",
        )
        .at(at, "one of `proxy-url` and `exec`")
        .help(WAYS),
    );
}

fn adapter_name(node: &Node, report: &mut Report) -> Option<String> {
    let name = text(node, "`exec`", report)?;
    let name = formed(
        &name,
        "the name of an adapter",
        codes::NAME,
        formats::identifier,
        report,
    )?;
    Some(name.value)
}
