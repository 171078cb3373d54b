use proptest::prelude::*;
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value, json};

use super::Yaml;
use crate::stack::syntax::Typed;

/// Composes the events of a YAML 1.2 parser into JSON, by the core schema.
pub(in crate::driver::tree) fn read(text: &str) -> Value {
    enum Open {
        List(Vec<Value>),
        Map(Map<String, Value>, Option<String>),
    }
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut add = |open: &mut Vec<Open>, value: Value, is_text: bool| match open.last_mut() {
        None => {
            assert!(root.replace(value).is_none(), "two documents in {text}");
        }
        Some(Open::List(items)) => items.push(value),
        Some(Open::Map(map, key)) => match key.take() {
            Some(key) => assert!(map.insert(key, value).is_none()),
            None => {
                assert!(is_text, "a key that is no text in {text}");
                *key = Some(value.as_str().unwrap().to_owned());
            }
        },
    };
    for event in Parser::new_from_str(text) {
        match event.unwrap_or_else(|error| panic!("{error}: {text}")).0 {
            Event::Scalar(scalar, style, anchor, tag) => {
                assert!(anchor == 0 && tag.is_none());
                let typed = match style {
                    ScalarStyle::Plain => {
                        crate::stack::syntax::Scalar::new(
                            scalar.to_string(),
                            crate::stack::syntax::Style::Plain,
                        )
                        .typed
                    }
                    _ => Typed::Text,
                };
                let value = match typed {
                    Typed::Null => Value::Null,
                    Typed::Bool(value) => value.into(),
                    Typed::Int(value) => value.into(),
                    Typed::Float(value) => value.into(),
                    Typed::OddNumber(_) => panic!("{scalar}"),
                    Typed::Text => Value::String(scalar.to_string()),
                };
                let is_text = value.is_string();
                add(&mut open, value, is_text);
            }
            Event::SequenceStart(..) => open.push(Open::List(Vec::new())),
            Event::MappingStart(..) => open.push(Open::Map(Map::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let value = match open.pop().unwrap() {
                    Open::List(items) => Value::Array(items),
                    Open::Map(map, _) => Value::Object(map),
                };
                add(&mut open, value, false);
            }
            Event::Alias(_) => panic!("an alias in {text}"),
            _ => {}
        }
    }
    root.unwrap()
}

fn print(value: &Value) -> String {
    Yaml::from_json(value.clone()).print()
}

#[test]
fn an_object_is_printed_as_people_write_it() {
    let object = json!({
        "spec": {"rules": [{"verbs": ["get", "list"], "apiGroups": [""]}], "replicas": 2, "paused": false, "empty": {}, "none": null, "list": []},
        "metadata": {"labels": {"a": "true", "b": "1.30"}, "namespace": "shop", "name": "api"},
        "kind": "Role",
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "data": {"script": "#!/bin/sh\nset -e\n\necho done\n"},
    });
    insta::assert_snapshot!(print(&object), @r##"
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata:
      name: api
      namespace: shop
      labels:
        a: "true"
        b: "1.30"
    spec:
      empty: {}
      list: []
      none: null
      paused: false
      replicas: 2
      rules:
        - apiGroups:
            - ""
          verbs:
            - get
            - list
    data:
      script: |
        #!/bin/sh
        set -e

        echo done
    "##);
}

/// Texts that one reader or another takes for something else.
const AMBIGUOUS: [&str; 58] = [
    "",
    " ",
    "~",
    "null",
    "Null",
    "true",
    "True",
    "no",
    "NO",
    "on",
    "Off",
    "y",
    "N",
    "yes",
    "0",
    "1",
    "-1",
    "+1",
    "007",
    "0o17",
    "0x1F",
    "0b1",
    "1_000",
    "1e3",
    "1.5",
    ".5",
    "1.",
    ".inf",
    "-.INF",
    ".nan",
    "1:30",
    "12:30:45",
    "2026-11-24",
    "2026-11-24T00:00:00Z",
    "=",
    "<<",
    "<",
    "-",
    "- a",
    "?",
    ": a",
    "a: b",
    "a:",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a",
    "[a",
    "{a",
    "|",
    ">",
    "---",
    "...",
    "'a'",
];

#[test]
fn ambiguous_texts_are_quoted_as_values_and_as_keys() {
    for text in AMBIGUOUS {
        let value = json!({"value": text, text: "key", "list": [text, {text: text}]});
        let printed = print(&value);
        assert_eq!(read(&printed), value, "{printed}");
        assert!(
            printed.contains(&format!("value: \"{text}\"")),
            "{text}: {printed}"
        );
    }
}

/// The same, read by a reader of YAML 1.1.
#[test]
fn readers_of_yaml_1_1_read_the_same() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let has_reader = Command::new("python3")
        .args(["-c", "import yaml"])
        .stderr(Stdio::null())
        .status();
    if !has_reader.is_ok_and(|status| status.success()) {
        eprintln!("skipped: needs python3 with PyYAML");
        return;
    }
    let mut entries = Map::new();
    for (index, text) in AMBIGUOUS
        .iter()
        .chain(&[
            "a\nb",
            "a\nb\n",
            "\ta\nb",
            "é\u{85}\u{2028}",
            "a\u{0}b",
            "tag\u{e0041}",
            "\u{feff}",
        ])
        .enumerate()
    {
        entries.insert(
            (*text).to_owned(),
            json!([text, index, 0.1, 1e-7, 1e17, -2.5]),
        );
    }
    let value = Value::Object(entries);
    let script =
        "import sys,yaml,json; print(json.dumps(yaml.safe_load(sys.stdin.buffer.read().decode())))";
    let mut child = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(print(&value).as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap(),
        value
    );
}

#[test]
fn long_keys_are_written_with_a_question_mark() {
    let value = json!({"a": {"k".repeat(2000): {"b": [1]}, "z": 1}});
    assert_eq!(read(&print(&value)), value);
}

#[test]
fn a_note_cannot_leave_its_comment() {
    let yaml = Yaml::map([(
        "uses",
        Yaml::Noted {
            text: "a/b@c".into(),
            note: "v1\nrun: rm".into(),
        },
    )]);
    assert_eq!(yaml.print(), "uses: a/b@c # v1run: rm\n");
    assert_eq!(read(&yaml.print()), json!({"uses": "a/b@c"}));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,6}",
        "[ab \\n:#'\"\\\\-]{0,12}",
        "\\PC{0,12}",
        any::<String>(),
        proptest::sample::select(&AMBIGUOUS[..]).prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e18f64..1e18).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(value in value()) {
        let printed = print(&value);
        prop_assert_eq!(read(&printed), value, "{}", printed);
    }
}
