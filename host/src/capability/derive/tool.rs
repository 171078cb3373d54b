//! A call of an operator's adapter.

use std::collections::BTreeSet;

use aegis_document::{Identifier, untrusted};

use crate::capability::denial::Denial;
use crate::capability::tool::ToolRequest;
use crate::capability::{Request, codes, path};
use crate::proposal::ToolCall;

pub(super) fn derive(call: &ToolCall) -> Result<Vec<Request>, Denial> {
    let asked = format!("call the tool {}", call.adapter);
    let mut seen = BTreeSet::new();
    for (name, value) in &call.holes {
        if Identifier::new(name.clone()).is_err() {
            return Err(malformed(&asked, "a hole", name));
        }
        if !seen.insert(name) {
            return Err(twice(&asked, name));
        }
        // A hole becomes one argument: what is in it has to be seen at approval.
        if value.has_tokens() && value.as_text().is_none() {
            return Err(Denial::forbidden(
                codes::CONTROL_FIELD,
                asked,
                "a token can only be a text of its own in a hole",
                "give the value a hole of its own",
            )
            .at(aegis_document::pointer::join("/holes", name)));
        }
    }
    let mut seen = BTreeSet::new();
    for (name, _) in &call.inputs {
        let plain = !name.contains('/') && !name.starts_with('.');
        if !plain || path::check(name).is_err() {
            return Err(malformed(&asked, "an input file", name));
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(twice(&asked, name));
        }
    }
    let others = call.probe.iter().chain(&call.undo);
    Ok(std::iter::once(&call.adapter)
        .chain(others)
        .map(|adapter| {
            Request::Tool(ToolRequest {
                adapter: adapter.clone(),
            })
        })
        .collect())
}

fn malformed(asked: &str, what: &str, name: &str) -> Denial {
    let shown: String = name.chars().take(80).collect();
    Denial::forbidden(
        codes::MALFORMED_NAME,
        asked,
        format!("`{}` is not the name of {what}", untrusted(&shown)),
        "use letters, digits, `-` and `.`",
    )
}

fn twice(asked: &str, name: &str) -> Denial {
    Denial::forbidden(
        codes::DUPLICATE,
        asked,
        format!("`{}` is given twice", untrusted(name)),
        "give each hole and each input file once",
    )
}
