//! Every text of a plan in every format: nothing deceives the eye, and nothing is an element, a link or a command.

use std::collections::BTreeSet;

use aegis_document::{commands, deceives, escape};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

use super::{Sample, sample};

/// Stands in every payload, so that a reader's output can be searched for what came from one.
const MARK: &str = "PWNED";

/// Controls, format characters, separators, tags, selectors, marks, private and unassigned ones.
fn invisible() -> String {
    let ranges = [
        0x00..=0x1f,
        0x7f..=0xa0,
        0xad..=0xad,
        0x300..=0x36f,
        0x600..=0x605,
        0x61c..=0x61c,
        0x6dd..=0x6dd,
        0x70f..=0x70f,
        0x890..=0x891,
        0x8e2..=0x8e2,
        0x115f..=0x1160,
        0x1680..=0x1680,
        0x180b..=0x180f,
        0x2000..=0x200f,
        0x2028..=0x202f,
        0x205f..=0x206f,
        0x20d0..=0x20f0,
        0x2800..=0x2800,
        0x3000..=0x3000,
        0x3164..=0x3164,
        0xe000..=0xe001,
        0xfe00..=0xfe0f,
        0xfeff..=0xfeff,
        0xffa0..=0xffa0,
        0xfff9..=0xfffb,
        0x110bd..=0x110bd,
        0x110cd..=0x110cd,
        0x13430..=0x1343f,
        0x1bca0..=0x1bca3,
        0x1d173..=0x1d17a,
        0xe0001..=0xe0001,
        0xe0020..=0xe007f,
        0xe0100..=0xe01ef,
        0xf0000..=0xf0001,
    ];
    let characters = ranges.into_iter().flatten().filter_map(char::from_u32);
    characters.flat_map(|c| [c, 'x']).collect()
}

/// Letters that look like ours, in words with ours.
const LOOK_ALIKES: &str =
    "\u{430}dmin \u{3bf}ps \u{ff41}dmin \u{251}dmin e\u{301} \u{212b} \u{1d41a}dmin";

fn payloads() -> Vec<String> {
    let invisible = invisible();
    let begin = [
        invisible.as_str(),
        LOOK_ALIKES,
        "\u{1b}[2J\u{1b}]8;;http://example.com\u{7}x\u{1b}]8;;\u{7}\r\u{9b}31m",
        "::add-mask::a",
        "##[group]a",
        "a\n::stop-commands::b\r::error file=c::d\n##vso[task.setvariable variable=e]f\n\n##teamcity[g]",
        "\"><script>alert(1)</script><img src=x onerror=a><svg/onload=b>--></code></pre></title></style><!--]]>&lt;b&gt;&#60;",
        "</code></summary></details>\n\n<a href=\"javascript:a\">b</a>",
        "[a](javascript:b) ![c](http://d) <http://e> https://example.com www.example.com a@example.com @team #1 **b** ~~c~~ | d |",
        "a`b``c```d````\n```\n\n# e\n\n- [ ] f\n\n[g]: http://h\n~~~\n<i>\n$x$ [^1] \\`",
        "`",
        "```",
        "\"]; a -> b [URL=\"javascript:c\"]; %%{init: {}}%% click n0 href \"javascript:d\"",
        " ",
    ];
    begin
        .into_iter()
        .flat_map(|text| [format!("{text}{MARK}"), format!("{MARK}{text}")])
        .collect()
}

/// The value with its text number `wanted` replaced; keys are texts, too. Counts down to it.
fn replaced(value: &Value, payload: &str, wanted: &mut isize) -> Value {
    let mut text = |text: &str| {
        *wanted -= 1;
        if *wanted == -1 {
            payload.to_owned()
        } else {
            text.to_owned()
        }
    };
    match value {
        Value::String(found) => Value::String(text(found)),
        Value::Array(items) => items
            .iter()
            .map(|item| replaced(item, payload, wanted))
            .collect(),
        Value::Object(entries) => {
            let mut fields = serde_json::Map::new();
            for (key, item) in entries {
                *wanted -= 1;
                let key = if *wanted == -1 { payload } else { key };
                fields.insert(key.to_owned(), replaced(item, payload, wanted));
            }
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

/// The sample with each of its texts replaced by the payload, one after the other.
fn each(payload: &str) -> Vec<Sample> {
    let honest = sample();
    let mut all = Vec::new();
    let mut parts = vec![honest.body.clone()];
    parts.extend(honest.documents.iter().chain(&honest.applied).cloned());
    for (place, part) in parts.iter().enumerate() {
        for number in 0.. {
            let mut wanted = number;
            let changed = replaced(part, payload, &mut wanted);
            if wanted >= 0 {
                break;
            }
            let mut hostile = honest.clone();
            match place.checked_sub(1) {
                None => hostile.body = changed,
                Some(index) if index < honest.documents.len() => hostile.documents[index] = changed,
                Some(index) => hostile.applied[index - honest.documents.len()] = changed,
            }
            all.push(hostile);
        }
    }
    all
}

#[track_caller]
fn visible(format: &str, shown: &str) {
    let raw = shown.chars().find(|c| *c != '\n' && deceives(*c));
    assert_eq!(raw, None, "{format}: {shown:?}");
}

#[track_caller]
fn honest(format: &str, shown: &str) {
    visible(format, shown);
    let look_alike = |c: &char| !c.is_ascii() && LOOK_ALIKES.contains(*c);
    assert_eq!(shown.chars().find(look_alike), None, "{format}: {shown:?}");
    for line in shown.lines() {
        assert_eq!(commands(line), [0; 0], "{format}: {line}");
    }
}

/// The elements of a page: everything between `<` and `>`.
fn elements(page: &str) -> BTreeSet<&str> {
    page.split('<')
        .skip(1)
        .map(|part| part.split('>').next().unwrap_or(part))
        .collect()
}

#[track_caller]
fn only_our_markdown(shown: &str) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let mut in_code = false;
    let mut page = String::new();
    for event in Parser::new_ext(shown, options) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::Start(
                Tag::Heading { .. }
                | Tag::Paragraph
                | Tag::List(None)
                | Tag::Item
                | Tag::Strong
                | Tag::HtmlBlock,
            ) => {}
            Event::Start(tag) => panic!("{tag:?}: {shown}"),
            Event::End(end) => {
                if end == pulldown_cmark::TagEnd::CodeBlock {
                    in_code = false;
                }
            }
            // Outside of code stand our words only: so nothing can be a mention or a bare link.
            Event::Text(text) => assert!(in_code || !text.contains(MARK), "{text}: {shown}"),
            Event::Html(text) | Event::InlineHtml(text) => page.push_str(&text),
            Event::Code(_) | Event::SoftBreak => {}
            other => panic!("{other:?}: {shown}"),
        }
    }
    let ours = [
        "details", "/details", "summary", "/summary", "code", "/code",
    ];
    let foreign: Vec<&str> = elements(&page)
        .into_iter()
        .filter(|element| !ours.contains(element))
        .collect();
    assert_eq!(foreign, [""; 0], "{shown}");
}

#[test]
fn no_text_of_a_plan_deceives_in_any_format() {
    let good = sample();
    let page = good.html(&good.plan().unwrap());
    let ours = elements(&page);
    let (mut shown, mut refused) = (0, 0);
    for payload in payloads() {
        for hostile in each(&payload) {
            // What a type does not let in is nowhere shown.
            let Some(plan) = hostile.plan() else {
                refused += 1;
                continue;
            };
            shown += 1;
            let text = hostile.text(&plan, true);
            honest("text", &text);
            for line in text.lines() {
                assert!(!line.trim_start().starts_with(MARK), "{line}");
            }
            let markdown = hostile.markdown(&plan);
            honest("markdown", &markdown);
            only_our_markdown(&markdown);
            let html = hostile.html(&plan);
            honest("html", &html);
            let foreign: Vec<&str> = elements(&html).difference(&ours).copied().collect();
            assert_eq!(foreign, [""; 0], "{html}");
            let json = escape::json(&plan).unwrap();
            visible("json", &json);
            // One line that begins with ours, and the other kind of command begins anywhere.
            assert!(
                !json.contains(['\n', '\r']) && json.starts_with('{'),
                "{json}"
            );
            assert!(!json.contains("##"), "{json}");
            assert_eq!(
                serde_json::from_str::<crate::plan::Plan>(&json).unwrap(),
                plan
            );
        }
    }
    // So that a sample which no longer fits its types cannot make the test empty.
    assert!(
        shown > 60 * payloads().len(),
        "{shown} shown, {refused} refused"
    );
}

#[test]
fn an_error_about_a_malformed_plan_repeats_no_name_as_it_is() {
    let good = sample().plan().unwrap().to_bytes().unwrap();
    let mut plan: Value = serde_json::from_slice(&good).unwrap();
    for payload in payloads() {
        for number in 0..40 {
            let mut wanted = number;
            let hostile = replaced(&plan, &payload, &mut wanted);
            let bytes = serde_json::to_vec(&hostile).unwrap();
            if let Err(error) = crate::plan::Plan::read(&bytes) {
                honest("error", &error.to_string());
                assert!(!error.to_string().contains('\n'), "{error}");
            }
        }
        plan["body"]["policy"]["block-at"] = payload.into();
        let error = crate::plan::Plan::read(&serde_json::to_vec(&plan).unwrap());
        honest("error", &error.unwrap_err().to_string());
    }
}
