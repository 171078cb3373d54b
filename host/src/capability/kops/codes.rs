//! The codes of refusals of kOps documents.

pub const FIELD: &str = "AEG0360";
pub const HOST_FIELD: &str = "AEG0361";
pub const NEVER: &str = "AEG0362";
pub const SHAPE: &str = "AEG0363";
pub const NAME: &str = "AEG0364";
pub const REFERENCE: &str = "AEG0365";
pub const POLICY: &str = "AEG0366";

/// Every code with its meaning, in order.
pub const ALL: &[(&str, &str)] = &[
    (FIELD, "A field of kOps that the host has no rule for."),
    (HOST_FIELD, "A field of kOps that the host writes itself."),
    (NEVER, "A value of a kOps field that no grant allows."),
    (
        SHAPE,
        "A value of the wrong shape, or a token where a literal has to stand.",
    ),
    (
        NAME,
        "Instance groups or etcd members that have one name, or none.",
    ),
    (
        REFERENCE,
        "A part of a kOps document names another that is not in it, or a value that nobody provides.",
    ),
    (
        POLICY,
        "An IAM policy in a kOps document that cannot be held to a grant.",
    ),
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(ALL.is_sorted_by(|(left, _), (right, _)| left < right));
    }
}
