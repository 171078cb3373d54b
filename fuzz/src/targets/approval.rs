//! An approval of a plan.

use std::num::NonZeroUsize;

use aegis_host::date::Date;
use aegis_host::plan::approval::Approval;
use aegis_registry::statement::{Payload as _, Verified};
use aegis_registry::{Envelope, Role};

use crate::authentic::{self, with_keys};
use crate::check;

pub(super) fn run(input: &[u8]) {
    match Envelope::<Approval>::parse(input) {
        Ok(envelope) => match envelope.unverified() {
            Ok(approval) => reads_back(&approval),
            Err(error) => check::refused(&error),
        },
        Err(error) => check::refused(&error),
    }
    with_keys(|keys| {
        let signed = authentic::envelope(Approval::TYPE, input, &keys.approver);
        let verify = |bytes: &[u8]| -> Option<Verified<Approval>> {
            let envelope = Envelope::<Approval>::parse(bytes).ok()?;
            match envelope.verify(keys.trust.keys(&Role::Approvers), NonZeroUsize::MIN) {
                Ok(verified) => Some(verified),
                Err(error) => {
                    check::refused(&error);
                    None
                }
            }
        };
        let genuine = verify(&signed);
        // Operators and publishers do not approve.
        for key in [&keys.operator, &keys.publisher] {
            assert_eq!(
                verify(&authentic::envelope(Approval::TYPE, input, key)),
                None
            );
        }
        let Some(genuine) = genuine else { return };
        reads_back(genuine.document());
        if let Some(other) = verify(&check::flipped(&signed, input)) {
            assert_eq!(other, genuine);
        }
    });
}

fn reads_back(approval: &Approval) {
    check::reads_back(approval);
    match approval.expires.parse::<Date>() {
        Ok(date) => assert_eq!(date.to_string(), approval.expires),
        Err(error) => check::refused(&error),
    }
}
