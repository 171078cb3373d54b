//! The codes of this module's errors. A code keeps its meaning for ever; a number that is no longer
//! used is not given again.

/// Declares each code with its name and meaning, and the table that `aegis` prints from.
macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// Every code with its meaning, in order.
        pub const ALL: &[(&str, &str)] = &[$(($code, $meaning)),*];
    };
}

codes! {
    // Loading a plugin.
    ENGINE = "AEG0400", "The sandbox cannot start on this machine.";
    COMPONENT_SIZE = "AEG0401", "A component is larger than what is compiled.";
    NOT_A_COMPONENT = "AEG0402", "A file is not a component that this aegis can compile.";
    COMPILE_TIME = "AEG0403", "A component takes too long to compile.";
    COMPILE_MEMORY = "AEG0404", "A component takes too much memory to compile.";
    COMPILER = "AEG0405", "The compiling process could not be run or broke off.";
    LINK = "AEG0406", "A component wants something that its kind of plugin does not get, or lacks something that it must have.";

    // Calling it.
    PANIC = "AEG0410", "A plugin stopped itself.";
    TRAP = "AEG0411", "A plugin did something that is not allowed to any program.";
    STACK = "AEG0412", "A plugin called itself too deeply.";
    MEMORY = "AEG0413", "A plugin asked for more memory than a call may have.";
    TIME = "AEG0414", "A plugin took longer than a call may take.";
    ANSWER_SIZE = "AEG0415", "A plugin's answer is too large.";
    ANSWER_NODES = "AEG0416", "A plugin's answer has too many parts.";
    HOST_CALLS = "AEG0417", "A plugin called the host too often.";
    READ_BYTES = "AEG0418", "A plugin read more than a call may read.";
    LOG = "AEG0419", "A plugin wrote more log messages than a call may write.";
    CONVENTION = "AEG0420", "A plugin's answer breaks the calling convention.";
    MALFORMED = "AEG0421", "A plugin's answer has a part that is not valid.";
    DESCRIPTOR = "AEG0422", "A plugin says something else about itself than its signed metadata.";
    WRONG_KIND = "AEG0423", "A plugin was asked something that its kind does not answer.";
    REQUEST = "AEG0424", "A request could not be made: a fault of aegis itself.";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(ALL.is_sorted_by(|(left, _), (right, _)| left < right));
        assert!(
            ALL.iter()
                .all(|(code, _)| code.len() == 7 && code.starts_with("AEG04"))
        );
    }
}
