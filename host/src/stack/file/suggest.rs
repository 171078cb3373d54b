//! Help for misspelled words.

use std::fmt::Write as _;

/// A text of the file for a message: in backquotes, shortened, and with nothing in it that a
/// terminal would obey.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown = String::from("`");
    for character in text.chars().take(MOST) {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown.push('`');
    shown
}

/// The valid word that was probably meant.
pub(crate) fn closest<'w>(
    written: &str,
    valid: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    // Longer texts are no misspelling of anything here, and the distance is quadratic.
    if written.len() > 64 {
        return None;
    }
    let written = written.to_lowercase().replace(['_', ' '], "-");
    valid
        .into_iter()
        .filter(|word| is_close(&written, word))
        .min_by_key(|word| (strsim::damerau_levenshtein(&written, word), *word))
}

/// A slip in every third character, or another ending.
fn is_close(written: &str, word: &str) -> bool {
    let slips = strsim::damerau_levenshtein(written, word);
    slips <= (word.chars().count() / 3).max(1) || strsim::jaro_winkler(written, word) >= 0.88
}

/// "did you mean …" where there is a guess, and the list of what is valid.
pub(crate) fn valid<'w>(
    kind: &str,
    written: &str,
    valid: impl Iterator<Item = &'w str> + Clone,
) -> String {
    const MOST: usize = 24;
    let mut help = String::new();
    if let Some(word) = closest(written, valid.clone()) {
        let _ = write!(help, "did you mean `{word}`? ");
    }
    let count = valid.clone().count();
    if count == 0 {
        let _ = write!(help, "there is no valid {kind} yet");
        return help;
    }
    let _ = write!(help, "valid {kind}{}: ", if count == 1 { "" } else { "s" });
    let shown: Vec<&str> = valid.take(MOST).collect();
    help.push_str(&shown.join(", "));
    if count > MOST {
        let _ = write!(help, " and {} more", count - MOST);
    }
    help
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_is_understood() {
        let keys = ["region", "zones", "cidr", "kubernetes", "access"];
        let cases = [
            ("regoin", Some("region")),
            ("Region", Some("region")),
            ("zone", Some("zones")),
            ("cdir", Some("cidr")),
            ("network", None),
            ("accessible", Some("access")),
            ("x", None),
        ];
        for (written, expected) in cases {
            assert_eq!(closest(written, keys), expected, "{written}");
        }
        assert_eq!(closest("block_at", ["block-at"]), Some("block-at"));
    }

    #[test]
    fn a_quoted_text_cannot_steer_a_terminal() {
        assert_eq!(
            quoted("a\u{1b}[31m\u{202e}b\n"),
            "`a\\u{1b}[31m\\u{202e}b\\n`"
        );
        assert_eq!(quoted("it's"), "`it's`");
        assert_eq!(quoted(&"x".repeat(100)), format!("`{}…`", "x".repeat(60)));
    }

    #[test]
    fn the_list_of_words_is_bounded() {
        let words: Vec<String> = (0..40).map(|number| format!("w{number}")).collect();
        let help = valid("cluster", "zzzz", words.iter().map(String::as_str));
        assert!(help.ends_with("w23 and 16 more"), "{help}");
    }
}
