//! Claims about keys.

use super::{bodies, harness, root, run};

#[test]
fn keys_are_left_to_the_account_and_rotate() {
    let proposal = run(harness("keys").own("use1")).unwrap();
    let keys = bodies(root(&proposal), "aws_kms_key");
    assert_eq!(keys.len(), 4);
    for (name, key) in keys {
        assert_eq!(key["enable_key_rotation"], true, "{name}");
        let first = &key["policy"]["Statement"][0];
        assert_eq!(first["Action"], "kms:*", "{name}");
        let grants = key["policy"]["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|statement| statement["Action"] == "kms:CreateGrant")
            .map(|statement| statement["Condition"]["Bool"]["kms:GrantIsForAWSResource"].clone());
        assert!(grants.clone().all(|only_aws| only_aws == "true"), "{name}");
        assert_eq!(grants.count(), usize::from(name == "volumes"), "{name}");
    }
}
