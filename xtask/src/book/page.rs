//! What is checked of one Markdown page: where its links lead and which headings it has.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A link or an image.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    /// As written: `../start.md#first-steps`.
    pub target: String,
    /// Counted from 1.
    pub line: usize,
}

/// The links and anchors of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub links: Vec<Link>,
    /// Ids of the headings, as mdBook makes them.
    pub anchors: BTreeSet<String>,
}

impl Page {
    pub fn parse(text: &str) -> Self {
        let options =
            Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_HEADING_ATTRIBUTES;
        let mut page = Self::default();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut heading: Option<(Option<String>, String)> = None;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(Link {
                        target: dest_url.into_string(),
                        line: line_of(text, range.start),
                    });
                }
                Event::Start(Tag::Heading { id, .. }) => {
                    heading = Some((id.map(|id| id.into_string()), String::new()));
                }
                Event::Text(part) | Event::Code(part) => {
                    if let Some((_, title)) = &mut heading {
                        title.push_str(&part);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    if let Some((id, title)) = heading.take() {
                        page.anchors
                            .insert(id.unwrap_or_else(|| unique(anchor(&title), &mut seen)));
                    }
                }
                _ => {}
            }
        }
        page
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// mdBook's rule: letters, digits, `_` and `-` stay, in lower case; white space becomes `-`; the
/// rest goes.
fn anchor(title: &str) -> String {
    title
        .chars()
        .filter_map(|character| {
            if character.is_alphanumeric() || character == '_' || character == '-' {
                Some(character.to_ascii_lowercase())
            } else {
                character.is_whitespace().then_some('-')
            }
        })
        .collect()
}

/// The second heading of the same title gets `-1`, the third `-2`.
fn unique(anchor: String, seen: &mut BTreeMap<String, usize>) -> String {
    let count = seen.entry(anchor.clone()).or_default();
    let id = match *count {
        0 => anchor,
        earlier => format!("{anchor}-{earlier}"),
    };
    *count += 1;
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_with_their_lines_and_not_in_code() {
        let page = Page::parse(
            "[one](a.md)\n\n![two](b.png) and [three][ref]\n\n`[no](c.md)`\n\n\
             ```text\n[no](d.md)\n```\n\n[ref]: e.md\n",
        );
        let found: Vec<(&str, usize)> = page
            .links
            .iter()
            .map(|link| (link.target.as_str(), link.line))
            .collect();
        assert_eq!(found, [("a.md", 1), ("b.png", 3), ("e.md", 3)]);
    }

    #[test]
    fn headings_have_the_anchors_that_mdbook_gives_them() {
        for (heading, expected) in [
            ("# Start", "start"),
            ("## What a plugin may *not* do", "what-a-plugin-may-not-do"),
            ("## `aegis plan`, exit codes", "aegis-plan-exit-codes"),
            ("## Own {#my-id}", "my-id"),
        ] {
            let page = Page::parse(heading);
            assert_eq!(page.anchors, BTreeSet::from([expected.to_owned()]));
        }
    }

    #[test]
    fn a_second_heading_of_the_same_title_is_numbered() {
        let page = Page::parse("# A\n# A\n");
        assert_eq!(
            page.anchors,
            BTreeSet::from(["a".to_owned(), "a-1".to_owned()])
        );
    }
}
