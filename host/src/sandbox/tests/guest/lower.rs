//! Writes values into a guest's memory as the canonical ABI lays them out, so that a test can say in
//! JSON what a guest answers.

use serde_json::Value;
use wit_parser::{Resolve, SizeAlign, Type, TypeDefKind};

/// A piece of a guest's memory that grows upwards from its base.
pub struct Image<'r> {
    resolve: &'r Resolve,
    sizes: SizeAlign,
    base: usize,
    bytes: Vec<u8>,
}

impl<'r> Image<'r> {
    pub fn new(resolve: &'r Resolve, base: usize) -> Self {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve).unwrap();
        Self {
            resolve,
            sizes,
            base,
            bytes: Vec::new(),
        }
    }

    pub fn end(&self) -> usize {
        self.base + self.bytes.len()
    }

    /// The bytes as the text of a data segment.
    pub fn text(&self) -> String {
        self.bytes
            .iter()
            .map(|byte| format!("\\{byte:02x}"))
            .collect()
    }

    fn reserve(&mut self, size: usize, align: usize) -> usize {
        let padding = self.end().next_multiple_of(align) - self.end();
        self.bytes.extend(std::iter::repeat_n(0, padding));
        let at = self.end();
        self.bytes.extend(std::iter::repeat_n(0, size));
        at
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        let start = at - self.base;
        self.bytes[start..start + bytes.len()].copy_from_slice(bytes);
    }

    fn word(&mut self, at: usize, value: usize) {
        self.put(at, &u32::try_from(value).unwrap().to_le_bytes());
    }

    pub fn string(&mut self, text: &[u8]) -> (usize, usize) {
        let at = self.reserve(text.len(), 1);
        self.put(at, text);
        (at, text.len())
    }

    /// Writes a value somewhere and returns its address.
    pub fn value(&mut self, kind: &Type, value: &Value) -> usize {
        let at = self.reserve(self.size(kind), self.sizes.align(kind).align_wasm32());
        self.write(at, kind, value);
        at
    }

    fn size(&self, kind: &Type) -> usize {
        self.sizes.size(kind).size_wasm32()
    }

    fn write(&mut self, at: usize, kind: &Type, value: &Value) {
        match kind {
            Type::Bool => self.put(at, &[u8::from(value.as_bool().unwrap())]),
            Type::U16 => self.put(
                at,
                &u16::try_from(value.as_u64().unwrap())
                    .unwrap()
                    .to_le_bytes(),
            ),
            Type::U32 => self.put(
                at,
                &u32::try_from(value.as_u64().unwrap())
                    .unwrap()
                    .to_le_bytes(),
            ),
            Type::S32 => self.put(
                at,
                &i32::try_from(value.as_i64().unwrap())
                    .unwrap()
                    .to_le_bytes(),
            ),
            Type::U64 => self.put(at, &value.as_u64().unwrap().to_le_bytes()),
            Type::String => {
                let text = value
                    .as_str()
                    .unwrap_or_else(|| panic!("a string is missing: {value}"));
                let (pointer, length) = self.string(text.as_bytes());
                self.word(at, pointer);
                self.word(at + 4, length);
            }
            Type::Id(id) => self.write_defined(at, &self.resolve.types[*id].kind, value),
            other => panic!("{other:?} is not needed"),
        }
    }

    fn write_defined(&mut self, at: usize, kind: &'r TypeDefKind, value: &Value) {
        match kind {
            TypeDefKind::Type(kind) => self.write(at, kind, value),
            TypeDefKind::List(element) => {
                let items = value
                    .as_array()
                    .unwrap_or_else(|| panic!("a list is missing: {value}"));
                let size = self.size(element);
                let start =
                    self.reserve(size * items.len(), self.sizes.align(element).align_wasm32());
                for (index, item) in items.iter().enumerate() {
                    self.write(start + index * size, element, item);
                }
                self.word(at, start);
                self.word(at + 4, items.len());
            }
            TypeDefKind::Record(record) => {
                let types: Vec<_> = record.fields.iter().map(|field| field.ty).collect();
                for (field, offset) in record.fields.iter().zip(self.offsets(&types)) {
                    let item = value
                        .get(&field.name)
                        .unwrap_or_else(|| panic!("{} is missing: {value}", field.name));
                    self.write(at + offset, &field.ty, item);
                }
            }
            TypeDefKind::Tuple(tuple) => {
                for (index, offset) in self.offsets(&tuple.types).into_iter().enumerate() {
                    self.write(at + offset, &tuple.types[index], &value[index]);
                }
            }
            TypeDefKind::Enum(cases) => {
                let wanted = value.as_str().unwrap();
                let number = cases
                    .cases
                    .iter()
                    .position(|case| case.name == wanted)
                    .unwrap();
                self.put(at, &[u8::try_from(number).unwrap()]);
            }
            TypeDefKind::Option(inner) => {
                let cases = [None, Some(*inner)];
                let (number, payload) = if value.is_null() {
                    (0, None)
                } else {
                    (1, Some(value))
                };
                self.write_case(at, &cases, number, payload);
            }
            TypeDefKind::Result(result) => {
                let cases = [result.ok, result.err];
                match (value.get("ok"), value.get("err")) {
                    (Some(value), None) => self.write_case(at, &cases, 0, Some(value)),
                    (None, Some(value)) => self.write_case(at, &cases, 1, Some(value)),
                    _ => panic!("neither ok nor err: {value}"),
                }
            }
            TypeDefKind::Variant(variant) => {
                let (wanted, payload) = match value {
                    Value::String(name) => (name.as_str(), None),
                    value => value
                        .as_object()
                        .unwrap()
                        .iter()
                        .next()
                        .map(|(n, p)| (n.as_str(), Some(p)))
                        .unwrap(),
                };
                let number = variant
                    .cases
                    .iter()
                    .position(|case| case.name == wanted)
                    .unwrap();
                let cases: Vec<_> = variant.cases.iter().map(|case| case.ty).collect();
                self.write_case(at, &cases, number, payload);
            }
            other => panic!("{} is not needed", other.as_str()),
        }
    }

    fn write_case(
        &mut self,
        at: usize,
        cases: &[Option<Type>],
        number: usize,
        payload: Option<&Value>,
    ) {
        self.put(at, &[u8::try_from(number).unwrap()]);
        if let (Some(kind), Some(payload)) = (cases[number], payload) {
            let offset = self
                .sizes
                .payload_offset(wit_parser::Int::U8, cases.iter().map(Option::as_ref));
            self.write(at + offset.size_wasm32(), &kind, payload);
        }
    }

    fn offsets(&self, types: &[Type]) -> Vec<usize> {
        self.sizes
            .field_offsets(types)
            .into_iter()
            .map(|(offset, _)| offset.size_wasm32())
            .collect()
    }
}
