//! The `spec` of a Cluster.

use super::schema::{
    Section, Shape, Values, empty, flag, host, image, map, never, number, quantity, section,
    shaped, text, texts, whole,
};
use crate::capability::Risk;

pub(super) const SECTIONS: &[Section] = &[
    section(
        "spec",
        &[
            // Where trust comes from and which release runs is the operator's.
            host("channel"),
            host("configBase"),
            host("configStore"),
            host("keyStore"),
            host("secretStore"),
            host("kubernetesVersion"),
            host("masterInternalName"),
            host("project"),
            // The name that certificates and kubeconfigs hold.
            text("masterPublicName").power(),
            text("cloudProvider")
                .only(Values::OneOf(&["aws"]), "the host only knows the cloud aws"),
            flag("DisableSubnetTags"),
            texts("additionalNetworkCIDRs").tokens(),
            texts("additionalSans").power().tokens(),
            map("cloudLabels").tokens(),
            text("clusterDNSDomain"),
            text("containerRuntime").only(
                Values::OneOf(&["containerd"]),
                "kOps only knows the container runtime containerd",
            ),
            text("dnsZone").power().tokens(),
            flag("encryptionConfig").plain_if(Values::True),
            texts("kubernetesApiAccess")
                .plain_if(Values::PrivateBlocks)
                .tokens(),
            texts("nodePortAccess")
                .plain_if(Values::PrivateBlocks)
                .tokens(),
            texts("sshAccess").plain_if(Values::PrivateBlocks).tokens(),
            text("sshKeyName").power(),
            text("networkCIDR").tokens(),
            text("networkID").tokens(),
            text("nonMasqueradeCIDR").tokens(),
            text("podCIDR").tokens(),
            text("serviceClusterIPRange").tokens(),
            text("updatePolicy"),
            flag("useHostCertificates").power(),
            texts("packages").code(),
            texts("sysctlParameters").code(),
            shaped("additionalPolicies", Shape::StatementsByRole).risk(Risk::Deputy),
            shaped("externalPolicies", Shape::PoliciesByRole)
                .risk(Risk::Deputy)
                .tokens(),
        ],
    ),
    section(
        "spec.api",
        &[
            empty("dns"),
            text("loadBalancer.class"),
            text("loadBalancer.type").plain_if(Values::OneOf(&["Internal"])),
            flag("loadBalancer.crossZoneLoadBalancing"),
            number("loadBalancer.idleTimeoutSeconds"),
            flag("loadBalancer.useForInternalApi"),
            texts("loadBalancer.additionalSecurityGroups")
                .power()
                .tokens(),
            text("loadBalancer.securityGroupOverride").power().tokens(),
            text("loadBalancer.sslCertificate").power().tokens(),
            text("loadBalancer.sslPolicy"),
            text("loadBalancer.accessLog.bucket").power().tokens(),
            text("loadBalancer.accessLog.bucketPrefix"),
            number("loadBalancer.accessLog.interval"),
            text("loadBalancer.subnets.name"),
            text("loadBalancer.subnets.allocationId").tokens(),
            text("loadBalancer.subnets.privateIPv4Address"),
        ],
    ),
    section(
        "spec.authorization",
        &[
            empty("rbac"),
            never("alwaysAllow", "it would let everybody do everything"),
        ],
    ),
    section(
        "spec.authentication.aws",
        &[
            text("backendMode").power(),
            text("clusterID").power(),
            image("image"),
        ],
    ),
    whole(
        "spec.authentication.aws.identityMappings",
        Risk::Deputy,
        &[text("arn").tokens(), text("username"), texts("groups")],
    ),
    section(
        "spec.iam",
        &[
            flag("allowContainerRegistry"),
            flag("legacy").only(
                Values::False,
                "it would give every node the rights of the control plane",
            ),
            text("permissionsBoundary").power().tokens(),
            flag("useServiceAccountExternalPermissions"),
        ],
    ),
    whole(
        "spec.iam.serviceAccountExternalPermissions",
        Risk::Deputy,
        &[
            text("name"),
            text("namespace"),
            shaped("aws.policyARNs", Shape::Policies).tokens(),
            shaped("aws.inlinePolicy", Shape::Statements),
        ],
    ),
    // Whom AWS believes to speak for a service account.
    section(
        "spec.serviceAccountIssuerDiscovery",
        &[
            texts("additionalAudiences").power(),
            text("discoveryService.url")
                .power_only(Values::Beginning("https://"), "it is not an https URL")
                .tokens(),
            text("discoveryStore")
                .power_only(
                    Values::Beginning("s3://"),
                    "kOps would read or write something other than a bucket",
                )
                .tokens(),
            flag("enableAWSOIDCProvider"),
        ],
    ),
    section(
        "spec.etcdClusters",
        &[
            text("name").only(
                Values::OneOf(&["main", "events", "cilium"]),
                "kOps has the etcd clusters main, events and cilium",
            ),
            text("version").power(),
            text("provider").only(
                Values::OneOf(&["Manager"]),
                "kOps only knows the provider Manager",
            ),
            quantity("cpuRequest"),
            quantity("memoryRequest"),
            text("heartbeatInterval"),
            text("leaderElectionTimeout"),
            flag("enableEtcdTLS").plain_if(Values::True),
            flag("enableTLSAuth").plain_if(Values::True),
            image("image"),
            host("backups.backupStore"),
            image("backups.image"),
            text("etcdMembers.name"),
            text("etcdMembers.instanceGroup"),
            flag("etcdMembers.encryptedVolume").plain_if(Values::True),
            text("etcdMembers.kmsKeyId").tokens(),
            text("etcdMembers.volumeType"),
            number("etcdMembers.volumeSize"),
            number("etcdMembers.volumeIops"),
            number("etcdMembers.volumeThroughput"),
            number("manager.backupRetentionDays"),
            text("manager.backupInterval"),
            text("manager.discoveryPollInterval"),
            number("manager.logLevel"),
            image("manager.image"),
        ],
    ),
    whole(
        "spec.etcdClusters.manager.env",
        Risk::Code,
        &[text("name"), text("value")],
    ),
    section(
        "spec.subnets",
        &[
            text("name"),
            text("zone"),
            text("region"),
            text("type").plain_if(Values::OneOf(&["Private", "Utility", "DualStack"])),
            text("id").tokens(),
            text("cidr").tokens(),
            text("ipv6CIDR").tokens(),
            text("egress").tokens(),
            text("publicIP").tokens(),
        ],
    ),
    whole(
        "spec.subnets.additionalRoutes",
        Risk::Power,
        &[text("cidr").tokens(), text("target").tokens()],
    ),
    section(
        "spec.topology",
        &[
            text("dns.type").plain_if(Values::OneOf(&["Private", "None"])),
            text("masters"),
            text("nodes"),
            text("bastion.bastionPublicName").power(),
            number("bastion.idleTimeoutSeconds"),
            text("bastion.loadBalancer.type").plain_if(Values::OneOf(&["Internal"])),
            texts("bastion.loadBalancer.additionalSecurityGroups")
                .power()
                .tokens(),
        ],
    ),
    section(
        "spec.rollingUpdate",
        &[
            flag("drainAndTerminate"),
            quantity("maxSurge"),
            quantity("maxUnavailable"),
        ],
    ),
    section(
        "spec.egressProxy",
        &[
            text("excludes").power(),
            text("httpProxy.host").power().tokens(),
            number("httpProxy.port"),
        ],
    ),
    // Everything below is run on every machine, as root.
    whole("spec.addons", Risk::Code, &[text("manifest")]),
    whole(
        "spec.assets",
        Risk::Code,
        &[
            text("containerProxy"),
            text("containerRegistry"),
            text("fileRepository"),
        ],
    ),
    FILE_ASSETS.under("spec.fileAssets"),
    HOOKS.under("spec.hooks"),
    CONTAINERD.under("spec.containerd"),
    section(
        "spec.target.terraform",
        &[
            never("filesProviderExtraConfig", TERRAFORM_TARGET),
            never("providerExtraConfig", TERRAFORM_TARGET),
        ],
    ),
];

const TERRAFORM_TARGET: &str = "it would be configuration of Terraform that nothing checks";

pub(super) const FILE_ASSETS: Section = whole(
    "",
    Risk::Code,
    &[
        text("name"),
        text("path"),
        texts("roles"),
        text("mode"),
        flag("isBase64"),
        text("content"),
    ],
);

pub(super) const HOOKS: Section = whole(
    "",
    Risk::Code,
    &[
        text("name"),
        flag("disabled"),
        texts("roles"),
        texts("requires"),
        texts("before"),
        flag("useRawManifest"),
        text("manifest"),
        text("execContainer.image"),
        texts("execContainer.command"),
        map("execContainer.environment"),
    ],
);

pub(super) const CONTAINERD: Section = whole(
    "",
    Risk::Code,
    &[
        text("address"),
        map("configAdditions"),
        text("configOverride"),
        text("logLevel"),
        text("version"),
        text("root"),
        text("state"),
        flag("selinuxEnabled"),
        flag("skipInstall"),
        text("sandboxImage"),
        flag("useECRCredentialsForMirrors"),
        text("runc.version"),
        text("packages.urlAmd64"),
        text("packages.hashAmd64"),
        text("packages.urlArm64"),
        text("packages.hashArm64"),
    ],
);

impl Section {
    /// The same fields at another path.
    pub(super) const fn under(self, at: &'static str) -> Self {
        Self { at, ..self }
    }
}
