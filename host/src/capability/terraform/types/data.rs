//! Data sources. Reading is an act of its own: some run code, some bring secrets into the state,
//! some fetch from anywhere. Only the sources of this table can be granted at all, and they tell
//! nothing but who and where the caller is.

use super::schema::{
    Export, ExportFormat, TypePolicy, arn, block, dns_name, flag, id, ids, name, text, texts,
};
use crate::capability::Risk;

pub(super) const TYPES: &[TypePolicy] = &[
    TypePolicy::new("aws_caller_identity", Risk::Plain).exports(&[
        id("account_id"),
        arn("arn"),
        name("id"),
        name("user_id"),
    ]),
    TypePolicy::new("aws_partition", Risk::Plain).exports(&[
        id("partition"),
        id("id"),
        dns_name("dns_suffix"),
        name("reverse_dns_prefix"),
    ]),
    TypePolicy::new("aws_region", Risk::Plain).exports(&[
        id("name"),
        id("id"),
        name("description"),
    ]),
    TypePolicy::new("aws_availability_zones", Risk::Plain)
        .attributes(&[
            flag("all_availability_zones"),
            texts("exclude_names").literal(),
            texts("exclude_zone_ids").literal(),
            text("state").literal(),
        ])
        .blocks(&[block(
            "filter",
            &[
                text("name").literal().required(),
                texts("values").literal().required(),
            ],
        )])
        .exports(&[
            name("id"),
            ids("names"),
            ids("zone_ids"),
            Export {
                name: "group_names",
                format: ExportFormat::Texts,
                identifies: None,
                inside: "",
                secret: false,
            },
        ]),
];
