//! Lines behind a good file.

use super::{Case, check};
use crate::stack::codes;
use crate::stack::tests::with;

#[test]
fn additions_to_a_good_file_are_refused() {
    let cases: &[Case<'_>] = &[
        // YAML.
        ("settings: {a: &x 1}\n", codes::ALIAS, (7, 15), "an anchor"),
        (
            "settings: {a: 1, <<: {b: 2}}\n",
            codes::ALIAS,
            (7, 18),
            "merge key",
        ),
        ("settings: {a: !!str 1}\n", codes::TAG, (7, 15), "a tag"),
        ("settings: {a: !Ref x}\n", codes::TAG, (7, 15), "a tag"),
        (
            "name: shop\n",
            codes::DUPLICATE_KEY,
            (7, 1),
            "`name` stands twice",
        ),
        (
            "settings: {a: 1, \"a\": 2}\n",
            codes::DUPLICATE_KEY,
            (7, 18),
            "`a` stands twice",
        ),
        (
            "settings: {1: a}\n",
            codes::KEY_NOT_TEXT,
            (7, 12),
            "`\"1\"`",
        ),
        (
            "settings: {true: a}\n",
            codes::KEY_NOT_TEXT,
            (7, 12),
            "the boolean true",
        ),
        (
            "settings: {~: a}\n",
            codes::KEY_NOT_TEXT,
            (7, 12),
            "a key must be text",
        ),
        (
            "settings: {[a]: b}\n",
            codes::KEY_NOT_TEXT,
            (7, 12),
            "this is a list",
        ),
        (
            "settings: {? {a: b} : c}\n",
            codes::KEY_NOT_TEXT,
            (7, 14),
            "this is a map",
        ),
        (
            "---\nname: other\n",
            codes::SEVERAL_DOCUMENTS,
            (7, 1),
            "one YAML document",
        ),
        (
            "settings: {a: 1\n",
            codes::NOT_YAML,
            (8, 1),
            "not valid YAML",
        ),
        (
            "settings:\n\ta: 1\n",
            codes::NOT_YAML,
            (8, 2),
            "never with tabs",
        ),
        (
            "settings: {a: @b}\n",
            codes::NOT_YAML,
            (7, 15),
            "into quotes",
        ),
        (
            "settings: {a: \u{202e}b}\n",
            codes::INVISIBLE,
            (7, 15),
            "U+202E",
        ),
        (
            "settings: {a: \"\u{1b}\"}\n",
            codes::INVISIBLE,
            (7, 16),
            "U+001B",
        ),
        (
            "settings: {a: 012}\n",
            codes::ODD_NUMBER,
            (7, 15),
            "leading zero",
        ),
        (
            "settings: {a: [9223372036854775808]}\n",
            codes::ODD_NUMBER,
            (7, 16),
            "64 bits",
        ),
        (
            "settings: {a: 9007199254740992}\n",
            codes::ODD_NUMBER,
            (7, 15),
            "not exact",
        ),
        (
            "settings: {a: .inf}\n",
            codes::ODD_NUMBER,
            (7, 15),
            "infinity",
        ),
        // Shape.
        (
            "policies: {}\n",
            codes::UNKNOWN_KEY,
            (7, 1),
            "did you mean `policy`?",
        ),
        (
            "policy: {block_at: high}\n",
            codes::UNKNOWN_KEY,
            (7, 10),
            "did you mean `block-at`?",
        ),
        (
            "policy: [high]\n",
            codes::WRONG_TYPE,
            (7, 10),
            "must be a map, not a list",
        ),
        ("policy:\n", codes::WRONG_TYPE, (7, 7), "not nothing"),
        (
            "policy: {block-at: hihg}\n",
            codes::UNKNOWN_WORD,
            (7, 20),
            "did you mean `high`?",
        ),
        (
            "policy: {approvals: 1.5}\n",
            codes::WRONG_TYPE,
            (7, 21),
            "a whole number",
        ),
        (
            "policy: {approvals: -1}\n",
            codes::OUT_OF_RANGE,
            (7, 21),
            "from 0 to 20",
        ),
        (
            "policy: {structural: true}\n",
            codes::WRONG_TYPE,
            (7, 22),
            "the boolean true",
        ),
        (
            "policy: {required: [\"a b\"]}\n",
            codes::CONTROL,
            (7, 21),
            "no control's identifier",
        ),
        (
            "settings: [1]\n",
            codes::WRONG_TYPE,
            (7, 12),
            "`settings` must be a map",
        ),
        (
            "exceptions: {}\n",
            codes::WRONG_TYPE,
            (7, 13),
            "must be a list",
        ),
        (
            "exceptions: [{control: a, reason: b, owner: c}]\n",
            codes::MISSING_KEY,
            (7, 15),
            "`expires`",
        ),
        (
            "exceptions: [{control: a, reason: b, owner: c, expires: 2027-02-30}]\n",
            codes::DATE,
            (7, 57),
            "this is no date",
        ),
        (
            "exceptions: [{control: a, reason: ' ', owner: c, expires: 2027-02-03}]\n",
            codes::EMPTY_TEXT,
            (7, 35),
            "this is empty",
        ),
        // Single values.
        (
            "account: 1111222233\n",
            codes::ACCOUNT,
            (7, 10),
            "twelve digits",
        ),
        (
            "kubernetes: 1.36\n",
            codes::KUBERNETES_VERSION,
            (7, 13),
            "patch version",
        ),
        (
            "kubernetes: true\n",
            codes::WRONG_TYPE,
            (7, 13),
            "must be text",
        ),
        ("tree: ../other\n", codes::PATH, (7, 7), "`..`"),
        ("tree: /etc\n", codes::PATH, (7, 7), "absolute"),
        (
            "tree: .git/hooks\n",
            codes::PATH,
            (7, 7),
            "Git's own folder",
        ),
        (
            "git: {branch: main}\n",
            codes::MISSING_KEY,
            (7, 1),
            "`repository`",
        ),
        (
            "git: {repository: \"https://me:secret@example.com/a\"}\n",
            codes::URL,
            (7, 19),
            "credentials do not belong",
        ),
        (
            "git: {repository: \"https://example.com/a\", branch: a..b}\n",
            codes::BRANCH,
            (7, 52),
            "no branch name",
        ),
        // Stages.
        (
            "stages: {Mesh: {use: a/b}}\n",
            codes::NAME,
            (7, 10),
            "lower-case",
        ),
        (
            "stages: {mesh: {use: linkerd}}\n",
            codes::PLUGIN,
            (7, 22),
            "publisher/plugin",
        ),
        (
            "stages: {mesh: {use: a/b@latest}}\n",
            codes::PLUGIN,
            (7, 22),
            "version requirement",
        ),
        (
            "stages: {delivry: {off: unused}}\n",
            codes::STAGE_WITHOUT_PLUGIN,
            (7, 10),
            "did you mean `delivery`?",
        ),
        (
            "stages: {delivery: {off: true}}\n",
            codes::WRONG_TYPE,
            (7, 26),
            "the reason",
        ),
        (
            "stages: {delivery: {off: \"\"}}\n",
            codes::EMPTY_TEXT,
            (7, 26),
            "empty",
        ),
        (
            "stages: {delivery: {needs: [netwrok]}}\n",
            codes::UNKNOWN_STAGE,
            (7, 29),
            "did you mean `network`?",
        ),
        (
            "stages: {delivery: {needs: [delivery]}}\n",
            codes::NEEDS_ITSELF,
            (7, 29),
            "itself",
        ),
        (
            "stages: {delivery: {clusters: {use2: {off: later}}}}\n",
            codes::UNKNOWN_CLUSTER,
            (7, 32),
            "did you mean `use1`?",
        ),
        (
            "stages: {delivery: {clusters: {use1: {off: later, config: {}}}}}\n",
            codes::CONFIG_AND_OFF,
            (7, 39),
            "both configured and off",
        ),
        (
            "stages: {delivery: {clusters: {use1: {}}}}\n",
            codes::MISSING_KEY,
            (7, 38),
            "says nothing",
        ),
        (
            "stages: {delivery: {config: [1]}}\n",
            codes::WRONG_TYPE,
            (7, 30),
            "`config` must be",
        ),
        (
            "stages: {delivery: {config: {a: {b: 007}}}}\n",
            codes::ODD_NUMBER,
            (7, 37),
            "leading zero",
        ),
        // References and delivery.
        (
            "facts: {use2: {a.b: c}}\n",
            codes::UNKNOWN_CLUSTER,
            (7, 9),
            "use1, stack",
        ),
        (
            "facts: {use1: {A: c}}\n",
            codes::FACT_NAME,
            (7, 16),
            "network.vpc-id",
        ),
        (
            "facts: {use1: {a.b: null}}\n",
            codes::WRONG_TYPE,
            (7, 21),
            "must be a value",
        ),
        (
            "deliver: {helm: tree}\n",
            codes::UNKNOWN_WORD,
            (7, 11),
            "release",
        ),
        (
            "deliver: {kops: tre}\n",
            codes::UNKNOWN_WORD,
            (7, 17),
            "did you mean `tree`?",
        ),
        (
            "deliver: {kops: live}\n",
            codes::NOT_AVAILABLE,
            (7, 17),
            "not available in this version",
        ),
        (
            "deliver: {file: live}\n",
            codes::ONLY_TREE,
            (7, 17),
            "only be delivered to the tree",
        ),
        (
            "releases: {owner: {mehs: aegis}}\n",
            codes::UNKNOWN_STAGE,
            (7, 20),
            "no stage `mehs`",
        ),
        (
            "releases: {owner: {delivery: flux}}\n",
            codes::UNKNOWN_WORD,
            (7, 30),
            "aegis, argocd",
        ),
    ];
    for case in cases {
        check(&with(case.0), case);
    }
}
