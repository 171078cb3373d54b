//! References of container images.

use std::fmt;

use aegis_document::Digest;

/// A complete reference: `registry/path[:tag][@sha256:…]`. A name without a registry is Docker Hub's
/// for one runtime and something else for another, so it is refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Image {
    text: String,
    pinned: bool,
}

/// Why a text is not a complete reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    #[error(
        "an image is written `registry/path[:tag]@sha256:DIGEST`, with the registry's host name in front"
    )]
    Syntax,
    #[error("the image names no registry: which one is meant depends on the node")]
    NoRegistry,
}

impl Image {
    /// What Istio's gateways call the image that its webhook puts in. It is the name of no image.
    const INJECTED: &'static str = "auto";

    /// Reads a reference.
    pub fn parse(text: &str) -> Result<Self, ImageError> {
        if text == Self::INJECTED {
            return Ok(Self {
                text: text.to_owned(),
                pinned: false,
            });
        }
        let (rest, pinned) = match text.split_once('@') {
            Some((rest, digest)) => {
                digest.parse::<Digest>().map_err(|_| ImageError::Syntax)?;
                (rest, true)
            }
            None => (text, false),
        };
        let (registry, path) = rest.split_once('/').ok_or(ImageError::NoRegistry)?;
        if !(registry.contains(['.', ':']) || registry == "localhost") {
            return Err(ImageError::NoRegistry);
        }
        let (path, tag) = match path.split_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (path, None),
        };
        let fits = text.len() <= 512
            && is_registry(registry)
            && path.split('/').all(is_component)
            && tag.is_none_or(is_tag);
        if fits {
            Ok(Self {
                text: text.to_owned(),
                pinned,
            })
        } else {
            Err(ImageError::Syntax)
        }
    }

    /// Whether the content is fixed by a digest.
    pub const fn is_pinned(&self) -> bool {
        self.pinned
    }

    /// The reference as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn is_registry(text: &str) -> bool {
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    crate::capability::syntax::is_dns_subdomain(host)
        && port.is_none_or(|port| {
            (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit())
        })
}

/// A path component of the OCI distribution specification.
fn is_component(text: &str) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    edge(text.bytes().next())
        && edge(text.bytes().last())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
}

fn is_tag(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && !text.starts_with(['.', '-'])
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_digest_pins_an_image() {
        let digest = Digest::of(b"x");
        for (text, pinned) in [
            (
                format!("quay.io/jetstack/cert-manager-controller:v1.18.2@{digest}"),
                true,
            ),
            (format!("registry.k8s.io/pause@{digest}"), true),
            ("localhost:5000/a/b_c:1".to_owned(), false),
            ("quay.io/a/b".to_owned(), false),
        ] {
            assert_eq!(
                Image::parse(&text).map(|image| image.is_pinned()),
                Ok(pinned),
                "{text}"
            );
        }
    }

    #[test]
    fn half_references_are_refused() {
        for (text, error) in [
            ("nginx", ImageError::NoRegistry),
            ("library/nginx:1", ImageError::NoRegistry),
            ("quay.io/a@sha256:12", ImageError::Syntax),
            ("quay.io/a@sha512:00", ImageError::Syntax),
            ("quay.io/A", ImageError::Syntax),
            ("quay.io/a b", ImageError::Syntax),
            ("quay.io//a", ImageError::Syntax),
            ("quay.io/", ImageError::Syntax),
            ("https://quay.io/a", ImageError::Syntax),
            ("", ImageError::NoRegistry),
        ] {
            assert_eq!(Image::parse(text), Err(error), "{text}");
        }
    }
}
