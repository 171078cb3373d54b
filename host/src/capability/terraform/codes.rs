//! The codes of refusals of Terraform roots and of the IAM policies in them.

pub const PROVIDER: &str = "AEG0340";
pub const NAME: &str = "AEG0341";
pub const ARGUMENT: &str = "AEG0342";
pub const META_ARGUMENT: &str = "AEG0343";
pub const SHAPE: &str = "AEG0344";
pub const REFERENCE: &str = "AEG0345";
pub const ORDER: &str = "AEG0346";
pub const POLICY: &str = "AEG0347";
pub const NEVER: &str = "AEG0348";
pub const TYPE: &str = "AEG0349";
pub const OUTPUT: &str = "AEG0350";
pub const LIFECYCLE: &str = "AEG0351";
pub const DRY_RUN: &str = "AEG0352";
pub const STATE: &str = "AEG0353";

/// Every code with its meaning, in order.
pub const ALL: &[(&str, &str)] = &[
    (
        PROVIDER,
        "A Terraform provider that the host does not offer, or none.",
    ),
    (
        NAME,
        "A name in a Terraform root is malformed or given twice.",
    ),
    (
        ARGUMENT,
        "An argument that the host's table of the type does not have, or one that is missing.",
    ),
    (META_ARGUMENT, "A meta-argument of Terraform in a body."),
    (
        SHAPE,
        "A value of the wrong shape, or a token where a literal has to stand.",
    ),
    (
        REFERENCE,
        "A token that reads nothing, or whose value could change the text around it.",
    ),
    (
        ORDER,
        "Blocks of a root depend on something that is not there, or on each other.",
    ),
    (POLICY, "An IAM policy that cannot be held to a grant."),
    (
        NEVER,
        "A file of the machine that Terraform runs on, or a secret in clear text.",
    ),
    (TYPE, "A type that cannot be granted."),
    (
        OUTPUT,
        "An output that holds something other than values of its root, or a secret that is not marked.",
    ),
    (
        LIFECYCLE,
        "A lifecycle rule that would hide what was authorised.",
    ),
    (
        DRY_RUN,
        "Terraform would do something that the root does not say.",
    ),
    (
        STATE,
        "Terraform's state names something that no root could have.",
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
