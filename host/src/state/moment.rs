//! Moments as people and journals write them.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::date::Date;

/// RFC 3339, UTC, whole seconds.
pub(super) fn written(moment: SystemTime) -> String {
    let of_day = moment
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
        % 86_400;
    format!(
        "{}T{:02}:{:02}:{:02}Z",
        Date::of(moment),
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

pub(super) fn now() -> String {
    written(SystemTime::now())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        let moment = UNIX_EPOCH + Duration::from_secs(1_795_478_400 + 3_723);
        assert_eq!(written(moment), "2026-11-24T01:02:03Z");
    }
}
