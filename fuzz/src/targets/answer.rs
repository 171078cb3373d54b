//! The strings and JSON texts of a plugin's answer.

use aegis_host::sandbox::parse::{AnswerError, Budget, node, object, patch, text, value};

use crate::check;

type Rule = fn(String) -> Result<String, AnswerError>;

/// Rules of text that decides what is authorised.
const CONTROL: &[Rule] = &[
    text::control,
    text::word,
    text::terraform_name,
    text::terraform_address,
    text::api_group,
    text::kubernetes_kind,
    text::dns_label,
    text::object_name,
    text::label_key,
    text::label_value,
    text::relative_path,
    text::folder,
    text::commit,
];

/// Parts that one answer may have here.
const PARTS: usize = 2000;

pub(super) fn run(input: &[u8]) {
    // A string of an answer is UTF-8: the calling convention sees to it.
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    for rule in CONTROL {
        match rule(text.to_owned()) {
            Ok(taken) => {
                assert_eq!(taken, text);
                assert!(
                    taken.bytes().all(|b| (b' '..=b'~').contains(&b)),
                    "{taken:?}"
                );
                assert!(!taken.contains("@{"), "{taken:?}");
            }
            Err(error) => refused(error),
        }
    }
    for path in [
        text::relative_path(text.to_owned()),
        text::folder(text.to_owned()),
    ]
    .into_iter()
    .flatten()
    {
        assert!(!path.starts_with('/') && path.split('/').all(|part| part != ".."));
    }
    match text::templated(text) {
        Ok(taken) => assert_eq!(text::templated(&taken.to_string()).as_ref(), Ok(&taken)),
        Err(error) => refused(error),
    }
    if let Err(error) = text::json_pointer(text.to_owned()) {
        refused(error);
    }
    if let Err(error) = text::people(text.to_owned()) {
        refused(error);
    }
    assert!(text::cut(text.to_owned()).len() <= 4096 + '…'.len_utf8());
    documents(text);
}

fn documents(text: &str) {
    let budget = || Budget::new(PARTS);
    match value(text, &mut budget()) {
        Ok(taken) => {
            // Printed and read again it is the same, and costs the same.
            let printed = taken.to_string();
            assert_eq!(value(&printed, &mut budget()).as_ref(), Ok(&taken));
        }
        Err(error) => refused(error),
    }
    match node(text, &mut budget()) {
        Ok(taken) => {
            let printed = taken.to_source().to_string();
            assert_eq!(node(&printed, &mut budget()).as_ref(), Ok(&taken));
            assert_eq!(
                object(text, &mut budget()).is_ok(),
                taken.as_map().is_some()
            );
            // Every place can be named, and its name leads there.
            taken.visit(&mut |place| {
                assert!(place.pointer.len() <= 3 * 4096);
                assert_eq!(taken.at(place.pointer), Some(place.node));
            });
        }
        Err(error) => refused(error),
    }
    if let Err(error) = patch(text, &mut budget()) {
        refused(error);
    }
}

fn refused(error: AnswerError) {
    check::shown(&error.into_problem());
}
