//! Measuring: rows, what they are made of, and how they are printed.
//!
//! A [`Row`] is a whole process that is sampled here; [`plugins`] takes over what the benchmark of the
//! host measured inside of one process. Both end as [`Measurement`]s. Nothing fails because it is slow: a
//! budget is printed beside what was measured, with `ok` or `OVER`.

pub mod extism;
pub mod growth;
pub mod peer;
pub mod plugins;
pub mod process;
pub mod synthetic;
mod table;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::report;

pub use table::table;

/// One measured thing.
pub struct Row<'a> {
    pub what: String,
    pub budget: Budget,
    /// Fewer runs than are asked for, where one takes long.
    pub most_runs: usize,
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
    /// Largest resident set in bytes.
    pub memory: u64,
}

/// The runs of a row in a few numbers. Times in milliseconds, memory in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    pub what: String,
    pub runs: usize,
    pub min_ms: f64,
    pub median_ms: f64,
    pub max_ms: f64,
    /// Of the largest run, where there is a process to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    pub figures: Vec<Figure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A number that follows from the runs, and the most that it should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    pub value: f64,
    /// `ms`, `bytes`, `ms/MB`, `× native`.
    pub unit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// Whether the value keeps to the limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<bool>,
}

impl Figure {
    pub fn new(value: f64, unit: impl Into<String>, limit: Option<f64>) -> Self {
        Self {
            value,
            unit: unit.into(),
            limit,
            within: limit.map(|limit| value <= limit),
        }
    }
}

/// Samples a row `runs` times, or as often as it wants at most.
pub fn measure(mut row: Row<'_>, runs: usize) -> Result<Measurement, Error> {
    report::line(format!("{} …", row.what));
    (row.sample)()?;
    let samples = (0..runs.min(row.most_runs))
        .map(|_| (row.sample)())
        .collect::<Result<Vec<_>, _>>()?;
    Ok(summarise(row.what, row.budget, &samples))
}

fn summarise(what: String, budget: Budget, samples: &[Sample]) -> Measurement {
    let mut times: Vec<Duration> = samples.iter().map(|sample| sample.time).collect();
    times.sort();
    let median = milliseconds(median(&times));
    let memory = samples.iter().map(|sample| sample.memory).max();
    let time = budget
        .time
        .map(|limit| Figure::new(median, "ms", Some(milliseconds(limit))));
    let memory_kept = budget
        .memory
        .zip(memory)
        .map(|(limit, memory)| Figure::new(memory as f64, "bytes", Some(limit as f64)));
    Measurement {
        what,
        runs: samples.len(),
        min_ms: milliseconds(times.first().copied().unwrap_or_default()),
        median_ms: median,
        max_ms: milliseconds(times.last().copied().unwrap_or_default()),
        peak_memory: memory,
        figures: time.into_iter().chain(memory_kept).collect(),
        note: None,
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
                memory,
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
    fn time_and_memory_are_judged_each_by_its_own_limit() {
        let budget = Budget {
            time: Some(Duration::from_millis(20)),
            memory: Some(100),
        };
        for (time, memory, expected) in [
            (20, 100, [Some(true), Some(true)]),
            (21, 100, [Some(false), Some(true)]),
            (20, 101, [Some(true), Some(false)]),
        ] {
            let found = summarise("x".to_owned(), budget, &samples(&[time], memory));
            let within: Vec<_> = found.figures.iter().map(|figure| figure.within).collect();
            assert_eq!(within, expected);
        }
        let none = summarise("x".to_owned(), Budget::default(), &samples(&[1], 1));
        assert_eq!(none.figures, []);
    }

    #[test]
    fn the_first_sample_of_a_row_is_not_counted() {
        for (most_runs, expected) in [(usize::MAX, 3), (2, 2)] {
            let mut millis = 100;
            let row = Row {
                what: "x".to_owned(),
                budget: Budget::default(),
                most_runs,
                sample: Box::new(move || {
                    let time = Duration::from_millis(millis);
                    millis = 5;
                    Ok(Sample { time, memory: 1 })
                }),
            };
            let found = measure(row, 3).expect("samples");
            assert_eq!(found.runs, expected);
            assert_eq!(found.max_ms, 5.0);
        }
    }
}
