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
    for (name, guest) in [("an empty answer", Guest::new(Kind::Security)), ("100 changes", large)] {
        let plugin = load(Kind::Security, &guest);
        let (request, context) = (request(Some("use1")), nothing_granted(Kind::Security));
        let started = Instant::now();
        for _ in 0..CALLS {
            plugin.plan(&request, &context).await.unwrap().unwrap();
        }
        println!("fresh instance, call and parse, {name}: {:?}", per_call(started.elapsed()));
    }
}

struct Zones;
impl crate::sandbox::reads::Ec2Reads for Zones {
    fn availability_zones<'a>(&'a self, _: &'a str) -> crate::sandbox::reads::Answer<'a, Vec<crate::sandbox::reads::AvailabilityZone>> { Box::pin(std::future::ready(Ok(vec![]))) }
    fn instance_types<'a>(&'a self, _: &'a str, _: &'a [String]) -> crate::sandbox::reads::Answer<'a, Vec<crate::sandbox::reads::InstanceType>> { todo!() }
    fn vpcs<'a>(&'a self, _: &'a str, _: &'a [crate::sandbox::reads::Tag]) -> crate::sandbox::reads::Answer<'a, Vec<crate::sandbox::reads::Vpc>> { todo!() }
    fn subnets<'a>(&'a self, _: &'a str, _: &'a [crate::sandbox::reads::Tag]) -> crate::sandbox::reads::Answer<'a, Vec<crate::sandbox::reads::Subnet>> { todo!() }
    fn security_groups<'a>(&'a self, _: &'a str, _: &'a [crate::sandbox::reads::Tag]) -> crate::sandbox::reads::Answer<'a, Vec<crate::sandbox::reads::SecurityGroup>> { todo!() }
    fn volumes<'a>(&'a self, _: &'a str, _: &'a [crate::sandbox::reads::Tag]) -> crate::sandbox::reads::Answer<'a, Vec<crate::sandbox::reads::Volume>> { todo!() }
    fn instances<'a>(&'a self, _: &'a str, _: &'a [crate::sandbox::reads::Tag]) -> crate::sandbox::reads::Answer<'a, Vec<crate::sandbox::reads::Instance>> { todo!() }
    fn images<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> crate::sandbox::reads::Answer<'a, Vec<crate::sandbox::reads::Image>> { todo!() }
}

#[tokio::test]
#[ignore]
async fn speed_real() {
    let bytes = std::fs::read("/tmp/sandbox-scratch/prov.wasm").unwrap();
    let t = Instant::now();
    let s = super::sandbox();
    println!("sandbox new {:?}", t.elapsed());
    let t = Instant::now();
    let engine = wasmtime::Engine::new(&crate::sandbox::engine::config()).unwrap();
    println!("raw engine {:?}", t.elapsed());
    let t = Instant::now();
    let code = engine.precompile_component(&bytes).unwrap();
    println!("compile {:?} -> {} bytes", t.elapsed(), code.len());
    std::fs::write("/tmp/sandbox-scratch/code.elf", &code).unwrap();
    let t = Instant::now();
    let c = unsafe { wasmtime::component::Component::deserialize(&engine, &code) }.unwrap();
    println!("deserialize {:?}", t.elapsed());
    let t = Instant::now();
    let c = unsafe { wasmtime::component::Component::deserialize(&engine, &code) }.unwrap();
    println!("deserialize again {:?}", t.elapsed());
    drop(c);
    let plugin = s.load_unverified(Kind::Provisioning, &bytes).unwrap();
    let t = Instant::now();
    for _ in 0..1000 { plugin.describe().await.unwrap(); }
    println!("describe {:?}", t.elapsed() / 1000);
    let mut r = request(Some("use1"));
    r.config = json!({"nat-gateways": 1});
    r.tokens.push(crate::sandbox::FactTokenOffer { fact: "foundation.key-arn".parse().unwrap(), format: crate::fact::Format::Arn, secret: false });
    let context = super::context(Kind::Provisioning, &json!([{"capability": "ec2.read", "calls": ["availability-zones"], "regions": ["us-east-1"]}]), crate::sandbox::reads::Reads { ec2: std::sync::Arc::new(Zones), ..crate::sandbox::reads::Reads::none() });
    let p = plugin.plan(&r, &context).await.unwrap();
    println!("{p:?}");
    let t = Instant::now();
    for _ in 0..1000 { plugin.plan(&r, &context).await.unwrap().unwrap(); }
    println!("plan {:?}", t.elapsed() / 1000);
}
