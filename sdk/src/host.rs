//! What a plugin may read, as traits.
//!
//! In a component they are implemented by the imports of the plugin's world, in tests by
//! [`harness::Memory`](crate::harness::Memory). Take a kind's host as `&impl …Host`, not as `&dyn`:
//! an import that is never called is then left out of the component, and the host need not grant it.

use serde_json::Value;

use crate::ec2::{
    AvailabilityZone, Image, Instance, InstanceType, SecurityGroup, Subnet, Tag, Volume, Vpc,
};
use crate::{
    DocumentInfo, Endpoint, Level, MissingStage, ObjectPage, ObjectQuery, ObjectReference,
    ProbeOutcome, ReadError,
};

/// Messages for the operator's log.
pub trait Log {
    /// Writes a message.
    fn write(&self, level: Level, message: &str);

    /// Writes a message that only somebody who looks for a fault wants to see.
    fn debug(&self, message: &str) {
        self.write(Level::Debug, message);
    }

    /// Writes a message that tells how far the plugin is.
    fn info(&self, message: &str) {
        self.write(Level::Info, message);
    }

    /// Writes a message that an operator should look into.
    fn warn(&self, message: &str) {
        self.write(Level::Warn, message);
    }
}

/// EC2 describe calls. Each asks one region; an empty filter or list of names means all.
pub trait Ec2 {
    /// The availability zones of a region.
    ///
    /// # Errors
    /// Why there is no answer; so for every read.
    fn availability_zones(&self, region: &str) -> Result<Vec<AvailabilityZone>, ReadError>;
    /// Instance types by name.
    fn instance_types(
        &self,
        region: &str,
        names: &[String],
    ) -> Result<Vec<InstanceType>, ReadError>;
    /// VPCs that carry all these tags.
    fn vpcs(&self, region: &str, filter: &[Tag]) -> Result<Vec<Vpc>, ReadError>;
    /// Subnets that carry all these tags.
    fn subnets(&self, region: &str, filter: &[Tag]) -> Result<Vec<Subnet>, ReadError>;
    /// Security groups that carry all these tags.
    fn security_groups(
        &self,
        region: &str,
        filter: &[Tag],
    ) -> Result<Vec<SecurityGroup>, ReadError>;
    /// Volumes that carry all these tags.
    fn volumes(&self, region: &str, filter: &[Tag]) -> Result<Vec<Volume>, ReadError>;
    /// Instances that carry all these tags.
    fn instances(&self, region: &str, filter: &[Tag]) -> Result<Vec<Instance>, ReadError>;
    /// Images by owner (an account id or an alias such as `amazon`) and name pattern.
    fn images(&self, region: &str, owner: &str, name: &str) -> Result<Vec<Image>, ReadError>;
}

/// Kubernetes objects, planned or live. Secrets come without their data.
pub trait Kubernetes {
    /// One object as JSON text.
    ///
    /// # Errors
    /// Why there is no answer; so for every read.
    fn get_object(&self, cluster: &str, object: &ObjectReference) -> Result<String, ReadError>;
    /// One page of objects.
    fn list_objects(&self, query: &ObjectQuery) -> Result<ObjectPage, ReadError>;

    /// One object.
    fn object(&self, cluster: &str, object: &ObjectReference) -> Result<Value, ReadError> {
        parse(&self.get_object(cluster, object)?)
    }

    /// All objects of a kind, page by page; of all namespaces when none is given.
    fn objects(
        &self,
        cluster: &str,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<Value>, ReadError> {
        let mut query = ObjectQuery {
            cluster: cluster.to_owned(),
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            continue_: None,
        };
        let mut objects = Vec::new();
        loop {
            let page = self.list_objects(&query)?;
            for object in &page.objects {
                objects.push(parse(object)?);
            }
            if page.continue_.is_none() {
                return Ok(objects);
            }
            query.continue_ = page.continue_;
        }
    }
}

/// The Git tree that the stack is written to.
pub trait Tree {
    /// Paths below a folder, sorted.
    ///
    /// # Errors
    /// Why there is no answer; so for every read.
    fn list_files(&self, folder: &str) -> Result<Vec<String>, ReadError>;
    /// A file's text.
    fn read_file(&self, path: &str) -> Result<String, ReadError>;
}

/// The documents of a plan. Secrets are masked.
pub trait Documents {
    /// What documents there are, sorted by identity.
    ///
    /// # Errors
    /// Why there is no answer; so for every read.
    fn list_documents(&self) -> Result<Vec<DocumentInfo>, ReadError>;
    /// A document as JSON text.
    fn read_document(&self, identity: &str) -> Result<String, ReadError>;
    /// Deferred and blocked stages: controls about them are not evaluated.
    fn missing_stages(&self) -> Result<Vec<MissingStage>, ReadError>;

    /// A document.
    fn document(&self, identity: &str) -> Result<Value, ReadError> {
        parse(&self.read_document(identity)?)
    }
}

/// TLS handshakes with endpoints that the grant names.
pub trait Tls {
    /// Shakes hands and hangs up.
    ///
    /// # Errors
    /// Why there is no answer; so for every read.
    fn handshake(&self, endpoint: &Endpoint) -> Result<ProbeOutcome, ReadError>;
    /// Connects without TLS and reports whether the peer keeps the connection open.
    fn accepts_plaintext(&self, endpoint: &Endpoint) -> Result<bool, ReadError>;
}

/// What a provisioning plugin may read.
pub trait ProvisioningHost: Log + Ec2 {}
impl<T: Log + Ec2> ProvisioningHost for T {}

/// What a security plugin may read.
pub trait SecurityHost: Log + Kubernetes {}
impl<T: Log + Kubernetes> SecurityHost for T {}

/// What a GitOps plugin may read.
pub trait GitopsHost: Log + Kubernetes + Tree {}
impl<T: Log + Kubernetes + Tree> GitopsHost for T {}

/// What a validation plugin may read.
pub trait ValidationHost: Log + Kubernetes + Documents + Ec2 + Tls {}
impl<T: Log + Kubernetes + Documents + Ec2 + Tls> ValidationHost for T {}

fn parse(text: &str) -> Result<Value, ReadError> {
    serde_json::from_str(text).map_err(|error| ReadError::Invalid(error.to_string()))
}
