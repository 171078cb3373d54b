//! Text that somebody else wrote, made safe to show.

use std::fmt::{self, Write as _};

use unicode_normalization::UnicodeNormalization as _;

/// Displays foreign text so that it can neither move the cursor nor pretend to be something else.
///
/// Shown as `\u{…}`: control characters, bidirectional controls, zero-width and other format characters,
/// tag characters, variation selectors, private use and unassigned planes, and every non-ASCII
/// character of a text that is not in normal form C. New lines are escaped too: a line of output
/// is always ours.
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

/// Characters that are invisible, change the direction of their neighbours or have no agreed look.
/// Unicode general categories Cc, Cf, Zl, Zp, Co and the variation selectors, tag characters and
/// fillers that render as nothing.
pub const fn deceives(c: char) -> bool {
    matches!(c,
        '\u{00}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}'
        | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{d7b0}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
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
        // Full-width and mathematical letters exist to look like others.
        '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' | '\u{13a0}'..='\u{13ff}' => {
            Some(Script::Other)
        }
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
        if self.0.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return f.write_str(self.0);
        }
        let normal = self.0.nfc().eq(self.0.chars());
        for word in self.0.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let escape_all = !normal || mixes_scripts(word);
            for c in word.chars() {
                if deceives(c) || (escape_all && !c.is_ascii()) {
                    write!(f, "\\u{{{:x}}}", c as u32)?;
                } else {
                    f.write_char(c)?;
                }
            }
        }
        Ok(())
    }
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
        ] {
            assert_eq!(untrusted(text).to_string(), shown, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_deceives_comes_out(text in any::<String>()) {
            let shown = untrusted(&text).to_string();
            prop_assert!(shown.chars().all(|c| !deceives(c)), "{:?}", shown);
        }
    }
}
