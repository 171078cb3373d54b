//! Reads, from a plugin's question to what it is told.

use std::sync::Arc;

use aegis_document::Identifier;
use serde_json::{Value, json};

use super::guest::Guest;
use super::{context, load};
use crate::proposal::{Failure, Kind, ObjectRef};
use crate::sandbox::reads::{Answer, KubernetesReads, ObjectPage, ObjectQuery, ReadFailure, Reads};
use crate::sandbox::request::tests::request;
use crate::sandbox::{CallContext, CallError, Fault, Limits};

/// A guest that reads the Secret `b` of namespace `a` in `use1`, and answers with the failure `internal` whose text is
/// what it was told: the object, or the reason why not.
fn asks_for(kind: &str) -> Guest {
    let text = format!("use1{kind}ab");
    let (kind_at, kind_length) = (4, kind.len());
    let namespace = kind_at + kind_length;
    let code = format!(
        "(call $get (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0)
            (i32.const {kind_at}) (i32.const {kind_length})
            (i32.const 1) (i32.const {namespace}) (i32.const 1) (i32.const {name}) (i32.const 1) (i32.const 128))
         (i32.store8 (i32.const 256) (i32.const 1)) (i32.store8 (i32.const 260) (i32.const 5))
         (if (i32.load8_u (i32.const 128))
            (then ;; an error: its case, then its text
                (i32.store (i32.const 264) (i32.load (i32.const 136)))
                (i32.store (i32.const 268) (i32.load (i32.const 140))))
            (else
                (i32.store (i32.const 264) (i32.load (i32.const 132)))
                (i32.store (i32.const 268) (i32.load (i32.const 136)))))
         (i32.const 256)",
        name = namespace + 1,
    );
    Guest::new(Kind::Security)
        .with(&format!(
            r#"(import "aegis:plugin/kubernetes-reader@0.1.0" "get-object"
                (func $get (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
               (data (i32.const 0) "{text}")"#
        ))
        .runs("plan", &code)
}

/// Answers every question with one object, or never.
struct Cluster(Option<Value>);

impl KubernetesReads for Cluster {
    fn object<'a>(&'a self, _: &'a Identifier, _: &'a ObjectRef) -> Answer<'a, Arc<Value>> {
        match &self.0 {
            Some(object) => Box::pin(std::future::ready(Ok(Arc::new(object.clone())))),
            None => Box::pin(std::future::pending()),
        }
    }

    fn objects<'a>(&'a self, _: &'a ObjectQuery) -> Answer<'a, ObjectPage> {
        Box::pin(std::future::ready(Err(ReadFailure::Absent)))
    }
}

fn cluster(object: Option<Value>) -> Reads {
    Reads {
        kubernetes: Arc::new(Cluster(object)),
        ..Reads::none()
    }
}

fn may_read(kind: &str) -> Value {
    json!([{"capability": "cluster.read", "clusters": ["own"], "group": "", "kinds": [kind], "namespaces": ["*"]}])
}

async fn told(guest: &Guest, context: &CallContext) -> Result<String, CallError> {
    let answer = load(Kind::Security, guest)
        .plan(&request(Some("use1")), context)
        .await?;
    match answer {
        Err(Failure::Internal(text)) => Ok(text),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_read_without_a_grant_is_denied() {
    let context = context(
        Kind::Security,
        &json!([]),
        cluster(Some(json!({"kind": "ConfigMap"}))),
    );
    let text = told(&asks_for("ConfigMap"), &context).await.unwrap();
    assert!(!text.contains('{'), "{text}");
}

#[tokio::test]
async fn a_granted_read_is_answered_and_a_secret_has_no_data() {
    let object = json!({"kind": "Secret", "metadata": {"name": "b"}, "data": {"k": "czNjcmV0"}});
    let context = context(Kind::Security, &may_read("Secret"), cluster(Some(object)));
    assert_eq!(
        told(&asks_for("Secret"), &context).await.unwrap(),
        r#"{"kind":"Secret","metadata":{"name":"b"}}"#
    );
}

#[tokio::test]
async fn without_a_backend_the_target_is_unreachable() {
    let context = context(Kind::Security, &may_read("ConfigMap"), Reads::none());
    let text = told(&asks_for("ConfigMap"), &context).await.unwrap();
    assert_eq!(text, "no cluster is connected in this run");
}

#[tokio::test]
async fn a_malformed_question_is_invalid_and_never_asked() {
    let context = context(
        Kind::Security,
        &may_read("ConfigMap"),
        cluster(Some(json!({}))),
    );
    let text = told(&asks_for("configmap"), &context).await.unwrap();
    assert!(text.contains("upper-case"), "{text}");
}

#[tokio::test]
async fn a_host_call_that_never_returns_is_ended() {
    let limits = Limits {
        time: std::time::Duration::from_millis(100),
        ..Limits::DEFAULT
    };
    let context = CallContext {
        limits,
        ..context(Kind::Security, &may_read("ConfigMap"), cluster(None))
    };
    let error = told(&asks_for("ConfigMap"), &context).await.unwrap_err();
    assert_eq!(
        error.fault,
        Fault::Time {
            limit: limits.time,
            waiting: Some("kubernetes-reader.get-object")
        }
    );
    assert_eq!(
        error.to_string(),
        "acme/test: plan: no answer after 100 ms, waiting for the host's kubernetes-reader.get-object"
    );
}

#[tokio::test]
async fn what_reads_return_is_charged() {
    let limits = Limits {
        read_bytes: 1000,
        ..Limits::DEFAULT
    };
    let object = json!({ "kind": "ConfigMap", "data": {"k": "x".repeat(2000)} });
    let context = CallContext {
        limits,
        ..context(
            Kind::Security,
            &may_read("ConfigMap"),
            cluster(Some(object)),
        )
    };
    let error = told(&asks_for("ConfigMap"), &context).await.unwrap_err();
    assert_eq!(error.fault, Fault::ReadBytes { limit: 1000 });
}
