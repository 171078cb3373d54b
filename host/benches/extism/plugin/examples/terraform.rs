//! The `terraform` plugin.

use aegis_peer_extism_plugin::{Nothing, told};
use aegis_plugin::provisioning::Proposal;
use aegis_plugin::{Provisioning, Request};
use aegis_plugin_terraform::Terraform;
use extism_pdk::{FnResult, Json, plugin_fn};

#[plugin_fn]
pub fn plan(Json(request): Json<Request>) -> FnResult<Json<Proposal>> {
    let proposal = Terraform::plan(&request, &Nothing).map_err(told)?;
    Ok(Json(proposal))
}
