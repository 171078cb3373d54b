//! libFuzzer itself, which Cargo builds from the crate `libfuzzer-sys`.

use serde::Deserialize;

use crate::error::Error;
use crate::process;
use crate::workspace::Workspace;

/// Where the library lies and what it needs.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Libfuzzer {
    linked_libs: Vec<String>,
    linked_paths: Vec<String>,
}

/// What Cargo says of a build script that ran.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
}

/// Compiles the library, or finds it compiled.
pub fn build(workspace: &Workspace) -> Result<Libfuzzer, Error> {
    let mut cargo = process::cargo(workspace);
    cargo.args(["build", "--package", "aegis-fuzz-engine"]);
    cargo.args(["--features", "libfuzzer"]);
    cargo.arg("--message-format=json-render-diagnostics");
    if workspace.has_lock_file() {
        cargo.arg("--locked");
    }
    let messages = process::output(&mut cargo)?;
    find(&messages).ok_or_else(|| Error::content("libfuzzer-sys", "it links no library"))
}

fn find(messages: &str) -> Option<Libfuzzer> {
    messages.lines().find_map(|line| {
        let message: Message = serde_json::from_str(line).ok()?;
        let ours = message.reason == "build-script-executed"
            && message.package_id.contains("libfuzzer-sys");
        ours.then(|| serde_json::from_str(line).ok()).flatten()
    })
}

impl Libfuzzer {
    /// Arguments for the compiler that links a program with the library.
    pub fn linker_arguments(&self) -> Vec<String> {
        let paths = self.linked_paths.iter().map(|path| ("-L", path));
        let libraries = self.linked_libs.iter().map(|library| ("-l", library));
        paths
            .chain(libraries)
            .flat_map(|(option, value)| [option.to_owned(), value.clone()])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_found_among_what_cargo_says() {
        let messages = r#"{"reason":"compiler-artifact","package_id":"registry+x#libfuzzer-sys@0.4.13"}
{"reason":"build-script-executed","package_id":"registry+x#libc@0.2.1","linked_libs":[],"linked_paths":[]}
{"reason":"build-script-executed","package_id":"registry+x#libfuzzer-sys@0.4.13","linked_libs":["static=fuzzer","stdc++"],"linked_paths":["native=/t/out"],"cfgs":[]}
{"reason":"build-finished","success":true}"#;
        let library = find(messages).expect("the library");
        assert_eq!(
            library.linker_arguments(),
            ["-L", "native=/t/out", "-l", "static=fuzzer", "-l", "stdc++"]
        );
        assert_eq!(find("{\"reason\":\"build-finished\"}"), None);
    }
}
