//! Each rule of the standards, and each exception.

use serde_json::{Value, json};

use super::*;

fn restricted() -> Value {
    json!({
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{
            "name": "a",
            "image": "x",
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}
        }]
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut spec = restricted();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let mut at = &mut spec;
    for token in parent.split('/').skip(1) {
        at = match token.parse::<usize>() {
            Ok(index) => at.get_mut(index).unwrap(),
            Err(_) => at
                .as_object_mut()
                .unwrap()
                .entry(token)
                .or_insert_with(|| json!({})),
        };
    }
    at.as_object_mut().unwrap().insert(key.to_owned(), value);
    spec
}

fn judge(spec: &Value) -> (Level, Vec<Violation>) {
    level_of(&Node::parse(spec).unwrap(), &[])
}

#[test]
fn a_restricted_pod_breaks_nothing() {
    assert_eq!(judge(&restricted()), (Level::Restricted, Vec::new()));
}

#[test]
fn each_baseline_rule_makes_a_pod_privileged() {
    let container = "/containers/0/securityContext";
    for (pointer, value, rule) in [
        ("/hostNetwork".to_owned(), json!(true), "hostNamespaces"),
        ("/hostPID".to_owned(), json!(true), "hostNamespaces"),
        ("/hostIPC".to_owned(), json!("@{x}"), "hostNamespaces"),
        (
            "/volumes".to_owned(),
            json!([{"name": "v", "hostPath": {"path": "/"}}]),
            "hostPathVolumes",
        ),
        (
            "/securityContext/sysctls".to_owned(),
            json!([{"name": "kernel.msgmax", "value": "1"}]),
            "sysctls",
        ),
        (
            "/securityContext/appArmorProfile".to_owned(),
            json!({"type": "Unconfined"}),
            "appArmorProfile",
        ),
        (
            "/securityContext/seLinuxOptions".to_owned(),
            json!({"type": "spc_t"}),
            "seLinuxOptions",
        ),
        (
            "/securityContext/seLinuxOptions".to_owned(),
            json!({"user": "system_u"}),
            "seLinuxOptions",
        ),
        (
            "/securityContext/windowsOptions".to_owned(),
            json!({"hostProcess": true}),
            "windowsHostProcess",
        ),
        (
            format!("{container}/seccompProfile"),
            json!({"type": "Unconfined"}),
            "seccompProfile",
        ),
        (format!("{container}/privileged"), json!(true), "privileged"),
        (
            format!("{container}/privileged"),
            json!("true"),
            "privileged",
        ),
        (
            format!("{container}/procMount"),
            json!("Unmasked"),
            "procMount",
        ),
        (
            format!("{container}/capabilities"),
            json!({"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
            "capabilities",
        ),
        (
            "/containers/0/ports".to_owned(),
            json!([{"containerPort": 1, "hostPort": 1}]),
            "hostPorts",
        ),
        (
            "/containers/0/livenessProbe".to_owned(),
            json!({"httpGet": {"host": "10.0.0.1", "port": 1}}),
            "hostProbesAndHostLifecycle",
        ),
        (
            "/containers/0/lifecycle".to_owned(),
            json!({"preStop": {"tcpSocket": {"host": "metadata", "port": 1}}}),
            "hostProbesAndHostLifecycle",
        ),
        (
            "/initContainers".to_owned(),
            json!([{"securityContext": {"privileged": true}}]),
            "privileged",
        ),
        (
            "/ephemeralContainers".to_owned(),
            json!([{"securityContext": {"privileged": true}}]),
            "privileged",
        ),
        ("/initContainers".to_owned(), json!("@{x}"), "privileged"),
    ] {
        let (level, violations) = judge(&with(&pointer, value));
        assert_eq!(level, Level::Privileged, "{pointer} {rule}");
        assert!(
            violations.iter().any(|violation| violation.rule == rule),
            "{pointer}: {violations:?}"
        );
    }
}

#[test]
fn each_restricted_rule_makes_a_pod_baseline() {
    let container = "/containers/0/securityContext";
    for (pointer, value, rule) in [
        (
            "/securityContext/runAsNonRoot".to_owned(),
            json!(null),
            "runAsNonRoot",
        ),
        (
            "/securityContext/runAsNonRoot".to_owned(),
            json!(false),
            "runAsNonRoot",
        ),
        (
            format!("{container}/runAsNonRoot"),
            json!(false),
            "runAsNonRoot",
        ),
        (format!("{container}/runAsUser"), json!(0), "runAsUser"),
        (
            "/securityContext/runAsUser".to_owned(),
            json!("1"),
            "runAsUser",
        ),
        (
            "/securityContext/seccompProfile".to_owned(),
            json!(null),
            "seccompProfile",
        ),
        (
            format!("{container}/allowPrivilegeEscalation"),
            json!(null),
            "allowPrivilegeEscalation",
        ),
        (
            format!("{container}/capabilities"),
            json!({"drop": ["NET_RAW"]}),
            "capabilities",
        ),
        (
            format!("{container}/capabilities"),
            json!({"drop": ["ALL"], "add": ["CHOWN"]}),
            "capabilities",
        ),
        (
            "/volumes".to_owned(),
            json!([{"name": "v", "nfs": {"server": "a", "path": "/"}}]),
            "restrictedVolumes",
        ),
    ] {
        let (level, violations) = judge(&with(&pointer, value));
        assert_eq!(level, Level::Baseline, "{pointer} {rule} {violations:?}");
        assert!(
            violations.iter().any(|violation| violation.rule == rule),
            "{pointer}: {violations:?}"
        );
    }
}

#[test]
fn exceptions_of_the_standard_hold() {
    let mut own_users = with("/securityContext/runAsNonRoot", json!(null));
    own_users["hostUsers"] = json!(false);
    assert_eq!(judge(&own_users).0, Level::Restricted);
    own_users["containers"][0]["securityContext"]["procMount"] = json!("Unmasked");
    assert_eq!(judge(&own_users).0, Level::Baseline);

    assert_eq!(
        judge(&with("/volumes", json!([{"name": "v"}]))).0,
        Level::Restricted
    );
    let windows = json!({
        "os": {"name": "windows"},
        "securityContext": {"runAsNonRoot": true},
        "containers": [{"name": "a"}]
    });
    assert_eq!(judge(&windows).0, Level::Restricted);
    let bind = with(
        "/containers/0/securityContext/capabilities",
        json!({"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
    );
    assert_eq!(judge(&bind).0, Level::Restricted);
}

#[test]
fn an_annotation_can_take_away_the_profile() {
    let spec = Node::parse(&restricted()).unwrap();
    let key = "container.apparmor.security.beta.kubernetes.io/a";
    assert_eq!(
        level_of(&spec, &[(key, Some("unconfined"))]).0,
        Level::Privileged
    );
    assert_eq!(level_of(&spec, &[(key, None)]).0, Level::Privileged);
    assert_eq!(
        level_of(&spec, &[(key, Some("runtime/default"))]).0,
        Level::Restricted
    );
}
