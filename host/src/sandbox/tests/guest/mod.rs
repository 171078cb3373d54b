//! Plugins made for a test: a core module with hand-written functions, turned into a component of the contract.

mod lower;

use serde_json::{Value, json};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, Type, WorldId, WorldItem, WorldKey};

use self::lower::Image;
use crate::proposal::Kind;
use crate::sandbox::link::export_of;

/// What a function of a guest does.
#[derive(Clone)]
pub enum Body {
    /// Answers this, in JSON.
    Answer(Value),
    /// Runs this code; its type is the one that the contract gives the function.
    Code(String),
}

/// A guest under construction: a well-behaved plugin of its kind until something is replaced.
#[derive(Clone)]
pub struct Guest {
    kind: Kind,
    bodies: Vec<(&'static str, Body)>,
    /// Imports, memories, tables, functions and a start function of its own.
    items: String,
    /// The world that it is built for, when not the one of its kind.
    world: Option<String>,
    memory: String,
}

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/0.1.0");

/// Where the answers lie.
const ANSWERS: usize = 4096;

impl Guest {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            bodies: Vec::new(),
            items: String::new(),
            world: None,
            memory: "4".into(),
        }
    }

    /// What a function answers.
    pub fn answers(mut self, function: &'static str, answer: Value) -> Self {
        self.bodies.push((function, Body::Answer(answer)));
        self
    }

    /// What a function runs instead.
    pub fn runs(mut self, function: &'static str, code: &str) -> Self {
        self.bodies.push((function, Body::Code(code.into())));
        self
    }

    /// Adds items to the module.
    pub fn with(mut self, items: &str) -> Self {
        self.items.push_str(items);
        self
    }

    /// The minimum, and maximum, of the memory in pages.
    pub fn memory(mut self, limits: &str) -> Self {
        self.memory = limits.into();
        self
    }

    /// Builds for another world: the text of one, in a package beside the contract.
    pub fn world(mut self, world: &str) -> Self {
        self.world = Some(world.into());
        self
    }

    /// The component's bytes.
    pub fn component(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let (contract, _) = resolve.push_dir(FOLDER).unwrap();
        let world = match &self.world {
            None => resolve
                .select_world(&[contract], Some(self.kind.name()))
                .unwrap(),
            Some(world) => {
                let package = resolve.push_source("test.wit", world).unwrap();
                resolve.select_world(&[package], None).unwrap()
            }
        };
        let text = self.module(&resolve, world);
        let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .unwrap();
        ComponentEncoder::default()
            .module(&module)
            .unwrap()
            .validate(true)
            .encode()
            .unwrap()
    }

    fn module(&self, resolve: &Resolve, world: WorldId) -> String {
        let mut image = Image::new(resolve, ANSWERS);
        let mut functions = String::new();
        for (interface, name, parameters, result) in exports(resolve, world) {
            let function = name.rsplit('#').next().unwrap_or_default();
            let body = self
                .bodies
                .iter()
                .rev()
                .find(|(wanted, _)| *wanted == function)
                .map(|(_, body)| body.clone());
            let code = match body.unwrap_or_else(|| Body::Answer(self.usual(&interface, function)))
            {
                Body::Code(code) => code,
                Body::Answer(answer) => format!("(i32.const {})", image.value(&result, &answer)),
            };
            functions.push_str(&format!(
                "(func (export \"{name}\") {parameters} (result i32) {code})\n"
            ));
        }
        format!(
            r#"(module
                {items}
                (memory (export "memory") {memory})
                (global $next (mut i32) (i32.const {heap}))
                (data (i32.const {ANSWERS}) "{data}")
                ;; A bump allocator: nothing is ever freed.
                (func $allocate (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
                    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
                    (global.set $next (i32.add (local.get $at) (local.get 3)))
                    (block $fits
                        (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
                        (drop (memory.grow (i32.add (i32.div_u (local.get 3) (i32.const 65536)) (i32.const 1)))))
                    (local.get $at))
                {functions})"#,
            items = self.items,
            memory = self.memory,
            heap = image.end(),
            data = image.text(),
        )
    }

    /// What a well-behaved plugin answers.
    fn usual(&self, interface: &str, function: &str) -> Value {
        match function {
            "describe" => descriptor(self.kind),
            "controls" => json!([]),
            "health" | "evaluate" => json!({"ok": []}),
            "plan" => json!({"ok": proposal(json!([]))}),
            other => panic!("{interface} has no usual answer for {other}"),
        }
    }
}

/// The exported functions of a world: interface, core name, parameters and the type of the answer. Every answer
/// of the contract is returned in memory.
fn exports(resolve: &Resolve, world: WorldId) -> Vec<(String, String, &'static str, Type)> {
    let mut functions = Vec::new();
    for (key, item) in &resolve.worlds[world].exports {
        let (WorldKey::Interface(_), WorldItem::Interface { id, .. }) = (key, item) else {
            continue;
        };
        let interface = resolve.id_of(*id).unwrap();
        for function in resolve.interfaces[*id].functions.values() {
            let parameters = if function.params.is_empty() {
                ""
            } else {
                "(param $request i32)"
            };
            let name = format!("{interface}#{}", function.name);
            functions.push((
                interface.clone(),
                name,
                parameters,
                function.result.unwrap(),
            ));
        }
    }
    functions
}

/// A descriptor with one stage type.
pub fn descriptor(kind: Kind) -> Value {
    json!({
        "name": "test", "version": "1.0.0", "kind": kind.name(),
        "stage-types": [{
            "name": "network", "title": "A test", "scope": "cluster", "config-version": 1, "config-schema": "{}",
            "settings": ["/oidc"], "provides": [], "conflicts": ["cni"],
            "requires": [{
                "name": "network.vpc-id", "format": "aws-id", "schema": 1, "mode": "opaque", "reach": "own-cluster",
                "optional": false, "secret": true,
            }],
        }],
    })
}

/// A proposal with these changes.
pub fn proposal(changes: Value) -> Value {
    json!({"changes": changes, "provides": [], "probes": [], "moved": []})
}

/// A change with this action.
pub fn change(id: &str, action: Value) -> Value {
    json!({"header": {"id": id, "cluster": "use1", "after": [], "on-immutable": "fail"}, "action": action})
}

/// The interface that a kind exports, with its version.
pub fn exported(kind: Kind) -> String {
    format!("aegis:plugin/{}@0.1.0", export_of(kind).0)
}
