//! What a plugin says about itself, in a package's metadata.

use aegis_document::{Limits, read};
use aegis_host::proposal::Descriptor;
use aegis_host::sandbox::parse::check_descriptor;
use serde_json::json;

use crate::check;

pub(super) fn made() -> Vec<Vec<u8>> {
    let descriptor = json!({
        "name": "test", "version": "1.0.0", "kind": "security",
        "stage-types": [{
            "name": "mesh", "title": "A test", "scope": "cluster", "config-version": 1,
            "config-schema": {"type": "object", "properties": {"max": {"type": "integer"}}},
            "settings": ["/oidc"], "conflicts": ["cni"],
            "provides": [{"name": "mesh.address", "format": "dns-name", "schema": 1, "secret": false}],
            "requires": [{
                "name": "network.vpc-id", "format": "record<id: aws-id, zone: list<text>>", "schema": 1,
                "mode": "opaque", "reach": "own-cluster", "optional": false, "secret": true,
            }],
        }],
    });
    vec![descriptor.to_string().into_bytes()]
}

pub(super) fn run(input: &[u8]) {
    let Ok(value) = read(input, Limits::SMALL) else {
        return;
    };
    let descriptor: Descriptor = match serde_json::from_value(value) {
        Ok(descriptor) => descriptor,
        Err(_) => return,
    };
    check::reads_back(&descriptor);
    if let Err(error) = check_descriptor(&descriptor, descriptor.kind) {
        return check::shown(&aegis_document::untrusted(&error.into_problem()));
    }
    assert!(!descriptor.stage_types.is_empty());
    for stage_type in &descriptor.stage_types {
        let found = descriptor.stage_type(stage_type.name.as_str());
        assert_eq!(found, Some(stage_type), "two stage types of one name");
    }
}
