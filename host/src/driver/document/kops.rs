//! A kOps cluster and its instance groups, `kops.k8s.io/v1alpha2`.

use aegis_document::Identifier;

use super::context::{ClusterTarget, TargetContext};
use super::error::DocumentError;
use super::fields::{Fields, map};
use crate::proposal::{InstanceGroup, KopsCluster, KopsRoll, KopsSecret};
use crate::template::{Node, Segment, Templated, Token};

/// Fields of a cluster's `spec` that the host sets. They decide where keys and backups go and which
/// binaries run, so a plugin that names one is refused instead of overruled.
pub const KOPS_HOST_FIELDS: [&str; 6] = [
    "channel",
    "configBase",
    "configStore",
    "keyStore",
    "kubernetesVersion",
    "secretStore",
];

const API_VERSION: &str = "kops.k8s.io/v1alpha2";
/// What a document of a cluster has beside the Cluster object.
const BESIDE: [&str; 2] = ["secrets", "roll"];
const CLUSTER_LABEL: &str = "kops.k8s.io/cluster";
/// The channel from which kOps takes defaults and image recommendations.
const CHANNEL: &str = "stable";

/// The cluster. Its stored form is the Cluster object, with `secrets` and `roll` beside `spec`.
#[derive(Clone, Debug, PartialEq)]
pub struct KopsClusterDocument {
    /// The cluster's DNS name.
    pub name: String,
    /// With the host's fields.
    pub spec: Node,
    pub secrets: Vec<KopsSecret>,
    pub roll: KopsRoll,
}

/// One instance group. Its stored form is the InstanceGroup object.
#[derive(Clone, Debug, PartialEq)]
pub struct KopsGroupDocument {
    /// The cluster's DNS name.
    pub cluster: String,
    pub name: Identifier,
    pub spec: Node,
}

impl KopsClusterDocument {
    pub(super) fn of(
        proposal: &KopsCluster,
        place: &ClusterTarget,
        target: &TargetContext,
    ) -> Result<Self, DocumentError> {
        let Node::Map(mut spec) = proposal.spec.clone() else {
            return Err(DocumentError::form("/spec", "a map"));
        };
        if let Some(field) = KOPS_HOST_FIELDS
            .iter()
            .find(|field| spec.contains_key(**field))
        {
            return Err(DocumentError::KopsHostField {
                field: (*field).to_owned(),
            });
        }
        spec.insert("channel".to_owned(), Node::text(CHANNEL));
        spec.insert(
            "configBase".to_owned(),
            Node::Text(config_base(&target.state.bucket, &place.dns_name)?),
        );
        spec.insert(
            "kubernetesVersion".to_owned(),
            Node::text(place.kubernetes_version.as_str()),
        );
        let mut secrets = proposal.secrets.clone();
        secrets.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(Self {
            name: place.dns_name.clone(),
            spec: Node::Map(spec),
            secrets,
            roll: proposal.roll.clone(),
        })
    }

    /// The Cluster object as kOps reads it.
    fn object(&self) -> Node {
        map([
            ("apiVersion", Node::text(API_VERSION)),
            ("kind", Node::text("Cluster")),
            ("metadata", map([("name", Node::text(self.name.as_str()))])),
            ("spec", self.spec.clone()),
        ])
    }

    /// The Cluster object in the tree of values of a whole document.
    pub(crate) fn object_of(document: Node) -> Node {
        let Node::Map(mut fields) = document else {
            return document;
        };
        for beside in BESIDE {
            fields.remove(beside);
        }
        Node::Map(fields)
    }

    pub(super) fn to_proposal(&self) -> KopsCluster {
        let mut spec = self.spec.as_map().cloned().unwrap_or_default();
        spec.retain(|field, _| !KOPS_HOST_FIELDS.contains(&field.as_str()));
        KopsCluster {
            spec: Node::Map(spec),
            instance_groups: Vec::new(),
            secrets: self.secrets.clone(),
            roll: self.roll.clone(),
        }
    }

    pub(super) fn to_node(&self) -> Node {
        let secrets = self.secrets.iter().map(|secret| {
            map([
                ("name", Node::text(secret.name.as_str())),
                ("fact", Node::text(secret.fact.as_str())),
            ])
        });
        let roll = match &self.roll {
            KopsRoll::Never => Node::text("never"),
            KopsRoll::AsNeeded => Node::text("as-needed"),
            KopsRoll::Groups(groups) => Node::List(
                groups
                    .iter()
                    .map(|name| Node::text(name.as_str()))
                    .collect(),
            ),
        };
        let Node::Map(mut node) = self.object() else {
            return Node::Null;
        };
        let [secrets_key, roll_key] = BESIDE;
        node.insert(secrets_key.to_owned(), Node::List(secrets.collect()));
        node.insert(roll_key.to_owned(), roll);
        Node::Map(node)
    }

    pub(super) fn from_node(node: Node) -> Result<Self, DocumentError> {
        let mut fields = Fields::of(node, "")?;
        head(&mut fields, "Cluster")?;
        let mut metadata = Fields::of(fields.node("metadata")?, "/metadata")?;
        let name = metadata.text("name")?;
        metadata.end()?;
        let secrets = fields
            .list("secrets")?
            .into_iter()
            .map(read_secret)
            .collect::<Result<_, _>>()?;
        let roll = match fields.node("roll")? {
            Node::List(items) => KopsRoll::Groups(
                items
                    .iter()
                    .map(|item| item.as_str().and_then(|text| Identifier::new(text).ok()))
                    .collect::<Option<_>>()
                    .ok_or_else(|| DocumentError::form("/roll", "names of instance groups"))?,
            ),
            node => match node.as_str() {
                Some("never") => KopsRoll::Never,
                Some("as-needed") => KopsRoll::AsNeeded,
                _ => {
                    return Err(DocumentError::form(
                        "/roll",
                        "`never`, `as-needed` or a list",
                    ));
                }
            },
        };
        let spec = fields.map("spec")?;
        fields.end()?;
        Ok(Self {
            name,
            spec,
            secrets,
            roll,
        })
    }
}

impl KopsGroupDocument {
    pub(super) fn of(group: &InstanceGroup, place: &ClusterTarget) -> Self {
        Self {
            cluster: place.dns_name.clone(),
            name: group.name.clone(),
            spec: group.spec.clone(),
        }
    }

    pub(super) fn to_proposal(&self) -> KopsCluster {
        let group = InstanceGroup {
            name: self.name.clone(),
            spec: self.spec.clone(),
        };
        KopsCluster {
            spec: Node::Map(std::collections::BTreeMap::new()),
            instance_groups: vec![group],
            secrets: Vec::new(),
            roll: KopsRoll::Never,
        }
    }

    /// The InstanceGroup object as kOps reads it.
    pub(crate) fn to_node(&self) -> Node {
        map([
            ("apiVersion", Node::text(API_VERSION)),
            ("kind", Node::text("InstanceGroup")),
            (
                "metadata",
                map([
                    ("name", Node::text(self.name.as_str())),
                    (
                        "labels",
                        map([(CLUSTER_LABEL, Node::text(self.cluster.as_str()))]),
                    ),
                ]),
            ),
            ("spec", self.spec.clone()),
        ])
    }

    pub(super) fn from_node(group: &Identifier, node: Node) -> Result<Self, DocumentError> {
        let mut fields = Fields::of(node, "")?;
        head(&mut fields, "InstanceGroup")?;
        let mut metadata = Fields::of(fields.node("metadata")?, "/metadata")?;
        let name = metadata.identifier("name")?;
        let mut labels = Fields::of(metadata.node("labels")?, "/metadata/labels")?;
        let cluster = labels.text(CLUSTER_LABEL)?;
        labels.end()?;
        metadata.end()?;
        let spec = fields.map("spec")?;
        fields.end()?;
        if name != *group {
            return Err(DocumentError::form("/metadata/name", format!("`{group}`")));
        }
        Ok(Self {
            cluster,
            name,
            spec,
        })
    }
}

fn config_base(bucket: &Templated, name: &str) -> Result<Templated, DocumentError> {
    let mut text = String::from("s3://");
    for segment in bucket.segments() {
        match segment {
            Segment::Literal(literal) => text.push_str(&literal.replace("@{", "@@{")),
            Segment::Token(Token::Fact(token)) => text.push_str(&token.to_string()),
            Segment::Token(Token::Resource(_)) => {
                return Err(DocumentError::form(
                    "/spec/configBase",
                    "a bucket without resource tokens",
                ));
            }
        }
    }
    text.push('/');
    text.push_str(name);
    Templated::parse(&text)
        .map_err(|_| DocumentError::form("/spec/configBase", "the name of a bucket"))
}

fn head(fields: &mut Fields, kind: &str) -> Result<(), DocumentError> {
    if fields.text("apiVersion")? != API_VERSION {
        return Err(DocumentError::form(
            "/apiVersion",
            format!("`{API_VERSION}`"),
        ));
    }
    if fields.text("kind")? != kind {
        return Err(DocumentError::form("/kind", format!("`{kind}`")));
    }
    Ok(())
}

fn read_secret((node, at): (Node, String)) -> Result<KopsSecret, DocumentError> {
    let mut fields = Fields::of(node, &at)?;
    let secret = KopsSecret {
        name: fields.identifier("name")?,
        fact: fields.identifier("fact")?,
    };
    fields.end()?;
    Ok(secret)
}
