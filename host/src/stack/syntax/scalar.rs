//! Scalars and the YAML 1.2 core schema (spec §10.3.2).
//!
//! Only the core schema's own words are special: `yes`, `on` and `n` are text, unlike in YAML 1.1.

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes; the only style whose text can mean something else than text.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// A `|` or `>` block.
    Block,
}

/// Why a number cannot be used as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberProblem {
    /// An integer that does not fit into 64 bits, or a float of 2^63 and more.
    TooLarge,
    /// `007` is 7 to some readers and an octal number to others; an account id would lose digits.
    LeadingZero,
    /// `.inf` and `.nan` do not exist in JSON.
    NotFinite,
}

/// What a scalar means under the core schema.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Typed {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A number by its form, but not one that every reader understands alike.
    OddNumber(NumberProblem),
    Text,
}

/// A scalar: what stands there, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The text after quotes and escapes are resolved; for a plain scalar, as written. `1.30` stays
    /// `1.30`, so that a version without quotes can be read as text.
    pub raw: String,
    pub style: Style,
    pub typed: Typed,
}

impl Scalar {
    pub(crate) fn new(raw: String, style: Style) -> Self {
        let typed = match style {
            Style::Plain => classify(&raw),
            Style::Quoted | Style::Block => Typed::Text,
        };
        Self { raw, style, typed }
    }

    /// The text, if this is text or a number that was written without quotes.
    pub fn text(&self) -> Option<&str> {
        match self.typed {
            Typed::Text | Typed::Int(_) | Typed::Float(_) | Typed::OddNumber(_) => Some(&self.raw),
            Typed::Null | Typed::Bool(_) => None,
        }
    }
}

fn classify(raw: &str) -> Typed {
    match raw {
        "" | "~" | "null" | "Null" | "NULL" => return Typed::Null,
        "true" | "True" | "TRUE" => return Typed::Bool(true),
        "false" | "False" | "FALSE" => return Typed::Bool(false),
        _ => {}
    }
    if let Some(digits) = raw.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if let Some(digits) = raw.strip_prefix("0x") {
        return radix(digits, 16);
    }
    let (negative, unsigned) = match raw.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, raw.strip_prefix('+').unwrap_or(raw)),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(raw, ".nan" | ".NaN" | ".NAN") {
        return Typed::OddNumber(NumberProblem::NotFinite);
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return decimal(negative, unsigned);
    }
    if is_float(unsigned) {
        return float(raw, unsigned);
    }
    Typed::Text
}

fn radix(digits: &str, radix: u32) -> Typed {
    // `from_str_radix` would accept a sign, the core schema does not.
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Typed::Text;
    }
    i64::from_str_radix(digits, radix).map_or(Typed::OddNumber(NumberProblem::TooLarge), Typed::Int)
}

fn decimal(negative: bool, digits: &str) -> Typed {
    if digits.len() > 1 && digits.starts_with('0') {
        return Typed::OddNumber(NumberProblem::LeadingZero);
    }
    let parsed = if negative {
        format!("-{digits}").parse()
    } else {
        digits.parse()
    };
    parsed.map_or(Typed::OddNumber(NumberProblem::TooLarge), Typed::Int)
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(unsigned: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_fits =
        exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa_fits && exponent_fits
}

fn float(raw: &str, unsigned: &str) -> Typed {
    let mut start = unsigned.bytes();
    if start.next() == Some(b'0') && start.next().is_some_and(|byte| byte.is_ascii_digit()) {
        return Typed::OddNumber(NumberProblem::LeadingZero);
    }
    match raw.parse::<f64>() {
        Ok(number) if number.abs() < TWO_TO_THE_63 => Typed::Float(number),
        _ => Typed::OddNumber(NumberProblem::TooLarge),
    }
}

/// The bound that the plugin contract puts on every number.
const TWO_TO_THE_63: f64 = 9_223_372_036_854_775_808.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(raw: &str) -> Typed {
        Scalar::new(raw.to_owned(), Style::Plain).typed
    }

    #[test]
    fn the_words_of_older_yaml_are_text() {
        for word in [
            "n", "N", "y", "yes", "no", "on", "off", "On", "=", "<", "1_000", "1:30",
        ] {
            assert_eq!(typed(word), Typed::Text, "{word}");
        }
    }

    #[test]
    fn the_core_schema_is_followed() {
        let cases = [
            ("", Typed::Null),
            ("~", Typed::Null),
            ("NULL", Typed::Null),
            ("nULL", Typed::Text),
            ("true", Typed::Bool(true)),
            ("False", Typed::Bool(false)),
            ("0", Typed::Int(0)),
            ("+12", Typed::Int(12)),
            ("-7", Typed::Int(-7)),
            ("0o17", Typed::Int(15)),
            ("0x1F", Typed::Int(31)),
            ("0x+1", Typed::Text),
            ("0o8", Typed::Text),
            ("9223372036854775807", Typed::Int(i64::MAX)),
            ("-9223372036854775808", Typed::Int(i64::MIN)),
            ("1.36", Typed::Float(1.36)),
            ("1.", Typed::Float(1.0)),
            (".5", Typed::Float(0.5)),
            ("-.5", Typed::Float(-0.5)),
            ("1e3", Typed::Float(1000.0)),
            ("0.10", Typed::Float(0.1)),
            (".", Typed::Text),
            ("e3", Typed::Text),
            ("1e", Typed::Text),
            ("-", Typed::Text),
            ("--1", Typed::Text),
            ("1.36.3", Typed::Text),
            ("inf", Typed::Text),
            ("nan", Typed::Text),
        ];
        for (raw, expected) in cases {
            assert_eq!(typed(raw), expected, "{raw}");
        }
    }

    #[test]
    fn numbers_that_readers_disagree_about_are_odd() {
        let cases = [
            ("9223372036854775808", NumberProblem::TooLarge),
            ("0xFFFFFFFFFFFFFFFF", NumberProblem::TooLarge),
            ("1e400", NumberProblem::TooLarge),
            ("1e19", NumberProblem::TooLarge),
            ("012345678901", NumberProblem::LeadingZero),
            ("-01", NumberProblem::LeadingZero),
            ("01.5", NumberProblem::LeadingZero),
            (".inf", NumberProblem::NotFinite),
            ("-.INF", NumberProblem::NotFinite),
            (".NaN", NumberProblem::NotFinite),
        ];
        for (raw, expected) in cases {
            assert_eq!(typed(raw), Typed::OddNumber(expected), "{raw}");
        }
    }

    #[test]
    fn quotes_make_everything_text() {
        for style in [Style::Quoted, Style::Block] {
            assert_eq!(Scalar::new("true".to_owned(), style).typed, Typed::Text);
        }
    }

    #[test]
    fn a_number_keeps_its_digits_as_text() {
        let version = Scalar::new("1.30".to_owned(), Style::Plain);
        assert_eq!(version.text(), Some("1.30"));
        assert_eq!(Scalar::new("true".to_owned(), Style::Plain).text(), None);
    }
}
