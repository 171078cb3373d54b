//! The lease, which has no seal: what it says is only shown.

use aegis_document::Digest;
use aegis_host::state::{Key, LeaseRecord};

use crate::check;
use crate::store::Memory;

pub(super) fn run(input: &[u8]) {
    let store = Memory([(Key::Lease, input.to_vec())].into());
    match LeaseRecord::read(&store) {
        Ok(Some((record, digest))) => {
            assert_eq!(digest, Digest::of(input));
            check::reads_back(&record);
            for text in [
                &record.id,
                &record.owner,
                &record.host,
                &record.operation,
                &record.acquired,
                &record.heartbeat,
            ] {
                check::shown(text);
                assert!(!text.contains('\n'));
            }
        }
        Ok(None) => panic!("there is a lease"),
        Err(error) => check::refused(&error),
    }
}
