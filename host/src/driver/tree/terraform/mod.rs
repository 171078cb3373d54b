//! A Terraform root as files, written so that nothing a plugin proposed is an expression.
//!
//! In Terraform's JSON syntax every string is a template. So literal text is escaped ([`template`]), references
//! are written by the host from typed tokens ([`reference`]), and the values of facts are not in the
//! root at all: they are variables, and their values come in a file in which strings stay literal.

mod blocks;
mod error;
mod policy;
mod reference;
mod template;
mod value;

use std::collections::BTreeMap;

use aegis_document::Identifier;
use serde_json::{Map, Value, json};

pub use error::TerraformError;

use self::reference::References;
use self::value::Printer;
use super::layout;
use super::render::{RenderContext, RenderError, Rendered, TreeFile};
use crate::driver::document::{Backend, TerraformDocument};
use crate::template::{Node, Templated};

/// Terraform 1.10 and OpenTofu 1.10 are the first that lock a state in S3 without a database.
const REQUIRED_VERSION: &str = ">= 1.10.0";

/// The provider that the host configures.
const AWS: &str = "hashicorp/aws";

/// What Terraform writes into the folder and Git must not keep: a local state holds secrets.
const IGNORED: &str = ".terraform/\n*.tfplan\n*.tfstate\n*.tfstate.*\ncrash.log\n";

/// The files of a root.
pub(super) fn render(
    root: &Identifier,
    document: &TerraformDocument,
    context: &RenderContext<'_>,
) -> Result<Rendered, RenderError> {
    let mut rendered = Rendered::default();
    let references = References::of(document, context)?;
    let mut main = Map::new();
    main.insert(
        "terraform".into(),
        settings(document, context, &mut rendered)?,
    );
    if document
        .providers
        .iter()
        .any(|provider| provider.source == AWS)
    {
        main.insert("provider".into(), providers(document));
    }
    let variables = references.variables();
    if !variables.is_empty() {
        main.insert("variable".into(), Value::Object(variables));
    }
    let printer = Printer::new(&references);
    for (section, blocks) in [
        ("resource", blocks::resources(document, &printer)?),
        ("data", blocks::data(document, &printer)?),
        ("output", blocks::outputs(document, &printer)?),
    ] {
        if !blocks.is_empty() {
            main.insert(section.into(), Value::Object(blocks));
        }
    }
    let values = references.values(context, &mut rendered.waits_for)?;
    let waiting = !rendered.waits_for.is_empty();
    rendered.add(
        layout::terraform(root, "main.tf.json")?,
        TreeFile {
            bytes: pretty(&Value::Object(main)),
            waiting,
        },
    )?;
    if !references.is_empty() {
        let bytes = pretty(&Value::Object(values));
        rendered.add(
            layout::terraform(root, "facts.auto.tfvars.json")?,
            TreeFile { bytes, waiting },
        )?;
    }
    let ignored = TreeFile {
        bytes: IGNORED.into(),
        waiting: false,
    };
    rendered.add(layout::terraform(root, ".gitignore")?, ignored)?;
    Ok(rendered)
}

/// The `terraform` block. A backend takes no variables, so the facts in it are bound here; while one is
/// unknown the whole root waits.
fn settings(
    document: &TerraformDocument,
    context: &RenderContext<'_>,
    rendered: &mut Rendered,
) -> Result<Value, RenderError> {
    let mut required = Map::new();
    for provider in &document.providers {
        let name = provider.source.rsplit('/').next().unwrap_or_default();
        let plain = |text: &str, more: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || more.as_bytes().contains(&b))
        };
        if !plain(&provider.source, "-_./")
            || !plain(name, "-")
            || !plain(&provider.version, ".,<>=!~ -")
        {
            return Err(TerraformError::Provider(
                aegis_document::untrusted(&provider.source).to_string(),
            )
            .into());
        }
        let pin = json!({"source": provider.source, "version": provider.version});
        if required.insert(name.to_owned(), pin).is_some() {
            return Err(TerraformError::Provider(provider.source.clone()).into());
        }
    }
    let backend = match &document.backend {
        Backend::Local => json!({"local": {}}),
        Backend::S3 {
            bucket,
            key,
            region,
            kms_key,
        } => {
            let mut s3 = Map::new();
            s3.insert("bucket".into(), backend_text(bucket, context, rendered)?);
            s3.insert("encrypt".into(), true.into());
            s3.insert("key".into(), template::escaped(key).into());
            if let Some(key) = kms_key {
                s3.insert("kms_key_id".into(), backend_text(key, context, rendered)?);
            }
            s3.insert("region".into(), template::escaped(region).into());
            s3.insert("use_lockfile".into(), true.into());
            json!({"s3": s3})
        }
    };
    Ok(
        json!({"backend": backend, "required_providers": required, "required_version": REQUIRED_VERSION}),
    )
}

fn backend_text(
    text: &Templated,
    context: &RenderContext<'_>,
    rendered: &mut Rendered,
) -> Result<Value, RenderError> {
    let bound = context.bind(Node::Text(text.clone()), &mut rendered.waits_for)?;
    Ok(match bound.as_str() {
        Some(text) => template::escaped(text).into(),
        // Shown as it was proposed, in a file that Terraform does not read.
        None => bound.to_source(),
    })
}

fn providers(document: &TerraformDocument) -> Value {
    let tags: BTreeMap<String, String> = document
        .tags
        .iter()
        .map(|(key, tag)| (template::escaped(key), template::escaped(tag)))
        .collect();
    let mut aws = Map::new();
    if let Some(account) = &document.account {
        aws.insert(
            "allowed_account_ids".into(),
            json!([template::escaped(account)]),
        );
    }
    aws.insert("default_tags".into(), json!({"tags": tags}));
    aws.insert("region".into(), template::escaped(&document.region).into());
    json!({"aws": aws})
}

/// Two spaces a level and a final line end, as Terraform's own tools print.
pub(super) fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

#[cfg(test)]
mod tests;
