//! AWS regions, their partitions and the zones that an account usually has there.
//!
//! Zone letters are an account's own: `us-east-1a` of two accounts can be two buildings, and an old
//! account may lack a letter or have one more. The table holds what accounts usually see, so that
//! `zones: 3` needs no credentials; a stack that must be exact lists its zones. Source: the AWS
//! general reference, "Regions and Zones", and `aws ec2 describe-availability-zones`.

use std::fmt;

/// A group of regions that share accounts, identities and service endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    Aws,
    AwsCn,
    AwsUsGov,
}

impl Partition {
    /// The name as it stands in ARNs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }

    /// The partition of a region, by its name; `None` for the isolated and sovereign partitions,
    /// which are not supported, and for what is no region's name.
    pub fn of(region: &str) -> Option<Self> {
        let geography = region.split('-').next().unwrap_or_default();
        let form = region.split('-').enumerate().all(|(index, part)| {
            let letters = part.bytes().all(|byte| byte.is_ascii_lowercase());
            let digit = part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit());
            !part.is_empty() && (letters || (index >= 2 && digit))
        });
        let ends_in_digit = region.ends_with(|last: char| last.is_ascii_digit());
        if !form || !ends_in_digit || geography.len() != 2 || region.len() > 32 {
            return None;
        }
        match (geography, region.split('-').nth(1)) {
            ("cn", _) => Some(Self::AwsCn),
            ("us", Some("gov")) => Some(Self::AwsUsGov),
            (_, Some(direction)) if direction.starts_with("iso") => None,
            _ => Some(Self::Aws),
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Regions with their usual zone letters, sorted. An empty string means that the letters differ
/// too much from account to account to guess. `us-east-1e` is left out: it lacks current instance
/// types, so that nodes could not start there.
const REGIONS: &[(&str, &str)] = &[
    ("af-south-1", "abc"),
    ("ap-east-1", "abc"),
    ("ap-east-2", "abc"),
    ("ap-northeast-1", "acd"),
    ("ap-northeast-2", "abcd"),
    ("ap-northeast-3", "abc"),
    ("ap-south-1", "abc"),
    ("ap-south-2", "abc"),
    ("ap-southeast-1", "abc"),
    ("ap-southeast-2", "abc"),
    ("ap-southeast-3", "abc"),
    ("ap-southeast-4", "abc"),
    ("ap-southeast-5", "abc"),
    ("ap-southeast-6", "abc"),
    ("ap-southeast-7", "abc"),
    ("ca-central-1", "abd"),
    ("ca-west-1", "abc"),
    ("cn-north-1", "ab"),
    ("cn-northwest-1", "abc"),
    ("eu-central-1", "abc"),
    ("eu-central-2", "abc"),
    ("eu-north-1", "abc"),
    ("eu-south-1", "abc"),
    ("eu-south-2", "abc"),
    ("eu-west-1", "abc"),
    ("eu-west-2", "abc"),
    ("eu-west-3", "abc"),
    ("il-central-1", "abc"),
    ("me-central-1", "abc"),
    ("me-south-1", "abc"),
    ("mx-central-1", "abc"),
    ("sa-east-1", "abc"),
    ("us-east-1", "abcdf"),
    ("us-east-2", "abc"),
    ("us-gov-east-1", "abc"),
    ("us-gov-west-1", "abc"),
    ("us-west-1", ""),
    ("us-west-2", "abcd"),
];

/// The usual zones of a region, sorted; `None` for a region that is not in the table.
pub fn usual_zones(region: &str) -> Option<Vec<String>> {
    let index = REGIONS
        .binary_search_by_key(&region, |(name, _)| name)
        .ok()?;
    let (name, letters) = REGIONS.get(index)?;
    Some(
        letters
            .chars()
            .map(|zone| format!("{name}{zone}"))
            .collect(),
    )
}

/// The names of all regions in the table.
pub fn names() -> impl Iterator<Item = &'static str> {
    REGIONS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_names_are_regions() {
        assert!(REGIONS.is_sorted_by(|(left, _), (right, _)| left < right));
        for (region, letters) in REGIONS {
            assert!(Partition::of(region).is_some(), "{region}");
            assert!(
                letters.chars().is_sorted_by(|left, right| left < right),
                "{region}"
            );
        }
    }

    #[test]
    fn partitions_follow_from_names() {
        let cases = [
            ("us-east-1", Some(Partition::Aws)),
            ("xx-future-9", Some(Partition::Aws)),
            ("cn-north-1", Some(Partition::AwsCn)),
            ("us-gov-west-1", Some(Partition::AwsUsGov)),
            ("us-iso-east-1", None),
            ("us-isob-east-1", None),
            ("eu-isoe-west-1", None),
            ("eusc-de-east-1", None),
            ("us-east-1a", None),
            ("us-east", None),
            ("us--1", None),
            ("US-EAST-1", None),
            ("us1", None),
            ("", None),
        ];
        for (region, expected) in cases {
            assert_eq!(Partition::of(region), expected, "{region}");
        }
    }

    #[test]
    fn zones_are_the_region_and_a_letter() {
        assert_eq!(
            usual_zones("eu-west-1").unwrap(),
            ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
        );
        assert_eq!(usual_zones("xx-future-9"), None);
        assert!(usual_zones("us-west-1").unwrap().is_empty());
    }
}
