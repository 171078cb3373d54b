//! Authorising a planned change once more, right before it is done.

use std::collections::BTreeSet;
use std::sync::Arc;

use aegis_document::Identifier;

use super::super::document::{Documents, PlannedChange};
use super::super::identity::{Identity, InstanceId};
use super::instance::{derive_context, effective};
use super::stage::StageSet;
use crate::apply::{Reauthorize, Refusal};
use crate::capability::{Denial, authorize_change};
use crate::driver::document::Document;
use crate::proposal::{Change, ObjectRef};

/// Asks the same walls as the planner did, with the grants that are in the lock file now. It looks at the document that
/// was approved, tokens and all: what is authorised is literal by construction, and what a token may become is
/// decided by its fact's format, which is checked when it is bound.
pub struct Again {
    stages: StageSet,
    clusters: Arc<BTreeSet<Identifier>>,
    documents: Documents,
    proposed: BTreeSet<(Identifier, ObjectRef)>,
}

impl Again {
    /// For the changes of a plan.
    pub fn new(stages: StageSet, plan: &super::super::Plan) -> Self {
        let proposed = plan
            .body
            .changes()
            .filter(|(_, change)| change.desired.is_some())
            .filter_map(|(_, change)| match &change.identity {
                Identity::Kubernetes { cluster, object } => Some((cluster.clone(), object.clone())),
                _ => None,
            })
            .collect();
        Self {
            clusters: Arc::new(stages.clusters().cloned().collect()),
            stages,
            documents: plan.documents.clone(),
            proposed,
        }
    }

    fn check(&self, id: &InstanceId, change: &PlannedChange) -> Result<(), Refusal> {
        // A removal has no document: the plan names the identity, and state must own it.
        let Some(desired) = &change.desired else {
            return Ok(());
        };
        let fault = |message: &str| Refusal {
            code: super::failure::INTERNAL.to_owned(),
            message: message.to_owned(),
            help: Some("run `aegis plan` again".to_owned()),
        };
        let stage = self.stages.iter().find(|stage| stage.name == id.stage);
        let stage = stage.ok_or_else(|| fault("the stage is not in the stack any more"))?;
        let source = self
            .documents
            .get(desired)
            .ok_or_else(|| fault("the plan does not hold the document"))?;
        let document = Document::parse(&change.identity, &source)
            .map_err(|error| fault(&error.to_string()))?;
        let action = document
            .to_action(&change.identity)
            .ok_or_else(|| fault("the document is of another kind"))?;
        let again = Change {
            id: change.id.clone().unwrap_or_else(|| id.stage.clone()),
            cluster: change.identity.cluster().or(id.cluster.as_ref()).cloned(),
            after: Vec::new(),
            on_immutable: change.on_immutable,
            action,
        };
        let mut context = derive_context(stage, id, &self.clusters, self.stages.repository());
        context.proposed.clone_from(&self.proposed);
        match authorize_change(&effective(stage, id, &self.clusters), again, &context) {
            Ok(_) => Ok(()),
            Err(denials) => Err(refusal(&denials)),
        }
    }
}

fn refusal(denials: &[Denial]) -> Refusal {
    let messages: Vec<String> = denials.iter().map(ToString::to_string).collect();
    Refusal {
        code: denials
            .first()
            .map_or_else(String::new, |denial| denial.code.to_string()),
        message: messages.join("; "),
        help: denials.first().map(|denial| denial.help.to_string()),
    }
}

impl Reauthorize for Again {
    fn reauthorize(
        &self,
        id: &InstanceId,
        change: &PlannedChange,
        _: Option<&Document>,
    ) -> Result<(), Refusal> {
        self.check(id, change)
    }
}
