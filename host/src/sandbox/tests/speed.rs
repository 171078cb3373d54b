//! What a call costs. Printed, never asserted: `cargo test -- --ignored --nocapture speed`.

use std::time::{Duration, Instant};

use serde_json::json;

use super::guest::{Guest, change, proposal};
use super::{load, nothing_granted};
use crate::proposal::Kind;
use crate::sandbox::request::tests::request;

const CALLS: u32 = 1000;

fn per_call(total: Duration) -> Duration {
    total / CALLS
}

#[tokio::test]
#[ignore = "a measurement"]
async fn speed_of_a_call() {
    let metadata = json!({"name": "a", "namespace": "b", "labels": [], "annotations": []});
    let body = json!({"data": {"key": "value"}}).to_string();
    let changes: Vec<_> = (0..100)
        .map(|index| {
            let object = json!({"group": "", "version": "v1", "kind": "ConfigMap", "metadata": metadata, "body": body});
            change(&format!("c{index}"), json!({ "apply": object }))
        })
        .collect();
    let large = Guest::new(Kind::Security).answers("plan", json!({"ok": proposal(json!(changes))}));
    for (name, guest) in [
        ("an empty answer", Guest::new(Kind::Security)),
        ("100 changes", large),
    ] {
        let plugin = load(Kind::Security, &guest);
        let (request, context) = (request(Some("use1")), nothing_granted(Kind::Security));
        let started = Instant::now();
        for _ in 0..CALLS {
            plugin.plan(&request, &context).await.unwrap().unwrap();
        }
        println!(
            "fresh instance, call and parse, {name}: {:?}",
            per_call(started.elapsed())
        );
    }
}
