use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::testing::key;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
}

impl Payload for Note {
    const TYPE: &'static str = "application/vnd.test.note+json";
}

#[derive(Debug, Serialize, Deserialize)]
struct OtherNote(Note);

impl Payload for OtherNote {
    const TYPE: &'static str = "application/vnd.test.other+json";
}

fn note() -> Note {
    Note {
        text: "hello".to_owned(),
    }
}

fn at_least(threshold: usize) -> NonZeroUsize {
    NonZeroUsize::new(threshold).unwrap()
}

fn wire(envelope: &Envelope<Note>) -> Value {
    serde_json::from_slice(&envelope.to_bytes().unwrap()).unwrap()
}

fn parse(value: &Value) -> Result<Envelope<Note>, EnvelopeError> {
    Envelope::parse(value.to_string().as_bytes())
}

#[test]
fn the_pre_authentication_encoding_is_that_of_the_protocol() {
    assert_eq!(
        pre_authentication("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
    assert_eq!(pre_authentication("", b""), b"DSSEv1 0  0 ");
    assert_eq!(pre_authentication("é", b"x"), "DSSEv1 2 é 1 x".as_bytes());
}

#[test]
fn a_signed_document_reads_back() {
    let envelope = Envelope::sign(&note(), &key(1)).unwrap();
    let read = Envelope::<Note>::parse(&envelope.to_bytes().unwrap()).unwrap();
    let verified = read.verify([&key(1).public()], at_least(1)).unwrap();
    assert_eq!(*verified.document(), note());
    assert_eq!(
        *verified.signers(),
        BTreeSet::from([key(1).public().fingerprint()])
    );
}

#[test]
fn the_key_id_is_only_a_hint() {
    let mut value = wire(&Envelope::sign(&note(), &key(1)).unwrap());
    for hint in [
        json!("nobody"),
        json!(""),
        json!(key(2).public().fingerprint()),
    ] {
        value["signatures"][0]["keyid"] = hint;
        let envelope = parse(&value).unwrap();
        assert!(envelope.verify([&key(1).public()], at_least(1)).is_ok());
        assert!(envelope.verify([&key(2).public()], at_least(1)).is_err());
    }
    value["signatures"][0]
        .as_object_mut()
        .unwrap()
        .remove("keyid");
    let envelope = parse(&value).unwrap();
    assert!(envelope.verify([&key(1).public()], at_least(1)).is_ok());
    assert_eq!(envelope.claimed_signers(), ["an unnamed key"]);
}

#[test]
fn one_key_that_signs_twice_counts_once() {
    let mut value = wire(&Envelope::sign(&note(), &key(1)).unwrap());
    let first = value["signatures"][0].clone();
    value["signatures"].as_array_mut().unwrap().push(first);
    value["signatures"][1]["keyid"] = json!("somebody else");
    let public = [key(1).public(), key(2).public()];
    assert!(matches!(
        parse(&value).unwrap().verify(&public, at_least(2)),
        Err(SignatureError::Threshold {
            needed: 2,
            found: 1
        })
    ));
    // The same trusted key listed twice is one key, too.
    let twice = [key(1).public(), key(1).public()];
    assert!(parse(&value).unwrap().verify(&twice, at_least(2)).is_err());

    let mut envelope = Envelope::sign(&note(), &key(1)).unwrap();
    envelope.add_signature(&key(1));
    assert_eq!(envelope.signature_count(), 1);
    envelope.add_signature(&key(2));
    assert!(envelope.verify(&public, at_least(2)).is_ok());
}

#[test]
fn a_signature_over_one_kind_is_none_over_another() {
    let mut value = wire(&Envelope::sign(&note(), &key(1)).unwrap());
    assert!(matches!(
        Envelope::<OtherNote>::parse(value.to_string().as_bytes()),
        Err(EnvelopeError::Type { .. })
    ));
    value["payloadType"] = json!(OtherNote::TYPE);
    let envelope = Envelope::<OtherNote>::parse(value.to_string().as_bytes()).unwrap();
    assert!(envelope.verify([&key(1).public()], at_least(1)).is_err());
    let signature = sign_detached(&note(), &key(1)).unwrap();
    let other = OtherNote(note());
    assert!(!verifies_detached(&other, &key(1).public(), &signature).unwrap());
    assert!(verifies_detached(&note(), &key(1).public(), &signature).unwrap());
}

#[test]
fn other_layouts_are_refused() {
    let good = wire(&Envelope::sign(&note(), &key(1)).unwrap());
    let signature = good["signatures"][0]["sig"].as_str().unwrap().to_owned();
    let cases: [(&str, Value); 9] = [
        ("/payloadType", json!("application/json")),
        ("/payload", json!("e30")),
        ("/payload", json!("e31=")),
        ("/payload", json!("_-__")),
        ("/signatures", json!({})),
        ("/signatures", json!(vec![&good["signatures"][0]; 17])),
        ("/signatures/0/sig", json!(&signature[..84])),
        ("/signatures/0/sig", json!(signature.trim_end_matches('='))),
        ("/signatures/0/sig", json!(null)),
    ];
    for (pointer, replacement) in cases {
        let mut value = good.clone();
        *value.pointer_mut(pointer).unwrap() = replacement.clone();
        assert!(parse(&value).is_err(), "{pointer}: {replacement}");
    }
    for pointer in ["", "/signatures/0"] {
        let mut value = good.clone();
        value.pointer_mut(pointer).unwrap()["extra"] = json!(1);
        assert!(matches!(parse(&value), Err(EnvelopeError::Layout(_))));
    }
}

#[test]
fn the_document_is_read_strictly_even_when_signed() {
    for payload in [
        r#"{"text":"a","text":"b"}"#,
        r#"{"text":"a","more":1}"#,
        "{}",
        "",
    ] {
        let message = pre_authentication(Note::TYPE, payload.as_bytes());
        let envelope = Envelope::<Note> {
            payload: payload.as_bytes().to_vec(),
            signatures: vec![Signed {
                hint: None,
                signature: key(1).sign(&message),
            }],
            kind: PhantomData,
        };
        assert!(matches!(
            envelope.verify([&key(1).public()], at_least(1)),
            Err(SignatureError::Document(_))
        ));
    }
}

proptest! {
    #[test]
    fn no_envelope_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Envelope::<Note>::parse(&bytes);
    }

    #[test]
    fn no_layout_panics(payload in "\\PC{0,40}", keyid in "\\PC{0,10}", sig in "[A-Za-z0-9+/=]{0,100}") {
        let value = json!({
            "payloadType": Note::TYPE,
            "payload": STANDARD.encode(payload),
            "signatures": [{"keyid": keyid, "sig": sig}],
        });
        if let Ok(envelope) = parse(&value) {
            let _ = envelope.unverified();
            prop_assert!(envelope.verify([&key(1).public()], at_least(1)).is_err());
        }
    }
}
