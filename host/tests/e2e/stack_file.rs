//! What is wrong with a stack file is said with its place, to people and to programs.

use crate::desk::Desk;
use crate::ended::Ended;
use crate::world;

/// The beginning of a good stack file; the line after it is the sixth.
const HEAD: &str = "\
aegis: 1
name: shop
domain: shop.example.com
clusters:
  use1: {region: us-east-1, zones: 3, cidr: 10.0.0.0/16}
";

/// Stages that need one supplied fact.
const STAGES: &str = "\
stages:
  certificates: {use: aegis/cert-manager}
";

const FACTS: &str = "facts: {use1: {cluster.name: use1.shop.example.com}}\n";

/// A problem with its place and some of its words.
struct Case {
    text: String,
    code: &'static str,
    place: (u64, u64),
    words: &'static str,
}

fn case(
    text: impl Into<String>,
    code: &'static str,
    place: (u64, u64),
    words: &'static str,
) -> Case {
    let text = text.into();
    Case {
        text,
        code,
        place,
        words,
    }
}

/// What is not as the case says. The stack has a tree and a state, which stay as they are.
fn problem(desk: &Desk, case: &Case) -> Option<String> {
    desk.write("aegis.yaml", &case.text);
    let before = world::contents(&desk.stack());
    let (line, column) = case.place;
    let text = desk.run(&["plan"]).exits(1);
    let place = format!("aegis.yaml:{line}:{column}");
    if !text.err.contains(&place) || !text.out.is_empty() {
        return Some(format!("not at {place}: {text}"));
    }
    let answer = desk.run_json(&["plan"]).exits(1);
    let problems = answer.problems();
    let found = problems.iter().any(|problem| {
        problem["code"] == case.code
            && problem["file"] == "aegis.yaml"
            && problem["line"] == line
            && problem["column"] == column
            && problem["message"].as_str().unwrap().contains(case.words)
            && problem["help"]
                .as_str()
                .is_some_and(|help| !help.is_empty())
    });
    let words = (case.code, &place, case.words);
    if world::contents(&desk.stack()) != before {
        return Some(format!("{words:?}: something was changed: {answer}"));
    }
    (!found).then(|| format!("not {words:?}: {answer}"))
}

/// Checks that each case is refused with its place, in text and in JSON.
#[track_caller]
fn check(cases: Vec<Case>) {
    let Some(desk) = Desk::applied() else { return };
    let problems: Vec<String> = cases
        .iter()
        .filter_map(|case| problem(&desk, case))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_is_not_plain_yaml_is_refused_with_its_place() {
    check(vec![
        case("aegis: 1\nname: [\n", "AEG0106", (3, 1), "not valid YAML"),
        case(
            "aegis: 1\nname: \"shop\n",
            "AEG0106",
            (2, 7),
            "not valid YAML",
        ),
        case("aegis: 1\nname: &x shop\n", "AEG0108", (2, 7), "anchors"),
        case("aegis: 1\nname: !!str shop\n", "AEG0109", (2, 7), "tag"),
        case("aegis: 1\n---\naegis: 1\n", "AEG0107", (2, 1), "document"),
        case("aegis: 1\nname: a\nname: b\n", "AEG0110", (3, 1), "name"),
        case("aegis: 1\n1: a\n", "AEG0111", (2, 1), "key"),
        case(
            "aegis: 1\nname: a\u{202e}b\n",
            "AEG0115",
            (2, 8),
            "character",
        ),
    ]);
}

#[test]
fn what_has_no_meaning_is_refused_with_its_place() {
    let with = |line: &str| format!("{HEAD}{line}\n{STAGES}{FACTS}");
    check(vec![
        case(with("presett: standard"), "AEG0120", (6, 1), "presett"),
        case(with("preset: 1"), "AEG0123", (6, 9), "preset"),
        case(with("preset: default"), "AEG0123", (6, 9), "default"),
        case(with("account: 12"), "AEG0133", (6, 10), "account"),
        case(with("account: \"12\""), "AEG0133", (6, 10), "account"),
        case(
            with("policy: {block-at: fatal}"),
            "AEG0123",
            (6, 20),
            "fatal",
        ),
        case(
            with("deliver: {terraform: live}"),
            "AEG0170",
            (6, 22),
            "live",
        ),
        case(with("settings: 1"), "AEG0122", (6, 11), "settings"),
        case(
            HEAD.replace("us-east-1", "us_east"),
            "AEG0156",
            (5, 18),
            "us_east",
        ),
        case(
            HEAD.replace("10.0.0.0/16", "10.0.0.1/16"),
            "AEG0152",
            (5, 45),
            "10.0.0.1/16",
        ),
        case(
            HEAD.replace("10.0.0.0/16", "8.0.0.0/16"),
            "AEG0154",
            (5, 45),
            "8.0.0.0",
        ),
        case(HEAD.replace("aegis: 1", "aegis: 2"), "AEG0124", (1, 8), "2"),
        case(
            HEAD.replace("name: shop", "name: Shop"),
            "AEG0130",
            (2, 7),
            "Shop",
        ),
        case(
            format!("{HEAD}  use2: {{region: us-east-1, zones: 3, cidr: 10.0.0.0/16}}\n"),
            "AEG0155",
            (6, 45),
            "overlap",
        ),
    ]);
}

#[test]
fn stages_that_do_not_fit_together_are_refused_with_their_place() {
    let stages = |rest: &str| format!("{HEAD}stages:\n{rest}{FACTS}");
    let certificates = "  certificates: {use: aegis/cert-manager}\n";
    let delivery = "  delivery: {use: aegis/argocd}\n";
    check(vec![
        // A fact that nobody provides.
        case(
            format!("{HEAD}{STAGES}"),
            "AEG0202",
            (7, 23),
            "nobody provides `use1/cluster.name`",
        ),
        case(
            stages(delivery),
            "AEG0202",
            (7, 19),
            "nobody provides `use1/certificates.issuer`",
        ),
        // A fact that two provide.
        case(
            format!(
                "{HEAD}{STAGES}{delivery}facts: {{use1: {{cluster.name: a.example.com, certificates.issuer: b}}}}\n"
            ),
            "AEG0203",
            (9, 45),
            "by the stack file and by stage `certificates`",
        ),
        case(
            stages(&format!(
                "{certificates}  second: {{use: aegis/cert-manager}}\n"
            )),
            "AEG0203",
            (8, 17),
            "provided twice",
        ),
        // Two stages that a cluster cannot both have.
        case(
            stages(&format!(
                "{certificates}  second: {{use: aegis/cert-manager}}\n"
            )),
            "AEG0209",
            (8, 17),
            "exclude each other",
        ),
        // A cycle: delivery needs the issuer, and certificates are told to wait for delivery.
        case(
            stages(&format!(
                "  certificates: {{use: aegis/cert-manager, needs: [delivery]}}\n{delivery}"
            )),
            "AEG0208",
            (7, 23),
            "the stages wait for each other",
        ),
        case(
            stages("  certificates: {use: aegis/cert-manager, needs: [nobody]}\n"),
            "AEG0162",
            (7, 51),
            "nobody",
        ),
        case(
            stages("  certificates: {use: aegis/cert-manager, needs: [certificates]}\n"),
            "AEG0164",
            (7, 51),
            "itself",
        ),
        // A value of another format than its fact has.
        case(
            format!("{HEAD}{STAGES}facts: {{use1: {{cluster.name: \"no name\"}}}}\n"),
            "AEG0708",
            (8, 16),
            "cluster.name",
        ),
        case(
            format!("{HEAD}{STAGES}facts: {{use1: {{cluster.name: [a.example.com]}}}}\n"),
            "AEG0708",
            (8, 16),
            "cluster.name",
        ),
        case(
            format!(
                "{HEAD}{STAGES}facts: {{use1: {{cluster.name: a.example.com, cluster.nome: b}}}}\n"
            ),
            "AEG0708",
            (8, 45),
            "no stage requires the fact `cluster.nome`",
        ),
        case(
            format!("{HEAD}{STAGES}facts: {{euw1: {{cluster.name: a.example.com}}}}\n"),
            "AEG0163",
            (8, 9),
            "euw1",
        ),
    ]);
}

#[test]
fn a_stage_that_its_plugin_does_not_offer_is_refused_with_its_place() {
    let stages = |rest: &str| format!("{HEAD}stages:\n{rest}{FACTS}");
    check(vec![
        case(
            stages("  certificates: {use: aegis/cert-manager/nothing}\n"),
            "AEG0711",
            (7, 23),
            "it offers internal-ca",
        ),
        case(
            stages("  certificates: {use: cert-manager}\n"),
            "AEG0136",
            (7, 23),
            "cert-manager",
        ),
        case(
            stages("  certificates: {use: aegis/cert-manager@^9}\n"),
            "AEG0713",
            (7, 23),
            "0.1.0",
        ),
        case(
            stages("  certificates: {use: aegis/cert-manager, config: {certificate: 1}}\n"),
            "AEG0701",
            (7, 51),
            "certificate",
        ),
    ]);
}

#[test]
fn several_problems_are_said_at_once() {
    let Some(desk) = Desk::accepted() else { return };
    desk.write(
        "aegis.yaml",
        "aegis: 1\nname: Shop\ndomain: no_domain\nclusters: {}\nnonsense: 1\n",
    );
    let answer = desk.run_json(&["plan"]).exits(1);
    let codes: Vec<String> = answer
        .problems()
        .iter()
        .map(|problem| problem["code"].as_str().unwrap().to_owned())
        .collect();
    for code in ["AEG0130", "AEG0132", "AEG0120"] {
        assert!(codes.iter().any(|found| found == code), "{code}: {codes:?}");
    }
}

/// Every command that reads the stack file ends like this.
#[track_caller]
fn every_command(desk: &Desk, check: impl Fn(Ended)) {
    for command in [
        &["plan"][..],
        &["apply"],
        &["status"],
        &["validate"],
        &["graph"],
        &["facts", "list"],
        &["unlock", "x"],
        &["schema", "--stage", "cluster"],
        &["plugin", "list"],
        &[
            "plugin",
            "add",
            "aegis/kops",
            "--from",
            "../plugins",
            "--accept",
        ],
    ] {
        check(desk.run(command).exits(1));
    }
}

#[test]
fn what_is_no_stack_file_is_refused_by_every_command() {
    let Some(desk) = Desk::accepted() else { return };
    let path = desk.stack().join("aegis.yaml");
    let cases: [(&[u8], &str); 4] = [
        (b"", "AEG0104"),
        (b"# nothing\n", "AEG0104"),
        (b"aegis: 1\nname: \xff\n", "AEG0103"),
        (b"- aegis\n", "AEG0122"),
    ];
    for (content, code) in cases {
        std::fs::write(&path, content).unwrap();
        every_command(&desk, |ended| drop(ended.says(&[code])));
    }
    std::fs::write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
    every_command(&desk, |ended| drop(ended.says(&["AEG0105"])));
    std::fs::remove_file(&path).unwrap();
    every_command(&desk, |ended| drop(ended.says(&["AEG0100", "aegis init"])));
    std::fs::create_dir(&path).unwrap();
    every_command(&desk, |ended| drop(ended.says(&["AEG0101"])));
}

#[test]
fn a_stack_file_of_another_name_in_another_folder_is_read_where_it_lies() {
    let Some(desk) = Desk::accepted() else { return };
    desk.ok(&["plan", "--quiet"]);
    let here = std::fs::read(desk.plan_file()).unwrap();
    std::fs::remove_file(desk.plan_file()).unwrap();
    std::fs::rename(
        desk.stack().join("aegis.yaml"),
        desk.stack().join("shop.yml"),
    )
    .unwrap();
    let mut command = desk.command(&["plan", "--quiet", "--file", "stack/shop.yml"]);
    let status = command
        .current_dir(desk.stack().parent().unwrap())
        .output()
        .unwrap()
        .status;
    assert!(status.success());
    // The plan, the lock file and the tree lie beside it.
    assert!(std::fs::read(desk.plan_file()).unwrap() == here);
}

#[test]
fn the_file_that_init_writes_can_be_planned() {
    let Some(desk) = Desk::accepted() else { return };
    desk.run(&["init"])
        .exits(1)
        .says(&["aegis.yaml is there already"]);
    std::fs::remove_file(desk.stack().join("aegis.yaml")).unwrap();
    desk.ok(&[
        "init",
        "--cluster",
        "one=eu-central-1",
        "--cluster",
        "two=us-west-2",
    ]);
    desk.ok(&["plan", "--quiet"]);
    std::fs::remove_file(desk.stack().join("aegis.yaml")).unwrap();
    desk.run(&["init", "--cluster", "one"])
        .exits(1)
        .says(&["NAME=REGION"]);
    desk.run(&["init", "--name", "Not A Name"])
        .exits(1)
        .says(&["AEG0130"]);
    assert!(!desk.stack().join("aegis.yaml").exists());
}
