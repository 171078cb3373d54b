//! Images of machines, and the processors that they are for.

use crate::partition::Partition;

/// The release of Ubuntu 24.04 that the stable channel of kOps 1.36 recommends.
const UBUNTU_RELEASE: &str = "20260714";

/// What is wrong with an image that is not [pinned](is_pinned).
pub const NOT_PINNED: &str =
    "not one image that stays the same: `ami-…`, or one of Ubuntu's by owner and name";

/// A kind of processor, as Ubuntu calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Processor {
    Amd64,
    Arm64,
}

impl Processor {
    /// The processor of an EC2 instance type: AWS' own have a `g` behind the generation (`m7g`, `im4gn`), and `a1`
    /// was the first of them.
    fn of(machine_type: &str) -> Self {
        let family = machine_type.split('.').next().unwrap_or(machine_type);
        let options = family
            .trim_start_matches(|letter: char| letter.is_ascii_lowercase())
            .trim_start_matches(|digit: char| digit.is_ascii_digit())
            .split('-')
            .next()
            .unwrap_or_default();
        if family == "a1" || options.contains('g') {
            Self::Arm64
        } else {
            Self::Amd64
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

/// The pinned image of Ubuntu for a machine type.
pub fn ubuntu(machine_type: &str, partition: Partition) -> String {
    format!(
        "{}/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{}-server-{UBUNTU_RELEASE}",
        partition.ubuntu_owner,
        Processor::of(machine_type).name()
    )
}

/// Whether a text names one image, today and tomorrow, of somebody who is known: an id, which the operator looked
/// up, or the name of an image that Ubuntu published. An alias such as `amazon/…` does not say whose image it is, and
/// an SSM parameter is a pointer that moves.
pub fn is_pinned(image: &str, partition: Partition) -> bool {
    if let Some(id) = image.strip_prefix("ami-") {
        return matches!(id.len(), 8 | 17)
            && id
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    }
    let published = image
        .strip_prefix(partition.ubuntu_owner)
        .and_then(|name| name.strip_prefix("/ubuntu/images/"));
    published.is_some_and(|name| {
        (1..=100).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/.-_".contains(&byte))
    })
}

/// Whether a text has the form of an EC2 instance type, `m6i.large`.
pub fn is_machine_type(text: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.split_once('.').is_some_and(|(family, size)| {
        word(family) && word(size) && family.starts_with(|first: char| first.is_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_is_for_the_processor_of_the_machine_type() {
        for (machine_type, processor) in [
            ("m6i.large", "amd64"),
            ("t3.medium", "amd64"),
            ("g5.xlarge", "amd64"),
            ("u7i-12tb.224xlarge", "amd64"),
            ("i7ie.large", "amd64"),
            ("m7g.large", "arm64"),
            ("t4g.small", "arm64"),
            ("c7gn.large", "arm64"),
            ("im4gn.large", "arm64"),
            ("is4gen.large", "arm64"),
            ("g5g.xlarge", "arm64"),
            ("a1.large", "arm64"),
        ] {
            let image = ubuntu(machine_type, Partition::of("us-east-1"));
            assert!(
                image.contains(&format!("-{processor}-")),
                "{machine_type}: {image}"
            );
            assert!(is_pinned(&image, Partition::of("us-east-1")), "{image}");
        }
        assert!(ubuntu("m6i.large", Partition::of("us-gov-east-1")).starts_with("513442679011/"));
    }

    #[test]
    fn an_image_that_can_change_is_refused() {
        let partition = Partition::of("us-east-1");
        for good in [
            "ami-0123456789abcdef0",
            "ami-12345678",
            "099720109477/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20260901",
        ] {
            assert!(is_pinned(good, partition), "{good}");
        }
        for bad in [
            "",
            "ubuntu",
            "ami-",
            "ami-xyz",
            "ami-0123456789ABCDEF0",
            "amazon/al2023",
            "ssm:/aws/service/x",
            "111122223333/ubuntu/images/x",
            "837727238323/ubuntu/images/x",
            "099720109477/other",
            "099720109477/ubuntu/images/",
            "099720109477/ubuntu/images/*",
            "099720109477/ubuntu/images/@{x}",
        ] {
            assert!(!is_pinned(bad, partition), "{bad}");
        }
    }

    #[test]
    fn machine_types_have_a_family_and_a_size() {
        for good in [
            "m6i.large",
            "u7i-12tb.224xlarge",
            "c7gn.metal",
            "m7i.metal-24xl",
        ] {
            assert!(is_machine_type(good), "{good}");
        }
        for bad in [
            "",
            "m6i",
            "m6i.",
            ".large",
            "M6i.large",
            "m6i.large ",
            "6i.large",
            "m6i.large,m5.large",
        ] {
            assert!(!is_machine_type(bad), "{bad}");
        }
    }
}
