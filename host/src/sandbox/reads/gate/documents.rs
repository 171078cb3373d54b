//! The documents of a plan: which of them a stage sees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Access, Asked, Gate, print};
use crate::capability::{Decision, DocumentKind, DocumentsRequest, Request, authorize};
use crate::sandbox::meter::Meter;
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
        Ok(meter.read(print(answer)?)?)
    }

    /// The stages without documents, and those whose documents the stage may not read: otherwise a control
    /// about them would find nothing wrong.
    pub(in crate::sandbox) async fn missing_stages(
        &mut self,
        meter: &mut Meter,
    ) -> Asked<Vec<MissingStage>> {
        meter.host_call()?;
        const FUNCTION: &str = "document-reader.missing-stages";
        let documents = self.access()?.reads.documents;
        let visible = Self::visible(&mut self.documents, self.access.as_ref());
        let visible = self.waiting.during(FUNCTION, visible).await?;
        let mut missing = self
            .waiting
            .during(FUNCTION, documents.missing_stages())
            .await?;
        let all = self.waiting.during(FUNCTION, documents.documents()).await?;
        let hidden: BTreeSet<_> = all
            .iter()
            .filter(|info| !visible.contains_key(&info.identity))
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
        let mut kinds: BTreeMap<DocumentKind, Result<(), String>> = BTreeMap::new();
        let mut visible = BTreeMap::new();
        for info in all.iter() {
            let allowed = kinds.entry(info.kind).or_insert_with(|| {
                let request = Request::from(DocumentsRequest { kind: info.kind });
                match authorize(&access.effective, &request) {
                    Decision::Allowed { .. } => Ok(()),
                    Decision::Denied(denial) => Err(denial.to_string()),
                }
            });
            if allowed.is_ok() {
                visible.insert(info.identity.clone(), info.clone());
            }
        }
        if visible.is_empty()
            && let Some(Err(reason)) = kinds.into_values().next()
        {
            return Err(ReadFailure::Denied(reason).into());
        }
        let visible = Arc::new(visible);
        *known = Some(Arc::clone(&visible));
        Ok(visible)
    }
}
