//! Spellings of objects, and texts that are none.

use proptest::prelude::*;

use super::{Sight, look};

#[test]
fn a_kubernetes_object_is_found_in_every_spelling() {
    for (claim, text) in [
        ("block style", "apiVersion: v1\nkind: Secret\n"),
        ("the other order", "kind: Secret\napiVersion: v1\n"),
        (
            "quoted keys",
            "---\n# note\n\"apiVersion\" : v1\n'kind': Role",
        ),
        (
            "JSON",
            "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}",
        ),
        ("flow style", "{ kind: Role , apiVersion: v1 }"),
        (
            "flow style over lines",
            "{\n  kind\n  :\n  Role,\n  apiVersion : v1\n}",
        ),
        ("an item of a list", "- apiVersion: v1\n  kind: Role"),
        (
            "the second item of a list",
            "- a\n- [{apiVersion: v1, kind: Role}]",
        ),
        ("an item of items", "items:\n- {apiVersion: v1, kind: Role}"),
        (
            "an item of items in JSON",
            "{\"items\": [{\"kind\": \"Role\", \"apiVersion\": \"v1\"}]}",
        ),
        (
            "the second document",
            "a: 1\n---\napiVersion: v1\nkind: Role\n",
        ),
        (
            "a document behind one that is none",
            "a: [\n---\napiVersion: v1\nkind: Role\n",
        ),
        (
            "a document before one that is none",
            "apiVersion: v1\nkind: Role\n---\na: [",
        ),
        (
            "a document after an end",
            "a: 1\n...\napiVersion: v1\nkind: Role\n",
        ),
        (
            "a rule that readers cut at",
            "# Title\n--- no separator\napiVersion: v1\nkind: Role\n",
        ),
        (
            "a text to YAML, an object to who cuts it",
            "--- |\napiVersion: v1\nkind: Role\n",
        ),
        (
            "cut out of a literal",
            "a: |\n  b\n---x\napiVersion: v1\nkind: Role\n",
        ),
        (
            "JSON behind JSON",
            "{\"a\": 1}{\"apiVersion\": \"v1\", \"kind\": \"Role\"}",
        ),
        (
            "JSON lines",
            "{\"a\": 1}\n{\"apiVersion\": \"v1\", \"kind\": \"Role\"}\nrubbish",
        ),
        (
            "JSON with tabs",
            "{\n\t\"apiVersion\":\t\"v1\",\n\t\"kind\":\t\"Role\"\n}",
        ),
        (
            "a document on the separator's line",
            "--- {apiVersion: v1, kind: Role}",
        ),
        (
            "a directive",
            "%YAML 1.1\n---\napiVersion: v1\nkind: Role\n",
        ),
        (
            "escapes of JSON",
            "{\"\\u0061piVersion\":\"v1\",\"k\\u0069nd\":\"Role\"}",
        ),
        (
            "escapes of YAML",
            "\"\\x61piVersion\": v1\n\"\\U0000006bind\": Role",
        ),
        (
            "an escaped end of line",
            "? \"api\\\n  Version\"\n: v1\n? kind\n: Role",
        ),
        ("anchors", "&a apiVersion: v1\n&b kind: Role"),
        ("tags", "! apiVersion: v1\n!!str kind: Role"),
        (
            "a verbatim tag",
            "!<tag:yaml.org,2002:str> apiVersion: v1\nkind: Role",
        ),
        (
            "keys in base64",
            "!!binary YXBpVmVyc2lvbg==: v1\n!!binary a2luZA==: Role",
        ),
        (
            "base64 by another handle",
            "%TAG !e! tag:yaml.org,2002:bin\n---\n!e!ary a2luZA==: Role\napiVersion: v1",
        ),
        ("explicit keys", "? apiVersion\n: v1\n? kind\n: Role"),
        (
            "keys in blocks",
            "? |-\n  apiVersion\n: v1\n? >-\n  kind\n: Role",
        ),
        ("an alias as key", "a: &k kind\n*k : Role\napiVersion: v1"),
        ("a merged map", "a: &a {apiVersion: v1, kind: Role}\n<<: *a"),
        (
            "two merged maps",
            "a: &a {apiVersion: v1}\nb: &b {kind: Role}\n<<: [*a, *b]",
        ),
        (
            "a merge in a merge",
            "<<: {<<: {kind: Role}, apiVersion: v1}",
        ),
        (
            "merged items",
            "<<: {items: [{apiVersion: v1, kind: Role}]}",
        ),
        (
            "an alias as document",
            "- &a {apiVersion: v1, kind: Role}\n- *a",
        ),
        (
            "marks at the start of lines",
            "\u{feff}apiVersion: v1\n\u{feff}kind: Role",
        ),
        (
            "another case",
            "{\"APIVERSION\": \"v1\", \"Kind\": \"Role\"}",
        ),
        (
            "letters that fold to others",
            "{\"apiVer\u{17f}ion\": \"v1\", \"\u{212a}ind\": \"Role\"}",
        ),
        ("no values", "apiVersion:\nkind:\n"),
        ("a key twice", "kind: a\nkind: b\napiVersion: v1"),
        (
            "a comment as title",
            "# Title\n\napiVersion: v1\nkind: Role\n",
        ),
    ] {
        assert_eq!(look(text), Sight::Object, "{claim}: {text:?}");
    }
}

#[test]
fn what_cannot_be_read_and_mentions_an_object_is_doubtful() {
    let deep = format!("{}apiVersion: kind{}", "[".repeat(100), "]".repeat(100));
    let bomb = (1..40).fold("a0: &a0 {kind: apiVersion}\n".to_owned(), |text, n| {
        format!("{text}a{n}: &a{n} {{<<: [*a{0}, *a{0}]}}\n", n - 1)
    }) + "<<: *a39\n";
    for (claim, text) in [
        (
            "a template",
            "{{ if .x }}\napiVersion: v1\nkind: Role\n{{ end }}",
        ),
        ("a tab", "a:\n\tapiVersion: v1\n\tkind: Role"),
        ("not closed", "{apiVersion: v1, kind: Role"),
        ("an unknown alias", "apiVersion: *x\nkind: Role"),
        (
            "escaped and not closed",
            "{\"\\x61piVersion\": 1, \"\\u006bind\": 2",
        ),
        (
            "over an end of line and not closed",
            "{\"api\\\n  Version\": 1, kind: 2",
        ),
        ("base64 and not closed", "{!!binary YXBpVmVyc2lvbg==: v1"),
        ("too deep", &deep),
        ("a bomb of merges", &bomb),
    ] {
        assert_eq!(look(text), Sight::Doubtful, "{claim}: {text:?}");
    }
}

#[test]
fn prose_and_other_documents_are_text() {
    for text in [
        "",
        "---\n",
        "# About the kind of apiVersion we use\n",
        "kind: only",
        "apiVersion: only",
        "The apiVersion is set by kind.\n\nBoth are keys.\n",
        "- the apiVersion\n- the kind\n",
        "{\"mykind\": 1, \"myapiVersion\": 2}",
        "{\"panels\": [{\"apiVersion\": \"v1\", \"kind\": \"Role\"}]}",
        "target:\n  apiVersion: apps/v1\n  kind: Deployment\n",
        "apiVersion: v1\n---\nkind: Role\n",
        "text: |\n  apiVersion: v1\n  kind: Role\n",
        "a: &a {kind: x}\nb: *a\napiVersion: v1\n",
        "{not json",
    ] {
        assert_eq!(look(text), Sight::Nothing, "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_look_fail(text in "\\PC{0,60}|([a-z:{}\\[\\]\"'&*!|>%#?, -]|\n|\t|---|<<|\\\\){0,60}") {
        let _ = look(&text);
    }

    /// However an object is written as JSON, with whatever beside it and before it.
    #[test]
    fn an_object_is_found_whatever_is_around_it(
        before in "([a-z0-9:\\[{\"' -]|\n){0,40}",
        key in "[a-z]{0,8}",
        value in "\\PC{0,20}",
        pretty in any::<bool>(),
    ) {
        let object = serde_json::json!({"apiVersion": "v1", "kind": "Role", (key): value});
        let object = if pretty { serde_json::to_string_pretty(&object).unwrap() } else { object.to_string() };
        prop_assert_eq!(look(&object), Sight::Object);
        prop_assert_eq!(look(&format!("{before}\n---\n{object}\n---\n{before}")), Sight::Object);
    }
}
