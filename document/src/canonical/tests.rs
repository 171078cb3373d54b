use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::*;

fn text_of<T: Serialize>(value: &T) -> String {
    String::from_utf8(canonical_bytes(value).expect("a canonical form")).expect("UTF-8")
}

#[test]
fn the_order_of_keys_does_not_matter() {
    let left: Value = serde_json::from_str(r#"{"b":1,"a":{"d":2.0,"c":"é"}}"#).expect("JSON");
    assert_eq!(text_of(&left), r#"{"a":{"c":"é","d":2},"b":1}"#);
    assert_eq!(
        digest_of(&left).expect("a digest"),
        digest_of(&json!({"a": {"c": "é", "d": 2.0}, "b": 1})).expect("a digest")
    );
}

#[test]
fn records_and_variants_are_sorted_too() {
    #[derive(Serialize)]
    struct Record {
        zone: &'static str,
        inner: Inner,
        absent: Option<u8>,
        kind: Vec<Kind>,
    }
    #[derive(Serialize)]
    struct Inner {
        b: i8,
        a: (u8, char),
    }
    #[derive(Serialize)]
    enum Kind {
        Unit,
        One(f32),
        Two(u8, u8),
        Fields { y: bool, x: () },
    }
    let record = Record {
        zone: "a\"\u{7}\u{8}",
        inner: Inner {
            b: -3, a: (1, 'é')
        },
        absent: None,
        kind: vec![
            Kind::Unit,
            Kind::One(0.5),
            Kind::Two(1, 2),
            Kind::Fields { y: true, x: () },
        ],
    };
    assert_eq!(
        text_of(&record),
        r#"{"absent":null,"inner":{"a":[1,"é"],"b":-3},"kind":["Unit",{"One":0.5},{"Two":[1,2]},{"Fields":{"x":null,"y":true}}],"zone":"a\"\u0007\b"}"#
    );
}

#[test]
fn keys_are_ordered_by_their_utf_16() {
    // U+1F600 is two units from D83D on, before U+FB33 though its bytes come after.
    let map =
        json!({"\u{fb33}": 1, "\u{1f600}": 2, "\r": 3, "1": 4, "\u{80}": 5, "a\"": 6, "a": 7});
    assert_eq!(
        text_of(&map),
        "{\"\\r\":3,\"1\":4,\"a\":7,\"a\\\"\":6,\"\u{80}\":5,\"\u{1f600}\":2,\"\u{fb33}\":1}"
    );
}

#[test]
fn what_has_no_canonical_form_is_an_error() {
    struct Twice;
    impl Serialize for Twice {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([("a", 1), ("b", 2), ("a", 3)])
        }
    }
    let beyond = (1_u64 << 53, -(1_i64 << 53));
    for wrong in [
        canonical_bytes(&f64::NAN),
        canonical_bytes(&f64::INFINITY),
        canonical_bytes(&beyond.0),
        canonical_bytes(&beyond.1),
        canonical_bytes(&BTreeMap::from([(1, 2)])),
        canonical_bytes(&Twice),
    ] {
        assert!(wrong.is_err(), "{wrong:?}");
    }
    assert_eq!(text_of(&(beyond.0 - 1)), "9007199254740991");
    assert_eq!(text_of(&(beyond.1 + 1)), "-9007199254740991");
    assert_eq!(text_of(&-0.0), "0");
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(|n| json!(n)),
        any::<f64>()
            // Beyond that a float is written as an integer that has no form of its own.
            .prop_map(|n| if n.abs() < 9e15 { n } else { n.fract() })
            .prop_filter("finite", |n| n.is_finite())
            .prop_map(|n| json!(n)),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number,
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            prop::collection::vec((any::<String>(), inner), 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    /// Another implementation, slower, that sorts a copy of every level.
    #[test]
    fn it_is_what_another_implementation_writes(value in value()) {
        let other = serde_json_canonicalizer::to_vec(&value).expect("a canonical form");
        prop_assert_eq!(text_of(&value), String::from_utf8(other).expect("UTF-8"));
    }

    #[test]
    fn it_reads_back(value in value()) {
        let read: Value = serde_json::from_slice(&canonical_bytes(&value).expect("a form")).expect("JSON");
        prop_assert_eq!(text_of(&read), text_of(&value));
    }
}
