//! A calendar date, without a clock.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// A date in UTC, ordered. Exceptions expire at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

/// Why a text is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a date is written YYYY-MM-DD")]
pub struct DateError;

impl Date {
    /// The date of a moment, UTC. Moments before 1970 count as 1970-01-01.
    pub fn of(moment: SystemTime) -> Self {
        let seconds = moment
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let days = i64::try_from(seconds / 86_400).unwrap_or(i64::MAX / 2);
        Self::from_days(days)
    }

    /// The date so many days after this one.
    pub fn days_later(self, days: u32) -> Self {
        Self::from_days(self.to_days() + i64::from(days))
    }

    /// The inverse of [`Self::from_days`].
    fn to_days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted_month = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// From days since 1970-01-01, counting in 400-year eras that begin on March 1st, so that the leap
    /// day is the last of its year.
    fn from_days(days: i64) -> Self {
        const ERA: i64 = 146_097;
        let shifted = days + 719_468;
        let era = shifted.div_euclid(ERA);
        let day_of_era = shifted.rem_euclid(ERA);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year: i32::try_from(year).unwrap_or(i32::MAX),
            month: u8::try_from(month).unwrap_or(12),
            day: u8::try_from(day).unwrap_or(31),
        }
    }

    const fn days_in(year: i32, month: u8) -> u8 {
        match month {
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            _ => 31,
        }
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let bytes = text.as_bytes();
        let form = bytes.len() == 10
            && bytes.iter().enumerate().all(|(index, b)| {
                if matches!(index, 4 | 7) {
                    *b == b'-'
                } else {
                    b.is_ascii_digit()
                }
            });
        if !form {
            return Err(DateError);
        }
        let mut parts = text.split('-');
        let mut part = || parts.next().ok_or(DateError);
        let year: i32 = part()?.parse().map_err(|_| DateError)?;
        let month: u8 = part()?.parse().map_err(|_| DateError)?;
        let day: u8 = part()?.parse().map_err(|_| DateError)?;
        if (1..=12).contains(&month) && day >= 1 && day <= Self::days_in(year, month) {
            Ok(Self { year, month, day })
        } else {
            Err(DateError)
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_become_dates() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (4_107_542_400, "2100-03-01"),
            (1_795_478_400, "2026-11-24"),
        ] {
            assert_eq!(
                Date::of(UNIX_EPOCH + Duration::from_secs(seconds)).to_string(),
                date
            );
        }
    }

    #[test]
    fn days_are_added_over_the_end_of_months_and_years() {
        for (date, days, later) in [
            ("2026-11-24", 7, "2026-12-01"),
            ("2027-12-31", 60, "2028-02-29"),
            ("2000-02-29", 366, "2001-03-01"),
        ] {
            assert_eq!(
                date.parse::<Date>().unwrap().days_later(days).to_string(),
                later
            );
        }
    }

    #[test]
    fn only_real_dates_are_read() {
        assert!("2026-02-28".parse::<Date>().unwrap() < "2026-11-24".parse().unwrap());
        for text in [
            "",
            "2026-2-28",
            "2026-02-30",
            "2100-02-29",
            "2026-13-01",
            "2026-00-01",
            "20260101xx",
            "２026-01-01",
        ] {
            assert_eq!(text.parse::<Date>(), Err(DateError), "{text}");
        }
    }
}
