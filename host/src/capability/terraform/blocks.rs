//! Address blocks: whom they let in.

use std::net::Ipv6Addr;

use crate::cidr::{Cidr, CidrError};

/// Whom an address block means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::capability) enum Audience {
    /// Within the ranges of RFC 1918, RFC 6598 (shared between carriers, used for Pods) and RFC 4193.
    Private,
    /// Addresses of the internet.
    Public,
    /// So many addresses of the internet that it is the internet: wider than 8 bits of IPv4 or 16
    /// bits of IPv6, so that two halves are no way around it.
    Everybody,
    /// Not an address block.
    Unknown,
}

/// Whom the block of this text means.
pub(in crate::capability) fn audience(block: &str) -> Audience {
    match Cidr::parse(block) {
        Ok(block) | Err(CidrError::HostBits(block)) => {
            judge(block.is_private(), block.prefix() < 8)
        }
        Err(_) => v6(block),
    }
}

fn v6(block: &str) -> Audience {
    let block = block.split_once('/').and_then(|(address, prefix)| {
        let address: Ipv6Addr = address.parse().ok()?;
        let prefix: u8 = prefix.parse().ok().filter(|prefix| *prefix <= 128)?;
        Some((address, prefix))
    });
    match block {
        Some((address, prefix)) => judge(is_private_v6(address, prefix), prefix < 16),
        None => Audience::Unknown,
    }
}

fn judge(private: bool, wide: bool) -> Audience {
    match (private, wide) {
        (true, _) => Audience::Private,
        (false, true) => Audience::Everybody,
        (false, false) => Audience::Public,
    }
}

fn is_private_v6(address: Ipv6Addr, prefix: u8) -> bool {
    prefix >= 7
        && address
            .segments()
            .first()
            .is_some_and(|first| first & 0xfe00 == 0xfc00)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_internet_is_told_from_a_private_network() {
        for (audience_, blocks) in [
            (
                Audience::Private,
                &[
                    "10.0.0.0/8",
                    "10.1.2.0/24",
                    "172.16.0.0/12",
                    "192.168.1.1/32",
                    "100.64.0.0/10",
                    "fd00::/8",
                ][..],
            ),
            (
                Audience::Public,
                &[
                    "172.32.0.0/16",
                    "203.0.113.0/24",
                    "100.0.0.0/9",
                    "2001:db8::/32",
                ],
            ),
            (
                Audience::Everybody,
                &[
                    "0.0.0.0/0",
                    "0.0.0.0/1",
                    "128.0.0.0/1",
                    "10.0.0.0/7",
                    "::/0",
                    "8000::/1",
                    "2000::/3",
                    "fc00::/6",
                ],
            ),
            (
                Audience::Unknown,
                &[
                    "",
                    "10.0.0.0",
                    "10.0.0.0/33",
                    "::/129",
                    "pl-0abc",
                    "${x}",
                    "10.0.0.0/x",
                    "10.0.0.0/+8",
                    "/8",
                ],
            ),
        ] {
            for block in blocks {
                assert_eq!(audience(block), audience_, "{block}");
            }
        }
    }
}
