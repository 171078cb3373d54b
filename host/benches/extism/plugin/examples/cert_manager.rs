//! The `cert-manager` plugin.

use aegis_peer_extism_plugin::{Nothing, told};
use aegis_plugin::security::Proposal;
use aegis_plugin::{Request, Security};
use aegis_plugin_cert_manager::CertManager;
use extism_pdk::{FnResult, Json, plugin_fn};

#[plugin_fn]
pub fn plan(Json(request): Json<Request>) -> FnResult<Json<Proposal>> {
    let proposal = CertManager::plan(&request, &Nothing).map_err(told)?;
    Ok(Json(proposal))
}
