//! What comes before what.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::untrusted;

use super::view::{View, address};
use crate::capability::Denial;
use crate::capability::terraform::codes;
use crate::proposal::TerraformRoot;
use crate::template::{Mode, Token};

/// Every block that another depends on is there, and no block waits for itself.
pub(super) fn check(root: &TerraformRoot, view: &View<'_>) -> Result<(), Denial> {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (mode, list, blocks) in [
        (Mode::Managed, "resources", &root.resources),
        (Mode::Data, "data", &root.data),
    ] {
        for block in blocks {
            let own = address(mode, block);
            let before = needs.entry(own.clone()).or_default();
            block.body.for_each_token(&mut |token| {
                if let Token::Resource(token) = token {
                    before.insert(token.address());
                }
            });
            for (position, name) in block.depends_on.iter().enumerate() {
                if name.starts_with("data.") || !view.has(name) {
                    return Err(Denial::forbidden(
                        codes::ORDER,
                        format!("{own} depends on {}", untrusted(name)),
                        "the root has no resource of that address",
                        "write an address of this root, `aws_vpc.main`",
                    )
                    .at(format!(
                        "/{list}/{}.{}/depends-on/{position}",
                        block.kind, block.name
                    )));
                }
                before.insert(name.clone());
            }
        }
    }
    // Takes away blocks whose needs are met until none is left, or only blocks that wait for each
    // other and for those.
    loop {
        let ready: BTreeSet<String> = needs
            .iter()
            .filter(|(_, before)| before.iter().all(|name| !needs.contains_key(name)))
            .map(|(name, _)| name.clone())
            .collect();
        if ready.is_empty() {
            break;
        }
        needs.retain(|name, _| !ready.contains(name));
    }
    match needs.keys().next() {
        None => Ok(()),
        Some(_) => {
            let waiting: Vec<&str> = needs.keys().map(String::as_str).take(8).collect();
            Err(Denial::forbidden(
                codes::ORDER,
                format!("the order of {}", waiting.join(", ")),
                "these blocks read or depend on each other in a circle",
                "split one of them, as rules are split from their security group",
            )
            .at("/resources"))
        }
    }
}
