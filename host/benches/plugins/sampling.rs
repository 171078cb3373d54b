//! Taking samples, and what is made of them.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Outcome;

/// How long something quick is repeated at least, so that its median is one of many.
const LONG_ENOUGH: Duration = Duration::from_millis(400);
/// Most rounds of something quick.
const ROUNDS_MAX: usize = 2_000;
/// Most rounds of something slow.
const SLOW_ROUNDS_MAX: usize = 3;

/// How often to measure.
#[derive(Clone, Copy, Debug)]
pub struct Runs(pub usize);

impl Runs {
    /// Samples of something that takes a moment, with one that is not counted before them.
    pub fn slow<T>(self, mut subject: impl FnMut() -> Outcome<T>) -> Outcome<Times> {
        let mut once = || subject().map(|result| drop(black_box(result)));
        rounds(self.0.min(SLOW_ROUNDS_MAX), Duration::ZERO, [&mut once]).map(|[times]| times)
    }

    /// Samples of something quick: at least so many, and as many as fit into a part of a second.
    pub fn quick<T>(self, mut subject: impl FnMut() -> Outcome<T>) -> Outcome<Times> {
        let mut once = || subject().map(|result| drop(black_box(result)));
        self.alternately([&mut once]).map(|[times]| times)
    }

    /// Samples of several quick things that are compared: one of each in turn, so that whatever the
    /// machine does besides hits all of them.
    pub fn alternately<const N: usize>(
        self,
        subjects: [&mut dyn FnMut() -> Outcome<()>; N],
    ) -> Outcome<[Times; N]> {
        rounds(self.0, LONG_ENOUGH * u32::try_from(N)?, subjects)
    }
}

/// One round that is not counted; then so many that count, and more until they took so long.
fn rounds<const N: usize>(
    least: usize,
    long_enough: Duration,
    mut subjects: [&mut dyn FnMut() -> Outcome<()>; N],
) -> Outcome<[Times; N]> {
    let mut samples: [Vec<Duration>; N] = std::array::from_fn(|_| Vec::new());
    let mut total = Duration::ZERO;
    let mut done = 0;
    for round in 0..=least.max(ROUNDS_MAX) {
        if done >= least && total >= long_enough {
            break;
        }
        for (subject, samples) in subjects.iter_mut().zip(&mut samples) {
            let start = Instant::now();
            subject()?;
            let time = start.elapsed();
            if round > 0 {
                samples.push(time);
                total += time;
            }
        }
        done = round;
    }
    Ok(samples.map(Times::of))
}

/// Sorted samples.
#[derive(Debug)]
pub struct Times(Vec<Duration>);

impl Times {
    fn of(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        Self(samples)
    }

    /// The middle one, or the mean of the two in the middle.
    pub fn median(&self) -> Duration {
        let at = |index: usize| self.0.get(index).copied().unwrap_or_default();
        let middle = self.0.len() / 2;
        match self.0.len() % 2 {
            0 => (at(middle.saturating_sub(1)) + at(middle)) / 2,
            _ => at(middle),
        }
    }
}

/// One line of the result. Times in milliseconds.
#[derive(Debug, Serialize)]
pub struct Measurement {
    what: String,
    runs: usize,
    min_ms: f64,
    median_ms: f64,
    max_ms: f64,
    figures: Vec<Figure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A number that follows from the median, with the most that it should be.
#[derive(Debug, Serialize)]
struct Figure {
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<f64>,
    /// Whether the value keeps to the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<bool>,
}

impl Measurement {
    pub fn new(what: impl Into<String>, times: &Times) -> Self {
        let at = |sample: Option<&Duration>| milliseconds(sample.copied().unwrap_or_default());
        Self {
            what: what.into(),
            runs: times.0.len(),
            min_ms: at(times.0.first()),
            median_ms: milliseconds(times.median()),
            max_ms: at(times.0.last()),
            figures: Vec::new(),
            note: None,
        }
    }

    /// Adds the median in relation to a size in bytes.
    pub fn per_megabyte(self, bytes: usize, limit: Option<f64>) -> Self {
        let value = self.median_ms / (bytes as f64 / 1e6);
        self.figure(value, "ms/MB", limit)
    }

    /// Adds the median in relation to that of something else: `unit` is `× WHAT`.
    pub fn against(self, other: &Times, unit: &'static str, limit: Option<f64>) -> Self {
        let value = self.median_ms / milliseconds(other.median());
        self.figure(value, unit, limit)
    }

    fn figure(mut self, value: f64, unit: &'static str, limit: Option<f64>) -> Self {
        let within = limit.map(|limit| value <= limit);
        self.figures.push(Figure {
            value,
            unit,
            limit,
            within,
        });
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// One line for a person.
    pub fn line(&self) -> String {
        let Self {
            what,
            min_ms,
            median_ms,
            max_ms,
            runs,
            ..
        } = self;
        let mut line =
            format!("{what:<44} {median_ms:>10.3} ms ({min_ms:.3} … {max_ms:.3}, {runs} runs)");
        for figure in &self.figures {
            line.push_str(&format!("  {:.2} {}", figure.value, figure.unit));
            if let (Some(limit), Some(within)) = (figure.limit, figure.within) {
                let verdict = if within { "ok" } else { "OVER" };
                line.push_str(&format!(" ({verdict}: at most {limit})"));
            }
        }
        if let Some(note) = &self.note {
            line.push_str(&format!("  {note}"));
        }
        line
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
