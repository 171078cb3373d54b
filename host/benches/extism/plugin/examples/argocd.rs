//! The `argocd` plugin.

use aegis_peer_extism_plugin::{Nothing, told};
use aegis_plugin::gitops::Proposal;
use aegis_plugin::{Gitops, Request};
use aegis_plugin_argocd::ArgoCd;
use extism_pdk::{FnResult, Json, plugin_fn};

#[plugin_fn]
pub fn plan(Json(request): Json<Request>) -> FnResult<Json<Proposal>> {
    let proposal = ArgoCd::plan(&request, &Nothing).map_err(told)?;
    Ok(Json(proposal))
}
