//! The codes of this module's diagnostics. A code keeps its meaning for ever; a number that is no
//! longer used is not given again.

/// Declares each code with its name and meaning, and the table that `aegis` prints from.
macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// Every code with its meaning, in order.
        pub const ALL: &[(&str, &str)] = &[$(($code, $meaning)),*];
    };
}

codes! {
    // Reaching the file.
    NOT_FOUND = "AEG0100", "The stack file does not exist.";
    FOLDER = "AEG0101", "A folder stands in the place of the stack file.";
    UNREADABLE = "AEG0102", "The operating system refused to read the stack file.";
    NOT_UTF8 = "AEG0103", "The stack file is not UTF-8 text.";
    EMPTY = "AEG0104", "The stack file holds no value.";
    TOO_LARGE = "AEG0105", "The stack file is larger than 1 MiB.";

    // YAML.
    NOT_YAML = "AEG0106", "The text is not valid YAML.";
    SEVERAL_DOCUMENTS = "AEG0107", "The file holds more than one YAML document.";
    ALIAS = "AEG0108", "Anchors, aliases and merge keys are not part of a stack file.";
    TAG = "AEG0109", "Tags and directives are not part of a stack file.";
    DUPLICATE_KEY = "AEG0110", "A key stands twice in one map.";
    KEY_NOT_TEXT = "AEG0111", "A key is something else than text.";
    TOO_DEEP = "AEG0112", "Values are nested more than 64 levels deep.";
    TOO_MANY_NODES = "AEG0113", "The file holds more than 50,000 values.";
    ODD_NUMBER = "AEG0114", "A number that not every reader understands alike.";
    INVISIBLE = "AEG0115", "A character that is not shown, or that changes how others are shown.";

    // The shape of the file.
    UNKNOWN_KEY = "AEG0120", "A key that has no meaning in its place.";
    MISSING_KEY = "AEG0121", "A required key is missing.";
    WRONG_TYPE = "AEG0122", "A value is of another type than its key takes.";
    UNKNOWN_WORD = "AEG0123", "A value is none of the words that its key takes.";
    FORMAT_VERSION = "AEG0124", "The format version is not known to this aegis.";
    OUT_OF_RANGE = "AEG0125", "A number is outside of what its key takes.";

    // Single values.
    NAME = "AEG0130", "A name is not an identifier.";
    RESERVED_NAME = "AEG0131", "A name has a meaning of its own.";
    DOMAIN = "AEG0132", "Not a DNS name in its usual form.";
    ACCOUNT = "AEG0133", "Not an AWS account id.";
    KUBERNETES_VERSION = "AEG0134", "Not a complete Kubernetes version.";
    FACT_NAME = "AEG0135", "Not the name of a fact.";
    PLUGIN = "AEG0136", "Not a plugin, or not a version requirement.";
    PATH = "AEG0137", "Not a path inside of the stack's folder.";
    URL = "AEG0138", "Not a URL of the form that is asked for.";
    DATE = "AEG0139", "Not a date.";
    BRANCH = "AEG0140", "Not the name of a Git branch.";
    EMPTY_TEXT = "AEG0141", "A text that people have to read is empty or too long.";
    CONTROL = "AEG0142", "Not the identifier of a control.";

    // Clusters.
    NO_CLUSTERS = "AEG0150", "The stack has no cluster.";
    CIDR = "AEG0151", "Not an IPv4 block.";
    CIDR_HOST_BITS = "AEG0152", "An address inside of a block instead of the block's own.";
    CIDR_SIZE = "AEG0153", "A block that is too large or too small for a network.";
    CIDR_PUBLIC = "AEG0154", "A block of addresses that belong to somebody else.";
    CIDR_OVERLAP = "AEG0155", "Two clusters use the same addresses.";
    REGION = "AEG0156", "Not an AWS region, or one of a partition that is not supported.";
    ZONES_UNKNOWN = "AEG0157", "The region's zones are not known and have to be listed.";
    ZONE = "AEG0158", "A zone that is not in the cluster's region, or stands twice.";
    PARTITIONS = "AEG0159", "Clusters in partitions that no account spans.";

    // Stages.
    NO_STAGES = "AEG0160", "The stack has no stage.";
    STAGE_WITHOUT_PLUGIN = "AEG0161", "A stage names no plugin.";
    UNKNOWN_STAGE = "AEG0162", "A name that no stage has.";
    UNKNOWN_CLUSTER = "AEG0163", "A name that no cluster has.";
    NEEDS_ITSELF = "AEG0164", "A stage needs itself.";
    CONFIG_AND_OFF = "AEG0165", "A cluster's part of a stage is both configured and off.";

    // Delivery.
    NOT_AVAILABLE = "AEG0170", "A valid wish that this version of aegis cannot fulfil.";
    ONLY_TREE = "AEG0171", "A kind of change that can only land in the tree.";

    INTERNAL = "AEG0199", "A fault of aegis itself.";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(ALL.is_sorted_by(|(left, _), (right, _)| left < right));
        assert!(
            ALL.iter()
                .all(|(code, _)| code.len() == 7 && code.starts_with("AEG01"))
        );
    }
}
