//! Reading the output of Rust's test programs, run with `--show-output`.
//!
//! A test that needs something which is not on the machine prints a line that starts with
//! [`SKIPPED`] and returns: for the test program it has passed. Here it is counted as skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How a test says that it was skipped.
pub const SKIPPED: &str = "skipped: needs";

/// The counts of a whole run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

/// `12 passed, 0 failed, 3 skipped`.
impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// Reads the lines of test programs, one after the other.
#[derive(Debug, Default)]
pub struct Reader {
    counts: Counts,
    /// Skipped tests by the reason they gave.
    reasons: BTreeMap<String, usize>,
    section: Section,
    /// Tests of the present program that said they were skipped.
    skipped_here: BTreeSet<String>,
    /// Programs that started and did not come to a result.
    aborted: usize,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Section {
    /// Between two test programs.
    #[default]
    Outside,
    /// `test name ... ok` and the output of failed tests.
    Results,
    /// The output of passed tests; the name is that of the test it belongs to.
    Successes(Option<String>),
}

impl Reader {
    /// Takes one line. Returns whether it is worth showing: what passed tests print is not.
    pub fn line(&mut self, line: &str) -> bool {
        if is_start(line) {
            if self.section != Section::Outside {
                self.aborted += 1;
            }
            self.section = Section::Results;
            self.skipped_here.clear();
            return true;
        }
        if self.section == Section::Outside {
            return true;
        }
        if let Some(result) = line.strip_prefix("test result: ") {
            self.add(result);
            self.section = Section::Outside;
            return true;
        }
        match (&self.section, line) {
            (_, "successes:") => {
                self.section = Section::Successes(None);
                false
            }
            (Section::Successes(_), "failures:") => {
                self.section = Section::Results;
                true
            }
            (Section::Successes(test), _) => {
                if let Some(name) = output_of(line) {
                    self.section = Section::Successes(Some(name.to_owned()));
                } else if let Some(test) = test.clone()
                    && line.starts_with(SKIPPED)
                {
                    self.skip(test, line);
                }
                false
            }
            _ => true,
        }
    }

    /// The counts, after the last line. A program that came to no result counts as one failure.
    pub fn counts(&self) -> Counts {
        let unfinished = usize::from(self.section != Section::Outside);
        Counts {
            failed: self.counts.failed + self.aborted + unfinished,
            ..self.counts
        }
    }

    /// Why tests were skipped, in their own words, with the number of tests.
    pub fn reasons(&self) -> &BTreeMap<String, usize> {
        &self.reasons
    }

    fn skip(&mut self, test: String, line: &str) {
        if self.skipped_here.insert(test) {
            *self.reasons.entry(line.trim_end().to_owned()).or_default() += 1;
        }
    }

    /// Adds `ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
    fn add(&mut self, result: &str) {
        let skipped = self.skipped_here.len();
        self.counts.passed += number_of(result, "passed").saturating_sub(skipped);
        self.counts.failed += number_of(result, "failed");
        self.counts.skipped += number_of(result, "ignored") + skipped;
    }
}

/// `running 12 tests`
fn is_start(line: &str) -> bool {
    let mut words = line.split(' ');
    words.next() == Some("running")
        && words
            .next()
            .is_some_and(|word| word.parse::<usize>().is_ok())
        && matches!(words.next(), Some("test" | "tests"))
        && words.next().is_none()
}

/// The test's name in `---- name stdout ----`.
fn output_of(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

fn number_of(result: &str, what: &str) -> usize {
    result
        .split(['.', ';'])
        .filter_map(|part| part.trim().split_once(' '))
        .find(|(_, name)| *name == what)
        .and_then(|(number, _)| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(output: &str) -> (Reader, Vec<&str>) {
        let mut reader = Reader::default();
        let shown = output.lines().filter(|line| reader.line(line)).collect();
        (reader, shown)
    }

    fn counts(passed: usize, failed: usize, skipped: usize) -> Counts {
        Counts {
            passed,
            failed,
            skipped,
        }
    }

    const PASSING: &str = "\
running 4 tests
test plan::an_empty_plan ... ok
test live::terraform_plans ... ok
test live::slow ... ignored
test live::helm_renders ... ok

successes:

---- live::helm_renders stdout ----
skipped: needs helm
skipped: needs helm

---- live::terraform_plans stdout ----
looking for terraform
skipped: needs terraform


successes:
    live::helm_renders
    live::terraform_plans
    plan::an_empty_plan

test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
";

    const FAILING: &str = "\
running 2 tests
test a ... FAILED
test b ... ok

successes:

---- b stdout ----
noise

successes:
    b

failures:

---- a stdout ----
skipped: needs luck
assertion failed

failures:
    a

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn a_test_that_says_so_is_skipped_and_not_passed() {
        let (reader, _) = read(PASSING);
        assert_eq!(reader.counts(), counts(1, 0, 3));
        let reasons: Vec<_> = reader.reasons().iter().collect();
        assert_eq!(
            reasons,
            [
                (&"skipped: needs helm".to_owned(), &1),
                (&"skipped: needs terraform".to_owned(), &1)
            ]
        );
    }

    #[test]
    fn a_failed_test_is_failed_whatever_it_prints() {
        let (reader, shown) = read(FAILING);
        assert_eq!(reader.counts(), counts(1, 1, 0));
        assert!(shown.contains(&"assertion failed"));
        assert!(!shown.contains(&"noise"));
    }

    #[test]
    fn programs_are_added_up() {
        let output = format!("{PASSING}\n     Running tests/cli.rs\n\n{FAILING}\n{PASSING}");
        assert_eq!(read(&output).0.counts(), counts(3, 1, 6));
    }

    #[test]
    fn a_program_that_came_to_no_result_is_a_failure() {
        let aborted = "running 3 tests\ntest a ... ok\n";
        assert_eq!(read(aborted).0.counts(), counts(0, 1, 0));
        let followed = format!("{aborted}{PASSING}");
        assert_eq!(read(&followed).0.counts(), counts(1, 1, 3));
    }

    #[test]
    fn lines_outside_of_a_program_count_nothing() {
        let (reader, shown) =
            read("test result: ok. 9 passed; 0 failed; 0 ignored\nrunning late\n");
        assert_eq!(reader.counts(), counts(0, 0, 0));
        assert_eq!(shown.len(), 2);
    }

    #[test]
    fn counts_are_written_in_the_form_that_other_tools_read() {
        assert_eq!(
            counts(12, 0, 3).to_string(),
            "12 passed, 0 failed, 3 skipped"
        );
    }
}
