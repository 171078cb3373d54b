//! What a person sees.

use miette::{GraphicalReportHandler, GraphicalTheme};

use super::{HEAD, bad, with};

fn shown(text: &str) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .with_context_lines(1);
    let mut shown = String::new();
    for problem in bad(text) {
        handler.render_report(&mut shown, &problem).unwrap();
    }
    shown
}

#[test]
fn an_unknown_key() {
    insta::assert_snapshot!(shown(&with("policy: {block_at: high}\n")));
}

#[test]
fn overlapping_networks() {
    insta::assert_snapshot!(shown(&with(
        "  euw1: {region: eu-west-1, cidr: 10.0.128.0/17}\n"
    )));
}

#[test]
fn host_bits() {
    insta::assert_snapshot!(shown(&HEAD.replace("10.0.0.0", "10.0.7.0")));
}

#[test]
fn live_delivery() {
    insta::assert_snapshot!(shown(&with("deliver: {terraform: live}\n")));
}

#[test]
fn broken_yaml() {
    insta::assert_snapshot!(shown(&with("settings: {a: [1, 2}\n")));
}

#[test]
fn several_problems() {
    insta::assert_snapshot!(shown(&with(
        "stages:\n  delivry: {off: true}\n  mesh: {use: linkerd}\nname: twice\n"
    )));
}

#[test]
fn an_alias() {
    insta::assert_snapshot!(shown(&with("settings:\n  a: &a [x]\n  b: *a\n")));
}
