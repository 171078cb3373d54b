//! Certificates as text.

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Why a text is not certificates in PEM (RFC 7468) and nothing else. What is between the lines is not
/// looked into: trust-manager does, and drops what has expired or is no authority.
pub fn problem(text: &str) -> Option<&'static str> {
    if text.contains("PRIVATE KEY") {
        return Some("holds a private key, which does not belong into a stack file");
    }
    let mut open = false;
    let mut bytes = 0;
    let mut certificates = 0;
    for line in text.lines().map(str::trim_end) {
        match (open, line) {
            (false, "") => {}
            (false, BEGIN) => (open, bytes) = (true, 0),
            (true, END) if bytes > 0 => (open, certificates) = (false, certificates + 1),
            (true, line) if is_base64(line) => bytes += line.len(),
            _ => {
                return Some(
                    "is not PEM: certificates between their BEGIN and END lines, and nothing else",
                );
            }
        }
    }
    match (open, certificates) {
        (true, _) => Some("lacks the END line of its last certificate"),
        (false, 0) => Some("holds no certificate"),
        (false, _) => None,
    }
}

fn is_base64(line: &str) -> bool {
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
    (1..=64).contains(&line.len()) && line.trim_end_matches('=').bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::problem;

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n+/A=\n-----END CERTIFICATE-----\n";

    #[test]
    fn certificates_and_nothing_else_are_accepted() {
        assert_eq!(problem(ONE), None);
        assert_eq!(problem(&format!("\n{ONE}\n{ONE}")), None);
        assert_eq!(problem(&ONE.replace('\n', "\r\n")), None);
        for (text, wrong) in [
            (String::new(), "no certificate"),
            (ONE.replace("CERTIFICATE", "PRIVATE KEY"), "private key"),
            (
                format!("{ONE}-----BEGIN EC PRIVATE KEY-----\n"),
                "private key",
            ),
            (ONE.replace("-----END CERTIFICATE-----", ""), "not PEM"),
            ("-----BEGIN CERTIFICATE-----\nMIIB".to_owned(), "END line"),
            (ONE.replace("MIIB\n+/A=\n", ""), "not PEM"),
            (ONE.replace("MIIB", "MI IB"), "not PEM"),
            (format!("subject: root\n{ONE}"), "not PEM"),
        ] {
            let found = problem(&text).unwrap_or("accepted");
            assert!(found.contains(wrong), "{text}: {found}");
        }
    }
}
