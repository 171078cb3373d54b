//! Keys, signatures and seals for targets: what is signed or sealed here is made by the rules as they are
//! written down (DSSE v1, HMAC-SHA-256 over canonical JSON), not by the code under test.

use std::cell::OnceCell;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};

use aegis_document::Identifier;
use aegis_host::state::OperatorFolder;
use aegis_registry::{Role, SecretKey, Trust};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::check::canonical;

/// Seeds and public keys of RFC 8032, section 7.1: the same in every run, and nobody's.
const KEYS: [[&str; 2]; 3] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    ],
];

/// People with keys.
pub(crate) struct Keys {
    /// Signs for `acme`.
    pub publisher: SecretKey,
    pub operator: SecretKey,
    pub approver: SecretKey,
    /// All of the above.
    pub trust: Trust,
}

/// Calls with the keys, which are made once.
pub(crate) fn with_keys<T>(work: impl FnOnce(&Keys) -> T) -> T {
    thread_local! {
        static MADE: OnceCell<Keys> = const { OnceCell::new() };
    }
    MADE.with(|keys| work(keys.get_or_init(make_keys)))
}

fn make_keys() -> Keys {
    let [publisher, operator, approver] = KEYS.map(|[seed, public]| secret(seed, public));
    let mut trust = Trust::default();
    for (role, key) in [
        (Role::Publisher(identifier("acme")), &publisher),
        (Role::Operators, &operator),
        (Role::Approvers, &approver),
    ] {
        trust.add(role, key.public()).expect("a key of its own");
    }
    Keys {
        publisher,
        operator,
        approver,
        trust,
    }
}

/// Through the file of a key, which is how keys come in.
fn secret(seed: &str, public: &str) -> SecretKey {
    let encoded = |hex: &str| STANDARD.encode(hex::decode(hex).expect("hexadecimal"));
    let text = json!({
        "format": "aegis.key/1", "protection": "none",
        "public": format!("ed25519:{}", encoded(public)), "secret": encoded(seed),
    });
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.to_string().as_bytes())
        .expect("a key file");
    SecretKey::load(file.path()).expect("a key")
}

pub(crate) fn identifier(text: &str) -> Identifier {
    Identifier::new(text).expect("an identifier")
}

/// A DSSE envelope around any payload, signed.
pub(crate) fn envelope(kind: &str, payload: &[u8], key: &SecretKey) -> Vec<u8> {
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    let signature = key.sign(&[head.as_bytes(), payload].concat());
    canonical(&json!({
        "payload": STANDARD.encode(payload),
        "payloadType": kind,
        "signatures": [{
            "keyid": key.public().fingerprint().to_string(),
            "sig": STANDARD.encode(signature),
        }],
    }))
}

/// The lineage of the state that targets have a key for.
pub(crate) const LINEAGE: &str = "00112233445566778899aabbccddeeff";

const STATE_KEY: [u8; 32] = [7; 32];

/// What a state key seals.
#[derive(Clone, Copy)]
pub(crate) enum Sealed {
    Head,
    Record,
}

/// An object with its seal, in canonical JSON.
pub(crate) fn seal(what: Sealed, object: &mut serde_json::Map<String, Value>) -> Vec<u8> {
    object.remove("seal");
    let subject: &[u8] = match what {
        Sealed::Head => b"aegis.state/1\0",
        Sealed::Record => b"aegis.journal/1\0",
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(&STATE_KEY).expect("HMAC takes any key");
    mac.update(subject);
    mac.update(&canonical(object));
    let id = Sha256::digest([b"aegis state key\0".as_slice(), &STATE_KEY].concat());
    let seal = json!({
        "key": hex::encode(&id[..6]),
        "hmac-sha256": hex::encode(mac.finalize().into_bytes()),
    });
    object.insert("seal".to_owned(), seal);
    canonical(object)
}

/// Calls with an operator's folder that holds the key of [`LINEAGE`] and has seen nothing.
pub(crate) fn with_operator<T>(work: impl FnOnce(&OperatorFolder) -> T) -> T {
    thread_local! {
        static MADE: OnceCell<(tempfile::TempDir, OperatorFolder)> = const { OnceCell::new() };
    }
    MADE.with(|made| {
        let (_, operator) = made.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let operator = OperatorFolder::new(folder.path().join("state"));
            let path = operator.key_path(LINEAGE);
            let above = path.parent().expect("a key lies in a folder");
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(above)
                .expect("a folder");
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)
                .expect("a file");
            file.write_all(hex::encode(STATE_KEY).as_bytes())
                .expect("a key");
            (folder, operator)
        });
        work(operator)
    })
}
