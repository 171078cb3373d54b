//! Measurements as a table for people.

use std::time::Duration;

use super::Measurement;
use crate::report::{duration, size};

const HEAD: [&str; 7] = ["what", "runs", "min", "median", "max", "memory", "budget"];

/// One line for each measurement, in columns.
pub fn table(measurements: &[Measurement]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(measurements.iter().map(cells));
    let mut text = String::new();
    for row in &rows {
        for (column, cell) in row.iter().enumerate() {
            let width = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0);
            match column {
                0 => text.push_str(&format!("{cell:<width$}")),
                // The last column is the only one of words.
                6 => text.push_str(&format!("  {cell}")),
                _ => text.push_str(&format!("  {cell:>width$}")),
            }
        }
        text.push('\n');
    }
    text
}

fn cells(measurement: &Measurement) -> [String; 7] {
    [
        measurement.what.clone(),
        measurement.runs.to_string(),
        time(measurement.min_ms),
        time(measurement.median_ms),
        time(measurement.max_ms),
        measurement.peak_memory.map_or("-".to_owned(), size),
        budget(measurement),
    ]
}

fn budget(measurement: &Measurement) -> String {
    let limits: Vec<String> = [
        measurement.budget_ms.map(time),
        measurement.budget_memory.map(size),
    ]
    .into_iter()
    .flatten()
    .collect();
    match measurement.within_budget {
        None => "-".to_owned(),
        Some(true) => format!("kept: {}", limits.join(", ")),
        Some(false) => format!("EXCEEDED: {}", limits.join(", ")),
    }
}

fn time(milliseconds: f64) -> String {
    duration(Duration::from_secs_f64(milliseconds / 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_a_budget_is_judged() {
        let measurement = |what: &str, within_budget| Measurement {
            what: what.to_owned(),
            runs: 10,
            min_ms: 9.0,
            median_ms: 12.0,
            max_ms: 1_500.0,
            peak_memory: Some(3 << 20),
            budget_ms: Some(60.0),
            budget_memory: None,
            within_budget,
        };
        let text = table(&[
            measurement("plan, warm", Some(true)),
            measurement("plan", Some(false)),
        ]);
        assert_eq!(
            text,
            "\
what        runs   min  median    max   memory  budget
plan, warm    10  9 ms   12 ms  1.5 s  3.0 MiB  kept: 60 ms
plan          10  9 ms   12 ms  1.5 s  3.0 MiB  EXCEEDED: 60 ms
"
        );
    }
}
