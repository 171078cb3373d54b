//! From a document to files.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::{Digest, Identifier};
use serde_json::Value;

use super::path::{PathError, TreePath};
use super::terraform::TerraformError;
use super::{application, kubernetes, layout, release, terraform, tool, workflow};
use crate::driver::document::{Document, DocumentError, KopsClusterDocument};
use crate::fact::{FactRef, Format, MisfitError};
use crate::plan::{Identity, InstanceId};
use crate::proposal::ObjectRef;
use crate::template::{BindError, Binding, Node, Token};

/// What is known about the facts of a plan.
pub type Shapes = BTreeMap<FactRef, FactShape>;

/// A fact without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactShape {
    pub format: Format,
    pub secret: bool,
}

/// What a document is rendered with.
#[derive(Clone, Copy, Debug)]
pub struct RenderContext<'a> {
    /// The instance that the document belongs to: its stage names the folder.
    pub instance: &'a InstanceId,
    pub shapes: &'a Shapes,
    /// The facts that are known. Never holds a secret.
    pub binding: &'a Binding,
}

/// The files of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    pub files: BTreeMap<TreePath, TreeFile>,
    /// Facts without which the document cannot be final.
    pub waits_for: BTreeSet<FactRef>,
    /// The object that the document becomes in a cluster.
    pub object: Option<(Identifier, ObjectRef)>,
}

/// What a document takes up that no other may: [`Rendered`] without what is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    pub paths: Vec<TreePath>,
    /// The object that the document becomes in a cluster.
    pub object: Option<(Identifier, ObjectRef)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFile {
    pub bytes: Vec<u8>,
    /// The file's name says that it is not final.
    pub waiting: bool,
}

/// Why a document has no files.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error(transparent)]
    Path(#[from] PathError),
    #[error("`{path}` belongs to Aegis, Git or another program and cannot be a text file")]
    Reserved { path: TreePath },
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Terraform(#[from] TerraformError),
    #[error("the plan does not say what kind of value the fact {0} is")]
    UnknownFact(FactRef),
    #[error("the value of {fact} does not fit: {misfit}")]
    Misfit { fact: FactRef, misfit: MisfitError },
    #[error("the fact {0} is secret and cannot be written into the tree")]
    Secret(FactRef),
    #[error("{0} refers to a Terraform resource outside of a Terraform root")]
    ResourceToken(String),
    #[error("`{0}` is not the document of the identity it is stored under")]
    OtherKind(Identity),
    #[error("{0} cannot stand in a workflow")]
    Workflow(String),
}

/// Renders a document. The same arguments give the same bytes.
///
/// A document with a token that is not bound comes with the ending `.aegis`, its tokens as text, so that no
/// controller and no tool takes it for a finished one.
pub fn render(
    identity: &Identity,
    document: &Document,
    context: &RenderContext<'_>,
) -> Result<Rendered, RenderError> {
    render_tree(identity, document, || document.to_node(), context)
}

/// [`render`] for whoever has put the known facts into the document's tree of values already.
pub fn render_bound(
    identity: &Identity,
    document: &Document,
    bound: Node,
    context: &RenderContext<'_>,
) -> Result<Rendered, RenderError> {
    // Every value is checked once more before it is printed; here that is all that is left to do.
    for fact in context.shapes.keys() {
        context.value(fact)?;
    }
    render_tree(identity, document, || bound, context)
}

fn render_tree(
    identity: &Identity,
    document: &Document,
    tree: impl FnOnce() -> Node,
    context: &RenderContext<'_>,
) -> Result<Rendered, RenderError> {
    let mut rendered = files(identity, document, tree, context)?;
    rendered.object = document.object(identity);
    Ok(rendered)
}

fn files(
    identity: &Identity,
    document: &Document,
    tree: impl FnOnce() -> Node,
    context: &RenderContext<'_>,
) -> Result<Rendered, RenderError> {
    let stage = &context.instance.stage;
    match (identity, document) {
        (Identity::Terraform { root }, Document::Terraform(document)) => {
            terraform::render(root, document, context)
        }
        (Identity::KopsCluster { cluster }, Document::KopsCluster(document)) => {
            let mut rendered = Rendered::default();
            let object = context.settle(KopsClusterDocument::object_of(tree()), &mut rendered)?;
            let path = layout::kops(cluster, "cluster.yaml")?;
            rendered.add_settled(path, object, kubernetes::print)?;
            if let Some(runbook) = tool::kops_runbook(document) {
                let file = TreeFile {
                    bytes: terraform::pretty(&runbook),
                    waiting: false,
                };
                rendered.add(layout::kops(cluster, "runbook.json")?, file)?;
            }
            Ok(rendered)
        }
        (Identity::KopsInstanceGroup { cluster, group }, Document::KopsInstanceGroup(_)) => {
            let path = layout::kops(cluster, &format!("{group}.instancegroup.yaml"))?;
            context.one(path, tree(), kubernetes::print)
        }
        (Identity::Kubernetes { cluster, object }, Document::Kubernetes(_)) => context.one(
            layout::object(cluster, stage, object)?,
            tree(),
            kubernetes::print,
        ),
        (Identity::Kubernetes { cluster, object }, Document::Absent(_)) => {
            context.one(layout::absent(cluster, object)?, tree(), |value| {
                terraform::pretty(&value)
            })
        }
        (
            Identity::Release {
                cluster,
                namespace,
                name,
            },
            Document::Release(document),
        ) => release::render((cluster, stage), (namespace, name), document, context),
        (Identity::Application { cluster, name }, Document::Application(document)) => {
            let path = layout::application(cluster, stage, name)?;
            context.one(
                path,
                Node::literal(application::object(document)),
                kubernetes::print,
            )
        }
        (Identity::Workflow { file }, Document::Workflow(workflow)) => {
            let bytes = workflow::print(workflow)?;
            let mut rendered = Rendered::default();
            rendered.add(
                layout::workflow(file)?,
                TreeFile {
                    bytes,
                    waiting: false,
                },
            )?;
            Ok(rendered)
        }
        (Identity::File { path }, Document::File(content)) => {
            context.one(layout::file(path)?, Node::Text(content.clone()), |text| {
                text.as_str().unwrap_or_default().as_bytes().to_vec()
            })
        }
        (
            Identity::Tool {
                cluster,
                adapter,
                change,
            },
            Document::Tool(_),
        ) => {
            let path = layout::tool(cluster.as_ref(), adapter, change)?;
            context.one(path, tree(), |value| terraform::pretty(&value))
        }
        _ => Err(RenderError::OtherKind(identity.clone())),
    }
}

/// The folder that a document owns alone: files that somebody else put there would take effect with it.
pub(super) fn exclusive_folder(identity: &Identity) -> Option<String> {
    match identity {
        Identity::Terraform { root } => Some(layout::terraform_folder(root)),
        _ => None,
    }
}

impl Rendered {
    /// Whether the document cannot be final yet.
    pub fn waiting(&self) -> bool {
        !self.waits_for.is_empty()
    }

    /// Where the document is, once its files are written or compared.
    pub fn into_places(self) -> Places {
        Places {
            paths: self.files.into_keys().collect(),
            object: self.object,
        }
    }

    /// The digest of every file.
    pub fn digests(&self) -> BTreeMap<TreePath, Digest> {
        self.files
            .iter()
            .map(|(path, file)| (path.clone(), Digest::of(&file.bytes)))
            .collect()
    }

    /// Adds a file, under its waiting name if it waits.
    pub(super) fn add(&mut self, path: TreePath, file: TreeFile) -> Result<(), PathError> {
        let path = if file.waiting {
            path.while_waiting()?
        } else {
            path
        };
        self.files.insert(path, file);
        Ok(())
    }

    /// Adds a file whose content is settled by [`RenderContext::settle`].
    pub(super) fn add_settled(
        &mut self,
        path: TreePath,
        content: Value,
        print: impl FnOnce(Value) -> Vec<u8>,
    ) -> Result<(), PathError> {
        let waiting = self.waiting();
        self.add(
            path,
            TreeFile {
                bytes: print(content),
                waiting,
            },
        )
    }
}

impl<'a> RenderContext<'a> {
    fn shape(&self, fact: &FactRef) -> Result<&'a FactShape, RenderError> {
        self.shapes
            .get(fact)
            .ok_or_else(|| RenderError::UnknownFact(fact.clone()))
    }

    pub(super) fn format(&self, fact: &FactRef) -> Result<&'a Format, RenderError> {
        Ok(&self.shape(fact)?.format)
    }

    /// The value of a fact, checked; `None` while it is unknown, and always for a secret.
    pub(super) fn value(&self, fact: &FactRef) -> Result<Option<&'a Value>, RenderError> {
        let shape = self.shape(fact)?;
        let Some((_, value)) = self.binding.get(fact) else {
            return Ok(None);
        };
        if shape.secret {
            return Err(RenderError::Secret(fact.clone()));
        }
        shape
            .format
            .check(value)
            .map_err(|misfit| RenderError::Misfit {
                fact: fact.clone(),
                misfit,
            })?;
        Ok(Some(value))
    }

    /// Binds a tree of values; facts that stay unknown are added to `waits_for`.
    pub(super) fn bind(
        &self,
        node: Node,
        waits_for: &mut BTreeSet<FactRef>,
    ) -> Result<Node, RenderError> {
        let mut facts = BTreeSet::new();
        let mut stray = None;
        node.for_each_token(&mut |token| match token {
            Token::Fact(token) => {
                facts.insert(token.fact.clone());
            }
            Token::Resource(token) => stray = Some(token.to_string()),
        });
        if let Some(token) = stray {
            return Err(RenderError::ResourceToken(token));
        }
        let mut known = false;
        for fact in facts {
            if self.value(&fact)?.is_some() {
                known = true;
            } else {
                waits_for.insert(fact);
            }
        }
        if known {
            Ok(self.binding.bind(&node)?)
        } else {
            Ok(node)
        }
    }

    /// Binds a document: its final form, or its source form while a fact is unknown.
    pub(super) fn settle(&self, node: Node, rendered: &mut Rendered) -> Result<Value, RenderError> {
        let bound = self.bind(node, &mut rendered.waits_for)?;
        if rendered.waiting() {
            return Ok(bound.to_source());
        }
        Ok(bound
            .into_literal()
            .unwrap_or_else(|bound| bound.to_source()))
    }

    fn one(
        &self,
        path: TreePath,
        node: Node,
        print: impl FnOnce(Value) -> Vec<u8>,
    ) -> Result<Rendered, RenderError> {
        let mut rendered = Rendered::default();
        let value = self.settle(node, &mut rendered)?;
        rendered.add_settled(path, value, print)?;
        Ok(rendered)
    }
}

/// A place of a stage in a cluster.
pub(super) type StagePlace<'a> = (&'a Identifier, &'a Identifier);
