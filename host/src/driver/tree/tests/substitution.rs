//! The property that printing stands on: whatever documents and values of facts are, what a reader finds in a printed
//! file is the document with the values in it: no other node, key or document.

use std::collections::BTreeMap;

use aegis_document::{Limits, read};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use serde_json::{Map, Value, json};

use super::super::yaml::tests::read as read_yaml;
use super::{facts, proposed, rendered_with};
use crate::driver::document::Document;
use crate::driver::tree::{Shapes, TreePath};
use crate::fact::{FactRef, Format};
use crate::plan::Identity;
use crate::proposal::{Action, TerraformOutput};
use crate::stack::ReleaseOwner;
use crate::template::{Binding, Node};

/// One fact of each format, and parts of some. The name of a fact is its format's.
const FACTS: [(&str, &str); 13] = [
    ("id", "aws-id"),
    ("arn", "arn"),
    ("cidr", "cidr"),
    ("host", "dns-name"),
    ("url", "https-url"),
    ("port", "port"),
    ("text", "text"),
    ("number", "number"),
    ("flag", "boolean"),
    ("pem", "pem"),
    ("list", "list<text>"),
    ("map", "map<list<cidr>>"),
    ("record", "record<a: text, b.c: port>"),
];

/// Tokens that may be part of a longer text, and those that may only be all of it.
const EMBEDDED: [&str; 8] = [
    "id",
    "arn",
    "cidr",
    "host",
    "url",
    "port",
    "map#/k/0",
    "record#/b.c",
];
const WHOLE: [&str; 8] = [
    "text",
    "number",
    "flag",
    "pem",
    "list",
    "map",
    "record",
    "record#/a",
];

/// Texts that end, begin or escape something in one syntax or another.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "x$",
            "x%",
            "x@",
            "$",
            "%",
            "@",
            "${file(\"/etc/passwd\")}",
            "$${x}",
            "%{if true}x%{endif}",
            "@{use1/text}",
            "@@{use1/id}",
            "@{resource:aws_vpc.main.id}",
            "{x}",
            "\n---\nkind: ClusterRoleBinding\n",
            "---",
            "...",
            "%YAML 1.1",
            "a\"b",
            "a'b",
            "\\",
            "\\u0024{x}",
            "a: b",
            "a #b",
            "#",
            "no",
            "on",
            "y",
            "~",
            "null",
            "true",
            "1e3",
            "0x1f",
            "0o17",
            "1_000",
            "1:30",
            "2026-01-01",
            ".inf",
            "<<",
            "*a",
            "&a",
            "!a",
            "- a",
            "? a",
            "{}",
            "[]",
            "|",
            ">",
            "",
            " ",
            "\t",
            "\r\n",
            "a\n",
            "\na",
            "\n\n",
            "${\"$\"}",
            "jsonencode(1)",
            "var.x",
        ])
        .prop_map(str::to_owned),
        "[a${}%@\"'\\\\\n:#,-]{0,10}",
    ]
}

/// The same, and what is not shown as it is: line ends of other systems, directions, unfinished characters.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => hostile(),
        1 => select(vec!["\u{2028}", "a\u{2029}b", "\u{85}", "\u{feff}", "\u{202e}x", "e\u{301}", "\u{0}", "\u{7f}", "é"]).prop_map(str::to_owned),
        1 => "\\PC{0,10}",
        1 => any::<String>(),
    ]
}

/// A number that each reader keeps exactly.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        any::<i32>().prop_map(|number| json!(f64::from(number) / 8.0)),
    ]
}

fn cidr() -> impl Strategy<Value = Value> {
    (any::<u32>(), 0_u32..=32).prop_map(|(address, bits)| {
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        json!(format!(
            "{}/{bits}",
            std::net::Ipv4Addr::from(address & mask)
        ))
    })
}

/// A value of a format, as wide as the format is.
fn value_of(format: &str) -> BoxedStrategy<Value> {
    let words = || {
        select(vec![
            "no", "on", "y", "null", "true", "1e3", "0x1f", "12", "0o7", "1-1",
        ])
        .prop_map(str::to_owned)
    };
    match format {
        "aws-id" => prop_oneof!["[A-Za-z0-9][A-Za-z0-9-]{0,12}", words()]
            .prop_map(Value::from)
            .boxed(),
        "arn" => "arn:aws(-cn)?:[a-z0-9]{1,5}:[a-z0-9-]{0,9}:[0-9]{0,12}:[A-Za-z0-9_./:+=-]{1,16}"
            .prop_map(Value::from)
            .boxed(),
        "cidr" => cidr().boxed(),
        "dns-name" => prop_oneof![
            "[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?(\\.[a-z0-9]{1,5}){0,2}",
            words()
        ]
        .prop_map(Value::from)
        .boxed(),
        "https-url" => "https://[a-z0-9]{1,5}(:[1-9][0-9]{0,3})?(/[A-Za-z0-9_./+=~-]{0,10})?"
            .prop_map(Value::from)
            .boxed(),
        "port" => (1_u16..).prop_map(Value::from).boxed(),
        "text" => any_text().prop_map(Value::from).boxed(),
        "number" => number().boxed(),
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "pem" => "-----BEGIN X-----\n[ -~\n]{0,20}\n-----END X-----\n?"
            .prop_map(Value::from)
            .boxed(),
        "list<text>" => prop::collection::vec(any_text(), 0..3)
            .prop_map(Value::from)
            .boxed(),
        "map<list<cidr>>" => (
            prop::collection::btree_map(any_text(), prop::collection::vec(cidr(), 1..3), 0..3),
            cidr(),
        )
            .prop_map(|(mut map, one)| {
                map.insert("k".to_owned(), vec![one]);
                json!(map)
            })
            .boxed(),
        _ => (any_text(), 1_u16..)
            .prop_map(|(text, port)| json!({"a": text, "b.c": port}))
            .boxed(),
    }
}

fn values() -> impl Strategy<Value = Vec<Value>> {
    FACTS.map(|(_, format)| value_of(format)).to_vec()
}

/// A document before facts are in it.
#[derive(Clone, Debug)]
enum Doc {
    Scalar(Value),
    /// A text of literals and embedded tokens.
    Text(Vec<Piece>),
    /// A text that is one token.
    Whole(&'static str),
    List(Vec<Doc>),
    Map(BTreeMap<String, Doc>),
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(String),
    Token(&'static str),
}

fn doc<S: Strategy<Value = String> + Clone + 'static>(text: S) -> impl Strategy<Value = Doc> {
    let piece = prop_oneof![
        text.clone().prop_map(Piece::Literal),
        select(&EMBEDDED[..]).prop_map(Piece::Token),
    ];
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(|flag| Doc::Scalar(flag.into())),
        1 => number().prop_map(Doc::Scalar),
        6 => prop::collection::vec(piece, 0..4).prop_map(Doc::Text),
        3 => prop_oneof![select(&WHOLE[..]), select(&EMBEDDED[..])].prop_map(Doc::Whole),
    ];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Doc::List),
            prop::collection::btree_map(text.clone(), inner, 0..4).prop_map(Doc::Map),
        ]
    })
}

/// A token's text.
fn token(name: &str) -> String {
    format!("@{{use1/{name}}}")
}

impl Doc {
    /// What a plugin writes.
    fn source(&self) -> Value {
        let escaped = |text: &str| text.replace("@{", "@@{");
        match self {
            Self::Scalar(value) => value.clone(),
            Self::Whole(name) => token(name).into(),
            Self::Text(_) => {
                let pieces = self.pieces();
                let text = pieces.iter().map(|piece| match piece {
                    Piece::Literal(text) => escaped(text),
                    Piece::Token(name) => token(name),
                });
                text.collect::<String>().into()
            }
            Self::List(items) => items.iter().map(Self::source).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, item)| (escaped(key), item.source()))
                .collect(),
        }
    }

    /// What is to be read in the end.
    fn expected(&self, facts: &BTreeMap<&str, Value>) -> Value {
        let fact = |name: &str| {
            let (name, pointer) = name.split_once('#').unwrap_or((name, ""));
            facts[name].pointer(pointer).unwrap().clone()
        };
        match self {
            Self::Scalar(value) => value.clone(),
            Self::Whole(name) => fact(name),
            Self::Text(_) => match self.pieces().as_slice() {
                [Piece::Token(name)] => fact(name),
                pieces => {
                    let text = pieces.iter().map(|piece| match piece {
                        Piece::Literal(text) => text.clone(),
                        Piece::Token(name) => match fact(name) {
                            Value::String(text) => text,
                            other => other.to_string(),
                        },
                    });
                    text.collect::<String>().into()
                }
            },
            Self::List(items) => items.iter().map(|item| item.expected(facts)).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, item)| (key.clone(), item.expected(facts)))
                .collect(),
        }
    }

    /// Literals joined, none empty, and none with an `@` before a token, which nobody can write.
    fn pieces(&self) -> Vec<Piece> {
        let Self::Text(written) = self else {
            return Vec::new();
        };
        let mut pieces = Vec::new();
        for piece in written {
            match (piece, pieces.last_mut()) {
                (Piece::Literal(text), Some(Piece::Literal(last))) => last.push_str(text),
                (Piece::Token(_), Some(Piece::Literal(last))) => {
                    last.truncate(last.trim_end_matches('@').len());
                    pieces.push(piece.clone());
                }
                _ => pieces.push(piece.clone()),
            }
        }
        pieces.retain(|piece| !matches!(piece, Piece::Literal(text) if text.is_empty()));
        pieces
    }
}

/// The facts with their values, and those that `known` leaves in a binding.
fn known(values: &[Value], known: impl Fn(usize) -> bool) -> (Shapes, Binding) {
    let (mut shapes, mut binding) = facts(true);
    for (index, ((name, format), value)) in FACTS.iter().zip(values).enumerate() {
        let fact: FactRef = format!("use1/{name}").parse().unwrap();
        let format: Format = format.parse().unwrap();
        format.check(value).unwrap();
        shapes.insert(
            fact.clone(),
            super::FactShape {
                format: format.clone(),
                secret: false,
            },
        );
        if known(index) {
            binding.insert(fact, format, value.clone());
        }
    }
    (shapes, binding)
}

fn named(values: &[Value]) -> BTreeMap<&'static str, Value> {
    FACTS
        .iter()
        .zip(values)
        .map(|((name, _), value)| (*name, value.clone()))
        .collect()
}

/// The files of an action, by the ends of their names.
fn printed(
    action: Action,
    cluster: Option<&str>,
    values: &[Value],
) -> Result<BTreeMap<TreePath, Vec<u8>>, TestCaseError> {
    let (shapes, binding) = known(values, |_| true);
    let (identity, document): (Identity, Document) =
        proposed::built(action, cluster, ReleaseOwner::Aegis)
            .unwrap()
            .remove(0);
    let rendered = rendered_with(&identity, &document, &shapes, &binding)
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert!(!rendered.waiting());
    Ok(rendered
        .files
        .into_iter()
        .map(|(path, file)| (path, file.bytes))
        .collect())
}

proptest! {
    #[test]
    fn tokens_are_read_once_and_values_never(doc in doc(any_text().boxed()), values in values(), first in any::<u16>()) {
        let (source, expected) = (doc.source(), doc.expected(&named(&values)));
        let node = Node::parse(&source).unwrap();
        prop_assert_eq!(&node.to_source(), &source);
        let (_, all) = known(&values, |_| true);
        prop_assert_eq!(all.bind(&node).unwrap().to_literal(), Some(expected.clone()));
        // Some facts now and the others later, with the document stored in between.
        let (_, some) = known(&values, |index| first & (1 << index) != 0);
        let stored = some.bind(&node).unwrap().to_source();
        let read = Node::parse(&stored).unwrap();
        prop_assert_eq!(&read.to_source(), &stored);
        prop_assert_eq!(all.bind(&read).unwrap().to_literal(), Some(expected));
    }

    #[test]
    fn yaml_reads_back_as_the_document_with_the_values(doc in doc(any_text().boxed()), values in values()) {
        let mut object = proposed::object();
        object.body = Node::parse(&json!({"data": doc.source()})).unwrap();
        let files = printed(Action::Apply(object), Some("use1"), &values)?;
        let text = String::from_utf8(files.into_values().next().unwrap()).unwrap();
        let found = read_yaml(&text);
        prop_assert_eq!(&found["data"], &doc.expected(&named(&values)), "{}", text);
        prop_assert_eq!(found.as_object().unwrap().keys().collect::<Vec<_>>(), ["apiVersion", "data", "kind", "metadata"]);
    }

    #[test]
    fn json_reads_back_as_the_document_with_the_values(doc in doc(any_text().boxed()), values in values()) {
        let mut call = proposed::tool();
        call.holes = vec![("zone".into(), Node::parse(&doc.source()).unwrap())];
        let files = printed(Action::Tool(call), Some("use1"), &values)?;
        let found = read(&files.into_values().next().unwrap(), Limits::EMBEDDED).unwrap();
        prop_assert_eq!(&found["holes"], &json!({"zone": doc.expected(&named(&values))}));
        prop_assert_eq!(found.as_object().unwrap().len(), 6);
    }

    #[test]
    fn terraform_reads_back_as_the_document_with_the_values(doc in doc(hostile().prop_filter("a comment", |text| text != "//").boxed()), values in values()) {
        let mut root = proposed::root(&[]);
        root.outputs = vec![TerraformOutput { name: "o".into(), value: Node::parse(&doc.source()).unwrap(), sensitive: false }];
        let files = printed(Action::Terraform(root), None, &values)?;
        let file = |name: &str| files.iter().find(|(path, _)| path.split().1 == name).map(|(_, bytes)| read(bytes, Limits::EMBEDDED).unwrap());
        let variables = file("facts.auto.tfvars.json").unwrap_or_else(|| json!({}));
        let main = file("main.tf.json").unwrap();
        let outputs = main["output"].as_object().unwrap();
        prop_assert_eq!(outputs.keys().collect::<Vec<_>>(), ["o"]);
        prop_assert_eq!(outputs["o"].as_object().unwrap().len(), 1);
        prop_assert_eq!(evaluate(&outputs["o"]["value"], &variables), doc.expected(&named(&values)), "{}", main);
        // Values are only where nothing is an expression.
        for (name, value) in variables.as_object().unwrap() {
            let fact = name.strip_prefix("fact_use1_").unwrap();
            prop_assert_eq!(value, &named(&values)[fact]);
        }
        let wanted: &[&str] = if variables == json!({}) { &["output", "provider", "terraform"] } else { &["output", "provider", "terraform", "variable"] };
        prop_assert_eq!(main.as_object().unwrap().keys().collect::<Vec<_>>(), wanted);
    }
}

/// A value of Terraform's JSON syntax, in which each string and key is a template.
fn evaluate(value: &Value, variables: &Value) -> Value {
    match value {
        Value::String(text) => template(text, variables),
        Value::Array(items) => items.iter().map(|item| evaluate(item, variables)).collect(),
        Value::Object(entries) => {
            let mut map = Map::new();
            for (key, item) in entries {
                let key = template(key, variables).as_str().unwrap().to_owned();
                assert!(map.insert(key, evaluate(item, variables)).is_none());
            }
            Value::Object(map)
        }
        other => other.clone(),
    }
}

/// Reads a template as Terraform's scanner does: the longest escape first. A template that is one expression has its
/// type.
fn template(mut rest: &str, variables: &Value) -> Value {
    let mut text = String::new();
    let mut parts = Vec::new();
    while let Some(next) = rest.chars().next() {
        if let Some(after) = rest
            .strip_prefix("$${")
            .or_else(|| rest.strip_prefix("%%{"))
        {
            text.push(next);
            text.push('{');
            rest = after;
        } else if let Some(after) = rest.strip_prefix("${") {
            let (expression, after) = after.split_once('}').unwrap();
            if !text.is_empty() {
                parts.push(Value::from(std::mem::take(&mut text)));
            }
            parts.push(match expression {
                "\"$\"" => json!("$"),
                "\"%\"" => json!("%"),
                expression => variable(expression, variables),
            });
            rest = after;
        } else {
            assert!(!rest.starts_with("%{"), "a directive: {rest}");
            text.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    if !text.is_empty() {
        parts.push(Value::from(text));
    }
    match parts.as_slice() {
        [one] => one.clone(),
        parts => {
            let text = parts.iter().map(|part| match part {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            text.collect::<String>().into()
        }
    }
}

/// `var.NAME`, with `[0]` and `["key"]` behind it.
fn variable(expression: &str, variables: &Value) -> Value {
    let path = expression.strip_prefix("var.").unwrap();
    let mut steps = path.split('[').map(|step| step.trim_end_matches(']'));
    let mut at = &variables[steps.next().unwrap()];
    for step in steps {
        at = match step.parse::<usize>() {
            Ok(index) => &at[index],
            Err(_) => &at[step.trim_matches('"')],
        };
    }
    at.clone()
}
