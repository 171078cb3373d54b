//! What to look at first is complete, whatever else a plan holds.

use serde_json::json;

use super::sample;

/// The part of a text between two lines.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap();
    rest.split_once(end).unwrap().0
}

#[test]
fn what_to_look_at_first_is_complete_before_fifty_thousand_lines() {
    let mut sample = sample();
    let lines =
        |word: &str| -> Vec<String> { (0..25_000).map(|line| format!("{word} {line}")).collect() };
    sample.documents[0]["lines"] = lines("after").into();
    sample.applied[0]["lines"] = lines("before").into();
    let plan = sample.plan().unwrap();
    let text = sample.text(&plan, false);
    let first = between(&text, "What to look at first\n", "\n\n");
    insta::assert_snapshot!("first", first);
    assert!(text.contains("more lines; `--full` shows them"), "{text}");
    let full = sample.text(&plan, true);
    assert_eq!(between(&full, "What to look at first\n", "\n\n"), first);
    assert!(full.lines().count() > 50_000);

    let markdown = sample.markdown(&plan);
    assert!(markdown.len() <= 65_536, "{}", markdown.len());
    insta::assert_snapshot!(
        "first-markdown",
        between(&markdown, "### Aegis plan\n", "#### Findings")
    );
    assert!(
        markdown.contains("**Left out, because a comment has an end: 1 of 7 changes.**"),
        "{markdown}"
    );
    let page = sample.html(&plan);
    for item in sample.report(&plan, super::Depth::Differences).first {
        for piece in item.line.pieces() {
            assert!(page.contains(&aegis_document::escape::html(&piece.text)));
        }
    }
}

#[test]
fn what_to_look_at_first_is_never_cut_even_where_it_is_longer_than_a_comment() {
    let mut sample = sample();
    let script = vec!["echo one line of many"; 5_000].join("\n");
    sample.documents[1]["jobs"][0]["steps"][0]["run"] = script.into();
    let plan = sample.plan().unwrap();
    for shown in [
        sample.text(&plan, false),
        sample.markdown(&plan),
        sample.html(&plan),
    ] {
        assert!(shown.matches("echo one line of many").count() >= 5_000);
    }
    let markdown = sample.markdown(&plan);
    assert!(
        markdown.contains("7 of 7 changes and 3 of 3 findings"),
        "{markdown}"
    );
}

#[test]
fn code_is_told_apart_from_code_that_was_applied() {
    let mut sample = sample();
    let shown = |sample: &super::Sample| sample.text(&sample.plan().unwrap(), false);
    assert!(shown(&sample).contains("code, as applied: delivery: workflow/deploy"));
    sample.documents[1]["jobs"][0]["steps"][0]["run"] = "curl evil.example.com".into();
    let text = shown(&sample);
    assert!(
        text.contains("code: delivery: workflow/deploy at /jobs/0/steps/0/run"),
        "{text}"
    );
    assert!(text.contains("      | curl evil.example.com"), "{text}");
}

#[test]
fn what_is_the_same_in_several_clusters_is_said_once() {
    let mut sample = sample();
    let power = |cluster: &str| json!([{"class": "power", "what": format!("bind a role of cluster {cluster}")}]);
    let instances = ["use1", "euw1"].map(|cluster| {
        let mut change = super::change("file/a", json!({}));
        change["identity"] = format!("kops/{cluster}").into();
        change["capabilities"] = power(cluster);
        super::instance(&format!("{cluster}/mesh"), vec![change])
    });
    sample.body["instances"] = instances.into_iter().collect();
    sample.documents.clear();
    let text = sample.text(&sample.plan().unwrap(), false);
    assert!(
        text.contains("! power: mesh: bind a role of the cluster (euw1, use1)"),
        "{text}"
    );
    assert_eq!(text.matches("bind a role").count(), 1, "{text}");
}
