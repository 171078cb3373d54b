//! Errors that say where in an answer they are.

use std::fmt::{self, Write as _};

use super::super::error::Fault;
use super::Budget;

/// Why an answer was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// It has more parts than a call may answer.
    TooManyParts,
    Malformed(Malformed),
}

/// A refused part and the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Innermost first.
    path: Vec<(&'static str, Option<usize>)>,
    problem: String,
}

/// A problem whose place the callers add.
pub fn malformed(problem: impl fmt::Display) -> AnswerError {
    AnswerError::Malformed(Malformed {
        path: Vec::new(),
        problem: problem.to_string(),
    })
}

impl AnswerError {
    fn within(mut self, field: &'static str, index: Option<usize>) -> Self {
        if let Self::Malformed(malformed) = &mut self {
            malformed.path.push((field, index));
        }
        self
    }

    pub fn into_fault(self, budget: &Budget) -> Fault {
        match self {
            Self::TooManyParts => Fault::AnswerNodes {
                limit: budget.limit(),
            },
            Self::Malformed(malformed) => Fault::Malformed {
                at: malformed.place(),
                problem: malformed.problem,
            },
        }
    }

    /// The problem alone, for an argument of a host call.
    pub fn into_problem(self) -> String {
        match self {
            Self::TooManyParts => "too many parts".into(),
            Self::Malformed(malformed) => malformed.problem,
        }
    }
}

impl Malformed {
    fn place(&self) -> String {
        let mut place = String::new();
        for (field, index) in self.path.iter().rev() {
            if !place.is_empty() {
                place.push('.');
            }
            place.push_str(field);
            if let Some(index) = index {
                // Writing to a string does not fail.
                let _ = write!(place, "[{index}]");
            }
        }
        if place.is_empty() {
            "the answer".into()
        } else {
            place
        }
    }
}

/// Adds the name of the field that was being read.
pub trait At {
    fn at(self, field: &'static str) -> Self;
    fn at_index(self, field: &'static str, index: usize) -> Self;
}

impl<T> At for Result<T, AnswerError> {
    fn at(self, field: &'static str) -> Self {
        self.map_err(|error| error.within(field, None))
    }

    fn at_index(self, field: &'static str, index: usize) -> Self {
        self.map_err(|error| error.within(field, Some(index)))
    }
}

/// Reads the elements of a list field; each is a part of the answer.
pub fn each<T, U>(
    field: &'static str,
    items: Vec<T>,
    budget: &mut Budget,
    mut read: impl FnMut(T, &mut Budget) -> Result<U, AnswerError>,
) -> Result<Vec<U>, AnswerError> {
    budget.take(items.len())?;
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| read(item, budget).at_index(field, index))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_place() {
        let mut budget = Budget::new(100);
        let result: Result<Vec<()>, _> =
            each("changes", vec![1, 2], &mut budget, |number, budget| {
                each(
                    "resources",
                    vec![number],
                    budget,
                    |number, _| match number {
                        1 => Ok(()),
                        _ => Err(malformed("not one")).at("body"),
                    },
                )
                .map(|_| ())
            });
        assert_eq!(
            result.unwrap_err().into_fault(&budget),
            Fault::Malformed {
                at: "changes[1].resources[0].body".into(),
                problem: "not one".into()
            }
        );
    }
}
