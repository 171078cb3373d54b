//! Outputs: values of the root, and nothing else.

use super::value::check_text;
use super::view::View;
use crate::capability::Denial;
use crate::capability::terraform::codes;
use crate::fact::Format;
use crate::proposal::{TerraformOutput, TerraformRoot};
use crate::template::{Node, Token};

pub(super) fn check(root: &TerraformRoot, view: &View<'_>) -> Result<(), Denial> {
    root.outputs
        .iter()
        .try_for_each(|output| check_output(output, &format!("/outputs/{}", output.name), view))
}

fn check_output(output: &TerraformOutput, at: &str, view: &View<'_>) -> Result<(), Denial> {
    let mut problem = None;
    output.value.visit(&mut |place| {
        let Node::Text(text) = place.node else {
            return;
        };
        let reason = text
            .tokens()
            .find_map(|token| refuse(token, output.sensitive, text.as_token().is_some(), view))
            .or_else(|| {
                check_text(text, &OutputTokens { view })
                    .err()
                    .map(|error| error.to_string())
            });
        if let Some(reason) = reason {
            problem.get_or_insert((reason, format!("{at}{}", place.pointer)));
        }
    });
    match problem {
        None => Ok(()),
        Some((reason, at)) => Err(Denial::forbidden(
            codes::OUTPUT,
            format!("output {}", output.name),
            reason,
            "read values of blocks of this root; mark an output that holds a secret as sensitive",
        )
        .at(at)),
    }
}

/// Why a token cannot stand in an output.
fn refuse(token: &Token, sensitive: bool, whole: bool, view: &View<'_>) -> Option<String> {
    match token {
        Token::Fact(_) => Some(format!(
            "{token} is a fact, and an output only tells values of its own root"
        )),
        Token::Resource(resource) => match view.read(resource) {
            Some((export, _)) if export.secret && !sensitive => Some(format!(
                "{token} is a secret, and the output is not sensitive"
            )),
            Some((export, _)) if export.secret && !whole => Some(format!(
                "{token} is a secret, and only a whole value can be one"
            )),
            _ => None,
        },
    }
}

/// Tokens of an output: unlike in a body, a secret can be read.
struct OutputTokens<'a> {
    view: &'a View<'a>,
}

impl crate::capability::iam::Tokens for OutputTokens<'_> {
    fn format(&self, token: &Token) -> Option<Format> {
        match token {
            Token::Resource(token) => self.view.read(token).map(|(_, format)| format),
            Token::Fact(_) => None,
        }
    }

    fn own(&self, _: &Token) -> Option<&'static str> {
        None
    }
}
