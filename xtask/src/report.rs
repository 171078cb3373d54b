//! What is said on the terminal. Progress goes to stderr, results go to stdout.

use std::time::{Duration, Instant};

use crate::error::Error;

/// Starts a part of the work: `== title`.
pub fn title(text: &str) {
    eprintln!("\n== {text}");
}

/// One line of progress.
pub fn line(text: impl AsRef<str>) {
    eprintln!("   {}", text.as_ref());
}

/// The last line of a command that failed.
pub fn failure(error: &Error) {
    eprintln!("\nerror: {error}");
}

/// Runs `work` and says how long it took.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// A duration for people: `85 ms`, `3.2 s`, `2 min 05 s`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1000.0)
    } else if seconds < 99.95 {
        format!("{seconds:.1} s")
    } else {
        let whole = duration.as_secs();
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

/// A size for people, in units of 1,024 bytes: `812 B`, `96 KiB`, `3.4 MiB`.
pub fn size(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    if bytes < KIB {
        format!("{bytes} B")
    } else if bytes < MIB {
        format!("{} KiB", bytes.div_ceil(KIB))
    } else {
        let tenths = bytes.saturating_mul(10).div_ceil(MIB);
        format!("{}.{} MiB", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_in_the_unit_that_fits() {
        for (millis, expected) in [
            (0, "0 ms"),
            (85, "85 ms"),
            (3_240, "3.2 s"),
            (99_940, "99.9 s"),
            (125_000, "2 min 05 s"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn sizes_are_written_in_the_unit_that_fits() {
        for (bytes, expected) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (98_304, "96 KiB"),
            (3_500_000, "3.4 MiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }
}
