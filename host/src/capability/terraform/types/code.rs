//! Types whose point is that something runs: instances, functions, builds, documents, stacks. None
//! is reached by a wildcard, and what is run is an attribute that the grant names on top of the
//! type.

use super::schema::{
    Attribute, Guard, TAGS, TypePolicy, arn, block, flag, id, name, number, power_target, target,
    targets, text, text_map, texts,
};
use crate::capability::Risk;

// Where the code of a function comes from. A file name is one of the machine that Terraform runs on.
const FILENAME: Attribute = text("filename").path();
const S3_BUCKET: Attribute = text("s3_bucket").code();
const S3_KEY: Attribute = text("s3_key").code();
const S3_OBJECT_VERSION: Attribute = text("s3_object_version").code();
const SOURCE_CODE_HASH: Attribute = text("source_code_hash").literal();

const METADATA: &[Attribute] = &[
    text("http_endpoint").literal(),
    text("http_tokens")
        .guarded(Guard::OneOf(&["required"]))
        .required(),
    number("http_put_response_hop_limit"),
    text("instance_metadata_tags").literal(),
];

pub(super) const TYPES: &[TypePolicy] = &[
    TypePolicy::new("aws_instance", Risk::Code)
        .attributes(&[
            text("ami").code().required(),
            text("instance_type").literal().required(),
            target("subnet_id", &["aws_subnet"]).required(),
            targets("vpc_security_group_ids", &["aws_security_group"]),
            flag("associate_public_ip_address")
                .guarded(Guard::False)
                .required(),
            text("user_data").code(),
            text("user_data_base64").code(),
            power_target("iam_instance_profile", &["aws_iam_instance_profile"]),
            power_target("key_name", &[]),
            flag("ebs_optimized"),
            flag("monitoring"),
            flag("source_dest_check").guarded(Guard::True),
            TAGS,
        ])
        .blocks(&[
            block("metadata_options", METADATA).required(),
            block(
                "root_block_device",
                &[
                    flag("encrypted").guarded(Guard::True).required(),
                    target("kms_key_id", &["aws_kms_key"]),
                    number("volume_size"),
                    text("volume_type").literal(),
                    flag("delete_on_termination"),
                ],
            ),
        ])
        .exports(&[
            id("id").of("aws_instance"),
            arn("arn").of("aws_instance"),
            name("private_ip"),
            name("public_ip"),
            name("password_data").as_secret(),
        ]),
    TypePolicy::new("aws_launch_template", Risk::Code)
        .attributes(&[
            text("name"),
            text("name_prefix"),
            text("description"),
            text("image_id").code(),
            text("instance_type").literal(),
            text("user_data").code(),
            targets("vpc_security_group_ids", &["aws_security_group"]),
            power_target("key_name", &[]),
            flag("update_default_version"),
            TAGS,
        ])
        .blocks(&[
            block(
                "iam_instance_profile",
                &[power_target("arn", &["aws_iam_instance_profile"])],
            ),
            block("metadata_options", METADATA).required(),
        ])
        .exports(&[
            id("id").of("aws_launch_template"),
            arn("arn").of("aws_launch_template"),
        ]),
    TypePolicy::new("aws_lambda_function", Risk::Code)
        .attributes(&[
            text("function_name").literal().required(),
            power_target("role", &["aws_iam_role"]).required(),
            text("description"),
            text("handler").code(),
            text("runtime").literal(),
            text("package_type").literal(),
            texts("layers").code(),
            texts("architectures").literal(),
            target("kms_key_arn", &["aws_kms_key"]),
            number("memory_size"),
            number("timeout"),
            number("reserved_concurrent_executions"),
            flag("publish"),
            FILENAME,
            text("image_uri").code(),
            S3_BUCKET,
            S3_KEY,
            S3_OBJECT_VERSION,
            SOURCE_CODE_HASH,
            TAGS,
        ])
        .blocks(&[
            block("environment", &[text_map("variables").code()]),
            block(
                "image_config",
                &[
                    texts("command").code(),
                    texts("entry_point").code(),
                    text("working_directory").code(),
                ],
            ),
            block(
                "vpc_config",
                &[
                    targets("security_group_ids", &["aws_security_group"]).required(),
                    targets("subnet_ids", &["aws_subnet"]).required(),
                ],
            ),
        ])
        .exports(&[
            arn("arn").of("aws_lambda_function"),
            arn("qualified_arn").of("aws_lambda_function"),
        ]),
    TypePolicy::new("aws_lambda_layer_version", Risk::Code)
        .attributes(&[
            text("layer_name").literal().required(),
            text("description"),
            texts("compatible_runtimes").literal(),
            FILENAME,
            S3_BUCKET,
            S3_KEY,
            S3_OBJECT_VERSION,
            SOURCE_CODE_HASH,
        ])
        .exports(&[arn("arn"), arn("layer_arn")]),
    TypePolicy::new("aws_codebuild_project", Risk::Code)
        .attributes(&[
            text("name").literal().required(),
            text("description"),
            power_target("service_role", &["aws_iam_role"]).required(),
            target("encryption_key", &["aws_kms_key"]),
            number("build_timeout"),
            TAGS,
        ])
        .blocks(&[
            block(
                "artifacts",
                &[
                    text("type").literal().required(),
                    target("location", &["aws_s3_bucket"]),
                ],
            )
            .required(),
            block(
                "environment",
                &[
                    text("compute_type").literal().required(),
                    text("image").code().required(),
                    text("type").literal().required(),
                    flag("privileged_mode").guarded(Guard::False),
                ],
            )
            .required(),
            block(
                "source",
                &[
                    text("type").literal().required(),
                    text("buildspec").code(),
                    text("location").code(),
                ],
            )
            .required(),
        ])
        .exports(&[
            arn("arn").of("aws_codebuild_project"),
            name("name").of("aws_codebuild_project"),
        ]),
    // A template makes whatever it says, with the rights of whoever applies it or of the role that
    // it names.
    TypePolicy::new("aws_cloudformation_stack", Risk::Deputy)
        .attributes(&[
            text("name").literal().required(),
            text("template_body").code(),
            text("template_url").code(),
            texts("capabilities").deputy(),
            text_map("parameters").code(),
            power_target("iam_role_arn", &["aws_iam_role"]),
            TAGS,
        ])
        .exports(&[name("id")]),
    TypePolicy::new("aws_ssm_document", Risk::Code)
        .attributes(&[
            text("name").literal().required(),
            text("content").code().required(),
            text("document_type").literal().required(),
            text("document_format").literal(),
            text_map("permissions").deputy(),
            TAGS,
        ])
        .exports(&[
            name("id"),
            name("name").of("aws_ssm_document"),
            arn("arn").of("aws_ssm_document"),
        ]),
    // Runs a document on instances, whoever's they are.
    TypePolicy::new("aws_ssm_association", Risk::Deputy)
        .attributes(&[
            power_target("name", &["aws_ssm_document"]).required(),
            text("association_name").literal(),
            text("schedule_expression").literal(),
            text_map("parameters").code(),
        ])
        .blocks(&[block(
            "targets",
            &[
                text("key").literal().required(),
                texts("values").deputy().required(),
            ],
        )
        .required()])
        .exports(&[arn("arn"), id("association_id")]),
];
