//! The parts of AWS that have names of their own.

/// A partition of AWS, as the names of its regions tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The second part of an ARN.
    pub name: &'static str,
    /// What the host names of its services end in.
    pub domain: &'static str,
    /// The account that publishes the images of Ubuntu there
    /// (<https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/>).
    pub ubuntu_owner: &'static str,
}

const COMMERCIAL: Partition = Partition {
    name: "aws",
    domain: "amazonaws.com",
    ubuntu_owner: "099720109477",
};
const CHINA: Partition = Partition {
    name: "aws-cn",
    domain: "amazonaws.com.cn",
    ubuntu_owner: "837727238323",
};
const US_GOV: Partition = Partition {
    name: "aws-us-gov",
    domain: "amazonaws.com",
    ubuntu_owner: "513442679011",
};

impl Partition {
    /// The partition of a region.
    pub fn of(region: &str) -> Self {
        if region.starts_with("cn-") {
            CHINA
        } else if region.starts_with("us-gov-") {
            US_GOV
        } else {
            COMMERCIAL
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_tells_its_partition() {
        for (region, partition) in [
            ("us-east-1", COMMERCIAL),
            ("eu-central-1", COMMERCIAL),
            ("cn-north-1", CHINA),
            ("us-gov-west-1", US_GOV),
        ] {
            assert_eq!(Partition::of(region), partition, "{region}");
        }
    }
}
