//! What a PodSpec implies.

use super::image::Image;
use super::level::level_of;
use super::request::{PodNeed, PodsRequest};
use crate::capability::denial::Denial;
use crate::capability::derive::{Cursor, template_keys};
use crate::capability::kinds::Object;
use crate::capability::{Request, codes, syntax};

/// Everything that the PodSpec at the end of a way implies.
pub(in crate::capability) fn implied_by(
    object: &Object<'_>,
    way: &[&str],
    annotations: &[(&str, Option<&str>)],
) -> Result<Vec<Request>, Denial> {
    let Some(spec) = object.body.find(way) else {
        return Err(object.body.missing("spec"));
    };
    let mut needs = Needs { list: Vec::new() };
    let mut requests = Vec::new();
    let (level, _) = level_of(spec.node(), annotations);
    needs.add(PodNeed::Level(level));
    needs.service_account(&spec)?;
    needs.scheduling(&spec)?;
    for secret in spec.list("imagePullSecrets")? {
        needs.name(&secret, "name", PodNeed::Secret)?;
    }
    for list in ["initContainers", "containers"] {
        for container in spec.list(list)? {
            needs.container(&container)?;
        }
    }
    for volume in spec.list("volumes")? {
        needs.volume(&volume)?;
        // The claim comes into being with the Pod.
        if let Some(claim) = volume.find(&["ephemeral", "volumeClaimTemplate"]) {
            requests.extend(template_keys(object, &claim)?);
        }
    }
    let request = |need| {
        Request::Pods(PodsRequest {
            cluster: object.cluster.clone(),
            namespace: object.object.namespace.clone().unwrap_or_default(),
            need,
        })
    };
    requests.extend(needs.list.into_iter().map(request));
    Ok(requests)
}

/// Taints that keep Pods off the control plane.
const CONTROL_PLANE: &[&str] = &[
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
];

struct Needs {
    list: Vec<PodNeed>,
}

impl Needs {
    fn add(&mut self, need: PodNeed) {
        self.list.push(need);
    }

    /// The use of what a key names.
    fn name(
        &mut self,
        at: &Cursor<'_>,
        key: &str,
        need: fn(String) -> PodNeed,
    ) -> Result<(), Denial> {
        let name = at.required(key)?;
        if !syntax::is_dns_subdomain(name) {
            return Err(at.refuse(
                codes::MALFORMED_NAME,
                "this is not the name of an object",
                "use a DNS name",
            ));
        }
        self.add(need(name.to_owned()));
        Ok(())
    }

    /// A Pod without a service account of its own runs as `default`, which many things are given to by mistake.
    fn service_account(&mut self, spec: &Cursor<'_>) -> Result<(), Denial> {
        let named = spec
            .literal_at("serviceAccountName")?
            .filter(|name| !name.is_empty());
        // The field's old name; the API server takes either.
        let old = spec
            .literal_at("serviceAccount")?
            .filter(|name| !name.is_empty());
        if let (Some(named), Some(old)) = (named, old)
            && named != old
        {
            return Err(spec.refuse(
                codes::MALFORMED_FIELD,
                "`serviceAccount` and `serviceAccountName` differ",
                "leave out `serviceAccount`",
            ));
        }
        let name = named.or(old).unwrap_or("default");
        if name == "default" && spec.bool_at("automountServiceAccountToken")? != Some(false) {
            return Err(spec.forbidden(
                "a Pod of service account `default` would be given its token",
                "name a service account of its own, or set `automountServiceAccountToken: false`",
            ));
        }
        if !syntax::is_dns_subdomain(name) {
            return Err(spec.refuse(
                codes::MALFORMED_NAME,
                "this is not the name of a service account",
                "use a DNS name",
            ));
        }
        self.add(PodNeed::ServiceAccount(name.to_owned()));
        Ok(())
    }

    fn scheduling(&mut self, spec: &Cursor<'_>) -> Result<(), Denial> {
        let mut named = |key: &str, usual: &str, need: fn(String) -> PodNeed| {
            if let Some(name) = spec
                .literal_at(key)?
                .filter(|name| !name.is_empty() && *name != usual)
            {
                self.list.push(need(name.to_owned()));
            }
            Ok::<(), Denial>(())
        };
        named("nodeName", "", PodNeed::Node)?;
        named("schedulerName", "default-scheduler", PodNeed::Scheduler)?;
        named("runtimeClassName", "", PodNeed::RuntimeClass)?;
        named("priorityClassName", "", PodNeed::Priority)?;
        if let Some(priority) = spec.get("priority") {
            return Err(priority.forbidden(
                "the cluster works the priority out by itself",
                "name a priority class",
            ));
        }
        if !spec.list("hostAliases")?.is_empty() {
            self.add(PodNeed::HostAliases);
        }
        for toleration in spec.list("tolerations")? {
            let key = toleration.literal_at("key")?.unwrap_or_default();
            // Without a key, every taint is tolerated.
            if key.is_empty() || CONTROL_PLANE.contains(&key) {
                self.add(PodNeed::ControlPlane);
            }
        }
        Ok(())
    }

    fn image(&mut self, at: &Cursor<'_>, key: &str) -> Result<(), Denial> {
        let image = Image::parse(at.required(key)?).map_err(|error| {
            at.refuse(
                codes::MALFORMED_NAME,
                error.to_string(),
                "name image and digest completely",
            )
        })?;
        self.add(PodNeed::Image(image));
        Ok(())
    }

    fn container(&mut self, container: &Cursor<'_>) -> Result<(), Denial> {
        self.image(container, "image")?;
        for variable in container.list("env")? {
            if let Some(reference) = variable.find(&["valueFrom", "secretKeyRef"]) {
                self.name(&reference, "name", PodNeed::Secret)?;
            }
            if let Some(reference) = variable.find(&["valueFrom", "configMapKeyRef"]) {
                self.name(&reference, "name", PodNeed::ConfigMap)?;
            }
        }
        for source in container.list("envFrom")? {
            if let Some(reference) = source.get("secretRef") {
                self.name(&reference, "name", PodNeed::Secret)?;
            }
            if let Some(reference) = source.get("configMapRef") {
                self.name(&reference, "name", PodNeed::ConfigMap)?;
            }
        }
        Ok(())
    }

    fn volume(&mut self, volume: &Cursor<'_>) -> Result<(), Denial> {
        if let Some(source) = volume.get("secret") {
            self.name(&source, "secretName", PodNeed::Secret)?;
        }
        if let Some(source) = volume.get("configMap") {
            self.name(&source, "name", PodNeed::ConfigMap)?;
        }
        if let Some(source) = volume.get("persistentVolumeClaim") {
            self.name(&source, "claimName", PodNeed::Claim)?;
        }
        if let Some(source) = volume.get("image") {
            self.image(&source, "reference")?;
        }
        let Some(projected) = volume.get("projected") else {
            return Ok(());
        };
        for source in projected.list("sources")? {
            if let Some(source) = source.get("secret") {
                self.name(&source, "name", PodNeed::Secret)?;
            }
            if let Some(source) = source.get("configMap") {
                self.name(&source, "name", PodNeed::ConfigMap)?;
            }
            if let Some(token) = source.get("serviceAccountToken")
                && let Some(audience) = token
                    .literal_at("audience")?
                    .filter(|audience| !audience.is_empty())
            {
                self.add(PodNeed::Audience(audience.to_owned()));
            }
        }
        Ok(())
    }
}
