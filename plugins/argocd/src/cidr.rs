//! Blocks of addresses.

use std::net::IpAddr;

/// Whether a text is an address block in CIDR notation, `10.0.0.0/16`, with no bit set behind its prefix.
pub fn is_cidr(text: &str) -> bool {
    let Some((address, prefix)) = text.split_once('/') else {
        return false;
    };
    // No sign and no leading zero, which some readers take for octal.
    let plain =
        prefix.bytes().all(|b| b.is_ascii_digit()) && (prefix == "0" || !prefix.starts_with('0'));
    let (true, Ok(address), Ok(prefix)) = (plain, address.parse::<IpAddr>(), prefix.parse::<u32>())
    else {
        return false;
    };
    match address {
        IpAddr::V4(address) => {
            prefix <= 32 && address.to_bits().checked_shl(prefix).unwrap_or(0) == 0
        }
        IpAddr::V6(address) => {
            prefix <= 128 && address.to_bits().checked_shl(prefix).unwrap_or(0) == 0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_cidr;

    #[test]
    fn blocks_have_no_bit_behind_their_prefix() {
        for good in [
            "10.0.0.0/16",
            "0.0.0.0/0",
            "10.1.2.3/32",
            "fc00::/7",
            "::/0",
        ] {
            assert!(is_cidr(good), "{good}");
        }
        for bad in [
            "",
            "10.0.0.0",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.1/16",
            "10.0.0.0/016",
            "10.0.0.0/+8",
            "10.0.0/16",
            "fc00::1/7",
            "::/129",
            "example.com/8",
        ] {
            assert!(!is_cidr(bad), "{bad}");
        }
    }
}
