//! The fields of a PodSpec (Kubernetes 1.36) that plugins may set. What is not here is refused: ephemeral
//! containers, device claims, and volumes of drivers that nobody needs any more.

use super::shape::Shape::{
    self, Bool, Dict, Fields, Fixed, Inline, Int, IntOrWord, List, Scalar, Text, Word,
};

/// A selector of labels.
pub(super) const SELECTOR: Shape = Fields(&[
    ("matchLabels", Dict(&Word)),
    (
        "matchExpressions",
        List(&Fields(&[
            ("key", Word),
            ("operator", Word),
            ("values", List(&Word)),
        ])),
    ),
]);

const KEY_TO_PATH: Shape = List(&Fields(&[("key", Word), ("path", Word), ("mode", Int)]));

const OBJECT_KEY: Shape = Fields(&[("name", Word), ("key", Word), ("optional", Bool)]);

const FIELD_REF: Shape = Fields(&[("apiVersion", Word), ("fieldPath", Word)]);

const RESOURCE_FIELD_REF: Shape = Fields(&[
    ("containerName", Word),
    ("divisor", Scalar),
    ("resource", Word),
]);

const DOWNWARD_ITEMS: Shape = List(&Fields(&[
    ("path", Word),
    ("mode", Int),
    ("fieldRef", FIELD_REF),
    ("resourceFieldRef", RESOURCE_FIELD_REF),
]));

const SELINUX: Shape = Fields(&[
    ("level", Word),
    ("role", Word),
    ("type", Word),
    ("user", Word),
]);
const PROFILE: Shape = Fields(&[("type", Word), ("localhostProfile", Word)]);
const WINDOWS: Shape = Fields(&[
    ("hostProcess", Bool),
    ("runAsUserName", Word),
    ("gmsaCredentialSpec", Word),
    ("gmsaCredentialSpecName", Word),
]);

const POD_SECURITY: Shape = Fields(&[
    ("appArmorProfile", PROFILE),
    ("fsGroup", Int),
    ("fsGroupChangePolicy", Word),
    ("runAsGroup", Int),
    ("runAsNonRoot", Bool),
    ("runAsUser", Int),
    ("seLinuxChangePolicy", Word),
    ("seLinuxOptions", SELINUX),
    ("seccompProfile", PROFILE),
    ("supplementalGroups", List(&Int)),
    ("supplementalGroupsPolicy", Word),
    ("sysctls", List(&Fields(&[("name", Word), ("value", Word)]))),
    ("windowsOptions", WINDOWS),
]);

const CONTAINER_SECURITY: Shape = Fields(&[
    ("allowPrivilegeEscalation", Bool),
    ("appArmorProfile", PROFILE),
    (
        "capabilities",
        Fields(&[("add", List(&Word)), ("drop", List(&Word))]),
    ),
    ("privileged", Bool),
    ("procMount", Word),
    ("readOnlyRootFilesystem", Bool),
    ("runAsGroup", Int),
    ("runAsNonRoot", Bool),
    ("runAsUser", Int),
    ("seLinuxOptions", SELINUX),
    ("seccompProfile", PROFILE),
    ("windowsOptions", WINDOWS),
]);

const RESOURCES: Shape = Fields(&[("limits", Dict(&Scalar)), ("requests", Dict(&Scalar))]);

/// What a probe or a hook does. Commands are literal: they are programs.
const HTTP_GET: Shape = Fields(&[
    ("host", Word),
    ("path", Text),
    ("port", IntOrWord),
    ("scheme", Word),
    (
        "httpHeaders",
        List(&Fields(&[("name", Word), ("value", Text)])),
    ),
]);
const EXEC: Shape = Fields(&[("command", List(&Word))]);
const TCP: Shape = Fields(&[("host", Word), ("port", IntOrWord)]);

const PROBE: Shape = Fields(&[
    ("exec", EXEC),
    ("httpGet", HTTP_GET),
    ("tcpSocket", TCP),
    ("grpc", Fields(&[("port", Int), ("service", Word)])),
    ("failureThreshold", Int),
    ("initialDelaySeconds", Int),
    ("periodSeconds", Int),
    ("successThreshold", Int),
    ("terminationGracePeriodSeconds", Int),
    ("timeoutSeconds", Int),
]);

const HOOK: Shape = Fields(&[
    ("exec", EXEC),
    ("httpGet", HTTP_GET),
    ("tcpSocket", TCP),
    ("sleep", Fields(&[("seconds", Int)])),
]);

const ENV: Shape = List(&Fields(&[
    ("name", Word),
    ("value", Text),
    (
        "valueFrom",
        Fields(&[
            ("configMapKeyRef", OBJECT_KEY),
            ("secretKeyRef", OBJECT_KEY),
            ("fieldRef", FIELD_REF),
            ("resourceFieldRef", RESOURCE_FIELD_REF),
        ]),
    ),
]));

const ENV_FROM: Shape = List(&Fields(&[
    ("prefix", Word),
    (
        "configMapRef",
        Fields(&[("name", Word), ("optional", Bool)]),
    ),
    ("secretRef", Fields(&[("name", Word), ("optional", Bool)])),
]));

const CONTAINER: Shape = Fields(&[
    ("name", Word),
    ("image", Word),
    ("imagePullPolicy", Word),
    ("command", List(&Word)),
    ("args", List(&Inline)),
    ("workingDir", Word),
    ("env", ENV),
    ("envFrom", ENV_FROM),
    (
        "ports",
        List(&Fields(&[
            ("containerPort", Int),
            ("hostIP", Word),
            ("hostPort", Int),
            ("name", Word),
            ("protocol", Word),
        ])),
    ),
    (
        "lifecycle",
        Fields(&[("postStart", HOOK), ("preStop", HOOK), ("stopSignal", Word)]),
    ),
    ("livenessProbe", PROBE),
    ("readinessProbe", PROBE),
    ("startupProbe", PROBE),
    (
        "resizePolicy",
        List(&Fields(&[("resourceName", Word), ("restartPolicy", Word)])),
    ),
    ("resources", RESOURCES),
    ("restartPolicy", Word),
    ("securityContext", CONTAINER_SECURITY),
    ("stdin", Bool),
    ("stdinOnce", Bool),
    ("terminationMessagePath", Word),
    ("terminationMessagePolicy", Word),
    ("tty", Bool),
    (
        "volumeDevices",
        List(&Fields(&[("devicePath", Word), ("name", Word)])),
    ),
    (
        "volumeMounts",
        List(&Fields(&[
            ("mountPath", Word),
            ("mountPropagation", Word),
            ("name", Word),
            ("readOnly", Bool),
            ("recursiveReadOnly", Word),
            ("subPath", Word),
            ("subPathExpr", Word),
        ])),
    ),
]);

const CONFIG_MAP_SOURCE: Shape = Fields(&[
    ("name", Word),
    ("items", KEY_TO_PATH),
    ("optional", Bool),
    ("defaultMode", Int),
]);

const VOLUME: Shape = Fields(&[
    ("name", Word),
    ("configMap", CONFIG_MAP_SOURCE),
    (
        "secret",
        Fields(&[
            ("secretName", Word),
            ("items", KEY_TO_PATH),
            ("optional", Bool),
            ("defaultMode", Int),
        ]),
    ),
    (
        "emptyDir",
        Fields(&[("medium", Word), ("sizeLimit", Scalar)]),
    ),
    (
        "downwardAPI",
        Fields(&[("defaultMode", Int), ("items", DOWNWARD_ITEMS)]),
    ),
    (
        "persistentVolumeClaim",
        Fields(&[("claimName", Word), ("readOnly", Bool)]),
    ),
    ("hostPath", Fields(&[("path", Word), ("type", Word)])),
    (
        "image",
        Fields(&[("reference", Word), ("pullPolicy", Word)]),
    ),
    (
        "ephemeral",
        Fields(&[(
            "volumeClaimTemplate",
            Fields(&[("metadata", TEMPLATE_METADATA), ("spec", CLAIM_SPEC)]),
        )]),
    ),
    (
        "projected",
        Fields(&[
            ("defaultMode", Int),
            (
                "sources",
                List(&Fields(&[
                    ("configMap", CONFIG_MAP_SOURCE),
                    (
                        "secret",
                        Fields(&[("name", Word), ("items", KEY_TO_PATH), ("optional", Bool)]),
                    ),
                    ("downwardAPI", Fields(&[("items", DOWNWARD_ITEMS)])),
                    (
                        "serviceAccountToken",
                        Fields(&[
                            ("audience", Word),
                            ("expirationSeconds", Int),
                            ("path", Word),
                        ]),
                    ),
                    (
                        "clusterTrustBundle",
                        Fields(&[
                            ("name", Word),
                            ("signerName", Word),
                            ("labelSelector", SELECTOR),
                            ("optional", Bool),
                            ("path", Word),
                        ]),
                    ),
                ])),
            ),
        ]),
    ),
]);

/// The spec of a claim. A data source would copy another volume; it is not among the fields.
pub(super) const CLAIM_SPEC: Shape = Fields(&[
    ("accessModes", List(&Word)),
    ("resources", RESOURCES),
    ("selector", SELECTOR),
    ("storageClassName", Word),
    ("volumeMode", Word),
]);

/// A PodSpec.
pub(super) const POD_SPEC: Shape = Fields(&[
    ("activeDeadlineSeconds", Int),
    ("affinity", Fixed),
    ("automountServiceAccountToken", Bool),
    ("containers", List(&CONTAINER)),
    ("dnsConfig", Fixed),
    ("dnsPolicy", Word),
    ("enableServiceLinks", Bool),
    (
        "hostAliases",
        List(&Fields(&[("ip", Inline), ("hostnames", List(&Word))])),
    ),
    ("hostIPC", Bool),
    ("hostNetwork", Bool),
    ("hostPID", Bool),
    ("hostUsers", Bool),
    ("hostname", Word),
    ("imagePullSecrets", List(&Fields(&[("name", Word)]))),
    ("initContainers", List(&CONTAINER)),
    ("nodeName", Word),
    ("nodeSelector", Dict(&Word)),
    ("os", Fields(&[("name", Word)])),
    ("preemptionPolicy", Word),
    ("priority", Int),
    ("priorityClassName", Word),
    ("readinessGates", List(&Fields(&[("conditionType", Word)]))),
    ("resources", RESOURCES),
    ("restartPolicy", Word),
    ("runtimeClassName", Word),
    ("schedulerName", Word),
    ("securityContext", POD_SECURITY),
    ("serviceAccount", Word),
    ("serviceAccountName", Word),
    ("setHostnameAsFQDN", Bool),
    ("shareProcessNamespace", Bool),
    ("subdomain", Word),
    ("terminationGracePeriodSeconds", Int),
    (
        "tolerations",
        List(&Fields(&[
            ("key", Word),
            ("operator", Word),
            ("value", Word),
            ("effect", Word),
            ("tolerationSeconds", Int),
        ])),
    ),
    (
        "topologySpreadConstraints",
        List(&Fields(&[
            ("labelSelector", SELECTOR),
            ("matchLabelKeys", List(&Word)),
            ("maxSkew", Int),
            ("minDomains", Int),
            ("nodeAffinityPolicy", Word),
            ("nodeTaintsPolicy", Word),
            ("topologyKey", Word),
            ("whenUnsatisfiable", Word),
        ])),
    ),
    ("volumes", List(&VOLUME)),
]);

/// The labels and annotations of what is made from a template. Owners and finalizers would be copied with it;
/// they are not among the fields.
pub(super) const TEMPLATE_METADATA: Shape = Fields(&[
    ("labels", Dict(&Word)),
    ("annotations", Dict(&Text)),
    // Charts print it; the API server ignores it in templates.
    ("name", Word),
    ("namespace", Word),
    ("creationTimestamp", Fixed),
]);

/// A template of Pods.
pub(super) const TEMPLATE: Shape = Fields(&[("metadata", TEMPLATE_METADATA), ("spec", POD_SPEC)]);
