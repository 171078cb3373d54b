//! A statement: the DSSE envelope and the in-toto statement in it.

use std::num::NonZeroUsize;

use aegis_document::Digest;
use aegis_registry::statement::Payload as _;
use aegis_registry::{Envelope, Role, Statement};

use super::package::metadata;
use crate::authentic::{self, identifier, with_keys};
use crate::check;

pub(super) fn made() -> Vec<Vec<u8>> {
    let statement = Statement {
        component: Digest::of("component"),
        manifest: metadata().manifest,
    };
    let payload = check::canonical(&statement);
    let envelope =
        with_keys(|keys| authentic::envelope(Statement::TYPE, &payload, &keys.publisher));
    vec![payload, envelope]
}

pub(super) fn run(input: &[u8]) {
    // As an envelope.
    match Envelope::<Statement>::parse(input) {
        Ok(envelope) => {
            envelope.claimed_signers().iter().for_each(check::shown);
            let written = envelope.to_bytes().expect("what was read is written");
            let again = Envelope::<Statement>::parse(&written).expect("what is written is read");
            assert_eq!(again.to_bytes().ok().as_ref(), Some(&written));
            match envelope.unverified() {
                Ok(statement) => check::reads_back(&statement),
                Err(error) => check::refused(&error),
            }
        }
        Err(error) => check::refused(&error),
    }
    // As what a trusted publisher signed.
    with_keys(|keys| {
        let signed = authentic::envelope(Statement::TYPE, input, &keys.publisher);
        let role = Role::Publisher(identifier("acme"));
        let verify = |bytes: &[u8]| {
            let envelope = Envelope::<Statement>::parse(bytes).ok()?;
            let verified = envelope.verify(keys.trust.keys(&role), NonZeroUsize::MIN);
            match verified {
                Ok(verified) => Some(verified),
                Err(error) => {
                    check::refused(&error);
                    None
                }
            }
        };
        let Some(genuine) = verify(&signed) else {
            return;
        };
        check::reads_back(genuine.document());
        // The name of the key is a hint; everything else is covered by the signature.
        if let Some(other) = verify(&check::flipped(&signed, input)) {
            assert_eq!(other, genuine);
        }
    });
}
