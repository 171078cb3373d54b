//! Plugins that behave, and plugins that do not.

mod answers;
mod compiling;
mod counting;
mod guest;
mod hostile;
mod linking;
mod loading;
mod reading;
mod speed;
mod walls;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use aegis_document::Identifier;
use serde_json::{Value, json};

use self::guest::Guest;
use super::reads::Reads;
use super::request::tests::request;
use super::{CallContext, Fault, Limits, Plugin, Sandbox};
use crate::capability::{CapabilitySet, Effective, EffectiveParts};
use crate::proposal::{Failure, Kind, Proposal};

/// One engine for all tests, as a process has one.
fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| Sandbox::new().unwrap())
}

fn load(kind: Kind, guest: &Guest) -> Plugin {
    sandbox().load_unverified(kind, &guest.component()).unwrap()
}

fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

/// A context of the cluster `use1` with these capabilities.
fn context(kind: Kind, capabilities: &Value, reads: Reads) -> CallContext {
    let effective = effective(kind, capabilities, capabilities);
    CallContext::new("network/use1", Arc::new(effective), reads)
}

fn effective(kind: Kind, signed: &Value, granted: &Value) -> Effective {
    Effective::new(EffectiveParts {
        kind,
        stage: name("network"),
        cluster: Some(name("use1")),
        clusters: BTreeSet::from([name("euw1"), name("use1")]).into(),
        signed: CapabilitySet::parse(signed).unwrap().into(),
        granted: CapabilitySet::parse(granted).unwrap().into(),
    })
}

fn nothing_granted(kind: Kind) -> CallContext {
    context(kind, &json!([]), Reads::none())
}

/// Plans with a guest that may read nothing.
async fn plan(kind: Kind, guest: &Guest) -> Result<Result<Proposal, Failure>, Fault> {
    plan_within(kind, guest, Limits::DEFAULT).await
}

async fn plan_within(
    kind: Kind,
    guest: &Guest,
    limits: Limits,
) -> Result<Result<Proposal, Failure>, Fault> {
    let context = CallContext {
        limits,
        ..nothing_granted(kind)
    };
    load(kind, guest)
        .plan(&request(Some("use1")), &context)
        .await
        .map_err(|error| error.fault)
}
