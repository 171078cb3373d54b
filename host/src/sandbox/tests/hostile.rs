//! Plugins that attack the host. Each is stopped by its own limit, with its own error.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::guest::{Guest, change, exported, proposal};
use super::{load, nothing_granted, plan, plan_within, sandbox};
use crate::proposal::Kind;
use crate::sandbox::request::tests::request;
use crate::sandbox::{CallContext, Fault, Limits};

const KIND: Kind = Kind::Security;

fn hostile(code: &str) -> Guest {
    Guest::new(KIND).runs("plan", code)
}

const SHORT: Limits = Limits {
    time: Duration::from_millis(200),
    ..Limits::DEFAULT
};

#[tokio::test]
async fn an_endless_loop_is_ended() {
    let started = Instant::now();
    let fault = plan_within(
        KIND,
        &hostile("(loop $again (br $again)) (unreachable)"),
        SHORT,
    )
    .await
    .unwrap_err();
    assert_eq!(
        fault,
        Fault::Time {
            limit: SHORT.time,
            waiting: None
        }
    );
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_loop_lets_other_tasks_of_its_thread_run() {
    let guest = hostile("(loop $again (br $again)) (unreachable)");
    let call = plan_within(KIND, &guest, SHORT);
    let other = async {
        let mut turns = 0;
        while turns < 5 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            turns += 1;
        }
        Instant::now()
    };
    let (fault, other_done) =
        tokio::join!(async { (call.await.unwrap_err(), Instant::now()) }, other);
    assert!(other_done < fault.1, "{:?}", fault.0);
}

#[tokio::test]
async fn a_loop_before_the_first_call_is_ended() {
    let guest = Guest::new(KIND).with("(func $forever (loop $again (br $again))) (start $forever)");
    let fault = plan_within(KIND, &guest, SHORT).await.unwrap_err();
    assert_eq!(
        fault,
        Fault::Time {
            limit: SHORT.time,
            waiting: None
        }
    );
}

#[tokio::test]
async fn memory_is_limited_for_all_memories_and_tables_together() {
    let grow = "(loop $again (drop (memory.grow (i32.const 16))) (br $again)) (unreachable)";
    let limits = Limits {
        memory: 8 << 20,
        ..SHORT
    };
    let memory = Fault::Memory {
        limit: limits.memory,
    };
    assert_eq!(
        plan_within(KIND, &hostile(grow), limits).await.unwrap_err(),
        memory
    );

    let table = "(loop $again (drop (table.grow $t (ref.null func) (i32.const 10000))) (br $again)) (unreachable)";
    let guest = hostile(table).with("(table $t 0 funcref)");
    assert_eq!(plan_within(KIND, &guest, limits).await.unwrap_err(), memory);

    // Each is below the limit.
    let both = hostile("(unreachable)")
        .with("(table $t 600000 funcref)")
        .memory("80");
    assert_eq!(plan_within(KIND, &both, limits).await.unwrap_err(), memory);
    let at_start = Guest::new(KIND).memory("200");
    assert_eq!(
        plan_within(KIND, &at_start, limits).await.unwrap_err(),
        memory
    );
}

#[tokio::test]
async fn many_small_memories_are_counted() {
    let memories = "(memory 0)".repeat(80);
    let guest = Guest::new(KIND).with(&memories);
    // The contract's memory is the one that is exported by name.
    let fault = plan(KIND, &guest).await.unwrap_err();
    assert_eq!(
        fault,
        Fault::Instances {
            what: "memories",
            limit: 64
        }
    );
}

#[tokio::test]
async fn a_guest_that_stops_itself_gets_words_and_no_backtrace() {
    let endless = hostile("(call $deeper) (unreachable)").with("(func $deeper (call $deeper))");
    for (guest, fault) in [
        (hostile("(unreachable)"), Fault::Panic),
        (endless, Fault::Stack),
        (
            hostile("(i32.div_u (i32.const 1) (i32.const 0))"),
            Fault::Trap("integer divide by zero".into()),
        ),
        (
            hostile("(i32.load (i32.const -4))"),
            Fault::Trap("out of bounds memory access".into()),
        ),
    ] {
        assert_eq!(plan(KIND, &guest).await.unwrap_err(), fault);
        assert!(
            !fault.to_string().contains("0x") && !fault.to_string().contains('\n'),
            "{fault}"
        );
    }
}

/// Code that answers with a proposal whose list of changes, or whose failure's text, has this address and length.
fn answer_with_list(pointer: i64, length: i64) -> Guest {
    hostile(&format!(
        "(i32.store (i32.const 20) (i32.const {pointer})) (i32.store (i32.const 24) (i32.const {length})) (i32.const 16)"
    ))
}

fn answer_with_text(pointer: i64, length: i64) -> Guest {
    hostile(&format!(
        "(i32.store8 (i32.const 16) (i32.const 1)) (i32.store8 (i32.const 20) (i32.const 5))
         (i32.store (i32.const 24) (i32.const {pointer})) (i32.store (i32.const 28) (i32.const {length})) (i32.const 16)"
    ))
}

#[tokio::test]
async fn an_answer_is_limited_before_it_is_copied() {
    let size = Fault::AnswerSize {
        limit: Limits::DEFAULT.answer_bytes,
    };
    // 100 MiB of text, and a list of a million changes over zeros, in a memory of 112 MiB.
    assert_eq!(
        plan(KIND, &answer_with_text(65536, 100 << 20).memory("1792"))
            .await
            .unwrap_err(),
        size
    );
    assert_eq!(
        plan(KIND, &answer_with_list(65536, 1_000_000).memory("1792"))
            .await
            .unwrap_err(),
        size
    );
}

#[tokio::test]
async fn an_answer_that_breaks_the_convention_is_named_so() {
    for guest in [
        answer_with_text(-16, 100),
        answer_with_list(65536, 0x1000_0000),
        answer_with_list(65537, 1),
        hostile("(i32.const 17)"),
        hostile("(i32.const -4)"),
        hostile("(i32.store8 (i32.const 16) (i32.const 9)) (i32.const 16)"),
        hostile(
            "(i32.store8 (i32.const 64) (i32.const 255)) (i32.store8 (i32.const 16) (i32.const 1))
             (i32.store8 (i32.const 20) (i32.const 5)) (i32.store (i32.const 24) (i32.const 64))
             (i32.store (i32.const 28) (i32.const 1)) (i32.const 16)",
        ),
    ] {
        let fault = plan(KIND, &guest).await.unwrap_err();
        assert!(
            matches!(&fault, Fault::Convention(_) | Fault::AnswerSize { .. }),
            "{fault:?}"
        );
        assert!(!fault.to_string().contains('\n'), "{fault}");
    }
}

#[tokio::test]
async fn the_parts_of_an_answer_are_counted_over_all_its_texts() {
    let body = json!({ "data": vec![0; 600] }).to_string();
    let object = |name: &str| {
        let metadata: Value =
            json!({"name": name, "namespace": null, "labels": [], "annotations": []});
        change(
            name,
            json!({"apply": {"group": "", "version": "v1", "kind": "X", "metadata": metadata, "body": body}}),
        )
    };
    let guest = Guest::new(KIND).answers(
        "plan",
        json!({"ok": proposal(json!([object("a"), object("b")]))}),
    );
    let limits = Limits {
        answer_nodes: 1000,
        ..Limits::DEFAULT
    };
    assert_eq!(
        plan_within(KIND, &guest, limits).await.unwrap_err(),
        Fault::AnswerNodes { limit: 1000 }
    );
    assert!(plan(KIND, &guest).await.unwrap().is_ok());
}

const LOG: &str = r#"(import "aegis:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#;

#[tokio::test]
async fn logs_are_limited_in_number_and_size() {
    let flood = |length: usize| {
        hostile(&format!(
            "(loop $again (call $log (i32.const 1) (i32.const 65536) (i32.const {length})) (br $again)) (unreachable)"
        ))
        .with(LOG)
    };
    let log = Fault::Log {
        messages: Limits::DEFAULT.log_messages,
        bytes: Limits::DEFAULT.log_bytes,
    };
    assert_eq!(plan(KIND, &flood(1)).await.unwrap_err(), log);
    assert_eq!(plan(KIND, &flood(60_000)).await.unwrap_err(), log);
}

#[tokio::test]
async fn host_calls_are_limited_also_when_they_are_refused() {
    let guest = hostile(
        "(loop $again
            (call $get (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64))
            (br $again))
         (unreachable)",
    )
    .with(
        r#"(import "aegis:plugin/kubernetes-reader@0.1.0" "get-object"
            (func $get (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))"#,
    )
    .memory("64");
    let limits = Limits {
        host_calls: 500,
        ..Limits::DEFAULT
    };
    assert_eq!(
        plan_within(KIND, &guest, limits).await.unwrap_err(),
        Fault::HostCalls { limit: 500 }
    );
}

#[tokio::test]
async fn a_call_leaves_nothing_behind_for_the_next() {
    // Counts its calls in memory, and fails from the second on.
    let code = "(if (i32.load (i32.const 512)) (then (unreachable)))
                (i32.store (i32.const 512) (i32.const 1)) (i32.const 2048)";
    let plugin = load(KIND, &hostile(code));
    for _ in 0..3 {
        let answer = plugin.plan(&request(None), &nothing_granted(KIND)).await;
        assert!(answer.unwrap().is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_run_at_the_same_time_on_several_tasks() {
    let plugin = load(KIND, &Guest::new(KIND));
    let mut calls = tokio::task::JoinSet::new();
    for index in 0..32 {
        let plugin = plugin.clone();
        calls.spawn(async move {
            let limits = Limits {
                memory: (8 + index % 3) << 20,
                ..Limits::DEFAULT
            };
            plugin
                .plan(
                    &request(None),
                    &CallContext {
                        limits,
                        ..nothing_granted(KIND)
                    },
                )
                .await
        });
    }
    while let Some(answer) = calls.join_next().await {
        assert!(answer.unwrap().unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_plugin_that_is_asked_about_itself_may_not_read() {
    // Reads in `describe` and traps when that was not denied (tag 2).
    let guest = Guest::new(Kind::Validation)
        .with(r#"(import "aegis:plugin/document-reader@0.1.0" "list-documents" (func $list (param i32)))"#)
        .runs(
            "controls",
            "(call $list (i32.const 64))
             (if (i32.ne (i32.load8_u (i32.const 68)) (i32.const 2)) (then (unreachable)))
             (i32.const 2048)",
        );
    assert_eq!(load(Kind::Validation, &guest).controls().await.unwrap(), []);
}

#[test]
fn what_is_exported_has_the_contracts_name() {
    assert_eq!(exported(Kind::Gitops), "aegis:plugin/deliverer@0.1.0");
    assert_eq!(sandbox().fingerprint(), sandbox().fingerprint());
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Lines(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_log_message_is_one_line_and_names_its_author() {
    let guest = hostile("(call $log (i32.const 2) (i32.const 0) (i32.const 9)) (i32.const 2048)")
        .with(LOG)
        .with(r#"(data (i32.const 0) "a\n\1b[31mERR")"#);
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    plan(KIND, &guest).await.unwrap().unwrap();
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    for part in [
        "WARN plugin:",
        "acme/test",
        "network/use1",
        "a\\u{a}\\u{1b}[31mER",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
