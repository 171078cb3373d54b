//! Clusters: names, regions, zones, addresses, access.

use super::{Case, check};
use crate::stack::codes;

#[test]
fn bad_clusters_are_refused() {
    let start = "aegis: 1\nname: a\ndomain: a.example.com\npreset: standard\nclusters:\n";
    let cases: &[Case<'_>] = &[
        (
            "  stack: {region: us-east-1, cidr: 10.0.0.0/16}",
            codes::RESERVED_NAME,
            (6, 3),
            "named `stack`",
        ),
        (
            "  a-: {region: us-east-1, cidr: 10.0.0.0/16}",
            codes::NAME,
            (6, 3),
            "not a cluster's name",
        ),
        (
            "  a: {cidr: 10.0.0.0/16}",
            codes::MISSING_KEY,
            (6, 3),
            "`region`",
        ),
        (
            "  a: {region: us-east-1}",
            codes::MISSING_KEY,
            (6, 3),
            "`cidr`",
        ),
        (
            "  a: {region: us-est-1, cidr: 10.0.0.0/16}",
            codes::ZONES_UNKNOWN,
            (6, 15),
            "did you mean `us-east-1`?",
        ),
        (
            "  a: {region: us-east-1a, cidr: 10.0.0.0/16}",
            codes::REGION,
            (6, 15),
            "did you mean `us-east-1`?",
        ),
        (
            "  a: {region: us-iso-east-1, cidr: 10.0.0.0/16}",
            codes::REGION,
            (6, 15),
            "supported",
        ),
        (
            "  a: {region: us-east-2, zones: 4, cidr: 10.0.0.0/16}",
            codes::ZONES_UNKNOWN,
            (6, 33),
            "list them",
        ),
        (
            "  a: {region: us-west-1, zones: 2, cidr: 10.0.0.0/16}",
            codes::ZONES_UNKNOWN,
            (6, 33),
            "account to account",
        ),
        (
            "  a: {region: us-east-1, zones: 0, cidr: 10.0.0.0/16}",
            codes::OUT_OF_RANGE,
            (6, 33),
            "from 1 to 6",
        ),
        (
            "  a: {region: us-east-1, zones: [], cidr: 10.0.0.0/16}",
            codes::ZONE,
            (6, 33),
            "at least one zone",
        ),
        (
            "  a: {region: us-east-1, zones: three, cidr: 10.0.0.0/16}",
            codes::WRONG_TYPE,
            (6, 33),
            "a whole number",
        ),
        (
            "  a: {region: us-east-1, zones: [us-east-2a], cidr: 10.0.0.0/16}",
            codes::ZONE,
            (6, 34),
            "`us-east-1a`",
        ),
        (
            "  a: {region: us-east-1, zones: [us-east-1], cidr: 10.0.0.0/16}",
            codes::ZONE,
            (6, 34),
            "not a zone",
        ),
        (
            "  a: {region: us-east-1, zones: [us-east-1a, us-east-1a], cidr: 10.0.0.0/16}",
            codes::ZONE,
            (6, 46),
            "twice",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0}",
            codes::CIDR,
            (6, 32),
            "a slash",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/99}",
            codes::CIDR,
            (6, 32),
            "between 0 and 32",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.1.0/16}",
            codes::CIDR_HOST_BITS,
            (6, 32),
            "write `10.0.0.0/16`",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/8}",
            codes::CIDR_SIZE,
            (6, 32),
            "prefix length is 8",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/25}",
            codes::CIDR_SIZE,
            (6, 32),
            "from 16",
        ),
        (
            "  a: {region: us-east-1, cidr: 8.8.0.0/16}",
            codes::CIDR_PUBLIC,
            (6, 32),
            "somebody else",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/16}\n  b: {region: eu-west-1, cidr: 10.0.64.0/20}",
            codes::CIDR_OVERLAP,
            (7, 32),
            "`b` uses addresses of `a`",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.64.0/20}\n  b: {region: eu-west-1, cidr: 10.0.0.0/16}",
            codes::CIDR_OVERLAP,
            (7, 32),
            "`b` uses addresses of `a`",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/16}\n  b: {region: cn-northwest-1, cidr: 10.1.0.0/16}",
            codes::PARTITIONS,
            (7, 15),
            "`a` is in aws and `b` in aws-cn",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/16, access: kubectl}",
            codes::UNKNOWN_WORD,
            (6, 53),
            "write `direct`",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/16, access: exec}",
            codes::UNKNOWN_WORD,
            (6, 53),
            "{exec: NAME}",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/16, access: {exec: /bin/sh}}",
            codes::NAME,
            (6, 60),
            "an adapter",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/16, access: {}}",
            codes::WRONG_TYPE,
            (6, 53),
            "exactly one way",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/16, access: [ssm]}",
            codes::WRONG_TYPE,
            (6, 54),
            "a word or a map",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/16, access: {exec: a, proxy-url: http://b}}",
            codes::WRONG_TYPE,
            (6, 54),
            "exactly one way",
        ),
        (
            "  a: {region: us-east-1, cidr: 10.0.0.0/16, access: {proxy-url: \"http://u:p@b\"}}",
            codes::URL,
            (6, 65),
            "credentials",
        ),
        (
            "  - region: us-east-1",
            codes::WRONG_TYPE,
            (6, 5),
            "`clusters` must be a map",
        ),
        ("  {}", codes::NO_CLUSTERS, (5, 1), "no cluster"),
    ];
    for case in cases {
        check(&format!("{start}{}\n", case.0), case);
    }
}
