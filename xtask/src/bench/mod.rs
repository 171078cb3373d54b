//! Measuring: rows, what they are made of, and how they are printed.
//!
//! A [`Row`] is anything that can be sampled: a whole process here; a peer (`terraform plan`) or a
//! figure that another program reports would be further rows.

pub mod process;
pub mod synthetic;
mod table;

use std::time::Duration;

use serde::Serialize;

use crate::error::Error;
use crate::report;

pub use table::table;

/// One measured thing.
pub struct Row<'a> {
    pub what: String,
    pub budget: Budget,
    /// Takes one sample. Called once more than there are runs: the first, which may have to fill
    /// caches or write files, is not counted.
    pub sample: Box<dyn FnMut() -> Result<Sample, Error> + 'a>,
}

/// What a row should not exceed on a machine with two cores.
#[derive(Debug, Clone, Copy, Default)]
pub struct Budget {
    pub time: Option<Duration>,
    /// Bytes.
    pub memory: Option<u64>,
}

/// One run.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub time: Duration,
    /// Largest resident set in bytes, where there is a process to ask.
    pub memory: Option<u64>,
}

/// The runs of a row in a few numbers. Times in milliseconds, memory in bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measurement {
    pub what: String,
    pub runs: usize,
    pub min_ms: f64,
    pub median_ms: f64,
    pub max_ms: f64,
    pub peak_memory: Option<u64>,
    pub budget_ms: Option<f64>,
    pub budget_memory: Option<u64>,
    /// Whether median time and peak memory keep to the budget; nothing without one.
    pub within_budget: Option<bool>,
}

/// Samples every row `runs` times, one row after the other.
pub fn measure(rows: Vec<Row<'_>>, runs: usize) -> Result<Vec<Measurement>, Error> {
    rows.into_iter()
        .map(|mut row| {
            report::line(format!("{} …", row.what));
            (row.sample)()?;
            let samples = (0..runs)
                .map(|_| (row.sample)())
                .collect::<Result<Vec<_>, _>>()?;
            Ok(summarise(row.what, row.budget, &samples))
        })
        .collect()
}

fn summarise(what: String, budget: Budget, samples: &[Sample]) -> Measurement {
    let mut times: Vec<Duration> = samples.iter().map(|sample| sample.time).collect();
    times.sort();
    let median = median(&times);
    let memory = samples.iter().filter_map(|sample| sample.memory).max();
    let verdicts = [
        budget.time.map(|limit| median <= limit),
        budget
            .memory
            .zip(memory)
            .map(|(limit, memory)| memory <= limit),
    ];
    Measurement {
        what,
        runs: samples.len(),
        min_ms: milliseconds(times.first().copied().unwrap_or_default()),
        median_ms: milliseconds(median),
        max_ms: milliseconds(times.last().copied().unwrap_or_default()),
        peak_memory: memory,
        budget_ms: budget.time.map(milliseconds),
        budget_memory: budget.memory,
        within_budget: verdicts
            .into_iter()
            .flatten()
            .reduce(|left, right| left && right),
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(sorted: &[Duration]) -> Duration {
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    if sorted.len() % 2 == 1 {
        return upper;
    }
    let lower = (sorted.len() / 2)
        .checked_sub(1)
        .and_then(|index| sorted.get(index))
        .copied()
        .unwrap_or_default();
    (lower + upper) / 2
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(millis: &[u64], memory: u64) -> Vec<Sample> {
        millis
            .iter()
            .map(|millis| Sample {
                time: Duration::from_millis(*millis),
                memory: Some(memory),
            })
            .collect()
    }

    #[test]
    fn runs_are_summed_up_by_least_middle_and_most() {
        for (times, expected) in [
            (&[30, 10, 20][..], (10.0, 20.0, 30.0)),
            (&[40, 10, 20, 30], (10.0, 25.0, 40.0)),
            (&[7], (7.0, 7.0, 7.0)),
            (&[], (0.0, 0.0, 0.0)),
        ] {
            let found = summarise("x".to_owned(), Budget::default(), &samples(times, 1));
            assert_eq!((found.min_ms, found.median_ms, found.max_ms), expected);
        }
    }

    #[test]
    fn a_budget_is_kept_only_if_time_and_memory_keep_to_it() {
        let budget = Budget {
            time: Some(Duration::from_millis(20)),
            memory: Some(100),
        };
        for (time, memory, expected) in [
            (20, 100, Some(true)),
            (21, 100, Some(false)),
            (20, 101, Some(false)),
        ] {
            let found = summarise("x".to_owned(), budget, &samples(&[time], memory));
            assert_eq!(found.within_budget, expected);
        }
        let none = summarise("x".to_owned(), Budget::default(), &samples(&[1], 1));
        assert_eq!(none.within_budget, None);
    }

    #[test]
    fn the_first_sample_of_a_row_is_not_counted() {
        let mut millis = 100;
        let row = Row {
            what: "x".to_owned(),
            budget: Budget::default(),
            sample: Box::new(move || {
                let time = Duration::from_millis(millis);
                millis = 5;
                Ok(Sample { time, memory: None })
            }),
        };
        let found = measure(vec![row], 3).expect("samples");
        assert_eq!(found[0].runs, 3);
        assert_eq!(found[0].max_ms, 5.0);
    }
}
