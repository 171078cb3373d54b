use super::record::ProcessMark;
use super::*;
use crate::state::store::LocalStore;

fn store() -> (tempfile::TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(LocalStore::beside(folder.path()));
    (folder, store)
}

fn acquire(store: &Arc<dyn Store>) -> Result<Lease, StateError> {
    Lease::acquire(store, Operation::Apply, None, "somebody")
}

#[test]
fn there_is_one_lease_at_a_time() {
    let (_folder, store) = store();
    let lease = acquire(&store).unwrap();
    lease.check().unwrap();
    match acquire(&store) {
        Err(StateError::LeaseHeld { record }) => assert_eq!(record.id, lease.id()),
        other => panic!("{:?}", other.err()),
    }
    assert!(Lease::take_over(&store, Operation::Apply, None, "other").is_err());
    lease.release().unwrap();
    acquire(&store).unwrap().release().unwrap();
}

#[test]
fn a_dead_run_is_taken_over_but_not_walked_over() {
    let (_folder, store) = store();
    drop(acquire(&store).unwrap());
    assert!(matches!(acquire(&store), Err(StateError::LeaseHeld { .. })));
    Lease::take_over(&store, Operation::Apply, None, "other")
        .unwrap()
        .release()
        .unwrap();
}

#[test]
fn a_run_elsewhere_is_never_taken_over() {
    let (_folder, store) = store();
    drop(acquire(&store).unwrap());
    let (mut record, _) = LeaseRecord::read(store.as_ref()).unwrap().unwrap();
    for change in [
        |mark: &mut ProcessMark| mark.boot.push('x'),
        |mark: &mut ProcessMark| mark.space.push('x'),
    ] {
        let Some(mark) = record.process.as_mut() else {
            eprintln!("skipped: needs /proc");
            return;
        };
        let before = mark.clone();
        change(mark);
        store
            .put(Key::Lease, &record.bytes().unwrap(), Condition::Always)
            .unwrap();
        assert!(Lease::take_over(&store, Operation::Apply, None, "other").is_err());
        record.process = Some(before);
    }
}

#[test]
fn unlock_ends_the_lease_that_it_names() {
    let (_folder, store) = store();
    let lease = acquire(&store).unwrap();
    assert!(matches!(
        unlock(store.as_ref(), "nope"),
        Err(StateError::NoSuchLease { held: Some(_), .. })
    ));
    unlock(store.as_ref(), lease.id()).unwrap();
    assert!(matches!(
        unlock(store.as_ref(), lease.id()),
        Err(StateError::NoSuchLease { held: None, .. })
    ));
    // Its former owner notices at the next beat, and cannot end somebody else's.
    let other = acquire(&store).unwrap();
    renew(store.as_ref(), &mut guard(&lease.shared.beat));
    assert!(matches!(lease.check(), Err(StateError::LeaseLost { .. })));
    assert!(lease.release().is_err());
    other.release().unwrap();
}

#[test]
fn a_forged_lease_cannot_write_to_the_terminal() {
    let (_folder, store) = store();
    drop(acquire(&store).unwrap());
    let (mut record, _) = LeaseRecord::read(store.as_ref()).unwrap().unwrap();
    record.owner = "\u{1b}[2J".to_owned();
    store
        .put(Key::Lease, &record.bytes().unwrap(), Condition::Always)
        .unwrap();
    let error = acquire(&store).err().unwrap();
    assert!(!error.to_string().contains('\u{1b}'));
}
