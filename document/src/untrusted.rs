//! Text that somebody else wrote, made safe to show.

use std::fmt::{self, Write as _};

use unicode_normalization::UnicodeNormalization as _;

/// Displays foreign text so that it can neither move the cursor nor pretend to be something else.
///
/// Shown as `\u{…}`: control characters, bidirectional controls, zero-width and other format characters,
/// tag characters, variation selectors, private use and unassigned planes, and every non-ASCII
/// character of a text that is not in normal form C. New lines are escaped too: a line of output
/// is always ours. What a pipeline takes for a command is escaped as well, because logs of pipelines are where
/// output is read by a machine: `::add-mask::` at the beginning of a word, and `##[group]` or `##vso[…]` anywhere,
/// which is where their runners look for them.
#[derive(Clone, Copy)]
pub struct Untrusted<'a>(&'a str);

/// Wraps foreign text for display.
pub const fn untrusted(text: &str) -> Untrusted<'_> {
    Untrusted(text)
}

/// A path as it is shown: what stands on a disk or a command line is foreign text, too.
pub fn shown_path(path: &std::path::Path) -> String {
    untrusted(&path.to_string_lossy()).to_string()
}

/// Characters that are invisible, change the direction of their neighbours, strike through or enclose them, or have no
/// agreed look. Unicode general categories Cc, Cf, Zl, Zp, Zs but for the space, Co, and the variation selectors, tag
/// characters, fillers that render as nothing, and combining marks that no normal form composes.
pub const fn deceives(c: char) -> bool {
    matches!(c,
        '\u{00}'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{488}'..='\u{489}' | '\u{600}'..='\u{605}' | '\u{61c}'
        | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{1680}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{20d0}'..='\u{20ff}' | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{d7b0}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// The writing systems that look-alike attacks mix: a word that holds two of them is not shown as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Other,
}

const fn script(c: char) -> Option<Script> {
    match c {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => {
            Some(Script::Latin)
        }
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Script::Greek),
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}' => {
            Some(Script::Cyrillic)
        }
        '\u{530}'..='\u{58f}' => Some(Script::Armenian),
        // Phonetic, enclosed, full-width and mathematical letters, Cherokee, Lisu and Coptic: whole alphabets of look-alikes.
        '\u{250}'..='\u{2ff}'
        | '\u{13a0}'..='\u{13ff}'
        | '\u{1d00}'..='\u{1dbf}'
        | '\u{2100}'..='\u{214f}'
        | '\u{2160}'..='\u{218b}'
        | '\u{2460}'..='\u{24ff}'
        | '\u{2c60}'..='\u{2cff}'
        | '\u{a4d0}'..='\u{a4ff}'
        | '\u{a720}'..='\u{a7ff}'
        | '\u{ab30}'..='\u{abbf}'
        | '\u{ff01}'..='\u{ff5e}'
        | '\u{1d400}'..='\u{1d7ff}'
        | '\u{1f100}'..='\u{1f1ff}' => Some(Script::Other),
        _ => None,
    }
}

fn mixes_scripts(word: &str) -> bool {
    let mut first = None;
    word.chars()
        .filter_map(script)
        .any(|s| *first.get_or_insert(s) != s || s == Script::Other)
}

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commands = commands(self.0);
        if commands.is_empty() && self.0.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return f.write_str(self.0);
        }
        let normal = self.0.nfc().eq(self.0.chars());
        let mut at = 0;
        for word in self.0.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let escape_all = !normal || mixes_scripts(word);
            for c in word.chars() {
                if deceives(c) || (escape_all && !c.is_ascii()) || commands.contains(&at) {
                    write!(f, "\\u{{{:x}}}", c as u32)?;
                } else {
                    f.write_char(c)?;
                }
                at += c.len_utf8();
            }
        }
        Ok(())
    }
}

/// Where a text holds a character that has to be escaped so that no pipeline takes what follows for a command: the
/// first `:` of `::word` at the beginning of a word, and the second `#` of `##[` and `##word[`. Bytes from the start.
pub fn commands(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for (at, pair) in bytes.windows(2).enumerate() {
        let rest = bytes.get(at + 2..).unwrap_or_default();
        let begins_word = match at.checked_sub(1).and_then(|before| bytes.get(before)) {
            Some(before) => before.is_ascii_whitespace() || !before.is_ascii(),
            None => true,
        };
        let letters = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        match pair {
            b"::" if begins_word && letters > 0 => found.push(at),
            // Also at the end: what is written after it may begin with the bracket.
            b"##" if matches!(rest.get(letters), Some(b'[') | None) => found.push(at + 1),
            _ => {}
        }
    }
    found
}

impl fmt::Debug for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn honest_text_is_shown_as_it_is() {
        for text in [
            "vpc-0abc",
            "Müller GmbH",
            "поставка",
            "日本語のログ",
            "κόσμε",
            "a → b",
        ] {
            assert_eq!(untrusted(text).to_string(), text);
        }
    }

    #[test]
    fn deceiving_text_is_escaped() {
        for (text, shown) in [
            ("a\x1b[31mb", "a\\u{1b}[31mb"),
            ("a\r\nb", "a\\u{d}\\u{a}b"),
            ("user\u{202e}txt.exe", "user\\u{202e}txt.exe"),
            ("\u{430}dmin", "\\u{430}dmin"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
            ("e\u{301}", "e\\u{301}"),
            ("ａdmin", "\\u{ff41}dmin"),
            ("bell\x07", "bell\\u{7}"),
            ("soft\u{ad}hyphen", "soft\\u{ad}hyphen"),
            ("no\u{a0}break", "no\\u{a0}break"),
            ("l\u{336}i\u{336}e", "l\\u{336}i\\u{336}e"),
            ("\u{338}=", "\\u{338}="),
            ("\u{251}dmin", "\\u{251}dmin"),
            ("\u{24d0}dmin", "\\u{24d0}dmin"),
            ("\u{fdd0}", "\\u{fdd0}"),
        ] {
            assert_eq!(untrusted(text).to_string(), shown, "{text:?}");
        }
    }

    #[test]
    fn no_pipeline_takes_text_for_a_command() {
        for (text, shown) in [
            ("::add-mask::x", "\\u{3a}:add-mask::x"),
            ("  ::error file=a::b", "  \\u{3a}:error file=a::b"),
            ("a\n::warning::b", "a\\u{a}\\u{3a}:warning::b"),
            ("a\u{2028}::warning::b", "a\\u{2028}\\u{3a}:warning::b"),
            ("a ##[group]b", "a #\\u{23}[group]b"),
            (
                "x##VSO[task.setvariable]y",
                "x#\\u{23}VSO[task.setvariable]y",
            ),
            ("####[debug]", "###\\u{23}[debug]"),
            ("##teamcity", "#\\u{23}teamcity"),
        ] {
            assert_eq!(untrusted(text).to_string(), shown, "{text:?}");
        }
        for text in ["::/0", "std::fmt", "fe80::a", "## Title", "# [x]", "a: : b"] {
            assert_eq!(untrusted(text).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn nothing_that_deceives_comes_out(text in any::<String>()) {
            let shown = untrusted(&text).to_string();
            prop_assert!(shown.chars().all(|c| !deceives(c)), "{:?}", shown);
            prop_assert!(shown.nfc().eq(shown.chars()), "{:?}", shown);
            prop_assert_eq!(untrusted(&shown).to_string(), shown);
        }

        #[test]
        fn no_command_comes_out(text in "([#:\\[ ]|[a-z]|vso|\\PC){0,24}") {
            let shown = untrusted(&text).to_string();
            prop_assert_eq!(commands(&shown), Vec::<usize>::new(), "{:?}", shown);
        }
    }
}
