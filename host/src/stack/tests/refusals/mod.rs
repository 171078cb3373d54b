//! What is refused, with which code, where, and in which words.

mod additions;
mod clusters;

use std::fs;

use super::{HEAD, bad, with};
use crate::stack::{Diagnostic, codes, load};

/// What is added to the head, the code, line and column, and a part of the message or the help.
type Case<'c> = (&'c str, &'c str, (usize, usize), &'c str);

fn check(text: &str, (_, code, place, words): &Case<'_>) {
    let problems = bad(text);
    let said = |problem: &Diagnostic| {
        let label = problem.label.clone().unwrap_or_default();
        let help = problem.help.clone().unwrap_or_default();
        format!("{} / {label} / {help}", problem.message)
    };
    let list: Vec<String> = problems
        .iter()
        .map(|problem| format!("{} {:?} {}", problem.code, problem.span, said(problem)))
        .collect();
    let [problem] = problems.as_slice() else {
        panic!("{text}\nexpected one problem: {list:#?}");
    };
    assert_eq!(problem.code, *code, "{text}\n{list:#?}");
    let span = problem.span.unwrap_or_else(|| panic!("{text}\nno place"));
    assert_eq!((span.line, span.column), *place, "{text}\n{list:#?}");
    assert!(said(problem).contains(words), "{text}\n{words}\n{list:#?}");
    assert!(problem.help.is_some(), "{text}\nno next step: {list:#?}");
}

#[test]
fn bad_heads_are_refused() {
    let cases: &[Case<'_>] = &[
        (
            "aegis: 1",
            codes::FORMAT_VERSION,
            (1, 8),
            "this aegis reads format 1",
        ),
        ("aegis: 1", codes::WRONG_TYPE, (1, 8), "a whole number"),
        ("name: shop", codes::NAME, (2, 7), "not a stack's name"),
        (
            "domain: shop.example.com",
            codes::DOMAIN,
            (3, 9),
            "write `shop.example.com`",
        ),
        (
            "preset: standard",
            codes::UNKNOWN_WORD,
            (4, 9),
            "did you mean `standard`?",
        ),
        ("preset: standard", codes::NO_STAGES, (4, 9), "no stage"),
    ];
    let replacements = [
        "aegis: 2",
        "aegis: one",
        "name: The_Shop",
        "domain: Shop.Example.com",
        "preset: standrad",
        "preset: none",
    ];
    for (case, replacement) in cases.iter().zip(replacements) {
        check(&HEAD.replace(case.0, replacement), case);
    }
    check(
        "aegis: 1\nname: a\ndomain: a.example.com\n",
        &("", codes::MISSING_KEY, (1, 1), "`clusters`"),
    );
    check(
        "[aegis]\n",
        &("", codes::WRONG_TYPE, (1, 2), "must be a map"),
    );
    check(
        "aegis\n",
        &("", codes::WRONG_TYPE, (1, 1), "must be a map, not `aegis`"),
    );
    check(
        &format!("%YAML 1.1\n---\n{HEAD}"),
        &("", codes::TAG, (1, 1), "directives"),
    );
}

#[test]
fn all_problems_are_reported_at_once_and_in_order() {
    let text = with("tree: /\nsettings: {a: 01}\npolcy: {}\n").replace("10.0.0.0", "10.0.0.1");
    let codes: Vec<&str> = bad(&text).iter().map(|problem| problem.code).collect();
    assert_eq!(
        codes,
        [
            codes::CIDR_HOST_BITS,
            codes::PATH,
            codes::ODD_NUMBER,
            codes::UNKNOWN_KEY
        ]
    );
}

#[test]
fn one_mistake_is_one_problem() {
    let stages = "stages:\n  cluster: {config: {a: 1}}\n  mesh: {use: a/b, needs: [cluster]}\n";
    let text = with(stages).replace("preset: standard", "preset: standrad");
    assert_eq!(bad(&text).len(), 1);
    let text = with("stages:\n  extra: [a]\n  mesh: {use: a/b, needs: [extra]}\n");
    assert_eq!(bad(&text).len(), 1);
}

#[test]
fn a_report_is_bounded() {
    let keys: String = (0..500)
        .map(|number| format!("key-{number}: 1\n"))
        .collect();
    let problems = crate::stack::parse("aegis.yaml", &with(&keys)).unwrap_err();
    assert_eq!((problems.iter().count(), problems.omitted()), (100, 400));
    assert_eq!(
        problems.to_string(),
        "500 problems in aegis.yaml, of which the first 100 are shown"
    );
}

#[test]
fn a_file_that_is_not_there_or_not_text_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aegis.yaml");
    let code = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        let problems = load(&path).unwrap_err();
        let problem = problems.iter().next().unwrap();
        assert!(problem.help.is_some(), "{problem:?}");
        (
            problem.code,
            problem.span.map(|span| (span.line, span.column)),
        )
    };
    assert_eq!(code(b""), (codes::EMPTY, None));
    assert_eq!(code(b"# only a comment\n"), (codes::EMPTY, None));
    assert_eq!(code(b"---\n...\n"), (codes::EMPTY, None));
    assert_eq!(code("\u{feff}".as_bytes()), (codes::EMPTY, None));
    assert_eq!(
        code(b"aegis: 1\nname: \xff\n"),
        (codes::NOT_UTF8, Some((2, 7)))
    );
    assert_eq!(code(b"\xff\xfea\0"), (codes::NOT_UTF8, Some((1, 1))));
    assert_eq!(code(&vec![b'#'; 1024 * 1024 + 1]), (codes::TOO_LARGE, None));

    let missing = load(&folder.path().join("other.yaml")).unwrap_err();
    assert_eq!(missing.iter().next().unwrap().code, codes::NOT_FOUND);
    let problems = load(folder.path()).unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert_eq!(problem.code, codes::FOLDER);
    assert!(problem.help.as_ref().unwrap().contains("aegis.yaml"));
    // A file in the place of a folder of the path is no missing file.
    let below = load(&path.join("aegis.yaml")).unwrap_err();
    assert_eq!(below.iter().next().unwrap().code, codes::UNREADABLE);
}
