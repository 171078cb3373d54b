//! Why a policy was not read.

use super::SpellingError;

/// What is wrong, and where: a JSON pointer from the policy's root. No value of the policy is
/// repeated except tokens and short escaped words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct PolicyError {
    pub pointer: String,
    pub problem: PolicyProblem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    #[error(
        "a policy is a JSON object and never text: the host reads its statements and encodes them itself"
    )]
    NotAnObject,
    #[error(
        "`{0}` would allow everything but what it lists, which no grant can hold; list what is meant"
    )]
    Negated(&'static str),
    #[error("`{0}` is not a key of a policy")]
    UnknownKey(String),
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error("`{0}` cannot stand in this kind of policy")]
    Misplaced(&'static str),
    #[error("the version is `2012-10-17`")]
    Version,
    #[error("an effect is `Allow` or `Deny`, written as a literal")]
    Effect,
    #[error(
        "an action is literal: `service:Name`, or `*` alone; `*` and `?` may stand in the name only"
    )]
    Action,
    #[error("a trust policy allows only the actions of assuming a role, each by its name")]
    TrustAction,
    #[error("a resource is `*`, or starts with `arn:` or a token")]
    Resource,
    #[error("a principal of kind {0} is written {1}; `*` stands only alone")]
    Principal(&'static str, &'static str),
    #[error("`{0}` is not a condition operator of IAM")]
    Operator(String),
    #[error("a condition's key is ASCII letters, digits and `:/._-`")]
    ConditionKey,
    #[error("a condition's values are texts, numbers and booleans, or a list of them")]
    ConditionValue,
    #[error(
        "a statement of a web identity needs a `StringEquals` or `StringLike` condition on its subject (a key that ends in `:sub`) without policy variables and without a wildcard before its third part: otherwise everybody of the identity provider may assume the role"
    )]
    NoSubject,
    #[error("it is a text or a list of texts, and not empty")]
    NotTexts,
    #[error("it is a literal of at most 128 letters, digits, spaces, `-` and `_`")]
    Label,
    #[error("the policy expands to more than {0} permissions; nobody could judge them")]
    TooWide(usize),
    #[error(transparent)]
    Spelling(#[from] SpellingError),
}
