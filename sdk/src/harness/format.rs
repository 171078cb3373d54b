//! The closed vocabulary of fact formats.

const SCALARS: [&str; 10] = [
    "aws-id",
    "arn",
    "cidr",
    "dns-name",
    "https-url",
    "port",
    "text",
    "number",
    "boolean",
    "pem",
];

/// Whether a text is a fact format: a scalar, or `list<F>`, `map<F>`, `record<name: F, …>` of formats.
pub(super) fn is_format(text: &str) -> bool {
    format(text).is_some_and(|rest| rest.trim().is_empty())
}

/// Reads one format from the start of a text and gives what follows it.
fn format(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let end = text
        .find(|character: char| !(character.is_ascii_lowercase() || character == '-'))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    match name {
        "list" | "map" => close(format(rest.strip_prefix('<')?)?),
        "record" => fields(rest.strip_prefix('<')?),
        scalar => SCALARS.contains(&scalar).then_some(rest),
    }
}

fn fields(mut text: &str) -> Option<&str> {
    loop {
        let (name, rest) = text.split_once(':')?;
        if !super::descriptor::is_identifier(name.trim()) {
            return None;
        }
        let rest = format(rest)?.trim_start();
        match rest.strip_prefix(',') {
            Some(next) => text = next,
            None => return close(rest),
        }
    }
}

fn close(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_come_from_a_closed_vocabulary() {
        for good in [
            "aws-id",
            "list<cidr>",
            "map<list<aws-id>>",
            "record<host: dns-name, port: port>",
            "list<record<host: dns-name, tags: map<text>>>",
        ] {
            assert!(is_format(good), "{good}");
        }
        for bad in [
            "",
            "string",
            "list",
            "list<>",
            "list<cidr",
            "list<cidr>>",
            "list<cidr> x",
            "record<>",
            "record<Host: text>",
            "record<host text>",
            "record<host: text,>",
        ] {
            assert!(!is_format(bad), "{bad}");
        }
    }
}
