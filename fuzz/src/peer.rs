//! Other implementations that are asked for a second opinion, and whose panics are their own.

use std::cell::Cell;
use std::panic::{self, UnwindSafe};

thread_local! {
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// What the other implementation says, or nothing where it panics.
pub fn ask<T>(question: impl FnOnce() -> T + UnwindSafe) -> Option<T> {
    ASKING.set(true);
    let answer = panic::catch_unwind(question).ok();
    ASKING.set(false);
    answer
}

/// Whether a panic of this thread is another implementation's.
pub fn is_asked() -> bool {
    ASKING.get()
}
