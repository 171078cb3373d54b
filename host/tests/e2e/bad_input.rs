//! Input that cannot be used, by whatever way it comes: refused with its own code, with a next step, and with everything
//! as it was. What is wrong inside of a stack file stands in the tests of stack files.

use std::path::PathBuf;

use aegis_registry::{Capabilities, Kind as PackageKind};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::guest::{Guest, change, proposal};
use crate::own_plugin::offer;
use crate::proposal::Kind;
use crate::world;

/// Something done to a desk, and how a command then ends.
struct Case {
    what: &'static str,
    prepare: Box<dyn Fn(&Desk)>,
    command: &'static [&'static str],
    code: &'static str,
    exit: i32,
}

const PLAN: &[&str] = &["plan"];
const ADD: &[&str] = &[
    "plugin",
    "add",
    "acme/cert-manager",
    "--from",
    "../plugins",
    "--accept",
];

fn case(
    what: &'static str,
    code: &'static str,
    exit: i32,
    command: &'static [&'static str],
    prepare: impl Fn(&Desk) + 'static,
) -> Case {
    Case {
        what,
        prepare: Box::new(prepare),
        command,
        code,
        exit,
    }
}

/// Checks each case on a desk of its own, on which something was applied before.
#[track_caller]
fn check(cases: Vec<Case>) {
    let Some(ready) = Desk::applied() else { return };
    let mut wrong = Vec::new();
    for case in cases {
        let desk = ready.twin();
        (case.prepare)(&desk);
        let before = world::contents(&desk.stack());
        let answer = desk.run_json(case.command);
        let mut say = |why: &str| wrong.push(format!("{}: {why}: {answer}", case.what));
        if answer.code != Some(case.exit) || answer.err.contains("panicked") {
            say("another exit code");
            continue;
        }
        let problems = answer.problems();
        if !problems.iter().any(|problem| problem["code"] == case.code) {
            say(&format!("not {}", case.code));
        }
        let mute = |problem: &Value| problem["help"].as_str().is_none_or(str::is_empty);
        if problems.iter().any(mute) {
            say("no next step");
        }
        // A problem in a file is said with its line and column.
        let placed = |problem: &Value| problem["file"].is_null() == problem["line"].is_null();
        if !problems.iter().all(placed) {
            say("half a place");
        }
        if world::contents(&desk.stack()) != before {
            say("something was changed");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A stack file with this content.
fn file(content: impl AsRef<[u8]> + 'static) -> impl Fn(&Desk) + 'static {
    move |desk| desk.write("aegis.yaml", content.as_ref())
}

#[test]
fn what_is_no_stack_file_is_refused() {
    let levels = |levels: usize| format!("aegis: 1\nname: {}", "[".repeat(levels));
    let values = format!("aegis: 1\nname: [{}]\n", "a,".repeat(60_000));
    let anchors = "aegis: 1\na: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
    let path = |desk: &Desk| desk.stack().join("aegis.yaml");
    check(vec![
        case("an empty file", "AEG0104", 1, PLAN, file("")),
        case("only a comment", "AEG0104", 1, PLAN, file("# later\n")),
        case("an empty document", "AEG0104", 1, PLAN, file("---\n...\n")),
        case(
            "not UTF-8",
            "AEG0103",
            1,
            PLAN,
            file(b"aegis: 1\nname: \xff\n"),
        ),
        case("UTF-16", "AEG0103", 1, PLAN, file(b"\xff\xfea\0e\0")),
        case(
            "a binary",
            "AEG0103",
            1,
            PLAN,
            file([0_u8, 0xff, 0x80, 7].repeat(99)),
        ),
        case(
            "10 MB of YAML",
            "AEG0105",
            1,
            PLAN,
            file("key: value\n".repeat(1 << 20)),
        ),
        case("deep nesting", "AEG0112", 1, PLAN, file(levels(100))),
        case(
            "very deep nesting",
            "AEG0106",
            1,
            PLAN,
            file(levels(500_000)),
        ),
        case("many values", "AEG0113", 1, PLAN, file(values)),
        case("references that fan out", "AEG0108", 1, PLAN, file(anchors)),
        case(
            "two documents",
            "AEG0107",
            1,
            PLAN,
            file("aegis: 1\n---\naegis: 1\n"),
        ),
        case("a list", "AEG0122", 1, PLAN, file("- aegis\n")),
        case("a word", "AEG0122", 1, PLAN, file("aegis\n")),
        case(
            "JSON that ends early",
            "AEG0106",
            1,
            PLAN,
            file("{\"aegis\": 1, "),
        ),
        case("a folder", "AEG0101", 1, PLAN, move |desk| {
            std::fs::remove_file(path(desk)).unwrap();
            std::fs::create_dir(path(desk)).unwrap();
        }),
        case("no file", "AEG0100", 1, PLAN, move |desk| {
            std::fs::remove_file(path(desk)).unwrap();
        }),
        case("a link to nothing", "AEG0100", 1, PLAN, move |desk| {
            std::fs::remove_file(path(desk)).unwrap();
            std::os::unix::fs::symlink("nowhere", path(desk)).unwrap();
        }),
        case("a file without an end", "AEG0105", 1, PLAN, move |desk| {
            std::fs::remove_file(path(desk)).unwrap();
            std::os::unix::fs::symlink("/dev/zero", path(desk)).unwrap();
        }),
        case("a name that is too long", "AEG0102", 1, PLAN, move |desk| {
            std::fs::remove_file(path(desk)).unwrap();
            std::os::unix::fs::symlink("x".repeat(300), path(desk)).unwrap();
        }),
    ]);
}

#[test]
fn stages_and_clusters_that_cannot_be_are_refused() {
    let edit = |from: &'static str, to: &'static str| move |desk: &Desk| desk.edit(from, to);
    check(vec![
        case(
            "a stage twice",
            "AEG0110",
            1,
            PLAN,
            edit("  delivery:\n", "  foundation: {}\n  delivery:\n"),
        ),
        case(
            "a cluster twice",
            "AEG0110",
            1,
            PLAN,
            edit(
                "  euw1: {region",
                "  use1: {region: us-east-1, cidr: 10.7.0.0/16}\n  euw1: {region",
            ),
        ),
        case(
            "a zone of another region",
            "AEG0158",
            1,
            PLAN,
            edit("eu-west-1c]", "us-west-1c]"),
        ),
        case(
            "a zone twice",
            "AEG0158",
            1,
            PLAN,
            edit("eu-west-1c]", "eu-west-1a]"),
        ),
        case(
            "networks that overlap",
            "AEG0155",
            1,
            PLAN,
            edit("10.1.0.0/16", "10.0.128.0/17"),
        ),
        case(
            "another partition",
            "AEG0159",
            1,
            PLAN,
            edit("us-east-1, zones: 3", "cn-north-1, zones: 3"),
        ),
        case(
            "a fact that nobody provides",
            "AEG0202",
            1,
            PLAN,
            edit(
                "  foundation: {",
                "  network: {off: \"no network\"}\n  foundation: {",
            ),
        ),
        case(
            "a fact of two providers",
            "AEG0203",
            1,
            PLAN,
            edit(
                "  foundation: {",
                "  second: {use: aegis/kops}\n  foundation: {",
            ),
        ),
        case(
            "a cycle",
            "AEG0208",
            1,
            PLAN,
            edit(
                "  cluster:\n",
                "  network: {needs: [delivery]}\n  cluster:\n",
            ),
        ),
        case(
            "a plugin that is not in the lock file",
            "AEG0605",
            3,
            PLAN,
            edit(
                "  foundation: {",
                "  mesh: {use: acme/mesh}\n  foundation: {",
            ),
        ),
        case(
            "a type that the plugin does not offer",
            "AEG0711",
            1,
            PLAN,
            edit(
                "  foundation: {",
                "  mesh: {use: aegis/kops/mesh}\n  foundation: {",
            ),
        ),
        case(
            "a version that is not locked",
            "AEG0713",
            1,
            PLAN,
            edit("  cluster:\n", "  cluster:\n    use: aegis/kops@^7\n"),
        ),
        case(
            "a configuration of another type",
            "AEG0701",
            1,
            PLAN,
            edit("max: 12", "max: twelve"),
        ),
        case(
            "a value that is not of its fact's format",
            "AEG0708",
            1,
            PLAN,
            edit(
                "git:\n",
                "facts: {use1: {network.vpc-id: \"not an id\"}}\ngit:\n",
            ),
        ),
    ]);
}

#[test]
fn what_lies_around_a_stack_file_is_refused() {
    let remove = |path: fn(&Desk) -> PathBuf| {
        move |desk: &Desk| {
            let path = path(desk);
            if path.is_dir() {
                std::fs::remove_dir_all(path).unwrap();
            } else {
                std::fs::remove_file(path).unwrap();
            }
        }
    };
    let write = |path: fn(&Desk) -> PathBuf, text: &'static str| {
        move |desk: &Desk| std::fs::write(path(desk), text).unwrap()
    };
    let catalogue = |desk: &Desk| desk.home().join("config/catalogue.toml");
    const IMPORT: &[&str] = &[
        "facts",
        "import",
        "--stage",
        "network",
        "--cluster",
        "use1",
        "outputs.json",
    ];
    check(vec![
        case("no lock file", "AEG0603", 3, PLAN, remove(Desk::lock_file)),
        case(
            "no trust file",
            "AEG0601",
            3,
            PLAN,
            remove(Desk::trust_file),
        ),
        case(
            "no package",
            "AEG0606",
            3,
            PLAN,
            remove(|desk| desk.package("kops")),
        ),
        case("no packages", "AEG0606", 3, PLAN, remove(Desk::plugins)),
        case(
            "no statement",
            "AEG0606",
            3,
            PLAN,
            remove(|desk| world::statement(&desk.package("kops"))),
        ),
        case(
            "a lock file that is none",
            "AEG0605",
            3,
            PLAN,
            write(Desk::lock_file, "a = ["),
        ),
        case(
            "a trust file that is none",
            "AEG0602",
            3,
            PLAN,
            write(Desk::trust_file, "a = ["),
        ),
        case(
            "a catalogue that is none",
            "AEG0005",
            1,
            PLAN,
            write(catalogue, "a = ["),
        ),
        case(
            "a package that is none",
            "AEG0607",
            3,
            PLAN,
            write(|desk| desk.package("kops"), "wasm"),
        ),
        case(
            "a plan that is none",
            "AEG0741",
            1,
            &["apply"],
            write(Desk::plan_file, "{\"a\": 1, \"a\": 2}"),
        ),
        case("no plan", "AEG0740", 1, &["apply"], remove(Desk::plan_file)),
        case("outputs that are none", "AEG0730", 1, IMPORT, |desk| {
            desk.write("outputs.json", "[]")
        }),
        case("outputs with a key twice", "AEG0730", 1, IMPORT, |desk| {
            desk.write(
                "outputs.json",
                r#"{"vpc-id": {"value": "vpc-1"}, "vpc-id": {"value": "vpc-2"}}"#,
            );
        }),
        case("no outputs", "AEG0002", 1, IMPORT, |_| {}),
        case(
            "a stage that is not there",
            "AEG0730",
            1,
            &["facts", "import", "--stage", "x", "-"],
            |_| {},
        ),
        case(
            "a name that is none",
            "AEG0001",
            1,
            &["facts", "import", "--stage", "X Y", "-"],
            |_| {},
        ),
        case(
            "a lease that is not there",
            "AEG0514",
            1,
            &["unlock", "x"],
            |_| {},
        ),
        case(
            "nothing to resume",
            "AEG0742",
            1,
            &["apply", "--resume"],
            |_| {},
        ),
        case(
            "nothing to give up",
            "AEG0516",
            1,
            &["unlock", "--abandon"],
            |_| {},
        ),
        case(
            "a stack file that is there",
            "AEG0001",
            1,
            &["init"],
            |_| {},
        ),
        case("a plugin that is nowhere", "AEG0631", 1, ADD, |_| {}),
        case(
            "no plugin's name",
            "AEG0001",
            1,
            &["plugin", "add", "x", "--from", "../plugins"],
            |_| {},
        ),
        case(
            "a plugin that is not locked",
            "AEG0630",
            1,
            &["plugin", "remove", "acme/x"],
            |_| {},
        ),
        case(
            "a key that is not there",
            "AEG0620",
            1,
            &[
                "plugin",
                "add",
                "aegis/kops",
                "--from",
                "../plugins",
                "--accept",
                "--key",
                "nobody",
            ],
            |_| {},
        ),
        case(
            "no work at all",
            "AEG0001",
            1,
            &["plan", "--parallelism", "0"],
            |_| {},
        ),
    ]);
}

#[test]
fn a_package_that_does_not_fit_this_host_is_refused() {
    let Some(_) = world::component("cert-manager") else {
        return;
    };
    let offered = |change: fn(&mut aegis_registry::Metadata)| {
        move |desk: &Desk| offer(desk, "cert-manager", change).unwrap()
    };
    check(vec![
        case(
            "a newer contract",
            "AEG0607",
            3,
            ADD,
            offered(|metadata| {
                metadata.manifest.contract = "9.0.0".parse().unwrap();
            }),
        ),
        case(
            "a newer host",
            "AEG0607",
            3,
            ADD,
            offered(|metadata| {
                metadata.manifest.minimum_host = "9.0.0".parse().unwrap();
            }),
        ),
        case(
            "an unknown capability",
            "AEG0608",
            3,
            ADD,
            offered(|metadata| {
                let line = json!({"capability": "teleport", "anywhere": true});
                metadata.manifest.capabilities = Capabilities::new(vec![line]).unwrap();
            }),
        ),
        case(
            "a capability with an unknown field",
            "AEG0608",
            3,
            ADD,
            offered(|metadata| {
                let line = json!({"capability": "file", "globs": ["docs/*"], "mode": 511});
                metadata.manifest.capabilities = Capabilities::new(vec![line]).unwrap();
            }),
        ),
        case(
            "another kind",
            "AEG0610",
            3,
            ADD,
            offered(|metadata| {
                metadata.manifest.kind = PackageKind::Provisioning;
            }),
        ),
        case(
            "a descriptor of another layout",
            "AEG0609",
            3,
            ADD,
            offered(|metadata| {
                metadata.descriptor.insert("mood".to_owned(), json!("good"));
            }),
        ),
        case(
            "a descriptor of another plugin",
            "AEG0610",
            3,
            ADD,
            offered(|metadata| {
                metadata
                    .descriptor
                    .insert("name".to_owned(), json!("other"));
            }),
        ),
    ]);
}

// ---- answers of a plugin ------------------------------------------------------------------------

/// A stack on which the stage `test` is a plugin made for the test, beside what it is given.
fn stack(more: &str) -> String {
    format!(
        "aegis: 1\nname: shop\ndomain: shop.example.com\nclusters:\n  \
         use1: {{region: us-east-1, zones: 3, cidr: 10.0.0.0/16}}\nstages:\n  test: {{use: acme/test}}\n{more}"
    )
}

fn descriptor(kind: Kind, scope: &str, requires: Value, provides: Value) -> Value {
    json!({
        "name": "test", "version": "1.0.0", "kind": kind.name(),
        "stage-types": [{
            "name": "test", "title": "A test", "scope": scope, "config-version": 1, "config-schema": "{}",
            "settings": [], "provides": provides, "conflicts": [], "requires": requires,
        }],
    })
}

fn fact(name: &str, format: &str) -> Value {
    json!({"name": name, "format": format, "schema": 1, "secret": false})
}

fn need(name: &str, format: &str) -> Value {
    let mut need = fact(name, format);
    need["mode"] = json!("opaque");
    need["reach"] = json!("own-cluster");
    need["optional"] = json!(false);
    need
}

/// Makes, signs and accepts a plugin `acme/NAME`.
fn accept(desk: &Desk, name: &str, kind: Kind, guest: &Guest) {
    let (component, package) = (
        format!("{name}.component.wasm"),
        format!("../plugins/{name}.wasm"),
    );
    desk.write(&component, guest.component());
    let manifest = format!(
        "publisher = \"acme\"\nname = \"{name}\"\nkind = \"{}\"\ndescription = \"A test.\"\nlicence = \"Apache-2.0\"\n\
         minimum-host = \"0.1.0\"\n[[capability]]\ncapability = \"facts\"\nrequires = [\"mesh.address\"]\n\
         provides = [\"mesh.address\"]\n",
        kind.name()
    );
    desk.write("plugin.toml", manifest);
    if !desk.home().join("data/keys/acme.pub").exists() {
        desk.ok(&["key", "generate", "--name", "acme"]);
        let key = desk.home().join("data/keys/acme.pub");
        desk.ok(&["trust", "add", "acme", "--key-file", key.to_str().unwrap()]);
    }
    desk.ok(&[
        "plugin",
        "package",
        &component,
        "--manifest",
        "plugin.toml",
        "--out",
        &package,
    ]);
    desk.ok(&["plugin", "sign", &package, "--key", "acme"]);
    desk.add(&format!("acme/{name}")).exits(0);
}

fn guest(kind: Kind) -> Guest {
    Guest::new(kind).answers(
        "describe",
        descriptor(kind, "cluster", json!([]), json!([])),
    )
}

/// A stack with a plugin that answers this when it is asked for a plan.
fn answering(kind: Kind, answer: Value) -> impl Fn(&Desk) + 'static {
    move |desk| {
        accept(
            desk,
            "test",
            kind,
            &guest(kind).answers("plan", answer.clone()),
        );
        desk.write("aegis.yaml", stack(""));
    }
}

/// A stack with a plugin that proposes a `ConfigMap` with this body.
fn object(body: &str) -> impl Fn(&Desk) + 'static {
    let object = json!({"apply": {
        "group": "", "version": "v1", "kind": "ConfigMap", "body": body,
        "metadata": {"name": "a", "namespace": "b", "labels": [], "annotations": []},
    }});
    answering(
        Kind::Security,
        json!({"ok": proposal(json!([change("a", object)]))}),
    )
}

/// A stack with a plugin that says of itself that it requires and provides this.
fn describing(requires: Value, provides: Value, more: &'static str) -> impl Fn(&Desk) + 'static {
    move |desk| {
        let kind = Kind::Security;
        let described = descriptor(kind, "cluster", requires.clone(), provides.clone());
        accept(
            desk,
            "test",
            kind,
            &Guest::new(kind).answers("describe", described),
        );
        desk.write("aegis.yaml", stack(more));
    }
}

#[test]
fn a_plugin_that_answers_nonsense_is_refused() {
    let failure = |failure: Value| answering(Kind::Security, json!({"err": failure}));
    let file = json!({"file": {"path": ".git/hooks/post-checkout", "content": "#!/bin/sh"}});
    let mut file = change("a", file);
    file["header"]["cluster"] = Value::Null;
    let stranger = json!({"changes": [], "probes": [], "moved": [], "provides": [
        {"name": "mesh.address", "source": {"value": "\"a.example.com\""}},
    ]});
    check(vec![
        case("JSON that ends early", "AEG0421", 1, PLAN, object("{")),
        case(
            "a key twice",
            "AEG0421",
            1,
            PLAN,
            object(r#"{"data": {"a": "1", "a": "2"}}"#),
        ),
        case("no object", "AEG0421", 1, PLAN, object("[]")),
        case("nothing", "AEG0421", 1, PLAN, object("")),
        case(
            "a key that is not its own",
            "AEG0421",
            1,
            PLAN,
            object(r#"{"metadata": {}}"#),
        ),
        case(
            "half a token",
            "AEG0421",
            1,
            PLAN,
            object(r#"{"data": {"a": "@{"}}"#),
        ),
        case("deep nesting", "AEG0421", 1, PLAN, {
            object(&format!(
                "{{\"data\": {}{}}}",
                "[".repeat(5000),
                "]".repeat(5000)
            ))
        }),
        case(
            "what it never asked for",
            "AEG0311",
            3,
            PLAN,
            object(r#"{"data": {"a": "1"}}"#),
        ),
        case("a file of Git's own", "AEG0320", 3, PLAN, {
            answering(Kind::Gitops, json!({"ok": proposal(json!([file]))}))
        }),
        case("a fact that it does not offer", "AEG0333", 3, PLAN, {
            answering(Kind::Security, json!({"ok": stranger}))
        }),
        case("it wants another configuration", "AEG0701", 1, PLAN, {
            failure(
                json!({"invalid-config": [{"pointer": "/a", "message": "is missing", "patch": null}]}),
            )
        }),
        case("two wishes at once", "AEG0701", 1, PLAN, {
            failure(json!({"conflict": {"pointer": "/a", "message": "not with b", "patch": null}}))
        }),
        case(
            "it does not support this",
            "AEG0702",
            1,
            PLAN,
            failure(json!({"unsupported": "no"})),
        ),
        case(
            "it is broken and says so",
            "AEG0702",
            1,
            PLAN,
            failure(json!({"internal": "oops"})),
        ),
        case("it stops itself", "AEG0410", 1, PLAN, |desk| {
            let kind = Kind::Security;
            accept(
                desk,
                "test",
                kind,
                &guest(kind).runs("plan", "(unreachable)"),
            );
            desk.write("aegis.yaml", stack(""));
        }),
        case("it reads what is not its own", "AEG0411", 1, PLAN, |desk| {
            let kind = Kind::Security;
            let code = "(i32.load (i32.const 0x7ffffff0))";
            accept(desk, "test", kind, &guest(kind).runs("plan", code));
            desk.write("aegis.yaml", stack(""));
        }),
    ]);
}

#[test]
fn plugins_that_do_not_fit_together_are_refused() {
    let supplied = "facts: {use1: {mesh.address: a.example.com}}\n";
    // The same fact of another plugin, in another form.
    let beside = |provided: Value, needed: Value| {
        move |desk: &Desk| {
            let kind = Kind::Security;
            let mut described = descriptor(kind, "cluster", json!([]), json!([provided]));
            described["name"] = json!("other");
            accept(
                desk,
                "other",
                kind,
                &Guest::new(kind).answers("describe", described),
            );
            describing(json!([needed]), json!([]), "  other: {use: acme/other}\n")(desk);
        }
    };
    let mut schema = need("mesh.address", "dns-name");
    schema["schema"] = json!(2);
    let mut secret = fact("mesh.address", "dns-name");
    secret["secret"] = json!(true);
    check(vec![
        case("nobody provides it", "AEG0202", 1, PLAN, {
            describing(json!([need("mesh.address", "dns-name")]), json!([]), "")
        }),
        case("another format", "AEG0204", 1, PLAN, {
            beside(
                fact("mesh.address", "dns-name"),
                need("mesh.address", "cidr"),
            )
        }),
        case(
            "another meaning",
            "AEG0205",
            1,
            PLAN,
            beside(fact("mesh.address", "dns-name"), schema),
        ),
        case("a secret for one who does not know", "AEG0206", 1, PLAN, {
            beside(secret, need("mesh.address", "dns-name"))
        }),
        case("provided twice", "AEG0203", 1, PLAN, {
            let fact = || fact("mesh.address", "dns-name");
            move |desk: &Desk| {
                let kind = Kind::Security;
                let mut described = descriptor(kind, "cluster", json!([]), json!([fact()]));
                described["name"] = json!("other");
                accept(
                    desk,
                    "other",
                    kind,
                    &Guest::new(kind).answers("describe", described),
                );
                describing(json!([]), json!([fact()]), "  other: {use: acme/other}\n")(desk);
            }
        }),
        case(
            "supplied and not required",
            "AEG0708",
            1,
            PLAN,
            describing(json!([]), json!([]), supplied),
        ),
        case("supplied in another format", "AEG0708", 1, PLAN, {
            describing(json!([need("mesh.address", "cidr")]), json!([]), supplied)
        }),
    ]);
}

#[test]
fn a_manifest_that_cannot_be_understood_makes_no_package() {
    const PACKAGE: &[&str] = &[
        "plugin",
        "package",
        "test.component.wasm",
        "--manifest",
        "plugin.toml",
        "--out",
        "new.wasm",
    ];
    let manifest = |text: &'static str, component: Option<&'static [u8]>| {
        move |desk: &Desk| {
            let good = guest(Kind::Security).component();
            desk.write(
                "test.component.wasm",
                component.map_or(good, <[u8]>::to_vec),
            );
            let head = "publisher = \"acme\"\nname = \"test\"\ndescription = \"A test.\"\nlicence = \"Apache-2.0\"\n\
                        minimum-host = \"0.1.0\"\n";
            desk.write("plugin.toml", format!("{head}{text}"));
        }
    };
    let kind = "kind = \"security\"\n";
    check(vec![
        case("no TOML", "AEG0632", 1, PACKAGE, manifest("kind = [", None)),
        case("no kind", "AEG0632", 1, PACKAGE, manifest("", None)),
        case(
            "an unknown kind",
            "AEG0632",
            1,
            PACKAGE,
            manifest("kind = \"magic\"\n", None),
        ),
        case(
            "another kind",
            "AEG0406",
            3,
            PACKAGE,
            manifest("kind = \"validation\"\n", None),
        ),
        case(
            "an unknown field",
            "AEG0632",
            1,
            PACKAGE,
            manifest("kind = \"security\"\nmood = 1\n", None),
        ),
        case("an unknown capability", "AEG0608", 3, PACKAGE, {
            manifest(
                "kind = \"security\"\n[[capability]]\ncapability = \"teleport\"\n",
                None,
            )
        }),
        case(
            "an empty component",
            "AEG0632",
            1,
            PACKAGE,
            manifest(kind, Some(b"")),
        ),
        case(
            "a component that is none",
            "AEG0632",
            1,
            PACKAGE,
            manifest(kind, Some(b"\0asm\x01\0\0\0")),
        ),
    ]);
}
