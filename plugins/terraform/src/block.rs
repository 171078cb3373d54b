//! IPv4 blocks: reading them and cutting them into parts.

use std::fmt;
use std::net::Ipv4Addr;

/// An IPv4 block in canonical form: no bit is set behind the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Block {
    network: u32,
    prefix: u8,
}

impl Block {
    /// Reads `10.0.0.0/16`. `None` for anything else, an address within a block included.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let decimal = prefix.bytes().all(|byte| byte.is_ascii_digit());
        if !decimal || (prefix.len() > 1 && prefix.starts_with('0')) {
            return None;
        }
        let prefix: u8 = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
        let network = address.to_bits();
        (network & mask(prefix) == network).then_some(Self { network, prefix })
    }

    /// Number of leading bits that all addresses share, 0 to 32.
    pub(crate) fn prefix(self) -> u8 {
        self.prefix
    }

    /// The `index`-th of the equal parts with this prefix, counted from zero; `None` when the block
    /// has not so many, or is itself smaller than such a part.
    pub(crate) fn part(self, prefix: u8, index: u32) -> Option<Self> {
        let bits = prefix.checked_sub(self.prefix)?;
        let exists = bits >= 32 || index < 1 << bits;
        if prefix > 32 || !exists {
            return None;
        }
        let offset = index.checked_shl(u32::from(32 - prefix)).unwrap_or(0);
        Some(Self {
            network: self.network | offset,
            prefix,
        })
    }

    /// Whether every address of the other block is in this one.
    pub(crate) fn contains(self, other: Self) -> bool {
        self.prefix <= other.prefix && other.network & mask(self.prefix) == self.network
    }

    /// Whether the blocks share an address; one of them then contains the other.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}/{}",
            Ipv4Addr::from_bits(self.network),
            self.prefix
        )
    }
}

/// The prefix's bits set, the others clear. `prefix` is at most 32.
fn mask(prefix: u8) -> u32 {
    u32::MAX
        .checked_shl(32 - u32::from(prefix.min(32)))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        Block::parse(text).unwrap()
    }

    #[test]
    fn a_block_prints_as_it_is_written() {
        for text in ["0.0.0.0/0", "10.0.0.0/16", "192.168.4.0/22", "10.1.2.3/32"] {
            assert_eq!(block(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in [
            "",
            "10.0.0.0",
            "10.0.0/16",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/016",
            "10.0.0.0/+8",
            "10.0.0.0/999",
            "10.0.1.0/16",
            "fd00::/16",
        ] {
            assert_eq!(Block::parse(text), None, "{text}");
        }
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
        ] {
            let got = block(whole)
                .part(prefix, index)
                .map(|part| part.to_string());
            assert_eq!(got.as_deref(), part, "{whole} {prefix} {index}");
        }
    }

    #[test]
    fn blocks_overlap_when_one_contains_the_other() {
        for (one, other, expected) in [
            ("10.0.0.0/16", "10.0.128.0/17", true),
            ("10.0.0.0/16", "10.0.0.0/16", true),
            ("10.0.0.0/16", "10.1.0.0/16", false),
            ("0.0.0.0/0", "255.0.0.0/8", true),
        ] {
            assert_eq!(block(one).overlaps(block(other)), expected, "{one} {other}");
            assert_eq!(block(other).overlaps(block(one)), expected, "{other} {one}");
        }
    }
}
