//! The digest of a proposal.
//!
//! It covers the typed value and not the plugin's bytes, so that it is the same whichever version of the
//! contract the answer came through, and two answers have one digest exactly when the host cannot
//! tell them apart. Every part is written with its length or its number, so no two values write the
//! same bytes.

use aegis_document::{Digest, Identifier};
use serde_json::{Number, Value};
use sha2::{Digest as _, Sha256};

use crate::proposal::{
    Access, Action, Application, CertificateAuthority, Change, CrdPolicy, FactSource, File,
    Generator, HooksPolicy, InstanceGroup, Job, KopsCluster, KopsRoll, KopsSecret,
    KubernetesObject, Lifecycle, Moved, ObjectRef, OnImmutable, Permission, Probe, ProbeCheck,
    Proposal, ProvidedFact, Provider, Release, Step, SyncPolicy, TerraformBlock, TerraformOutput,
    TerraformRoot, ToolCall, Trigger, Workflow,
};
use crate::template::{Node, Segment, Templated};

/// The digest of what a plugin proposed.
pub fn proposal_digest(proposal: &Proposal) -> Digest {
    let mut sink = Sink(Sha256::new());
    sink.text("aegis.proposal/1");
    proposal.write(&mut sink);
    Digest::from_bytes(sink.0.finalize().into())
}

struct Sink(Sha256);

impl Sink {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text);
    }
}

trait Write {
    fn write(&self, sink: &mut Sink);
}

/// A record writes its fields in order. The pattern is exhaustive: a new field does not compile until it is
/// here.
macro_rules! record {
    ($($type:ident { $($field:ident),* $(,)? })*) => {$(
        impl Write for $type {
            fn write(&self, sink: &mut Sink) {
                let Self { $($field),* } = self;
                $($field.write(sink);)*
            }
        }
    )*};
}

/// A variant writes the number of its case, then its content.
macro_rules! variant {
    ($($type:ident { $($number:literal: $case:ident $(($inner:ident))? $({ $($field:ident),* })?),* $(,)? })*) => {$(
        impl Write for $type {
            fn write(&self, sink: &mut Sink) {
                match self {
                    $(Self::$case $(($inner))? $({ $($field),* })? => {
                        sink.number($number);
                        $($inner.write(sink);)?
                        $($($field.write(sink);)*)?
                    })*
                }
            }
        }
    )*};
}

record! {
    Proposal { changes, provides, probes, moved }
    Change { id, cluster, after, on_immutable, action }
    TerraformRoot { root, region, providers, resources, data, outputs }
    Provider { source, version }
    TerraformBlock { kind, name, body, depends_on, lifecycle }
    Lifecycle { create_before_destroy, prevent_destroy, ignore_changes }
    TerraformOutput { name, value, sensitive }
    KopsCluster { spec, instance_groups, secrets, roll }
    InstanceGroup { name, spec }
    KopsSecret { name, fact }
    ToolCall { adapter, holes, inputs, stdin_secrets, idempotent, probe, undo }
    KubernetesObject { group, version, kind, namespace, name, labels, annotations, body }
    ObjectRef { group, kind, namespace, name }
    Release { name, namespace, entry, values, crds, hooks }
    Application {
        name, project, repository, revision, path, destination_cluster, destination_namespace, sync, wave,
    }
    SyncPolicy { automated, prune, self_heal }
    Workflow { file, name, triggers, concurrency, jobs }
    Job { id, runs_on, needs, environment, permissions, timeout_minutes, steps }
    Permission { name, access }
    File { path, content }
    ProvidedFact { name, source }
    CertificateAuthority { common_name, parent, validity_days }
    Probe { id, cluster, check, timeout_seconds }
    Moved { cluster, from, to }
}

variant! {
    OnImmutable { 0: Fail, 1: Replace }
    Action {
        0: Terraform(inner), 1: Kops(inner), 2: Tool(inner), 3: Apply(inner), 4: EnsureAbsent(inner), 5: Release(inner),
        6: Application(inner), 7: Workflow(inner), 8: File(inner),
    }
    KopsRoll { 0: Never, 1: AsNeeded, 2: Groups(inner) }
    CrdPolicy { 0: Manage, 1: Skip }
    HooksPolicy { 0: Run, 1: Skip }
    Trigger { 0: Push(inner), 1: PullRequest(inner), 2: Tag(inner), 3: Schedule(inner), 4: Manual }
    Access { 0: Read, 1: Write }
    Step { 0: Uses { name, action, commit, version, with }, 1: Run { name, script, env } }
    FactSource {
        0: Value(inner), 1: TerraformOutput { root, output }, 2: KopsField(inner),
        3: KubernetesField { cluster, object, pointer, until_seconds },
        4: TokenRequest { namespace, service_account, audience, ttl_seconds },
        5: Generated(inner), 6: ToolOutput { change, pointer }, 7: External(inner),
    }
    Generator { 0: Bytes(inner), 1: CertificateAuthority(inner), 2: Certificate(inner) }
    ProbeCheck {
        0: Condition { object, condition, status }, 1: Rollout(inner), 2: Admission { object, admitted },
        3: FactPresent(inner), 4: ApplicationSynced(inner), 5: ApiReachable,
    }
    Node { 0: Null, 1: Bool(inner), 2: Number(inner), 3: Text(inner), 4: List(inner), 5: Map(inner) }
    Value { 0: Null, 1: Bool(inner), 2: Number(inner), 3: String(inner), 4: Array(inner), 5: Object(inner) }
    Segment { 0: Literal(inner), 1: Token(inner) }
}

impl Write for bool {
    fn write(&self, sink: &mut Sink) {
        sink.number(u64::from(*self));
    }
}

impl Write for u32 {
    fn write(&self, sink: &mut Sink) {
        sink.number(u64::from(*self));
    }
}

impl Write for i32 {
    fn write(&self, sink: &mut Sink) {
        sink.0.update(self.to_le_bytes());
    }
}

impl Write for Number {
    fn write(&self, sink: &mut Sink) {
        sink.text(&self.to_string());
    }
}

impl Write for String {
    fn write(&self, sink: &mut Sink) {
        sink.text(self);
    }
}

impl Write for Identifier {
    fn write(&self, sink: &mut Sink) {
        sink.text(self.as_str());
    }
}

impl Write for crate::template::Token {
    fn write(&self, sink: &mut Sink) {
        sink.text(&self.to_string());
    }
}

impl Write for Templated {
    fn write(&self, sink: &mut Sink) {
        sink.number(self.segments().len() as u64);
        self.segments()
            .iter()
            .for_each(|segment| segment.write(sink));
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, sink: &mut Sink) {
        sink.number(u64::from(self.is_some()));
        self.iter().for_each(|value| value.write(sink));
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, sink: &mut Sink) {
        sink.number(self.len() as u64);
        self.iter().for_each(|item| item.write(sink));
    }
}

impl<A: Write, B: Write> Write for (A, B) {
    fn write(&self, sink: &mut Sink) {
        self.0.write(sink);
        self.1.write(sink);
    }
}

impl<T: Write> Write for std::collections::BTreeMap<String, T> {
    fn write(&self, sink: &mut Sink) {
        sink.number(self.len() as u64);
        for (key, value) in self {
            sink.text(key);
            value.write(sink);
        }
    }
}

/// Keys are written sorted, whichever order the map keeps.
impl Write for serde_json::Map<String, Value> {
    fn write(&self, sink: &mut Sink) {
        sink.number(self.len() as u64);
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        for (key, value) in entries {
            sink.text(key);
            value.write(sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(path: &str, content: &str) -> Proposal {
        let action = Action::File(File {
            path: path.into(),
            content: Templated::parse(content).unwrap(),
        });
        let change = Change {
            id: Identifier::new("a").unwrap(),
            cluster: None,
            after: Vec::new(),
            on_immutable: OnImmutable::Fail,
            action,
        };
        Proposal {
            changes: vec![change],
            ..Proposal::default()
        }
    }

    #[test]
    fn equal_proposals_have_one_digest_and_others_do_not() {
        let digest = |path, content| proposal_digest(&file(path, content));
        assert_eq!(digest("a", "b"), digest("a", "b"));
        let others = [
            digest("a", "b"),
            digest("ab", ""),
            digest("", "ab"),
            digest("a", "@{b}"),
            digest("a", "@@{b}"),
        ];
        let distinct: std::collections::BTreeSet<_> = others.iter().collect();
        assert_eq!(distinct.len(), others.len());
    }

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let provide = |value| {
            let source = FactSource::Value(value);
            let provides = vec![ProvidedFact {
                name: Identifier::new("a").unwrap(),
                source,
            }];
            proposal_digest(&Proposal {
                provides,
                ..Proposal::default()
            })
        };
        let backwards: Value = serde_json::from_str(r#"{"b":1,"a":2}"#).unwrap();
        assert_eq!(provide(backwards), provide(json!({"a": 2, "b": 1})));
        assert_ne!(
            provide(json!({"a": 2, "b": 1})),
            provide(json!({"a": 1, "b": 2}))
        );
    }
}
