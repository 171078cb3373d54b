//! Types without a table that an operator may still grant as `unchecked`: what holds for them all
//! the same.

/// Attributes of types without a table that name a file of the machine that Terraform runs on.
/// Found in the schema of provider version 5.100 and its documentation.
const READS_FILES: &[(&str, &[&str])] = &[
    ("aws_connect_contact_flow", &["filename"]),
    ("aws_connect_contact_flow_module", &["filename"]),
    ("aws_gamelift_script", &["zip_file"]),
    ("aws_rds_custom_db_engine_version", &["filename"]),
    ("aws_s3_bucket_object", &["source"]),
    ("aws_synthetics_canary", &["zip_file"]),
];

/// Whether the attribute names a file of the machine that Terraform runs on.
pub fn reads_files(kind: &str, attribute: &str) -> bool {
    READS_FILES
        .iter()
        .any(|(name, attributes)| *name == kind && attributes.contains(&attribute))
}
