//! Where the host reads a provided fact from.

use serde_json::Value;

use crate::{
    CertificateAuthority, FactSource, Generator, KubernetesFieldSource, ObjectReference,
    TerraformOutputSource, TokenRequestSource, ToolOutputSource,
};

impl FactSource {
    /// A value that is known at plan time.
    pub fn known(value: impl Into<Value>) -> Self {
        Self::Value(value.into().to_string())
    }

    /// An output of a Terraform root of the same proposal.
    pub fn terraform_output(root: impl Into<String>, output: impl Into<String>) -> Self {
        Self::TerraformOutput(TerraformOutputSource {
            root: root.into(),
            output: output.into(),
        })
    }

    /// A field of the kOps cluster document as kOps has stored it.
    pub fn kops_field(pointer: impl Into<String>) -> Self {
        Self::KopsField(pointer.into())
    }

    /// A bound token of a service account, valid for so many seconds.
    pub fn token_request(
        namespace: impl Into<String>,
        service_account: impl Into<String>,
        audience: impl Into<String>,
        ttl_seconds: u32,
    ) -> Self {
        Self::TokenRequest(TokenRequestSource {
            namespace: namespace.into(),
            service_account: service_account.into(),
            audience: audience.into(),
            ttl_seconds,
        })
    }

    /// So many random bytes, made once by the host, base64.
    pub fn random_bytes(count: u32) -> Self {
        Self::Generated(Generator::Bytes(count))
    }

    /// A certificate authority, made once by the host; `parent` is the fact name of the authority
    /// that signs it, none for a root.
    pub fn certificate_authority(
        common_name: impl Into<String>,
        parent: Option<&str>,
        validity_days: u32,
    ) -> Self {
        Self::Generated(Generator::CertificateAuthority(CertificateAuthority {
            common_name: common_name.into(),
            parent: parent.map(str::to_owned),
            validity_days,
        }))
    }

    /// The public certificate of the authority whose fact name this is.
    pub fn certificate_of(authority: impl Into<String>) -> Self {
        Self::Generated(Generator::Certificate(authority.into()))
    }

    /// A field of the JSON that a tool change of the same proposal printed.
    pub fn tool_output(change: impl Into<String>, pointer: impl Into<String>) -> Self {
        Self::ToolOutput(ToolOutputSource {
            change: change.into(),
            pointer: pointer.into(),
        })
    }

    /// Kept in a store of the operator's.
    pub fn external(reference: impl Into<String>) -> Self {
        Self::External(reference.into())
    }
}

impl KubernetesFieldSource {
    /// A field of an object of the cluster that the stage runs for, waited for ten minutes.
    pub fn new(object: ObjectReference, pointer: impl Into<String>) -> Self {
        Self {
            cluster: None,
            group: object.group,
            kind: object.kind,
            namespace: object.namespace,
            name: object.name,
            pointer: pointer.into(),
            until_seconds: 600,
        }
    }

    /// Of an object of this cluster.
    pub fn in_cluster(mut self, cluster: impl Into<String>) -> Self {
        self.cluster = Some(cluster.into());
        self
    }

    /// Waits at most so many seconds until the field exists.
    pub fn until(mut self, seconds: u32) -> Self {
        self.until_seconds = seconds;
        self
    }
}

impl From<KubernetesFieldSource> for FactSource {
    fn from(source: KubernetesFieldSource) -> Self {
        Self::KubernetesField(source)
    }
}
