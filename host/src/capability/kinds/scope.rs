//! Where objects of a kind live.
//!
//! From the API reference of Kubernetes 1.36 and the CRDs of the projects that first-party plugins
//! install. A kind that is not here has to be told by the cluster or defined in the plan.

use crate::capability::ObjectScope::{self, Cluster, Namespaced};
use crate::proposal::Collection;

type Kinds = &'static [&'static str];

/// Group, namespaced kinds, kinds of the whole cluster.
const SCOPES: &[(&str, Kinds, Kinds)] = &[
    (
        "",
        &[
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
        &["Namespace", "Node", "PersistentVolume"],
    ),
    (
        "admissionregistration.k8s.io",
        &[],
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io", &[], &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io", &[], &["APIService"]),
    (
        "apps",
        &[
            "ControllerRevision",
            "DaemonSet",
            "Deployment",
            "ReplicaSet",
            "StatefulSet",
        ],
        &[],
    ),
    ("autoscaling", &["HorizontalPodAutoscaler"], &[]),
    ("batch", &["CronJob", "Job"], &[]),
    (
        "certificates.k8s.io",
        &["PodCertificateRequest"],
        &["CertificateSigningRequest", "ClusterTrustBundle"],
    ),
    ("coordination.k8s.io", &["Lease", "LeaseCandidate"], &[]),
    ("discovery.k8s.io", &["EndpointSlice"], &[]),
    ("events.k8s.io", &["Event"], &[]),
    (
        "flowcontrol.apiserver.k8s.io",
        &[],
        &["FlowSchema", "PriorityLevelConfiguration"],
    ),
    (
        "networking.k8s.io",
        &["Ingress", "NetworkPolicy"],
        &["IPAddress", "IngressClass", "ServiceCIDR"],
    ),
    ("node.k8s.io", &[], &["RuntimeClass"]),
    ("policy", &["PodDisruptionBudget"], &[]),
    (
        "rbac.authorization.k8s.io",
        &["Role", "RoleBinding"],
        &["ClusterRole", "ClusterRoleBinding"],
    ),
    (
        "resource.k8s.io",
        &["ResourceClaim", "ResourceClaimTemplate"],
        &["DeviceClass", "ResourceSlice"],
    ),
    ("scheduling.k8s.io", &[], &["PriorityClass"]),
    (
        "storage.k8s.io",
        &["CSIStorageCapacity"],
        &[
            "CSIDriver",
            "CSINode",
            "StorageClass",
            "VolumeAttachment",
            "VolumeAttributesClass",
        ],
    ),
    // Projects that first-party plugins install.
    ("acme.cert-manager.io", &["Challenge", "Order"], &[]),
    (
        "cert-manager.io",
        &["Certificate", "CertificateRequest", "Issuer"],
        &["ClusterIssuer"],
    ),
    ("policy.cert-manager.io", &[], &["CertificateRequestPolicy"]),
    ("trust.cert-manager.io", &[], &["Bundle"]),
    (
        "argoproj.io",
        &["AppProject", "Application", "ApplicationSet"],
        &[],
    ),
    (
        "policies.kyverno.io",
        &[
            "NamespacedDeletingPolicy",
            "NamespacedGeneratingPolicy",
            "NamespacedImageValidatingPolicy",
            "NamespacedMutatingPolicy",
            "NamespacedValidatingPolicy",
            "PolicyException",
        ],
        &[
            "DeletingPolicy",
            "GeneratingPolicy",
            "ImageValidatingPolicy",
            "MutatingPolicy",
            "ValidatingPolicy",
        ],
    ),
    (
        "kyverno.io",
        &[
            "CleanupPolicy",
            "Policy",
            "PolicyException",
            "UpdateRequest",
        ],
        &[
            "ClusterCleanupPolicy",
            "ClusterPolicy",
            "GlobalContextEntry",
        ],
    ),
    (
        "networking.istio.io",
        &[
            "DestinationRule",
            "EnvoyFilter",
            "Gateway",
            "ProxyConfig",
            "ServiceEntry",
            "Sidecar",
            "VirtualService",
            "WorkloadEntry",
            "WorkloadGroup",
        ],
        &[],
    ),
    (
        "security.istio.io",
        &[
            "AuthorizationPolicy",
            "PeerAuthentication",
            "RequestAuthentication",
        ],
        &[],
    ),
    ("telemetry.istio.io", &["Telemetry"], &[]),
    ("extensions.istio.io", &["WasmPlugin"], &[]),
    (
        "gateway.networking.k8s.io",
        &[
            "BackendTLSPolicy",
            "GRPCRoute",
            "Gateway",
            "HTTPRoute",
            "ReferenceGrant",
            "TLSRoute",
        ],
        &["GatewayClass"],
    ),
    (
        "projectcalico.org",
        &["NetworkPolicy", "NetworkSet", "StagedNetworkPolicy"],
        &[
            "BGPConfiguration",
            "BGPPeer",
            "ClusterInformation",
            "FelixConfiguration",
            "GlobalNetworkPolicy",
            "GlobalNetworkSet",
            "HostEndpoint",
            "IPPool",
            "IPReservation",
            "KubeControllersConfiguration",
            "Tier",
        ],
    ),
    (
        "crd.projectcalico.org",
        &["NetworkPolicy", "NetworkSet"],
        &[
            "BGPConfiguration",
            "FelixConfiguration",
            "GlobalNetworkPolicy",
            "GlobalNetworkSet",
            "IPPool",
        ],
    ),
    (
        "monitoring.coreos.com",
        &[
            "Alertmanager",
            "AlertmanagerConfig",
            "PodMonitor",
            "Probe",
            "Prometheus",
            "PrometheusAgent",
            "PrometheusRule",
            "ScrapeConfig",
            "ServiceMonitor",
            "ThanosRuler",
        ],
        &[],
    ),
    (
        "aquasecurity.github.io",
        &[
            "ConfigAuditReport",
            "ExposedSecretReport",
            "InfraAssessmentReport",
            "RbacAssessmentReport",
            "SbomReport",
            "VulnerabilityReport",
        ],
        &[
            "ClusterComplianceReport",
            "ClusterConfigAuditReport",
            "ClusterInfraAssessmentReport",
            "ClusterRbacAssessmentReport",
            "ClusterSbomReport",
            "ClusterVulnerabilityReport",
        ],
    ),
    (
        "wgpolicyk8s.io",
        &["PolicyReport"],
        &["ClusterPolicyReport"],
    ),
    (
        "external-secrets.io",
        &["ExternalSecret", "PushSecret", "SecretStore"],
        &["ClusterExternalSecret", "ClusterSecretStore"],
    ),
];

/// The scope of a kind that the host knows by itself.
pub fn scope_of(collection: &Collection) -> Option<ObjectScope> {
    let (_, namespaced, cluster) = SCOPES
        .iter()
        .find(|(group, _, _)| *group == collection.group)?;
    let is = |kinds: Kinds| kinds.contains(&collection.kind.as_str());
    if is(namespaced) {
        Some(Namespaced)
    } else if is(cluster) {
        Some(Cluster)
    } else {
        None
    }
}
