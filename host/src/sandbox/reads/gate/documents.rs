//! The documents of a plan: which of them a stage sees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Access, Asked, Gate};
use crate::capability::{
    Capability, Decision, Denial, DocumentKind, DocumentsRequest, Effective, Request, Wall,
    authorize,
};
use crate::sandbox::meter::Meter;
use crate::sandbox::reads::answer::without_secret_text;
use crate::sandbox::reads::{DocumentInfo, MissingStage, ReadFailure};

impl Gate {
    /// The documents of the kinds that the stage may read. Asking is allowed if any kind is.
    pub(in crate::sandbox) async fn documents(
        &mut self,
        meter: &mut Meter,
    ) -> Asked<Vec<DocumentInfo>> {
        meter.host_call()?;
        let documents = self
            .waiting
            .during(
                "document-reader.list-documents",
                Self::visible(&mut self.documents, self.access.as_ref()),
            )
            .await?;
        Ok(meter.read(documents.values().cloned().collect::<Vec<_>>())?)
    }

    pub(in crate::sandbox) async fn document(
        &mut self,
        meter: &mut Meter,
        identity: String,
    ) -> Asked<String> {
        meter.host_call()?;
        let visible = self
            .waiting
            .during(
                "document-reader.read-document",
                Self::visible(&mut self.documents, self.access.as_ref()),
            )
            .await?;
        let kind = visible
            .get(&identity)
            .map(|info| info.kind)
            .ok_or(ReadFailure::Absent)?;
        let access = self.allowed(DocumentsRequest { kind })?;
        let answer = access.reads.documents.document(&identity).await?;
        let text = match without_secret_text(&answer) {
            Some(text) => text.map_err(|error| ReadFailure::Unreachable(error.to_string()))?,
            None => answer.as_ref().to_owned(),
        };
        Ok(meter.read(text)?)
    }

    /// The stages without documents, and those whose documents the plugin asked for and was not granted: otherwise
    /// a control about them would find nothing wrong.
    pub(in crate::sandbox) async fn missing_stages(
        &mut self,
        meter: &mut Meter,
    ) -> Asked<Vec<MissingStage>> {
        meter.host_call()?;
        const FUNCTION: &str = "document-reader.missing-stages";
        let documents = self.access()?.reads.documents;
        let effective = self.access()?.effective;
        let visible = Self::visible(&mut self.documents, self.access.as_ref());
        self.waiting.during(FUNCTION, visible).await?;
        let mut missing = self
            .waiting
            .during(FUNCTION, documents.missing_stages())
            .await?;
        let all = self.waiting.during(FUNCTION, documents.documents()).await?;
        let hidden: BTreeSet<_> = all
            .iter()
            .filter(|info| matches!(judge(&effective, info.kind), Err(denial) if denial.wall != Wall::Signed))
            .map(|info| (info.stage.clone(), info.cluster.clone(), info.kind))
            .collect();
        missing.extend(
            hidden
                .into_iter()
                .map(|(stage, cluster, kind)| MissingStage {
                    stage,
                    cluster,
                    reason: format!("its {kind} documents may not be read by this stage"),
                }),
        );
        Ok(meter.read(missing)?)
    }

    async fn visible(
        known: &mut Option<Arc<BTreeMap<String, DocumentInfo>>>,
        access: Option<&Access>,
    ) -> Asked<Arc<BTreeMap<String, DocumentInfo>>> {
        if let Some(known) = known {
            return Ok(Arc::clone(known));
        }
        let access = access.ok_or_else(|| {
            ReadFailure::Denied("a plugin that is asked about itself may not read anything".into())
        })?;
        let all = access.reads.documents.documents().await?;
        let mut kinds: BTreeMap<DocumentKind, Result<(), Denial>> = BTreeMap::new();
        let mut visible = BTreeMap::new();
        for info in all.iter() {
            let allowed = kinds
                .entry(info.kind)
                .or_insert_with(|| judge(&access.effective, info.kind));
            if allowed.is_ok() {
                visible.insert(info.identity.clone(), info.clone());
            }
        }
        // A plugin that asked for no document at all is told so; one that asked for kinds of which there are none
        // sees that there are none.
        let asked = access
            .effective
            .signed()
            .entries()
            .iter()
            .any(|line| matches!(line, Capability::Documents(_)));
        if visible.is_empty()
            && let Some(Err(denial)) = kinds.into_values().find(
                |allowed| matches!(allowed, Err(denial) if !asked || denial.wall != Wall::Signed),
            )
        {
            return Err(ReadFailure::Denied(denial.to_string()).into());
        }
        let visible = Arc::new(visible);
        *known = Some(Arc::clone(&visible));
        Ok(visible)
    }
}

fn judge(effective: &Effective, kind: DocumentKind) -> Result<(), Denial> {
    match authorize(effective, &Request::from(DocumentsRequest { kind })) {
        Decision::Allowed { .. } => Ok(()),
        Decision::Denied(denial) => Err(denial),
    }
}
