//! A Terraform root, planned without AWS.
//!
//! The only thing that a root asks AWS is whose credentials it has; a server of the test answers that.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::ended::text;
use crate::world;

/// Answers `GetCallerIdentity` until the test ends.
pub struct Sts(u16);

const IDENTITY: &str = "\
<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
<Arn>arn:aws:iam::111122223333:user/tester</Arn><UserId>AIDATESTER</UserId><Account>111122223333</Account>\
</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>";

impl Sts {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                std::thread::spawn(move || drop(answer(connection)));
            }
        });
        Self(port)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0)
    }
}

fn answer(mut connection: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    // The body of the request names the action, and nothing else is asked.
    while !text(&request).contains("Action=") {
        match connection.read(&mut buffer)? {
            0 => return Ok(()),
            read => request.extend(buffer.iter().take(read)),
        }
    }
    let (status, body) = if text(&request).contains("Action=GetCallerIdentity") {
        ("200 OK", IDENTITY)
    } else {
        ("403 Forbidden", "")
    };
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A Terraform that has what it needs to plan a root.
///
/// Every root wants the same provider, so one of them is initialised and the others use what came of it.
pub struct Ready {
    program: PathBuf,
    sts: Sts,
    folder: TempDir,
}

impl Ready {
    /// Initialises a copy of a root.
    pub fn new(program: PathBuf, providers: &Path, root: &Path) -> Result<Self, String> {
        let sts = Sts::start();
        let folder = copy(root, &sts);
        let from = format!("-plugin-dir={}", providers.display());
        run(&program, folder.path(), &["init", "-input=false", &from])?;
        Ok(Self {
            program,
            sts,
            folder,
        })
    }

    /// Plans a copy of a root and gives what Terraform says of it, message by message.
    pub fn plan(&self, root: &Path) -> Result<Vec<Value>, String> {
        let folder = copy(root, &self.sts);
        world::copy(
            &self.folder.path().join(".terraform"),
            &folder.path().join(".terraform"),
        );
        let lock = ".terraform.lock.hcl";
        std::fs::copy(self.folder.path().join(lock), folder.path().join(lock)).unwrap();
        let arguments = [
            "plan",
            "-json",
            "-input=false",
            "-lock=false",
            "-refresh=false",
        ];
        let messages = run(&self.program, folder.path(), &arguments)?;
        let messages = messages.lines().map(serde_json::from_str);
        messages
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())
    }
}

/// A root with what a test changes in it: where its state is, and whom it asks for its credentials.
fn copy(root: &Path, sts: &Sts) -> TempDir {
    let folder = tempfile::tempdir_in(world::scratch()).unwrap();
    world::copy(root, folder.path());
    let overrides = json!({
        "terraform": { "backend": { "local": {} } },
        "provider": { "aws": {
            "access_key": "tester",
            "secret_key": "tester",
            "skip_metadata_api_check": true,
            "skip_region_validation": true,
            "endpoints": { "sts": sts.url() },
        } },
    });
    std::fs::write(
        folder.path().join("test_override.tf.json"),
        overrides.to_string(),
    )
    .unwrap();
    folder
}

fn run(program: &Path, folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_IN_AUTOMATION", "1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        // Nothing but the test's server can be reached.
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(format!(
        "terraform {}: {}{}",
        arguments.join(" "),
        text(&output.stdout),
        text(&output.stderr)
    ))
}
