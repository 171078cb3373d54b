//! A plan is shown from the bytes that are approved and applied, or not at all.

use serde_json::Value;

use super::sample;
use crate::plan::Plan;

#[test]
fn every_byte_of_a_plan_counts() {
    let good = sample().plan().unwrap();
    let bytes = good.to_bytes().unwrap();
    // What stands outside of the digest decides nothing.
    let evidence = br#""evidence":"#;
    let begin = bytes
        .windows(evidence.len())
        .position(|part| part == evidence);
    let begin = begin.unwrap();
    for (at, _) in bytes.iter().enumerate() {
        for bit in [0, 1, 5] {
            let mut other = bytes.clone();
            other[at] ^= 1 << bit;
            if let Ok(plan) = Plan::read(&other) {
                assert!(at > begin, "byte {at}");
                assert_eq!(
                    (plan.body, plan.documents),
                    (good.body.clone(), good.documents.clone())
                );
            }
        }
    }
}

/// Adds a field to the object number `wanted`. Counts down to it.
fn with_a_field(value: &mut Value, wanted: &mut isize) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| with_a_field(item, wanted)),
        Value::Object(entries) => {
            *wanted -= 1;
            if *wanted == -1 {
                entries.insert("also".to_owned(), "this".into());
            }
            entries
                .values_mut()
                .for_each(|item| with_a_field(item, wanted));
        }
        _ => {}
    }
}

#[test]
fn a_field_that_nobody_knows_is_refused_wherever_it_stands() {
    let good: Value = serde_json::to_value(sample().plan().unwrap()).unwrap();
    for number in 0.. {
        let (mut other, mut wanted) = (good.clone(), number);
        with_a_field(&mut other, &mut wanted);
        if wanted >= 0 {
            assert!(number > 30, "{number}");
            break;
        }
        let read = Plan::read(&serde_json::to_vec(&other).unwrap());
        assert!(read.is_err(), "{other}");
    }
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let text = String::from_utf8(sample().plan().unwrap().to_bytes().unwrap()).unwrap();
    for key in [
        "\"risk\":\"destructive\"",
        "\"approvals\":2",
        "\"lineage\":\"0123456789abcdef\"",
    ] {
        let twice = text.replacen(key, &format!("{key},{key}"), 1);
        assert_ne!(twice, text, "{key}");
        assert!(Plan::read(twice.as_bytes()).is_err(), "{key}");
    }
}
