//! IPv4 blocks.

use std::fmt;
use std::net::Ipv4Addr;

/// An IPv4 block in its canonical form: no bit is set behind the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    network: u32,
    prefix: u8,
}

/// Why a text is no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    #[error("expected an IPv4 address, a slash and a prefix length, as in 10.0.0.0/16")]
    Form,
    #[error("the prefix length must be between 0 and 32")]
    Prefix,
    /// An address within a block; the block it is in is the payload.
    #[error("this is an address within {0}, not the block itself")]
    HostBits(Cidr),
}

/// Blocks for private use: RFC 1918, and the shared space of RFC 6598.
const PRIVATE: [Cidr; 4] = [
    Cidr::constant([10, 0, 0, 0], 8),
    Cidr::constant([100, 64, 0, 0], 10),
    Cidr::constant([172, 16, 0, 0], 12),
    Cidr::constant([192, 168, 0, 0], 16),
];

impl Cidr {
    const fn constant(octets: [u8; 4], prefix: u8) -> Self {
        Self {
            network: u32::from_be_bytes(octets),
            prefix,
        }
    }

    /// Reads `a.b.c.d/n`. Octets and prefix are decimal without leading zeros.
    pub fn parse(text: &str) -> Result<Self, CidrError> {
        let (address, prefix) = text.split_once('/').ok_or(CidrError::Form)?;
        let address: Ipv4Addr = address.parse().map_err(|_| CidrError::Form)?;
        let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
        if prefix.is_empty() || !digits || (prefix.len() > 1 && prefix.starts_with('0')) {
            return Err(CidrError::Form);
        }
        let prefix: u8 = prefix.parse().map_err(|_| CidrError::Prefix)?;
        if prefix > 32 {
            return Err(CidrError::Prefix);
        }
        let address = address.to_bits();
        let block = Self {
            network: address & mask(prefix),
            prefix,
        };
        if block.network == address {
            Ok(block)
        } else {
            Err(CidrError::HostBits(block))
        }
    }

    /// The first address.
    pub fn network(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network)
    }

    /// The last address.
    pub fn last(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network | !mask(self.prefix))
    }

    /// Number of leading bits that all addresses share, 0 to 32.
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// True if every address of `other` is in this block.
    pub fn contains(self, other: Self) -> bool {
        self.prefix <= other.prefix && other.network & mask(self.prefix) == self.network
    }

    /// True if the blocks share an address; one then contains the other.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// True if nobody on the Internet owns the block: 10/8, 172.16/12, 192.168/16 and 100.64/10.
    pub fn is_private(self) -> bool {
        PRIVATE.iter().any(|block| block.contains(self))
    }
}

/// The prefix's bits set, the others clear. `prefix` is at most 32.
fn mask(prefix: u8) -> u32 {
    u32::MAX
        .checked_shl(32 - u32::from(prefix.min(32)))
        .unwrap_or(0)
}

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.network(), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Cidr {
        Cidr::parse(text).unwrap()
    }

    #[test]
    fn blocks_print_as_they_are_written() {
        for text in ["0.0.0.0/0", "10.0.0.0/16", "192.168.4.0/22", "10.1.2.3/32"] {
            assert_eq!(block(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        let cases = [
            ("", CidrError::Form),
            ("10.0.0.0", CidrError::Form),
            ("10.0.0/16", CidrError::Form),
            ("010.0.0.0/16", CidrError::Form),
            ("10.0.0.0/016", CidrError::Form),
            ("10.0.0.0/+16", CidrError::Form),
            ("10.0.0.0/", CidrError::Form),
            ("10.0.0.0/16/8", CidrError::Form),
            ("fd00::/16", CidrError::Form),
            ("10.0.0.0/33", CidrError::Prefix),
            ("10.0.0.0/999", CidrError::Prefix),
            ("10.0.1.0/16", CidrError::HostBits(block("10.0.0.0/16"))),
            ("1.2.3.4/0", CidrError::HostBits(block("0.0.0.0/0"))),
        ];
        for (text, expected) in cases {
            assert_eq!(Cidr::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn blocks_overlap_when_one_contains_the_other() {
        let cases = [
            ("10.0.0.0/16", "10.0.0.0/16", true),
            ("10.0.0.0/16", "10.0.128.0/17", true),
            ("10.0.0.0/16", "10.1.0.0/16", false),
            ("0.0.0.0/0", "255.0.0.0/8", true),
            ("10.1.2.3/32", "10.1.2.2/32", false),
        ];
        for (left, right, expected) in cases {
            assert_eq!(
                block(left).overlaps(block(right)),
                expected,
                "{left} {right}"
            );
            assert_eq!(
                block(right).overlaps(block(left)),
                expected,
                "{right} {left}"
            );
        }
    }

    #[test]
    fn private_blocks_lie_wholly_in_private_space() {
        let cases = [
            ("10.0.0.0/8", true),
            ("172.31.0.0/16", true),
            ("172.32.0.0/16", false),
            ("192.168.0.0/16", true),
            ("192.168.0.0/15", false),
            ("100.127.0.0/16", true),
            ("100.128.0.0/16", false),
            ("8.8.0.0/16", false),
        ];
        for (text, expected) in cases {
            assert_eq!(block(text).is_private(), expected, "{text}");
        }
    }

    #[test]
    fn the_last_address_ends_the_block() {
        assert_eq!(block("10.0.0.0/16").last().to_string(), "10.0.255.255");
        assert_eq!(block("10.1.2.3/32").last().to_string(), "10.1.2.3");
    }
}
