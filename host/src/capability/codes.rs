//! The codes of this module's refusals. A code keeps its meaning for ever; a number that is no longer
//! used is not given again. Numbers 0340 to 0369 belong to the Terraform and kOps modules.

/// Declares each code with its name and meaning, and the table that `aegis` prints from.
macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// Every code with its meaning, in order.
        pub const ALL: &[(&str, &str)] = &[$(($code, $meaning)),*];
    };
}

codes! {
    // Reading a list of capabilities.
    NOT_A_LIST = "AEG0300", "Capabilities are a list of maps.";
    UNKNOWN_CAPABILITY = "AEG0301", "A capability that does not exist.";
    MALFORMED_CAPABILITY = "AEG0302", "A capability's fields are not what they have to be.";
    TOO_MANY = "AEG0303", "A list of capabilities is longer than anybody can judge.";

    // The walls of a decision.
    KIND_CEILING = "AEG0310", "No plugin of this kind can do this.";
    NOT_REQUESTED = "AEG0311", "The plugin's signed statement does not ask for this.";
    NOT_GRANTED = "AEG0312", "The operator did not grant this to the stage.";
    OUT_OF_REACH = "AEG0313", "The stage means a cluster that is not its own.";

    // What no grant allows.
    FORBIDDEN = "AEG0320", "Something that no grant can allow.";
    UNKNOWN_SCOPE = "AEG0321", "Nobody knows whether a kind of object has a namespace.";
    MALFORMED_NAME = "AEG0322", "A name, label or path is not written as its kind demands.";
    CONTROL_FIELD = "AEG0323", "A token, or no text at all, where a literal text decides what is allowed.";
    UNKNOWN_FIELD = "AEG0324", "A field that the host has no policy for.";
    MALFORMED_FIELD = "AEG0325", "A field's value is not what its kind demands.";

    // Tokens and facts.
    UNDECLARED_FACT = "AEG0330", "A token of a fact that the stage does not require.";
    SECRET_SINK = "AEG0331", "A secret in a place that is not one for secrets.";
    NOT_EMBEDDABLE = "AEG0332", "A value inside of a longer text that could change that text.";
    FACT_OFFER = "AEG0333", "The facts of a proposal are not those that the stage offers.";

    // A proposal as a whole.
    DUPLICATE = "AEG0370", "Two parts of a proposal have one name.";
    DANGLING = "AEG0371", "A part of a proposal names another that is not in it.";
    CYCLE = "AEG0372", "Changes that each wait for the other.";
    SCOPE = "AEG0373", "A change names no cluster, or names one that it cannot have.";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(ALL.is_sorted_by(|(left, _), (right, _)| left < right));
        assert!(
            ALL.iter()
                .all(|(code, _)| code.len() == 7 && code.starts_with("AEG03"))
        );
    }
}
