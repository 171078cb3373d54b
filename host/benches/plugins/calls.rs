//! The call of a stage: natively, in Wasmtime alone, and in the sandbox.

use std::collections::BTreeSet;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use aegis_host::capability::{Effective, EffectiveParts};
use aegis_host::library::LoadedPlugin;
use aegis_host::proposal::Kind;
use aegis_host::sandbox::reads::Reads;
use aegis_host::sandbox::{CallContext, CallError, Fault, Limits, PlanRequest};
use aegis_plugin::harness::Memory;
use serde_json::json;

use crate::native::Answer;
use crate::planning::Documents;
use crate::raw::{Question, Raw};
use crate::request::{self, Subject};
use crate::sampling::Measurement;
use crate::{Bench, Outcome};

/// What a fresh instance and a call in it should cost at most, as a multiple of the native call.
const CALL_LIMIT: f64 = 1.5;

impl Bench {
    /// A stage's call natively, in Wasmtime alone, in the sandbox up to its answer, and in the sandbox with its
    /// answer read.
    pub fn calling(
        &self,
        subject: &Subject,
        plugin: &LoadedPlugin,
        raw: &Raw,
        documents: Option<&Documents>,
    ) -> Outcome<()> {
        let Subject {
            stage,
            plugin: native,
            request,
        } = subject;
        let (memory, reads) = match (plugin.kind, documents) {
            (Kind::Validation, Some(documents)) => {
                let reads = Reads {
                    documents: Arc::new(documents.clone()),
                    ..Reads::none()
                };
                (documents.in_memory(), reads)
            }
            (Kind::Validation, None) => return Err("it needs the documents of a plan".into()),
            _ => (Memory::new(), Reads::none()),
        };
        let asked = request::of_host(request)?;
        let context = CallContext::new(stage.as_str(), Arc::new(effective(plugin, &asked)), reads);
        // The same call, ended at the first part of its answer.
        let unread = CallContext {
            limits: Limits {
                answer_nodes: 0,
                ..Limits::DEFAULT
            },
            ..context.clone()
        };

        let answer = (native.call)(request, &memory).map_err(|failure| format!("{failure:?}"))?;
        let parts = self.runtime.block_on(ask(plugin, &asked, &context))??;
        let question = Question::new(request, &memory)?;
        let raw_parts = raw.ask(&question)?;
        if [parts, raw_parts] != [answer.parts(); 2] {
            return Err(format!(
                "in the sandbox it answers {parts} parts, in Wasmtime alone {raw_parts}, natively {}: the component is of other sources; run `cargo xtask build --components`",
                answer.parts()
            )
            .into());
        }
        if let Some(folder) = &self.stages {
            leave(folder, subject, &answer)?;
        }

        let mut natively = || {
            let answer =
                (native.call)(request, &memory).map_err(|failure| format!("{failure:?}"))?;
            drop(black_box(answer));
            Ok(())
        };
        let mut in_wasmtime = || raw.ask(&question).map(drop);
        let mut to_answer = || match self.runtime.block_on(ask(plugin, &asked, &unread)) {
            Err(CallError {
                fault: Fault::AnswerNodes { .. },
                ..
            }) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Err("its answer has no parts".into()),
        };
        let mut with_answer = || {
            black_box(self.runtime.block_on(ask(plugin, &asked, &context))??);
            Ok(())
        };
        let [native, raw, call, whole] = self.runs.alternately([
            &mut natively,
            &mut in_wasmtime,
            &mut to_answer,
            &mut with_answer,
        ])?;
        let sizes = format!(
            "{} B in, {} B out",
            serde_json::to_vec(request)?.len(),
            serde_json::to_vec(&answer.json()?)?.len()
        );
        self.say(Measurement::new(format!("stage {stage}: native"), &native).note(sizes))?;
        let what = format!("stage {stage}: raw Wasmtime, instance and call");
        self.say(Measurement::new(what, &raw).against(&native, "× native", None))?;
        self.say(
            Measurement::new(format!("stage {stage}: instance and call"), &call)
                .against(&native, "× native", None)
                .against(&raw, "× raw Wasmtime", None),
        )?;
        self.say(
            Measurement::new(format!("stage {stage}: the same, answer read"), &whole).against(
                &native,
                "× native",
                Some(CALL_LIMIT),
            ),
        )
    }
}

/// Leaves what a peer needs to do the same, and to see that it did.
fn leave(folder: &Path, subject: &Subject, answer: &Answer) -> Outcome<()> {
    let stage = json!({
        "stage": subject.stage,
        "plugin": subject.plugin.name,
        "request": subject.request,
        "answer": answer.json()?,
    });
    fs::create_dir_all(folder)?;
    let file = folder.join(format!("{}.json", subject.stage));
    Ok(fs::write(file, stage.to_string())?)
}

/// Asks a plugin; gives the number of parts of its answer as [`Answer::parts`] counts them.
async fn ask(
    plugin: &LoadedPlugin,
    request: &PlanRequest,
    context: &CallContext,
) -> Result<Result<usize, String>, CallError> {
    Ok(if plugin.kind == Kind::Validation {
        let answer = black_box(plugin.code.evaluate(request, context).await?);
        answer
            .map(|findings| findings.len())
            .map_err(|failure| failure.to_string())
    } else {
        let answer = black_box(plugin.code.plan(request, context).await?);
        answer
            .map(|proposal| proposal.changes.len() + proposal.provides.len())
            .map_err(|failure| failure.to_string())
    })
}

/// The walls around a stage that was granted what its plugin asks for.
fn effective(plugin: &LoadedPlugin, request: &PlanRequest) -> Effective {
    Effective::new(EffectiveParts {
        kind: plugin.kind,
        stage: request.stage.clone(),
        cluster: request.cluster.as_ref().map(|cluster| cluster.name.clone()),
        clusters: request
            .clusters
            .iter()
            .map(|cluster| cluster.name.clone())
            .collect::<BTreeSet<_>>()
            .into(),
        signed: plugin.signed.clone(),
        granted: plugin.granted.clone(),
    })
}
