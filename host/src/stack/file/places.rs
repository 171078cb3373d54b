//! The forms of what says where something lies: folders, URLs, branches.

use super::formats::{Form, is_label, wrong};

/// A folder within another one: relative, with `/`, and never into Git's own folder, whose hooks
/// would run.
pub(crate) fn folder(text: &str) -> Form<String> {
    let help = "write a relative path such as `platform` or `environments/production`";
    if text.starts_with('/') {
        return wrong("this is an absolute path", help);
    }
    if text.len() > 255 {
        return wrong("this is longer than 255 characters", help);
    }
    for part in text.split('/') {
        let characters = part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        let reason = match part {
            "" => "a part of the path is empty",
            "." | ".." => "`.` and `..` are not allowed",
            part if part.eq_ignore_ascii_case(".git") => "Git's own folder is not allowed",
            part if part.eq_ignore_ascii_case(".aegis") => {
                "the folder of plans and state is not allowed"
            }
            _ if !characters => "only letters, digits, `.`, `_`, `-` and `/` are allowed",
            _ => continue,
        };
        return wrong(reason, help);
    }
    Ok(text.to_owned())
}

/// The HTTPS URL of a repository: no credentials, no query.
pub(crate) fn repository(text: &str) -> Form<String> {
    let help = "write it as in `https://github.com/example/shop`";
    let Some(rest) = text.strip_prefix("https://") else {
        return wrong("a repository is named by its `https://` URL", help);
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    authority(host, help)?;
    let clean = path.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'~' | b'/')
    });
    let parts = || path.split('/');
    if !clean || path.is_empty() || parts().any(|part| matches!(part, "" | "." | "..")) {
        return wrong("the path of the URL names no repository", help);
    }
    Ok(text.to_owned())
}

/// The URL of a proxy: a scheme, a host and a port, nothing else.
pub(crate) fn proxy(text: &str) -> Form<String> {
    let help = "write it as in `https://proxy.example.com:3128`";
    let rest = ["https://", "http://", "socks5://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let Some(rest) = rest else {
        return wrong(
            "a proxy's URL starts with `https://`, `http://` or `socks5://`",
            help,
        );
    };
    authority(rest.strip_suffix('/').unwrap_or(rest), help)?;
    Ok(text.to_owned())
}

/// `host` or `host:port`. Credentials never belong into the file.
fn authority(text: &str, help: &str) -> Form<()> {
    if text.contains('@') {
        return wrong(
            "credentials do not belong into the stack file",
            "remove the part before `@`; credentials are the operator's own configuration",
        );
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let port_fits = port.is_none_or(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if !port_fits || host.len() > 253 || !host.split('.').all(is_label) {
        return wrong("the URL's host is no DNS name with an optional port", help);
    }
    Ok(())
}

/// A branch, by the rules of `git check-ref-format`, in ASCII.
pub(crate) fn branch(text: &str) -> Form<String> {
    let part_fits = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && !part.ends_with('.')
            && !part.ends_with(".lock")
            && !part.contains("..")
    };
    let characters = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/'));
    if text.len() <= 255 && characters && text.split('/').all(part_fits) {
        return Ok(text.to_owned());
    }
    wrong(
        "this is no branch name",
        "write the branch without `refs/heads/`, for example `main`",
    )
}
