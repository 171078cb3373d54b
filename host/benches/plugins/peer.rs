//! What Wasmtime costs by itself.

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Store};

use crate::Outcome;
use crate::sampling::{Measurement, Runs, Times};

/// A component with one function that does nothing.
const EMPTY: &str = r#"
(component
    (core module $module (func (export "call")))
    (core instance $instance (instantiate $module))
    (func (export "call") (canon lift (core func $instance "call"))))
"#;

/// Wasmtime as it comes, but for concurrency, which a plugin has no use for and which makes calls dearer.
pub fn engine() -> Outcome<Engine> {
    let mut config = Config::new();
    config.concurrency_support(false);
    Ok(Engine::new(&config)?)
}

/// A fresh store, an instance and a call of the empty component: no limits, no clock, no request.
pub fn empty_component(runs: Runs) -> Outcome<(Measurement, Times)> {
    let engine = engine()?;
    let component = Component::new(&engine, wat::parse_str(EMPTY)?)?;
    let ready = Linker::<()>::new(&engine).instantiate_pre(&component)?;
    let times = runs.quick(|| {
        let mut store = Store::new(&engine, ());
        let instance = ready.instantiate(&mut store)?;
        let call = instance.get_typed_func::<(), ()>(&mut store, "call")?;
        Ok(call.call(&mut store, ())?)
    })?;
    Ok((
        Measurement::new("peer: Wasmtime, empty component", &times),
        times,
    ))
}
