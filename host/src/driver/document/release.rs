//! A chart release.

use aegis_document::Digest;

use super::build::Origin;
use super::context::{ArgoTarget, ChartPin};
use super::error::DocumentError;
use super::fields::{Fields, map};
use crate::proposal::{CrdPolicy, HooksPolicy, Release};
use crate::stack::ReleaseOwner;
use crate::template::Node;

/// A release with the chart that its catalogue entry meant when it was planned.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseDocument {
    pub release: Release,
    pub chart: ChartPin,
    pub owner: ReleaseOwner,
    /// Where Argo CD lives; only for releases that it owns.
    pub argocd: Option<ArgoTarget>,
}

impl ReleaseDocument {
    pub(super) fn of(release: &Release, origin: Origin<'_>) -> Result<Self, DocumentError> {
        let chart = origin
            .target
            .charts
            .get(&release.entry)
            .ok_or_else(|| DocumentError::UnknownChart(release.entry.clone()))?;
        if release.values.as_map().is_none() {
            return Err(DocumentError::form("/values", "a map"));
        }
        let owner = origin.release_owner;
        Ok(Self {
            release: release.clone(),
            chart: chart.clone(),
            owner,
            argocd: (owner == ReleaseOwner::Argocd).then(|| origin.target.argocd.clone()),
        })
    }

    /// The name of the Application when Argo CD owns the release.
    pub fn application_name(&self) -> String {
        format!("{}-{}", self.release.namespace, self.release.name)
    }

    pub(super) fn to_node(&self) -> Node {
        let text = |text: &str| Node::text(text);
        let argocd = self.argocd.as_ref().map_or(Node::Null, |target| {
            map([
                ("namespace", text(&target.namespace)),
                ("project", text(&target.project)),
            ])
        });
        map([
            ("name", text(&self.release.name)),
            ("namespace", text(&self.release.namespace)),
            (
                "chart",
                map([
                    ("entry", text(self.release.entry.as_str())),
                    ("repository", text(&self.chart.repository)),
                    ("name", text(&self.chart.chart)),
                    ("version", text(&self.chart.version)),
                    (
                        "digest",
                        self.chart
                            .digest
                            .map_or(Node::Null, |digest| Node::text(digest.to_string())),
                    ),
                ]),
            ),
            ("values", self.release.values.clone()),
            ("crds", text(crds_word(self.release.crds))),
            ("hooks", text(hooks_word(self.release.hooks))),
            ("owner", text(self.owner.word())),
            ("argocd", argocd),
        ])
    }

    pub(super) fn from_node(
        namespace: &str,
        name: &str,
        node: Node,
    ) -> Result<Self, DocumentError> {
        let mut fields = Fields::of(node, "")?;
        let mut chart = Fields::of(fields.node("chart")?, "/chart")?;
        let entry = chart.identifier("entry")?;
        let digest = match chart.optional("digest") {
            None | Some(Node::Null) => None,
            Some(node) => {
                let digest = node.as_str().and_then(|text| text.parse::<Digest>().ok());
                Some(
                    digest
                        .ok_or_else(|| DocumentError::form("/chart/digest", "a SHA-256 digest"))?,
                )
            }
        };
        let pin = ChartPin {
            repository: chart.text("repository")?,
            chart: chart.text("name")?,
            version: chart.text("version")?,
            digest,
        };
        chart.end()?;
        let release = Release {
            name: fields.text("name")?,
            namespace: fields.text("namespace")?,
            entry,
            values: fields.map("values")?,
            crds: word(
                &mut fields,
                "crds",
                &[CrdPolicy::Manage, CrdPolicy::Skip],
                crds_word,
            )?,
            hooks: word(
                &mut fields,
                "hooks",
                &[HooksPolicy::Run, HooksPolicy::Skip],
                hooks_word,
            )?,
        };
        let owner = word(&mut fields, "owner", ReleaseOwner::ALL, ReleaseOwner::word)?;
        let argocd = match fields.optional("argocd") {
            None | Some(Node::Null) => None,
            Some(node) => {
                let mut target = Fields::of(node, "/argocd")?;
                let read = ArgoTarget {
                    namespace: target.text("namespace")?,
                    project: target.text("project")?,
                };
                target.end()?;
                Some(read)
            }
        };
        fields.end()?;
        if release.name != name || release.namespace != namespace {
            return Err(DocumentError::form(
                "/name",
                "the release that the identity names",
            ));
        }
        if argocd.is_some() != (owner == ReleaseOwner::Argocd) {
            return Err(DocumentError::form(
                "/argocd",
                "a place exactly for a release of Argo CD's",
            ));
        }
        Ok(Self {
            release,
            chart: pin,
            owner,
            argocd,
        })
    }
}

const fn crds_word(policy: CrdPolicy) -> &'static str {
    match policy {
        CrdPolicy::Manage => "manage",
        CrdPolicy::Skip => "skip",
    }
}

const fn hooks_word(policy: HooksPolicy) -> &'static str {
    match policy {
        HooksPolicy::Run => "run",
        HooksPolicy::Skip => "skip",
    }
}

/// A text out of a closed set of words.
fn word<T: Copy>(
    fields: &mut Fields,
    key: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, DocumentError> {
    let text = fields.text(key)?;
    let found = all.iter().copied().find(|value| name(*value) == text);
    found.ok_or_else(|| {
        let words: Vec<String> = all
            .iter()
            .map(|value| format!("`{}`", name(*value)))
            .collect();
        DocumentError::form(fields.at(key), words.join(" or "))
    })
}
