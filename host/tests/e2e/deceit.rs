//! Text of others cannot deceive whoever reads it: it is shown as what it is.

use crate::desk::Desk;
use crate::ended::Ended;
use crate::world;

/// Characters that move the cursor, hide text or change its direction.
fn deceiving(text: &str) -> Option<char> {
    text.chars().find(|c| {
        let control = c.is_control() && !matches!(c, '\n' | '\t');
        let bidi = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}');
        let hidden = matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        control || bidi || hidden
    })
}

#[track_caller]
pub fn honest(ended: &Ended) {
    all_honest(std::slice::from_ref(ended));
}

#[track_caller]
fn all_honest(ended: &[Ended]) {
    let texts = ended.iter().flat_map(|ended| [&ended.out, &ended.err]);
    let raw: Vec<String> = texts
        .filter(|text| deceiving(text).is_some())
        .map(|text| text.escape_debug().to_string())
        .collect();
    assert!(raw.is_empty(), "{}", raw.join("\n"));
}

/// Text of so many bytes that clears the screen, turns the direction of writing and hides a link, as far as it fits.
fn hostile(length: usize) -> String {
    let mut text = String::new();
    for part in [
        "\u{1b}[2J",
        "\u{202e}",
        "\r",
        "\u{9b}",
        "\u{200b}",
        "\u{1b}]8;;http://x\u{7}",
    ] {
        if text.len() + part.len() <= length {
            text.push_str(part);
        }
    }
    text.extend(std::iter::repeat_n('k', length - text.len()));
    text
}

/// Puts other text into a component, signs it as `acme` and accepts it.
fn add_hostile(desk: &Desk, plugin: &str, texts: &[&str]) -> Option<()> {
    let mut bytes = std::fs::read(world::component(plugin)?).unwrap();
    for wanted in texts {
        let places: Vec<usize> = bytes
            .windows(wanted.len())
            .enumerate()
            .filter(|(_, window)| *window == wanted.as_bytes())
            .map(|(at, _)| at)
            .collect();
        assert!(!places.is_empty(), "`{wanted}` is not in {plugin}");
        let other = hostile(wanted.len());
        for at in places {
            bytes[at..at + other.len()].copy_from_slice(other.as_bytes());
        }
    }
    desk.write("hostile.wasm", bytes);
    let manifest = world::repository().join(format!("plugins/{plugin}/plugin.toml"));
    let manifest = std::fs::read_to_string(manifest).unwrap();
    desk.write(
        "plugin.toml",
        manifest.replace("publisher = \"aegis\"", "publisher = \"acme\""),
    );
    let package = desk.package("hostile");
    let package = package.to_str().unwrap();
    desk.ok(&[
        "plugin",
        "package",
        "hostile.wasm",
        "--manifest",
        "plugin.toml",
        "--out",
        package,
    ]);
    desk.ok(&["key", "generate", "--name", "acme"]);
    let key = desk.home().join("data/keys/acme.pub");
    desk.ok(&["trust", "add", "acme", "--key-file", key.to_str().unwrap()]);
    desk.ok(&["plugin", "sign", package, "--key", "acme"]);
    desk.add(&format!("acme/{plugin}")).exits(0);
    Some(())
}

/// Everything that shows what a plugin said.
#[track_caller]
fn shows_honestly(desk: &Desk) {
    for arguments in [
        &["plan"][..],
        &["plan", "--full", "-vv"],
        &["validate", "--all"],
        &["graph"],
        &["facts", "list"],
        &["status"],
    ] {
        honest(&desk.run(arguments));
    }
    // For programs: no control character reaches the terminal raw, whatever the text says.
    let json = desk.run_json(&["plan"]);
    assert!(
        !json.out.chars().any(|c| c.is_control() && c != '\n'),
        "{json}"
    );
}

#[test]
fn a_finding_and_its_remedy_are_shown_as_what_they_are() {
    let Some(desk) = Desk::accepted() else { return };
    let texts = [
        "Set kms_key_id and retention_in_days.",
        "left out by configuration",
        "log objects are written once",
        "NSA/CISA Kubernetes Hardening",
        "Secrets are encrypted in etcd",
    ];
    if add_hostile(&desk, "compliance", &texts).is_none() {
        return;
    }
    desk.edit(
        "\nstages:\n",
        "\nstages:\n  compliance: {use: acme/compliance, config: {skip: [kops-audit-log]}}\n",
    );
    shows_honestly(&desk);
}

#[test]
fn a_log_line_is_shown_as_what_it_is() {
    let Some(desk) = Desk::accepted() else { return };
    if add_hostile(&desk, "argocd", &["names no group: people can sign in"]).is_none() {
        return;
    }
    desk.edit("\nstages:\n", "\nstages:\n  delivery: {use: acme/argocd}\n");
    shows_honestly(&desk);
}

#[test]
fn a_failure_is_shown_as_what_it_is() {
    let Some(desk) = Desk::accepted() else { return };
    if add_hostile(&desk, "compliance", &["there is no control `"]).is_none() {
        return;
    }
    desk.edit(
        "\nstages:\n",
        "\nstages:\n  compliance: {use: acme/compliance, config: {skip: [nonsense]}}\n",
    );
    let refused = desk.run(&["plan"]).exits(1);
    honest(&refused);
    refused.says(&["nonsense"]);
    shows_honestly(&desk);
}

#[test]
fn names_of_people_and_files_are_shown_as_what_they_are() {
    let Some(desk) = Desk::accepted() else { return };
    desk.ok(&["plan", "--quiet"]);
    let name = "\u{1b}[2Jevil\u{202e}";
    // A lease, written by whoever could write to the state's folder.
    let mut command = desk.command(&["apply", "--parallelism", "1"]);
    let mut child = command
        .env("AEGIS_ACTOR", name)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while desk.journal().len() < 3 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_micros(200));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let mut ended: Vec<Ended> = [&["status"][..], &["apply"], &["plan"]]
        .map(|arguments| desk.run(arguments))
        .into();
    for arguments in [
        &["plan", "--file", name][..],
        &["plan", "--out", name],
        &["apply", name],
        &["status", name],
        &["unlock", name],
        &["schema", "--stage", name],
        &["facts", "import", "--stage", name, name],
        &[
            "facts",
            "import",
            "--stage",
            "network",
            "--cluster",
            "use1",
            name,
        ],
        &["plugin", "inspect", name],
        &["plugin", "verify", name],
        &["plugin", "remove", name],
        &["plugin", "add", name, "--from", "../plugins"],
        &["plugin", "add", "aegis/kops", "--from", name],
        &["key", "generate", "--name", name],
        &["trust", "add", name, "--key", name],
        &["init", "--name", name, "--file", "new.yaml"],
        &["init", "--cluster", name, "--file", "new.yaml"],
    ] {
        ended.push(desk.run(arguments));
    }
    all_honest(&ended);
}
