//! Opening.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::Digest;

use super::{Ledger, LedgerContext, sealed};
use crate::state::error::StateError;
use crate::state::journal::{Operation, Writer};
use crate::state::lease::Lease;
use crate::state::load::{State, check_version, load};
use crate::state::model::Head;
use crate::state::operator::Mark;
use crate::state::seal::StateKey;
use crate::state::store::{Condition, Key};

impl Ledger {
    /// Takes the lease and opens the state, making it if there is none. An unfinished run is an error.
    pub fn open(
        context: LedgerContext,
        operation: Operation,
        plan: Option<Digest>,
    ) -> Result<Self, StateError> {
        let lease = match Lease::acquire(&context.store, operation, plan, &context.actor) {
            // Somebody's process may have died when it had nothing left to do, or had done nothing yet.
            Err(StateError::LeaseHeld { record }) if record.is_dead() => {
                if let Some(run) =
                    load(context.store.as_ref(), &context.operator, &context.stack)?.unfinished()
                {
                    return Err(StateError::Unfinished {
                        run: run.run.clone(),
                    });
                }
                Lease::take_over(&context.store, operation, plan, &context.actor)?
            }
            lease => lease?,
        };
        let opened = Self::load(&context).and_then(|(state, key)| match state.unfinished() {
            Some(run) => Err(StateError::Unfinished {
                run: run.run.clone(),
            }),
            None => Ok((state, key)),
        });
        let (state, key) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                // The first error is the one to show.
                let _ = lease.release();
                return Err(error);
            }
        };
        let mut run = [0; 6];
        getrandom::fill(&mut run).map_err(StateError::Random)?;
        let writer = Writer::open(context.store.as_ref(), state.last)?;
        Ok(Self::new(
            context,
            key,
            lease,
            (state, writer),
            hex::encode(run),
        ))
    }

    /// Opens the state to go on with the unfinished run. Its lease is taken over when its process is
    /// provably dead.
    pub fn resume(context: LedgerContext) -> Result<Self, StateError> {
        let state = load(context.store.as_ref(), &context.operator, &context.stack)?;
        let run = state.unfinished().ok_or(StateError::NothingToResume)?;
        let lease = Lease::take_over(&context.store, run.operation, run.plan, &context.actor)?;
        // Again, now that nobody else writes.
        let (state, key) = Self::load(&context)?;
        let run = state
            .unfinished()
            .ok_or(StateError::NothingToResume)?
            .run
            .clone();
        let writer = Writer::open(context.store.as_ref(), state.last)?;
        Ok(Self::new(context, key, lease, (state, writer), run))
    }

    fn new(
        context: LedgerContext,
        key: StateKey,
        lease: Lease,
        (state, writer): (State, Writer),
        run: String,
    ) -> Self {
        Self {
            context,
            key,
            lease,
            state,
            writer,
            run,
            group: 1,
            unwritten: BTreeSet::new(),
            checkpoints: Vec::new(),
        }
    }

    fn load(context: &LedgerContext) -> Result<(State, StateKey), StateError> {
        let state = load(context.store.as_ref(), &context.operator, &context.stack)?;
        if let Some(head) = state.head() {
            check_version(head)?;
            let key = context.operator.key(&head.lineage)?;
            return Ok((state, key));
        }
        let mut lineage = [0; 16];
        getrandom::fill(&mut lineage).map_err(StateError::Random)?;
        let head = Head {
            format: Head::FORMAT.to_owned(),
            lineage: hex::encode(lineage),
            serial: Head::FIRST_SERIAL,
            stack: context.stack.clone(),
            min_host: semver::Version::new(0, 1, 0),
            instances: BTreeMap::new(),
            clusters: BTreeMap::new(),
            journal: None,
            extra: serde_json::Map::new(),
        };
        let key = context.operator.create_key(&head.lineage)?;
        let bytes = sealed(&key, &head)?;
        context
            .store
            .put(Key::Head, &bytes, Condition::Absent)
            .map_err(|error| StateError::store(&context.store.place(), error))?;
        let digest = Digest::of(&bytes);
        context.operator.remember(
            &head.lineage,
            &Mark {
                serial: head.serial,
                head: digest,
                journal: None,
            },
        )?;
        Ok((
            State {
                head: Some(head),
                digest: Some(digest),
                ..State::default()
            },
            key,
        ))
    }
}
