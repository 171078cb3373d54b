//! Strings of an answer.
//!
//! Text that decides what is authorised (a kind, a name, a path) is plain ASCII without tokens: it is
//! shown to approvers and used in paths, so it must not be able to look like something else. Text
//! for people is free and escaped where it is shown.

use aegis_document::{Identifier, pointer};

use super::{AnswerError, malformed};
use crate::fact::{FactRef, Format};
use crate::template::Templated;

/// Bytes of a text for people.
const PEOPLE_MAX: usize = 64 << 10;

/// Bytes of a control field.
const CONTROL_MAX: usize = 1024;

pub fn identifier(text: String) -> Result<Identifier, AnswerError> {
    Identifier::new(text).map_err(malformed)
}

pub fn optional_identifier(text: Option<String>) -> Result<Option<Identifier>, AnswerError> {
    text.map(identifier).transpose()
}

pub fn fact_ref(text: &str) -> Result<FactRef, AnswerError> {
    text.parse().map_err(malformed)
}

pub fn format(text: &str) -> Result<Format, AnswerError> {
    text.parse().map_err(malformed)
}

/// An RFC 6901 pointer.
pub fn json_pointer(text: String) -> Result<String, AnswerError> {
    if text.len() <= CONTROL_MAX && pointer::tokens(&text).is_some() {
        Ok(text)
    } else {
        Err(malformed("not a JSON pointer (RFC 6901)"))
    }
}

/// The one place where a plain string of an answer is parsed for tokens.
pub fn templated(text: &str) -> Result<Templated, AnswerError> {
    Templated::parse(text).map_err(malformed)
}

/// Text for people, shown escaped.
pub fn people(text: String) -> Result<String, AnswerError> {
    if text.len() <= PEOPLE_MAX {
        Ok(text)
    } else {
        Err(malformed("a text for people has at most 64 KiB"))
    }
}

/// Text for people that explains a failure: cut rather than refused, so that the failure is not lost.
pub fn cut(mut text: String) -> String {
    const FAILURE_MAX: usize = 4096;
    if text.len() > FAILURE_MAX {
        text.truncate(text.floor_char_boundary(FAILURE_MAX));
        text.push('…');
    }
    text
}

fn check(
    text: String,
    max: usize,
    allowed: impl Fn(u8) -> bool,
    rule: &str,
) -> Result<String, AnswerError> {
    if text.contains("@{") {
        return Err(malformed(
            "a token cannot stand here: this text decides what is authorised",
        ));
    }
    if !text.is_empty() && text.len() <= max && text.bytes().all(allowed) {
        Ok(text)
    } else {
        Err(malformed(rule))
    }
}

/// Any printable ASCII text, spaces included.
pub fn control(text: String) -> Result<String, AnswerError> {
    check(
        text,
        CONTROL_MAX,
        |b| (b' '..=b'~').contains(&b),
        "this text is printable ASCII, not empty and has at most 1024 characters",
    )
}

/// Letters, digits, `.`, `_` and `-`, at most 128.
pub fn word(text: String) -> Result<String, AnswerError> {
    check(
        text,
        128,
        |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'),
        "this text holds only letters, digits, `.`, `_` and `-`, and has 1 to 128 characters",
    )
}

/// A Terraform type or block name.
pub fn terraform_name(text: String) -> Result<String, AnswerError> {
    const RULE: &str =
        "a Terraform name starts with a letter or `_` and holds only letters, digits, `_` and `-`";
    let text = check(
        text,
        128,
        |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'),
        RULE,
    )?;
    if text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        Ok(text)
    } else {
        Err(malformed(RULE))
    }
}

/// `TYPE.NAME` of a resource of the same root.
pub fn terraform_address(text: String) -> Result<String, AnswerError> {
    match text.split_once('.') {
        Some((kind, name)) if !name.contains('.') => {
            terraform_name(kind.to_owned())?;
            terraform_name(name.to_owned())?;
            Ok(text)
        }
        _ => Err(malformed("an address is `TYPE.NAME`")),
    }
}

/// An API group; empty for the core group.
pub fn api_group(text: String) -> Result<String, AnswerError> {
    if text.is_empty() {
        return Ok(text);
    }
    check(
        text,
        253,
        |b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'),
        "an API group is a DNS name, or empty for the core group",
    )
}

/// A Kubernetes kind.
pub fn kubernetes_kind(text: String) -> Result<String, AnswerError> {
    const RULE: &str = "a kind starts with an upper-case letter and holds only letters and digits";
    let text = check(text, 63, |b| b.is_ascii_alphanumeric(), RULE)?;
    if text.starts_with(|c: char| c.is_ascii_uppercase()) {
        Ok(text)
    } else {
        Err(malformed(RULE))
    }
}

/// A DNS label, as namespaces and releases are named.
pub fn dns_label(text: String) -> Result<String, AnswerError> {
    const RULE: &str = "this name holds only lower-case letters, digits and `-`, does not begin or end with `-`, and has at most 63 characters";
    let text = check(
        text,
        63,
        |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-',
        RULE,
    )?;
    if text.starts_with('-') || text.ends_with('-') {
        Err(malformed(RULE))
    } else {
        Ok(text)
    }
}

/// The name of a Kubernetes object: what the API server takes as one segment of a path, ASCII only. RBAC objects have
/// colons in their names.
pub fn object_name(text: String) -> Result<String, AnswerError> {
    const RULE: &str = "an object's name holds only letters, digits, `.`, `-`, `_` and `:`, and has at most 253 characters";
    let text = check(
        text,
        253,
        |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':'),
        RULE,
    )?;
    if text == "." || text == ".." {
        Err(malformed(RULE))
    } else {
        Ok(text)
    }
}

/// The key of a label or annotation: `NAME` or `PREFIX/NAME`.
pub fn label_key(text: String) -> Result<String, AnswerError> {
    const RULE: &str = "a label's key is `NAME` or `PREFIX/NAME`: a DNS name, then letters, digits, `.`, `_` and `-`";
    let text = check(
        text,
        317,
        |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'),
        RULE,
    )?;
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text.as_str()),
    };
    let fits = prefix.is_none_or(|prefix| (1..=253).contains(&prefix.len()))
        && (1..=63).contains(&name.len())
        && !name.contains('/');
    if fits { Ok(text) } else { Err(malformed(RULE)) }
}

/// The value of a label.
pub fn label_value(text: String) -> Result<String, AnswerError> {
    if text.is_empty() {
        return Ok(text);
    }
    check(
        text,
        63,
        |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'),
        "a label's value holds only letters, digits, `.`, `_` and `-`, and has at most 63 characters",
    )
}

/// A path inside of a folder: `/` between plain segments, none of them `.` or `..`.
pub fn relative_path(text: String) -> Result<String, AnswerError> {
    const RULE: &str = "a path is relative, has `/` between its parts, no part that is empty, `.` or `..`, and holds only letters, digits, `.`, `_`, `-`, `+`, `=`, `@` and `,`";
    let text = check(
        text,
        512,
        |b| b.is_ascii_alphanumeric() || b"._-+=@,/".contains(&b),
        RULE,
    )?;
    if text.split('/').any(|part| matches!(part, "" | "." | "..")) {
        Err(malformed(RULE))
    } else {
        Ok(text)
    }
}

/// The path of a folder: as [`relative_path`], or empty for the whole tree.
pub fn folder(text: String) -> Result<String, AnswerError> {
    if text.is_empty() {
        Ok(text)
    } else {
        relative_path(text)
    }
}

/// A full Git commit.
pub fn commit(text: String) -> Result<String, AnswerError> {
    if text.len() == 40
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    {
        Ok(text)
    } else {
        Err(malformed("a commit is 40 lower-case hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = fn(String) -> Result<String, AnswerError>;

    #[test]
    fn control_fields_cannot_deceive() {
        let rules: [(&str, Rule, &[&str], &[&str]); 12] = [
            (
                "control",
                control,
                &["a b", "https://x/y?z"],
                &["", "a\nb", "é", "@{x}", "a@{x}b", "a\u{202e}"],
            ),
            (
                "word",
                word,
                &["v1alpha1", "us-east-1"],
                &["", "a b", "a/b", "${x}"],
            ),
            (
                "terraform name",
                terraform_name,
                &["aws_vpc", "_x", "a-1"],
                &["1a", "-a", "a.b", "a[0]", "", "@{x}"],
            ),
            (
                "address",
                terraform_address,
                &["aws_vpc.main"],
                &["aws_vpc", "a.b.c", "data.a.b", "a."],
            ),
            (
                "group",
                api_group,
                &["", "apps", "cert-manager.io"],
                &["Apps", "a/b", "a b"],
            ),
            (
                "kind",
                kubernetes_kind,
                &["Pod", "ClusterIssuer"],
                &["pod", "", "Pod/x", "P\u{43e}d"],
            ),
            (
                "label",
                dns_label,
                &["kube-system", "0a"],
                &["-a", "a-", "A", "a.b", ""],
            ),
            (
                "name",
                object_name,
                &["system:masters", "a.b"],
                &["..", ".", "a/b", "a%2fb", ""],
            ),
            (
                "label key",
                label_key,
                &["app", "app.kubernetes.io/name"],
                &["/a", "a/", "a/b/c", "a b", ""],
            ),
            (
                "label value",
                label_value,
                &["", "a.b_c"],
                &["a b", "@{x}", "a/b"],
            ),
            (
                "path",
                relative_path,
                &["a/b.yaml", ".github/x"],
                &["/a", "a//b", "../a", "a/..", "a\\b", "", "./a"],
            ),
            (
                "commit",
                commit,
                &["0123456789abcdef0123456789abcdef01234567"],
                &["v4", "0123456789ABCDEF0123456789abcdef01234567", ""],
            ),
        ];
        for (name, rule, good, bad) in rules {
            for text in good {
                assert!(rule((*text).to_owned()).is_ok(), "{name}: {text}");
            }
            for text in bad {
                assert!(rule((*text).to_owned()).is_err(), "{name}: {text}");
            }
        }
    }

    #[test]
    fn a_failure_is_cut_at_a_character() {
        let text = cut("é".repeat(4000));
        assert_eq!(text.chars().count(), 2049);
        assert!(text.ends_with('…'));
    }
}
