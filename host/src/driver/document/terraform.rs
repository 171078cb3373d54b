//! A Terraform root.

use std::collections::BTreeMap;

use aegis_document::Identifier;

use super::build::Origin;
use super::error::DocumentError;
use super::fields::{Fields, map, map_of_some, optional_text, texts};
use crate::proposal::{Lifecycle, Provider, TerraformBlock, TerraformOutput, TerraformRoot};
use crate::template::{Node, Templated};

/// A root with what the host decides about it. Blocks are sorted, so their order in a proposal does
/// not matter.
#[derive(Clone, Debug, PartialEq)]
pub struct TerraformDocument {
    pub region: String,
    pub account: Option<String>,
    pub backend: Backend,
    /// Tags of everything that the root creates.
    pub tags: BTreeMap<String, String>,
    pub providers: Vec<Provider>,
    pub resources: Vec<TerraformBlock>,
    pub data: Vec<TerraformBlock>,
    pub outputs: Vec<TerraformOutput>,
}

/// Where Terraform keeps the root's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// In the root's folder: for the root that makes the bucket.
    Local,
    S3 {
        bucket: Templated,
        key: String,
        region: String,
        kms_key: Option<Templated>,
    },
}

/// Tag of everything that a stack's roots create.
const STACK_TAG: &str = "aegis:stack";
/// Tag that names the root.
const ROOT_TAG: &str = "aegis:root";

impl TerraformDocument {
    pub(super) fn of(root: &TerraformRoot, origin: Origin<'_>) -> Result<Self, DocumentError> {
        let target = origin.target;
        let backend = if origin.provides_state {
            Backend::Local
        } else {
            Backend::S3 {
                bucket: target.state.bucket.clone(),
                key: format!("{}/terraform/{}.tfstate", target.stack, root.root),
                region: target.state.region.clone(),
                kms_key: target.state.kms_key.clone(),
            }
        };
        let tags = [(STACK_TAG, &target.stack), (ROOT_TAG, &root.root)];
        Ok(Self {
            region: root.region.clone(),
            account: target.account.clone(),
            backend,
            tags: tags
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_string()))
                .collect(),
            providers: sorted(&root.providers, |provider| provider.source.clone())?,
            resources: sorted(&root.resources, |block| {
                format!("{}.{}", block.kind, block.name)
            })?,
            data: sorted(&root.data, |block| {
                format!("data.{}.{}", block.kind, block.name)
            })?,
            outputs: sorted(&root.outputs, |output| output.name.clone())?,
        })
    }

    pub(super) fn to_root(&self, root: &Identifier) -> TerraformRoot {
        TerraformRoot {
            root: root.clone(),
            region: self.region.clone(),
            providers: self.providers.clone(),
            resources: self.resources.clone(),
            data: self.data.clone(),
            outputs: self.outputs.clone(),
        }
    }

    pub(super) fn to_node(&self) -> Node {
        let providers = self.providers.iter().map(|provider| {
            map([
                ("source", Node::text(provider.source.as_str())),
                ("version", Node::text(provider.version.as_str())),
            ])
        });
        let outputs = self.outputs.iter().map(|output| {
            map([
                ("name", Node::text(output.name.as_str())),
                ("value", output.value.clone()),
                ("sensitive", Node::Bool(output.sensitive)),
            ])
        });
        let tags = self
            .tags
            .iter()
            .map(|(key, value)| (key.clone(), Node::text(value.as_str())));
        map([
            ("region", Node::text(self.region.as_str())),
            ("account", optional_text(self.account.as_deref())),
            ("backend", backend_node(&self.backend)),
            ("tags", Node::Map(tags.collect())),
            ("providers", Node::List(providers.collect())),
            (
                "resources",
                Node::List(self.resources.iter().map(block_node).collect()),
            ),
            (
                "data",
                Node::List(self.data.iter().map(block_node).collect()),
            ),
            ("outputs", Node::List(outputs.collect())),
        ])
    }

    pub(super) fn from_node(node: Node) -> Result<Self, DocumentError> {
        let mut fields = Fields::of(node, "")?;
        let account = match fields.optional("account") {
            None | Some(Node::Null) => None,
            Some(node) => {
                let text = node.as_str().map(str::to_owned);
                Some(text.ok_or_else(|| DocumentError::form("/account", "an account id"))?)
            }
        };
        let document = Self {
            region: fields.text("region")?,
            account,
            backend: read_backend(fields.node("backend")?)?,
            tags: fields.text_map("tags")?.into_iter().collect(),
            providers: fields
                .list("providers")?
                .into_iter()
                .map(read_provider)
                .collect::<Result<_, _>>()?,
            resources: fields
                .list("resources")?
                .into_iter()
                .map(read_block)
                .collect::<Result<_, _>>()?,
            data: fields
                .list("data")?
                .into_iter()
                .map(read_block)
                .collect::<Result<_, _>>()?,
            outputs: fields
                .list("outputs")?
                .into_iter()
                .map(read_output)
                .collect::<Result<_, _>>()?,
        };
        fields.end()?;
        Ok(document)
    }
}

fn sorted<T: Clone>(items: &[T], name: impl Fn(&T) -> String) -> Result<Vec<T>, DocumentError> {
    let mut named = BTreeMap::new();
    for item in items {
        let name = name(item);
        if named.insert(name.clone(), item.clone()).is_some() {
            return Err(DocumentError::Twice {
                name: aegis_document::untrusted(&name).to_string(),
            });
        }
    }
    Ok(named.into_values().collect())
}

fn backend_node(backend: &Backend) -> Node {
    match backend {
        Backend::Local => map([("kind", Node::text("local"))]),
        Backend::S3 {
            bucket,
            key,
            region,
            kms_key,
        } => map([
            ("kind", Node::text("s3")),
            ("bucket", Node::Text(bucket.clone())),
            ("key", Node::text(key.as_str())),
            ("region", Node::text(region.as_str())),
            (
                "kms-key",
                kms_key
                    .as_ref()
                    .map_or(Node::Null, |key| Node::Text(key.clone())),
            ),
        ]),
    }
}

fn read_backend(node: Node) -> Result<Backend, DocumentError> {
    let mut fields = Fields::of(node, "/backend")?;
    let backend = match fields.text("kind")?.as_str() {
        "local" => Backend::Local,
        "s3" => Backend::S3 {
            bucket: fields.templated("bucket")?,
            key: fields.text("key")?,
            region: fields.text("region")?,
            kms_key: match fields.optional("kms-key") {
                None | Some(Node::Null) => None,
                Some(Node::Text(text)) => Some(text),
                Some(_) => return Err(DocumentError::form("/backend/kms-key", "a text")),
            },
        },
        _ => return Err(DocumentError::form("/backend/kind", "`local` or `s3`")),
    };
    fields.end()?;
    Ok(backend)
}

fn read_provider((node, at): (Node, String)) -> Result<Provider, DocumentError> {
    let mut fields = Fields::of(node, &at)?;
    let provider = Provider {
        source: fields.text("source")?,
        version: fields.text("version")?,
    };
    fields.end()?;
    Ok(provider)
}

fn block_node(block: &TerraformBlock) -> Node {
    let lifecycle = &block.lifecycle;
    let flag =
        |name: &'static str, set: bool| (name, if set { Node::Bool(true) } else { Node::Null });
    map_of_some([
        ("type", Node::text(block.kind.as_str())),
        ("name", Node::text(block.name.as_str())),
        ("body", block.body.clone()),
        ("depends-on", texts(&block.depends_on)),
        (
            "lifecycle",
            map_of_some([
                flag("create-before-destroy", lifecycle.create_before_destroy),
                flag("prevent-destroy", lifecycle.prevent_destroy),
                ("ignore-changes", texts(&lifecycle.ignore_changes)),
            ]),
        ),
    ])
}

fn read_block((node, at): (Node, String)) -> Result<TerraformBlock, DocumentError> {
    let mut fields = Fields::of(node, &at)?;
    let mut lifecycle = Fields::of(
        fields
            .optional("lifecycle")
            .unwrap_or_else(|| Node::Map(BTreeMap::new())),
        &format!("{at}/lifecycle"),
    )?;
    let mut flag = |name| match lifecycle.optional(name) {
        None => Ok(false),
        Some(node) => node
            .as_bool()
            .ok_or_else(|| DocumentError::form(lifecycle.at(name), "true or false")),
    };
    let (create_before_destroy, prevent_destroy) =
        (flag("create-before-destroy")?, flag("prevent-destroy")?);
    let block = TerraformBlock {
        kind: fields.text("type")?,
        name: fields.text("name")?,
        body: Node::Map(fields.entries_of("body")?),
        depends_on: fields.texts("depends-on")?,
        lifecycle: Lifecycle {
            create_before_destroy,
            prevent_destroy,
            ignore_changes: lifecycle.texts("ignore-changes")?,
        },
    };
    lifecycle.end()?;
    fields.end()?;
    Ok(block)
}

fn read_output((node, at): (Node, String)) -> Result<TerraformOutput, DocumentError> {
    let mut fields = Fields::of(node, &at)?;
    let output = TerraformOutput {
        name: fields.text("name")?,
        value: fields.node("value")?,
        sensitive: fields.boolean("sensitive")?,
    };
    fields.end()?;
    Ok(output)
}
