//! What a run came to.

use std::path::PathBuf;
use std::time::Duration;

use crate::report::duration;

/// One target's run.
pub struct Outcome {
    pub target: String,
    pub took: Duration,
    pub statistics: Statistics,
    /// Inputs in the corpus.
    pub corpus: usize,
    /// The input that broke a claim, or the log where there is none.
    pub finding: Option<PathBuf>,
}

/// What libFuzzer said.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub executions: u64,
    /// Edges of the control flow that some input went over.
    pub edges: u64,
}

impl Statistics {
    /// Reads a log. A run that ended before its first status has nothing to say.
    pub fn read(log: &str) -> Self {
        let executions = log
            .lines()
            .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        let edges = log.lines().rev().find_map(|line| {
            let (_, rest) = line.split_once("cov: ")?;
            rest.split(' ').next()
        });
        let number = |text: Option<&str>| text.and_then(|text| text.trim().parse().ok());
        Self {
            executions: number(executions).unwrap_or(0),
            edges: number(edges).unwrap_or(0),
        }
    }
}

impl Outcome {
    /// In a word or two.
    pub fn verdict(&self) -> &'static str {
        match self.finding {
            None => "ok",
            Some(_) => "A FINDING",
        }
    }

    fn per_second(&self) -> u64 {
        let seconds = self.took.as_secs().max(1);
        self.statistics.executions / seconds
    }
}

const HEAD: [&str; 7] = [
    "target",
    "time",
    "executions",
    "per second",
    "corpus",
    "edges",
    "result",
];

/// One line for each target, in columns.
pub fn table(outcomes: &[Outcome]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(outcomes.iter().map(|outcome| {
        [
            outcome.target.clone(),
            duration(outcome.took),
            outcome.statistics.executions.to_string(),
            outcome.per_second().to_string(),
            outcome.corpus.to_string(),
            outcome.statistics.edges.to_string(),
            outcome.verdict().to_owned(),
        ]
    }));
    let mut text = String::new();
    for row in &rows {
        for (column, cell) in row.iter().enumerate() {
            let width = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(String::len);
            let width = width.max().unwrap_or(0);
            match column {
                0 => text.push_str(&format!("{cell:<width$}")),
                6 => text.push_str(&format!("  {cell}")),
                _ => text.push_str(&format!("  {cell:>width$}")),
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
INFO: Seed: 1
#2\tINITED cov: 96 ft: 97 corp: 1/1b exec/s: 0 rss: 40Mb
#9581\tDONE   cov: 348 ft: 1076 corp: 131/18Kb lim: 4096 exec/s: 4790 rss: 61Mb
Done 9581 runs in 2 second(s)
stat::number_of_executed_units: 9581
stat::average_exec_per_sec:     4790
";

    #[test]
    fn the_last_status_counts() {
        let expected = Statistics {
            executions: 9581,
            edges: 348,
        };
        assert_eq!(Statistics::read(LOG), expected);
        assert_eq!(Statistics::read("no such program"), Statistics::default());
    }

    #[test]
    fn a_finding_is_seen_in_the_table() {
        let outcome = |target: &str, finding: Option<&str>| Outcome {
            target: target.to_owned(),
            took: Duration::from_secs(2),
            statistics: Statistics::read(LOG),
            corpus: 131,
            finding: finding.map(PathBuf::from),
        };
        let table = table(&[
            outcome("json", None),
            outcome("stack_file", Some("crash-1")),
        ]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines[1],
            "json        2.0 s        9581        4790     131    348  ok"
        );
        assert!(lines[2].ends_with("  A FINDING"));
    }
}
