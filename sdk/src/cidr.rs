//! Blocks of addresses in CIDR notation: reading, comparing and cutting them.
//!
//! ```
//! use aegis_plugin::cidr::Block;
//!
//! let network: Block = "10.0.0.0/16".parse()?;
//! let zones: Vec<Block> = (0..3).filter_map(|zone| network.part(18, zone)).collect();
//! assert_eq!(zones[2].to_string(), "10.0.128.0/18");
//! assert!(network.contains(zones[2]) && !zones[0].overlaps(zones[1]));
//! # Ok::<(), aegis_plugin::cidr::BlockError>(())
//! ```

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A block of IPv4 or IPv6 addresses, written `10.0.0.0/16`, without bits below its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// The first address, in the low bits.
    first: u128,
    prefix: u8,
    family: Family,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Family {
    V4,
    V6,
}

impl Family {
    const fn bits(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }
}

/// Why a text is not a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockError {
    /// Not `ADDRESS/PREFIX`.
    Form,
    /// The address has bits below the prefix; the block that was probably meant.
    HostBits(Block),
}

impl fmt::Display for BlockError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => formatter.write_str("not a block of addresses, such as `10.0.0.0/16`"),
            Self::HostBits(meant) => {
                write!(
                    formatter,
                    "the address is not the first of its block; `{meant}` is"
                )
            }
        }
    }
}

impl std::error::Error for BlockError {}

/// Networks whose addresses mean nothing on the internet: of organisations (RFC 1918, RFC 4193) and of providers
/// (RFC 6598).
const PRIVATE: [&str; 5] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "fc00::/7",
];

impl Block {
    fn of(first: u128, prefix: u8, family: Family) -> Self {
        let block = Self {
            first,
            prefix,
            family,
        };
        Self {
            first: first & !block.host_mask(),
            ..block
        }
    }

    /// Ones where the addresses of the block differ.
    fn host_mask(self) -> u128 {
        let host_bits = u32::from(self.family.bits().saturating_sub(self.prefix));
        1_u128
            .checked_shl(host_bits)
            .map_or(u128::MAX, |size| size - 1)
    }

    /// Number of leading bits that all addresses share, 0 to 32 or 128.
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether its addresses are IPv4.
    pub const fn is_v4(self) -> bool {
        matches!(self.family, Family::V4)
    }

    /// Whether every address of the other block is in this one.
    pub fn contains(self, other: Self) -> bool {
        self.family == other.family
            && self.prefix <= other.prefix
            && other.first & !self.host_mask() == self.first
    }

    /// Whether the blocks share an address; one of them then contains the other.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// The `index`-th of the equal parts with this prefix, counted from zero; `None` when the block
    /// has not so many, or is itself smaller than such a part.
    pub fn part(self, prefix: u8, index: u32) -> Option<Self> {
        let bits = prefix.checked_sub(self.prefix)?;
        let host_bits = self.family.bits().checked_sub(prefix)?;
        let exists = bits >= 32 || index < 1 << bits;
        let offset = u128::from(index).checked_shl(host_bits.into());
        exists.then(|| Self {
            first: self.first | offset.unwrap_or(0),
            prefix,
            ..self
        })
    }

    /// Whether all of its addresses are private.
    pub fn is_private(self) -> bool {
        PRIVATE
            .iter()
            .filter_map(|text| text.parse::<Self>().ok())
            .any(|private| private.contains(self))
    }
}

impl FromStr for Block {
    type Err = BlockError;

    fn from_str(text: &str) -> Result<Self, BlockError> {
        let (address, prefix) = text.split_once('/').ok_or(BlockError::Form)?;
        let (first, family) = match address.parse().map_err(|_| BlockError::Form)? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), Family::V4),
            IpAddr::V6(address) => (u128::from(address), Family::V6),
        };
        let digits = prefix.bytes().all(|byte| byte.is_ascii_digit())
            && (prefix == "0" || !prefix.starts_with('0'));
        let prefix = prefix
            .parse()
            .ok()
            .filter(|prefix| digits && *prefix <= family.bits());
        let block = Self::of(first, prefix.ok_or(BlockError::Form)?, family);
        if block.first == first {
            Ok(block)
        } else {
            Err(BlockError::HostBits(block))
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.family {
            Family::V4 => {
                let bits = u32::try_from(self.first).unwrap_or(u32::MAX);
                write!(formatter, "{}/{}", Ipv4Addr::from(bits), self.prefix)
            }
            Family::V6 => write!(formatter, "{}/{}", Ipv6Addr::from(self.first), self.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_block_is_written_as_it_is_read() {
        for text in [
            "0.0.0.0/0",
            "10.0.0.0/16",
            "192.0.2.7/32",
            "::/0",
            "2001:db8::/48",
            "2001:db8::1/128",
        ] {
            assert_eq!(block(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_block_is_refused() {
        for text in [
            "",
            "10.0.0.0",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/08",
            "10.0.0.0/999",
            "10.0.0/8",
            "::/129",
            "a/8",
            "10.0.0.0/8/8",
            " 10.0.0.0/8",
            "pl-0123/0",
        ] {
            assert_eq!(text.parse::<Block>(), Err(BlockError::Form), "{text}");
        }
        assert_eq!(
            "10.1.2.3/8".parse::<Block>(),
            Err(BlockError::HostBits(block("10.0.0.0/8")))
        );
        assert_eq!(
            "2001:db8::1/32".parse::<Block>(),
            Err(BlockError::HostBits(block("2001:db8::/32")))
        );
    }

    #[test]
    fn blocks_overlap_when_one_is_in_the_other() {
        for (left, right, overlap) in [
            ("10.0.0.0/8", "10.255.0.0/16", true),
            ("10.0.0.0/16", "10.1.0.0/16", false),
            ("0.0.0.0/0", "192.0.2.0/24", true),
            ("::/0", "10.0.0.0/8", false),
            ("100.64.0.0/10", "100.127.0.0/16", true),
            ("100.64.0.0/10", "100.128.0.0/16", false),
        ] {
            assert_eq!(
                block(left).overlaps(block(right)),
                overlap,
                "{left} {right}"
            );
            assert_eq!(
                block(right).overlaps(block(left)),
                overlap,
                "{right} {left}"
            );
        }
        assert!(!block("10.255.0.0/16").contains(block("10.0.0.0/8")));
    }

    #[test]
    fn a_block_is_cut_into_equal_parts() {
        for (whole, prefix, index, part) in [
            ("10.0.0.0/16", 18, 0, Some("10.0.0.0/18")),
            ("10.0.0.0/16", 18, 3, Some("10.0.192.0/18")),
            ("10.0.0.0/16", 18, 4, None),
            ("10.0.0.0/16", 16, 0, Some("10.0.0.0/16")),
            ("10.0.0.0/16", 15, 0, None),
            ("10.0.0.0/16", 33, 0, None),
            ("10.1.2.3/32", 32, 0, Some("10.1.2.3/32")),
            ("0.0.0.0/0", 32, u32::MAX, Some("255.255.255.255/32")),
            ("0.0.0.0/0", 0, 0, Some("0.0.0.0/0")),
            ("2001:db8::/48", 64, 1, Some("2001:db8:0:1::/64")),
            ("2001:db8::/48", 64, 0x1_0000, None),
            ("2001:db8::/48", 129, 0, None),
            ("::/0", 128, 1, Some("::1/128")),
            ("::/0", 0, 0, Some("::/0")),
        ] {
            let got = block(whole).part(prefix, index);
            assert_eq!(got, part.map(block), "{whole} {prefix} {index}");
        }
    }

    #[test]
    fn a_private_block_holds_no_address_of_the_internet() {
        for text in [
            "0.0.0.0/0",
            "0.0.0.0/1",
            "128.0.0.0/1",
            "10.0.0.0/7",
            "172.0.0.0/8",
            "192.168.0.0/15",
            "100.0.0.0/8",
            "52.95.0.0/16",
            "203.0.113.7/32",
            "127.0.0.0/8",
            "169.254.169.254/32",
            "::/0",
            "2000::/3",
            "2001:db8::/48",
            "fc00::/6",
            "::ffff:a00:0/104",
            "fe80::/64",
            "::1/128",
        ] {
            assert!(!block(text).is_private(), "{text}");
        }
        for text in [
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.7.0/24",
            "100.64.0.0/10",
            "10.1.2.3/32",
            "fd00:1:2::/48",
        ] {
            assert!(block(text).is_private(), "{text}");
        }
    }
}
