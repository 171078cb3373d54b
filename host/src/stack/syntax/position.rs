//! Where something stands in the file.

/// A stretch of the source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Bytes from the start of the text.
    pub offset: usize,
    /// Length in bytes; zero for a place between two characters.
    pub len: usize,
    /// Line of the start, counted from 1.
    pub line: usize,
    /// Column of the start in characters, counted from 1.
    pub column: usize,
}

impl Span {
    /// The first byte after the stretch.
    pub fn end(self) -> usize {
        self.offset.saturating_add(self.len)
    }

    /// The same start, reaching to `end` (a byte offset).
    pub(crate) fn until(self, end: usize) -> Self {
        Self {
            len: end.saturating_sub(self.offset),
            ..self
        }
    }
}

impl From<Span> for miette::SourceSpan {
    fn from(span: Span) -> Self {
        (span.offset, span.len).into()
    }
}

/// A value and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// Converts between character positions (as the parser counts), byte offsets, lines and columns.
#[derive(Debug)]
pub(crate) struct Positions<'t> {
    text: &'t str,
    /// Byte offset of every character, or nothing for ASCII text, where both are the same number.
    bytes: Vec<usize>,
    /// Byte offset at which each line starts.
    lines: Vec<usize>,
}

impl<'t> Positions<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let bytes = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(offset, _)| offset).collect()
        };
        Self {
            text,
            bytes,
            lines: line_starts(text),
        }
    }

    /// The byte offset of a character index; the length of the text for one behind the end.
    pub(crate) fn byte(&self, character: usize) -> usize {
        if self.bytes.is_empty() {
            character.min(self.text.len())
        } else {
            self.bytes
                .get(character)
                .copied()
                .unwrap_or(self.text.len())
        }
    }

    /// The index of the character that starts at a byte offset. Logarithmic, because a file may be
    /// one long line.
    fn character(&self, byte: usize) -> usize {
        if self.bytes.is_empty() {
            byte
        } else {
            self.bytes.partition_point(|&offset| offset < byte)
        }
    }

    /// A span between two byte offsets.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        let start = start.min(self.text.len());
        let line = self.lines.partition_point(|&first| first <= start).max(1);
        let first = self.lines.get(line - 1).copied().unwrap_or(0);
        let column = self.character(start) - self.character(first);
        Span {
            offset: start,
            len: end.min(self.text.len()).saturating_sub(start),
            line,
            column: column + 1,
        }
    }
}

/// YAML 1.2 ends a line with LF, CR LF or CR.
fn line_starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((offset, byte)) = bytes.next() {
        let next = match byte {
            b'\n' => offset + 1,
            b'\r' if bytes.next_if(|&(_, next)| next == b'\n').is_some() => offset + 2,
            b'\r' => offset + 1,
            _ => continue,
        };
        starts.push(next);
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_each_of_the_three_breaks() {
        let positions = Positions::new("a\nb\r\nc\rd");
        let places: Vec<_> = [0, 2, 5, 7]
            .map(|offset| positions.span(offset, offset + 1))
            .iter()
            .map(|span| (span.line, span.column))
            .collect();
        assert_eq!(places, [(1, 1), (2, 1), (3, 1), (4, 1)]);
    }

    #[test]
    fn characters_are_not_bytes() {
        let positions = Positions::new("é: ü\nß");
        assert_eq!(positions.byte(3), 4);
        let span = positions.span(positions.byte(5), positions.byte(6));
        assert_eq!(
            (span.offset, span.len, span.line, span.column),
            (7, 2, 2, 1)
        );
    }

    #[test]
    fn a_place_behind_the_end_is_the_end() {
        let positions = Positions::new("ab");
        assert_eq!(positions.byte(99), 2);
        assert_eq!(positions.span(99, 120).offset, 2);
        assert_eq!(Positions::new("").span(0, 0).line, 1);
    }
}
