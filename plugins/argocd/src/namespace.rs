//! The namespace, whose Pods are held to the strictest Pod Security Standard.

use aegis_plugin::kubernetes::Object;
use aegis_plugin::{Cluster, Failure};

use crate::names;

/// The namespace with the level `restricted` of the cluster's own Kubernetes version: with `latest`, an
/// upgrade of the control plane could refuse Pods that run today.
///
/// # Errors
/// `Failure::Internal` when the cluster's version is not a Kubernetes version.
pub fn restricted(cluster: &Cluster) -> Result<Object, Failure> {
    let version = minor_version(&cluster.kubernetes_version).ok_or_else(|| {
        Failure::internal(format!(
            "`{}` is not a Kubernetes version",
            cluster.kubernetes_version
        ))
    })?;
    let namespace = Object::new("", "v1", "Namespace", names::NAMESPACE);
    Ok(["audit", "enforce", "warn"]
        .into_iter()
        .fold(namespace, |namespace, mode| {
            let key = format!("pod-security.kubernetes.io/{mode}");
            namespace
                .label(&key, "restricted")
                .label(format!("{key}-version"), &version)
        }))
}

/// `v1.36` of `1.36.3`.
fn minor_version(version: &str) -> Option<String> {
    let mut parts = version.trim_start_matches('v').split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (number(major) && number(minor)).then(|| format!("v{major}.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::minor_version;

    #[test]
    fn the_minor_version_is_what_a_standard_is_versioned_by() {
        for (version, minor) in [
            ("1.36.3", Some("v1.36")),
            ("v1.36.3", Some("v1.36")),
            ("1.37", Some("v1.37")),
            ("1", None),
            ("", None),
            ("1.x", None),
            ("1..3", None),
        ] {
            assert_eq!(minor_version(version).as_deref(), minor, "{version}");
        }
    }
}
