//! Measurements as a table for people.

use std::time::Duration;

use super::{Figure, Measurement};
use crate::report::{duration, size};

const HEAD: [&str; 7] = ["what", "runs", "min", "median", "max", "memory", "figures"];

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
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

fn cells(measurement: &Measurement) -> [String; 7] {
    let figures = measurement.figures.iter().map(figure);
    let words: Vec<String> = figures.chain(measurement.note.clone()).collect();
    [
        measurement.what.clone(),
        measurement.runs.to_string(),
        time(measurement.min_ms),
        time(measurement.median_ms),
        time(measurement.max_ms),
        measurement.peak_memory.map_or("-".to_owned(), size),
        words.join(", "),
    ]
}

/// `1.31 ms/MB`, and with a limit `1.31 ms/MB (ok: at most 2.00)`.
fn figure(figure: &Figure) -> String {
    let number = |value: f64| match figure.unit.as_str() {
        "ms" => time(value),
        "bytes" => size(value as u64),
        unit => format!("{value:.2} {unit}"),
    };
    let shown = number(figure.value);
    match (figure.limit, figure.within) {
        (Some(limit), Some(within)) => {
            let verdict = if within { "ok" } else { "OVER" };
            format!("{shown} ({verdict}: at most {})", number(limit))
        }
        _ => shown,
    }
}

/// A time with three digits that count.
fn time(milliseconds: f64) -> String {
    if milliseconds < 1.0 {
        format!("{:.0} µs", milliseconds * 1000.0)
    } else if milliseconds < 10.0 {
        format!("{milliseconds:.2} ms")
    } else if milliseconds < 100.0 {
        format!("{milliseconds:.1} ms")
    } else {
        duration(Duration::from_secs_f64(milliseconds / 1000.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_limits_are_judged() {
        let measurement = |what: &str, figures, note: Option<&str>| Measurement {
            what: what.to_owned(),
            runs: 10,
            min_ms: 0.9,
            median_ms: 12.0,
            max_ms: 1_500.0,
            peak_memory: Some(3 << 20),
            figures,
            note: note.map(str::to_owned),
        };
        let text = table(&[
            measurement(
                "plan, warm",
                vec![
                    Figure::new(12.0, "ms", Some(60.0)),
                    Figure::new(3145728.0, "bytes", Some(1048576.0)),
                ],
                None,
            ),
            measurement(
                "plan",
                vec![Figure::new(1.5, "× native", None)],
                Some("a note"),
            ),
            measurement("other", vec![], None),
        ]);
        assert_eq!(
            text,
            "\
what        runs     min   median    max   memory  figures
plan, warm    10  900 µs  12.0 ms  1.5 s  3.0 MiB  12.0 ms (ok: at most 60.0 ms), 3.0 MiB (OVER: at most 1.0 MiB)
plan          10  900 µs  12.0 ms  1.5 s  3.0 MiB  1.50 × native, a note
other         10  900 µs  12.0 ms  1.5 s  3.0 MiB
"
        );
    }
}
