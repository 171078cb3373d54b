//! Compiling in a child process, and what it does to a component that attacks the compiler.

use std::fs::File;
use std::io;
use std::time::Duration;

use super::guest::Guest;
use super::sandbox;
use crate::proposal::Kind;
use crate::sandbox::compile::{compile_child, compile_in_child};
use crate::sandbox::{COMPONENT_MAX, CompileLimits, Compiler, LoadError};

/// Not a test: what the child of the tests below runs. This test program prints to standard output before it, so
/// the artifact goes to the descriptor that the shell has put it on.
#[test]
#[ignore = "the child process of the other tests"]
fn the_child() {
    if std::env::var_os("AEGIS_COMPILE_LIMITS").is_none() {
        return;
    }
    let limits = crate::sandbox::compile::child_limits();
    let mut output = File::options().write(true).open("/dev/fd/3").unwrap();
    let code = match compile_child(limits, &mut io::stdin().lock(), &mut output) {
        Ok(()) => 0,
        Err(ended) => ended.report(),
    };
    std::process::exit(code.into());
}

fn compile(limits: CompileLimits, component: &[u8]) -> Result<Vec<u8>, LoadError> {
    let this = std::env::current_exe().unwrap();
    let this = this.to_str().unwrap();
    let name = format!("{}::the_child", module_path!().split_once("::").unwrap().1);
    let script =
        format!("exec 3>&1 >/dev/null; exec '{this}' --exact {name} --ignored --nocapture --quiet");
    compile_in_child(
        "/bin/sh".as_ref(),
        &["-c".into(), script.into()],
        limits,
        component,
    )
}

/// A module that is small, valid and expensive: one function of many small blocks.
fn bomb(blocks: usize) -> Vec<u8> {
    let block = "(local.set 0 (call_indirect (type $t) (local.get 0) (i32.and (local.get 0) (i32.const 7))))";
    Guest::new(Kind::Security)
        .with(&format!(
            "(type $t (func (param i32) (result i32))) (table 8 funcref)
             (func (param i32) (result i32) {} (local.get 0))",
            block.repeat(blocks)
        ))
        .component()
}

#[test]
fn a_component_is_compiled_in_a_child() {
    let component = Guest::new(Kind::Security).component();
    let code = compile(CompileLimits::DEFAULT, &component).unwrap();
    let engine = wasmtime::Engine::new(&crate::sandbox::engine::config()).unwrap();
    assert_eq!(code, engine.precompile_component(&component).unwrap());
}

#[test]
fn what_is_no_component_is_refused_with_a_reason() {
    for bytes in [b"".as_slice(), b"\0asm\x01\0\0\0", b"hello"] {
        match compile(CompileLimits::DEFAULT, bytes) {
            Err(LoadError::NotAComponent { reason }) => assert!(!reason.is_empty()),
            other => panic!("{other:?}"),
        }
    }
    let large = vec![0; COMPONENT_MAX + 1];
    let engine = wasmtime::Engine::new(&crate::sandbox::engine::config()).unwrap();
    let error = Compiler::InProcess.compile(&engine, &large).unwrap_err();
    assert!(matches!(error, LoadError::TooLarge { .. }), "{error:?}");
}

#[test]
fn a_compile_bomb_is_killed_by_the_clock() {
    let limits = CompileLimits {
        time: Duration::from_millis(300),
        ..CompileLimits::DEFAULT
    };
    let error = compile(limits, &bomb(200_000)).unwrap_err();
    assert!(matches!(error, LoadError::CompileTime { .. }), "{error:?}");
}

#[test]
fn a_compile_bomb_is_killed_by_its_memory() {
    let limits = CompileLimits {
        memory: 160 << 20,
        ..CompileLimits::DEFAULT
    };
    let error = compile(limits, &bomb(200_000)).unwrap_err();
    assert!(
        matches!(error, LoadError::CompileMemory { .. }),
        "{error:?}"
    );
}

#[test]
fn a_compiler_that_cannot_run_is_named_so() {
    let limits = CompileLimits::DEFAULT;
    let missing = compile_in_child("/nonexistent/aegis".as_ref(), &[], limits, b"");
    assert!(
        matches!(missing, Err(LoadError::Compiler { .. })),
        "{missing:?}"
    );
    let failing = compile_in_child(
        "/bin/sh".as_ref(),
        &["-c".into(), "echo no >&2; exit 3".into()],
        limits,
        b"",
    );
    assert!(
        matches!(&failing, Err(LoadError::Compiler { reason }) if reason == "no"),
        "{failing:?}"
    );
    sandbox();
}
