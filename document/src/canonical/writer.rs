//! Writes canonical JSON in one pass.
//!
//! A plan of a thousand clusters is tens of megabytes, and most of a planner's time would go into
//! sorting copies of it level by level. Here everything is written once, in the order it comes in; only the
//! entries of a map whose keys came in another order are put right afterwards. Maps of values come sorted
//! already, so that is left to records.

use std::cmp::Ordering;
use std::ops::Range;

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::CanonicalError;

/// The largest integer that has a double to itself: 2^53 − 1.
const LARGEST: u64 = (1 << 53) - 1;

#[derive(Default)]
pub struct Writer {
    out: Vec<u8>,
    /// The entries of all maps that are open, outermost first.
    entries: Vec<Entry>,
    /// Where the entries of one map are put in order.
    scratch: Vec<u8>,
}

/// An entry of a map in the output.
struct Entry {
    /// `"key":value`, without the comma.
    bytes: Range<usize>,
    key: Key,
}

enum Key {
    /// The key stands in the output as it is.
    Plain(Range<usize>),
    /// It is escaped there.
    Escaped(String),
}

impl Writer {
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn text(&mut self, text: &str) -> Result<(), CanonicalError> {
        // The short escapes, lower-case digits for other control characters, everything else as it is:
        // what RFC 8785 wants is what serde_json writes.
        serde_json::to_writer(&mut self.out, text).map_err(CanonicalError::custom)
    }

    fn key_text<'a>(&'a self, key: &'a Key) -> &'a str {
        match key {
            Key::Plain(range) => self
                .out
                .get(range.clone())
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .unwrap_or_default(),
            Key::Escaped(text) => text,
        }
    }
}

/// By UTF-16 code units, as RFC 8785 says. That differs from the order of the bytes only where one of the
/// characters needs two units.
fn order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        a.cmp(b)
    } else {
        a.encode_utf16().cmp(b.encode_utf16())
    }
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = CanonicalError;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = Map<'a>;
    type SerializeStruct = Map<'a>;
    type SerializeStructVariant = Map<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), CanonicalError> {
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.out.extend_from_slice(text);
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), CanonicalError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), CanonicalError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), CanonicalError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), CanonicalError> {
        if value < 0 {
            self.out.push(b'-');
        }
        self.serialize_u64(value.unsigned_abs())
    }

    fn serialize_u8(self, value: u8) -> Result<(), CanonicalError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), CanonicalError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), CanonicalError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), CanonicalError> {
        if value > LARGEST {
            return Err(CanonicalError::custom(
                "an integer is beyond 2^53 - 1 either way",
            ));
        }
        serde_json::to_writer(&mut self.out, &value).map_err(CanonicalError::custom)
    }

    fn serialize_f32(self, value: f32) -> Result<(), CanonicalError> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), CanonicalError> {
        if !value.is_finite() {
            return Err(CanonicalError::custom("a number is not finite"));
        }
        let mut buffer = ryu_js::Buffer::new();
        self.out
            .extend_from_slice(buffer.format_finite(value).as_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), CanonicalError> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), CanonicalError> {
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), CanonicalError> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), CanonicalError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CanonicalError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), CanonicalError> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), CanonicalError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), CanonicalError> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), CanonicalError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), CanonicalError> {
        let mut map = Map::open(self, "");
        map.entry(variant, value)?;
        map.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, CanonicalError> {
        Ok(List::open(self, ""))
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, CanonicalError> {
        Ok(List::open(self, ""))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>, CanonicalError> {
        Ok(List::open(self, ""))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, CanonicalError> {
        self.open_variant(variant)?;
        Ok(List::open(self, "}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Map<'a>, CanonicalError> {
        Ok(Map::open(self, ""))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Map<'a>, CanonicalError> {
        Ok(Map::open(self, ""))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Map<'a>, CanonicalError> {
        self.open_variant(variant)?;
        Ok(Map::open(self, "}"))
    }
}

impl Writer {
    /// A variant with several fields is a map of one entry.
    fn open_variant(&mut self, variant: &str) -> Result<(), CanonicalError> {
        self.out.push(b'{');
        self.text(variant)?;
        self.out.push(b':');
        Ok(())
    }
}

/// A list that is being written.
pub struct List<'a> {
    writer: &'a mut Writer,
    first: bool,
    /// What follows after the closing bracket.
    after: &'static str,
}

impl<'a> List<'a> {
    fn open(writer: &'a mut Writer, after: &'static str) -> Self {
        writer.out.push(b'[');
        Self {
            writer,
            first: true,
            after,
        }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        if !std::mem::take(&mut self.first) {
            self.writer.out.push(b',');
        }
        value.serialize(&mut *self.writer)
    }

    fn close(self) {
        self.writer.out.push(b']');
        self.writer.out.extend_from_slice(self.after.as_bytes());
    }
}

/// A map or record that is being written.
pub struct Map<'a> {
    writer: &'a mut Writer,
    /// Where its entries begin among those of all open maps.
    base: usize,
    /// Whether every key so far came after the one before it.
    sorted: bool,
    after: &'static str,
}

impl<'a> Map<'a> {
    fn open(writer: &'a mut Writer, after: &'static str) -> Self {
        writer.out.push(b'{');
        let base = writer.entries.len();
        Self {
            writer,
            base,
            sorted: true,
            after,
        }
    }

    fn entry<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), CanonicalError> {
        self.key(key)?;
        self.value(value)
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CanonicalError> {
        let writer = &mut *self.writer;
        if writer.entries.len() > self.base {
            writer.out.push(b',');
        }
        let start = writer.out.len();
        key.serialize(&mut *writer)?;
        let end = writer.out.len();
        let written = writer.out.get(start..end).unwrap_or_default();
        let [b'"', inner @ .., b'"'] = written else {
            return Err(CanonicalError::custom("a key is not a string"));
        };
        let key = if inner.contains(&b'\\') {
            Key::Escaped(serde_json::from_slice(written).map_err(CanonicalError::custom)?)
        } else {
            Key::Plain(start + 1..end - 1)
        };
        writer.out.push(b':');
        if let (true, Some(last)) = (writer.entries.len() > self.base, writer.entries.last()) {
            match order(writer.key_text(&last.key), writer.key_text(&key)) {
                Ordering::Less => {}
                Ordering::Equal => return Err(equal_keys()),
                Ordering::Greater => self.sorted = false,
            }
        }
        writer.entries.push(Entry {
            bytes: start..start,
            key,
        });
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        value.serialize(&mut *self.writer)?;
        let end = self.writer.out.len();
        if let Some(entry) = self.writer.entries.last_mut() {
            entry.bytes.end = end;
        }
        Ok(())
    }

    fn close(self) -> Result<(), CanonicalError> {
        if !self.sorted {
            self.writer.sort(self.base)?;
        }
        self.writer.entries.truncate(self.base);
        self.writer.out.push(b'}');
        self.writer.out.extend_from_slice(self.after.as_bytes());
        Ok(())
    }
}

impl Writer {
    /// Puts the entries from `base` on, which end the output, into their order.
    fn sort(&mut self, base: usize) -> Result<(), CanonicalError> {
        let mut entries = self.entries.split_off(base);
        let Some(start) = entries.first().map(|entry| entry.bytes.start) else {
            return Ok(());
        };
        entries.sort_by(|a, b| order(self.key_text(&a.key), self.key_text(&b.key)));
        let equal = |pair: &[Entry]| match pair {
            [a, b] => self.key_text(&a.key) == self.key_text(&b.key),
            _ => false,
        };
        if entries.windows(2).any(equal) {
            return Err(equal_keys());
        }
        self.scratch.clear();
        for (index, entry) in entries.into_iter().enumerate() {
            if index > 0 {
                self.scratch.push(b',');
            }
            let bytes = self.out.get(entry.bytes).unwrap_or_default();
            self.scratch.extend_from_slice(bytes);
        }
        self.out.truncate(start);
        self.out.extend_from_slice(&self.scratch);
        Ok(())
    }
}

fn equal_keys() -> CanonicalError {
    CanonicalError::custom("two keys of a map are equal")
}

impl SerializeSeq for List<'_> {
    type Ok = ();
    type Error = CanonicalError;

    fn serialize_element<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
    ) -> Result<(), CanonicalError> {
        self.item(value)
    }

    fn end(self) -> Result<(), CanonicalError> {
        self.close();
        Ok(())
    }
}

impl SerializeTuple for List<'_> {
    type Ok = ();
    type Error = CanonicalError;

    fn serialize_element<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
    ) -> Result<(), CanonicalError> {
        self.item(value)
    }

    fn end(self) -> Result<(), CanonicalError> {
        self.close();
        Ok(())
    }
}

impl SerializeTupleStruct for List<'_> {
    type Ok = ();
    type Error = CanonicalError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        self.item(value)
    }

    fn end(self) -> Result<(), CanonicalError> {
        self.close();
        Ok(())
    }
}

impl SerializeTupleVariant for List<'_> {
    type Ok = ();
    type Error = CanonicalError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        self.item(value)
    }

    fn end(self) -> Result<(), CanonicalError> {
        self.close();
        Ok(())
    }
}

impl SerializeMap for Map<'_> {
    type Ok = ();
    type Error = CanonicalError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CanonicalError> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        self.value(value)
    }

    fn end(self) -> Result<(), CanonicalError> {
        self.close()
    }
}

impl SerializeStruct for Map<'_> {
    type Ok = ();
    type Error = CanonicalError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), CanonicalError> {
        self.entry(key, value)
    }

    fn end(self) -> Result<(), CanonicalError> {
        self.close()
    }
}

impl SerializeStructVariant for Map<'_> {
    type Ok = ();
    type Error = CanonicalError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), CanonicalError> {
        self.entry(key, value)
    }

    fn end(self) -> Result<(), CanonicalError> {
        self.close()
    }
}
