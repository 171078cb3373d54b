//! Which fields a kind has, and what may stand in each. A field that is not listed is refused.

use crate::capability::codes;
use crate::capability::denial::Denial;
use crate::capability::derive::{Cursor, DeclaredFacts};
use crate::fact::Format;
use crate::template::{Node, Templated, Token};

/// What may stand in a place.
#[derive(Clone, Copy, Debug)]
pub(in crate::capability) enum Shape {
    /// Any JSON without tokens.
    Fixed,
    /// Text, with tokens. A fact that is all of it is a text itself.
    Text,
    /// Text in which tokens have to be of a format that cannot change the text around it, even when one is
    /// all of the text: something may parse it.
    Inline,
    /// Literal text.
    Word,
    /// A literal boolean.
    Bool,
    /// A literal integer.
    Int,
    /// Text with tokens, or a number: quantities. A fact that is all of it is one of them.
    Scalar,
    /// Literal text or an integer.
    IntOrWord,
    /// These fields and no other.
    Fields(&'static [(&'static str, Shape)]),
    List(&'static Shape),
    /// A map with keys of the author's choice.
    Dict(&'static Shape),
}

/// Checks a place and everything below it. `null` counts as absent.
pub(in crate::capability) fn check(
    cursor: &Cursor<'_>,
    shape: Shape,
    facts: &DeclaredFacts,
) -> Result<(), Denial> {
    match shape {
        Shape::Fixed => cursor.fixed(),
        Shape::Text => whole(cursor, cursor.text()?, facts, Format::is_text),
        Shape::Inline => inline(cursor, cursor.text()?, facts),
        Shape::Word => cursor.literal().map(drop),
        Shape::Bool => cursor
            .node()
            .as_bool()
            .map(drop)
            .ok_or_else(|| cursor.malformed("`true` or `false`")),
        Shape::Int => cursor
            .node()
            .as_i64()
            .map(drop)
            .ok_or_else(|| cursor.malformed("an integer")),
        Shape::Scalar => match cursor.node() {
            Node::Text(text) => whole(cursor, text, facts, |format| {
                format.is_text() || matches!(format, Format::Port | Format::Number)
            }),
            Node::Number(_) => Ok(()),
            _ => Err(cursor.malformed("a text or a number")),
        },
        Shape::IntOrWord => {
            if cursor.node().as_i64().is_some() {
                Ok(())
            } else {
                cursor.literal().map(drop)
            }
        }
        Shape::Fields(fields) => {
            for (key, child) in cursor.entries()? {
                let (_, shape) = fields
                    .iter()
                    .find(|(name, _)| *name == key)
                    .ok_or_else(|| cursor.unknown(key))?;
                check(&child, *shape, facts)?;
            }
            Ok(())
        }
        Shape::List(shape) => cursor
            .items()?
            .iter()
            .try_for_each(|item| check(item, *shape, facts)),
        Shape::Dict(shape) => cursor
            .entries()?
            .iter()
            .try_for_each(|(_, item)| check(item, *shape, facts)),
    }
}

/// The format of what a token stands for.
fn format_of<'a>(token: &Token, facts: &'a DeclaredFacts) -> Option<&'a Format> {
    match token {
        Token::Fact(token) => facts.get(&token.fact)?.format.at(&token.pointer),
        Token::Resource(_) => None,
    }
}

/// A fact that is all of a text becomes the value itself: a list or a map would be another structure than the
/// one that was judged.
fn whole(
    cursor: &Cursor<'_>,
    text: &Templated,
    facts: &DeclaredFacts,
    fits: fn(&Format) -> bool,
) -> Result<(), Denial> {
    let Some(token) = text.as_token() else {
        return Ok(());
    };
    match format_of(token, facts) {
        Some(format) if fits(format) => Ok(()),
        Some(format) => Err(cursor.refuse(
            codes::MALFORMED_FIELD,
            format!("{token} has the format {format}, and a text belongs here"),
            "use a fact that is a text, or a part of this one",
        )),
        None => Err(cursor.malformed("a text, or a fact that is one")),
    }
}

fn inline(cursor: &Cursor<'_>, text: &Templated, facts: &DeclaredFacts) -> Result<(), Denial> {
    whole(cursor, text, facts, Format::is_text)?;
    if text
        .tokens()
        .all(|token| format_of(token, facts).is_some_and(Format::embeddable))
    {
        return Ok(());
    }
    Err(cursor.refuse(
        codes::NOT_EMBEDDABLE,
        "a program parses this text: a token here has to be of format arn, aws-id, cidr, dns-name, https-url or port",
        "bring other values in through a ConfigMap or an environment variable",
    ))
}
