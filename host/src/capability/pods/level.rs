//! The Pod Security Standards, in the semantics of their latest version (1.37).
//!
//! Written from the standard's definition and the behaviour of `k8s.io/pod-security-admission`. Which version a cluster
//! enforces does not matter here: what a plugin may propose is judged by the newest rules.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::template::Node;

/// A Pod Security Standard, from the most restricted to none.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    #[default]
    Restricted,
    Baseline,
    Privileged,
}

impl Level {
    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Restricted => "restricted",
            Self::Baseline => "baseline",
            Self::Privileged => "privileged",
        }
    }

    /// The standard of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Restricted, Self::Baseline, Self::Privileged]
            .into_iter()
            .find(|level| level.name() == name)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A rule that a Pod does not keep.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The standard that the rule belongs to: `Baseline` or `Restricted`.
    pub standard: Level,
    /// The rule's name in the standard's own terms.
    pub rule: &'static str,
    /// JSON pointer from the Pod's `spec`.
    pub pointer: String,
}

/// The most restricted standard that a Pod keeps, with every rule that it breaks. `spec` is a PodSpec;
/// `annotations` are those of the Pod or its template. What is not understood counts as broken.
pub fn level_of(spec: &Node, annotations: &[(&str, Option<&str>)]) -> (Level, Vec<Violation>) {
    let mut judge = Judge {
        spec,
        violations: Vec::new(),
    };
    judge.baseline(annotations);
    judge.restricted();
    judge.violations.sort();
    let broken = |standard| {
        judge
            .violations
            .iter()
            .any(|violation| violation.standard == standard)
    };
    let level = if broken(Level::Baseline) {
        Level::Privileged
    } else if broken(Level::Restricted) {
        Level::Baseline
    } else {
        Level::Restricted
    };
    (level, judge.violations)
}

/// Capabilities that baseline allows: the default set of container runtimes.
const BASELINE_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Kernel parameters that have effect in the Pod's own namespaces only.
const SAFE_SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_notsent_lowat",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

const SELINUX_TYPES: &[&str] = &[
    "",
    "container_t",
    "container_init_t",
    "container_kvm_t",
    "container_engine_t",
];

/// Sources of volumes that restricted allows.
const VOLUMES: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// Annotations that were AppArmor profiles before they became fields; the API server still reads them.
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

struct Judge<'a> {
    spec: &'a Node,
    violations: Vec<Violation>,
}

impl<'a> Judge<'a> {
    fn breaks(&mut self, standard: Level, rule: &'static str, pointer: impl Into<String>) {
        self.violations.push(Violation {
            standard,
            rule,
            pointer: pointer.into(),
        });
    }

    /// Every container of every list, with its pointer.
    fn containers(&self) -> Vec<(String, &'a Node)> {
        let spec = self.spec;
        ["initContainers", "containers", "ephemeralContainers"]
            .into_iter()
            .filter_map(|list| Some((list, spec.get(list)?)))
            .flat_map(|(list, node)| match node.as_list() {
                Some(items) => items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| (format!("/{list}/{index}"), item))
                    .collect(),
                // Not a list: nothing in it can be judged, so it stands for a container that keeps no rule.
                None if *node == Node::Null => Vec::new(),
                None => vec![(format!("/{list}"), node)],
            })
            .collect()
    }

    /// The security contexts of the Pod and of each container.
    fn contexts(&self) -> Vec<(String, &'a Node)> {
        let of = |(pointer, node): (String, &'a Node)| {
            present(node.get("securityContext"))
                .map(|context| (format!("{pointer}/securityContext"), context))
        };
        std::iter::once((String::new(), self.spec))
            .chain(self.containers())
            .filter_map(of)
            .collect()
    }

    fn is_windows(&self) -> bool {
        self.spec.at("/os/name").and_then(Node::as_str) == Some("windows")
    }

    /// Whether the Pod has a user namespace of its own, in which root is nobody outside.
    fn has_own_users(&self) -> bool {
        self.spec.get("hostUsers").and_then(Node::as_bool) == Some(false)
    }

    fn baseline(&mut self, annotations: &[(&str, Option<&str>)]) {
        for key in ["hostNetwork", "hostPID", "hostIPC"] {
            if !is_absent_or(self.spec.get(key), &|node| node.as_bool() == Some(false)) {
                self.breaks(Level::Baseline, "hostNamespaces", format!("/{key}"));
            }
        }
        for (key, value) in annotations {
            let allowed = value.is_some_and(|value| {
                value.is_empty() || value == "runtime/default" || value.starts_with("localhost/")
            });
            if key.starts_with(APP_ARMOR) && !allowed {
                self.breaks(Level::Baseline, "appArmorProfile", "");
            }
        }
        self.host_path();
        self.sysctls();
        for (pointer, context) in self.contexts() {
            self.profile_types(&pointer, context);
        }
        for (pointer, container) in self.containers() {
            self.baseline_container(&pointer, container);
        }
    }

    fn host_path(&mut self) {
        for (index, volume) in list(self.spec.get("volumes")).iter().enumerate() {
            if present(volume.get("hostPath")).is_some() || volume.as_map().is_none() {
                self.breaks(
                    Level::Baseline,
                    "hostPathVolumes",
                    format!("/volumes/{index}"),
                );
            }
        }
    }

    fn sysctls(&mut self) {
        let Some(sysctls) = self
            .spec
            .at("/securityContext/sysctls")
            .filter(|node| **node != Node::Null)
        else {
            return;
        };
        let safe = |item: &Node| {
            item.get("name")
                .and_then(Node::as_str)
                .is_some_and(|name| SAFE_SYSCTLS.contains(&name))
        };
        if !sysctls
            .as_list()
            .is_some_and(|items| items.iter().all(safe))
        {
            self.breaks(Level::Baseline, "sysctls", "/securityContext/sysctls");
        }
    }

    /// The rules that hold for the Pod's context and for each container's.
    fn profile_types(&mut self, pointer: &str, context: &Node) {
        let one_of = |allowed: &'static [&'static str]| {
            move |node: &Node| node.as_str().is_some_and(|text| allowed.contains(&text))
        };
        let profiles = one_of(&["RuntimeDefault", "Localhost"]);
        if !is_absent_or(context.at("/appArmorProfile/type"), &profiles) {
            self.breaks(
                Level::Baseline,
                "appArmorProfile",
                format!("{pointer}/appArmorProfile"),
            );
        }
        if !is_absent_or(context.at("/seccompProfile/type"), &profiles) {
            self.breaks(
                Level::Baseline,
                "seccompProfile",
                format!("{pointer}/seccompProfile"),
            );
        }
        if let Some(options) = present(context.get("seLinuxOptions")) {
            let plain = is_absent_or(options.get("type"), &one_of(SELINUX_TYPES))
                && is_absent_or(options.get("user"), &one_of(&[""]))
                && is_absent_or(options.get("role"), &one_of(&[""]));
            if !plain {
                self.breaks(
                    Level::Baseline,
                    "seLinuxOptions",
                    format!("{pointer}/seLinuxOptions"),
                );
            }
        }
        if !is_absent_or(context.at("/windowsOptions/hostProcess"), &|node| {
            node.as_bool() == Some(false)
        }) {
            self.breaks(
                Level::Baseline,
                "windowsHostProcess",
                format!("{pointer}/windowsOptions"),
            );
        }
    }

    fn baseline_container(&mut self, pointer: &str, container: &Node) {
        if container.as_map().is_none() {
            self.breaks(Level::Baseline, "privileged", pointer);
            return;
        }
        if !is_absent_or(container.at("/securityContext/privileged"), &|node| {
            node.as_bool() == Some(false)
        }) {
            self.breaks(
                Level::Baseline,
                "privileged",
                format!("{pointer}/securityContext/privileged"),
            );
        }
        if !capabilities(container, "add")
            .all(|name| name.is_some_and(|name| BASELINE_CAPABILITIES.contains(&name)))
        {
            self.breaks(
                Level::Baseline,
                "capabilities",
                format!("{pointer}/securityContext/capabilities"),
            );
        }
        let default = |node: &Node| node.as_str() == Some("Default");
        if !self.has_own_users()
            && !is_absent_or(container.at("/securityContext/procMount"), &default)
        {
            self.breaks(
                Level::Baseline,
                "procMount",
                format!("{pointer}/securityContext/procMount"),
            );
        }
        for port in list(container.get("ports")) {
            if !is_absent_or(port.get("hostPort"), &|node| node.as_i64() == Some(0)) {
                self.breaks(Level::Baseline, "hostPorts", format!("{pointer}/ports"));
            }
        }
        let probes = [
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
            "lifecycle/postStart",
            "lifecycle/preStop",
        ];
        for probe in probes {
            for action in ["httpGet", "tcpSocket"] {
                let at = format!("/{probe}/{action}/host");
                if !is_absent_or(container.at(&at), &|node| node.as_str() == Some("")) {
                    self.breaks(
                        Level::Baseline,
                        "hostProbesAndHostLifecycle",
                        format!("{pointer}{at}"),
                    );
                }
            }
        }
    }

    fn restricted(&mut self) {
        for (index, volume) in list(self.spec.get("volumes")).iter().enumerate() {
            // A volume without a source is an `emptyDir`.
            let allowed = volume.as_map().is_some_and(|fields| {
                let mut sources = fields
                    .iter()
                    .filter(|(key, node)| *key != "name" && **node != Node::Null);
                sources.all(|(key, _)| VOLUMES.contains(&key.as_str()))
            });
            if !allowed {
                self.breaks(
                    Level::Restricted,
                    "restrictedVolumes",
                    format!("/volumes/{index}"),
                );
            }
        }
        self.non_root();
        self.seccomp();
        for (pointer, container) in self.containers() {
            self.restricted_container(&pointer, container);
        }
    }

    fn restricted_container(&mut self, pointer: &str, container: &Node) {
        let default = |node: &Node| node.as_str() == Some("Default");
        if !is_absent_or(container.at("/securityContext/procMount"), &default) {
            self.breaks(
                Level::Restricted,
                "procMount",
                format!("{pointer}/securityContext/procMount"),
            );
        }
        if self.is_windows() {
            return;
        }
        let escalation = container.at("/securityContext/allowPrivilegeEscalation");
        if escalation.and_then(Node::as_bool) != Some(false) {
            self.breaks(
                Level::Restricted,
                "allowPrivilegeEscalation",
                format!("{pointer}/securityContext"),
            );
        }
        let drops_all = capabilities(container, "drop").any(|name| name == Some("ALL"));
        let adds_little =
            capabilities(container, "add").all(|name| name == Some("NET_BIND_SERVICE"));
        if !drops_all || !adds_little {
            self.breaks(
                Level::Restricted,
                "capabilities",
                format!("{pointer}/securityContext/capabilities"),
            );
        }
    }

    /// `runAsNonRoot` and `runAsUser`. In a user namespace of its own, a Pod may be root.
    fn non_root(&mut self) {
        if self.has_own_users() {
            return;
        }
        let pod = present(self.spec.at("/securityContext/runAsNonRoot"));
        if pod.is_some_and(|node| node.as_bool() != Some(true)) {
            self.breaks(
                Level::Restricted,
                "runAsNonRoot",
                "/securityContext/runAsNonRoot",
            );
        }
        for (pointer, container) in self.containers() {
            let own = present(container.at("/securityContext/runAsNonRoot"));
            if own.or(pod).and_then(Node::as_bool) != Some(true) {
                self.breaks(
                    Level::Restricted,
                    "runAsNonRoot",
                    format!("{pointer}/securityContext/runAsNonRoot"),
                );
            }
        }
        for (pointer, context) in self.contexts() {
            if !is_absent_or(context.get("runAsUser"), &|node| {
                node.as_i64().is_some_and(|user| user != 0)
            }) {
                self.breaks(
                    Level::Restricted,
                    "runAsUser",
                    format!("{pointer}/runAsUser"),
                );
            }
        }
    }

    /// A seccomp profile, stated for the Pod or for each container. What it may be is a baseline rule.
    fn seccomp(&mut self) {
        if self.is_windows() {
            return;
        }
        let pod = present(self.spec.at("/securityContext/seccompProfile/type"));
        for (pointer, container) in self.containers() {
            if pod
                .or_else(|| present(container.at("/securityContext/seccompProfile/type")))
                .is_none()
            {
                self.breaks(
                    Level::Restricted,
                    "seccompProfile",
                    format!("{pointer}/securityContext"),
                );
            }
        }
    }
}

fn present(node: Option<&Node>) -> Option<&Node> {
    node.filter(|node| **node != Node::Null)
}

fn is_absent_or(node: Option<&Node>, allowed: &dyn Fn(&Node) -> bool) -> bool {
    present(node).is_none_or(allowed)
}

/// The items of a list; something else counts as one item that is not understood.
fn list(node: Option<&Node>) -> &[Node] {
    match present(node) {
        None => &[],
        Some(node) => node.as_list().unwrap_or(std::slice::from_ref(node)),
    }
}

/// Names of capabilities; `None` for one that is not literal text.
fn capabilities<'a>(container: &'a Node, key: &str) -> impl Iterator<Item = Option<&'a str>> {
    list(container.at(&format!("/securityContext/capabilities/{key}")))
        .iter()
        .map(Node::as_str)
}

#[cfg(test)]
mod tests;
