//! The host's reads, as the component imports them.

use crate::bindings::shared::{
    document_reader, ec2_reader, kubernetes_reader, log, tls_prober, tree_reader,
};
use crate::ec2::{
    AvailabilityZone, Image, Instance, InstanceType, SecurityGroup, Subnet, Tag, Volume, Vpc,
};
use crate::host::{Documents, Ec2, Kubernetes, Log, Tls, Tree};
use crate::{
    DocumentInfo, Endpoint, Level, MissingStage, ObjectPage, ObjectQuery, ObjectReference,
    ProbeOutcome, ReadError,
};

/// The host that runs the component.
#[derive(Clone, Copy, Debug)]
pub struct Imports;

impl Log for Imports {
    fn write(&self, level: Level, message: &str) {
        log::write(level, message);
    }
}

impl Ec2 for Imports {
    fn availability_zones(&self, region: &str) -> Result<Vec<AvailabilityZone>, ReadError> {
        ec2_reader::availability_zones(region)
    }

    fn instance_types(
        &self,
        region: &str,
        names: &[String],
    ) -> Result<Vec<InstanceType>, ReadError> {
        ec2_reader::instance_types(region, names)
    }

    fn vpcs(&self, region: &str, filter: &[Tag]) -> Result<Vec<Vpc>, ReadError> {
        ec2_reader::vpcs(region, filter)
    }

    fn subnets(&self, region: &str, filter: &[Tag]) -> Result<Vec<Subnet>, ReadError> {
        ec2_reader::subnets(region, filter)
    }

    fn security_groups(
        &self,
        region: &str,
        filter: &[Tag],
    ) -> Result<Vec<SecurityGroup>, ReadError> {
        ec2_reader::security_groups(region, filter)
    }

    fn volumes(&self, region: &str, filter: &[Tag]) -> Result<Vec<Volume>, ReadError> {
        ec2_reader::volumes(region, filter)
    }

    fn instances(&self, region: &str, filter: &[Tag]) -> Result<Vec<Instance>, ReadError> {
        ec2_reader::instances(region, filter)
    }

    fn images(&self, region: &str, owner: &str, name: &str) -> Result<Vec<Image>, ReadError> {
        ec2_reader::images(region, owner, name)
    }
}

impl Kubernetes for Imports {
    fn get_object(&self, cluster: &str, object: &ObjectReference) -> Result<String, ReadError> {
        kubernetes_reader::get_object(cluster, object)
    }

    fn list_objects(&self, query: &ObjectQuery) -> Result<ObjectPage, ReadError> {
        kubernetes_reader::list_objects(query)
    }
}

impl Tree for Imports {
    fn list_files(&self, folder: &str) -> Result<Vec<String>, ReadError> {
        tree_reader::list_files(folder)
    }

    fn read_file(&self, path: &str) -> Result<String, ReadError> {
        tree_reader::read_file(path)
    }
}

impl Documents for Imports {
    fn list_documents(&self) -> Result<Vec<DocumentInfo>, ReadError> {
        document_reader::list_documents()
    }

    fn read_document(&self, identity: &str) -> Result<String, ReadError> {
        document_reader::read_document(identity)
    }

    fn missing_stages(&self) -> Result<Vec<MissingStage>, ReadError> {
        document_reader::missing_stages()
    }
}

impl Tls for Imports {
    fn handshake(&self, endpoint: &Endpoint) -> Result<ProbeOutcome, ReadError> {
        tls_prober::connect(endpoint)
    }

    fn accepts_plaintext(&self, endpoint: &Endpoint) -> Result<bool, ReadError> {
        tls_prober::accepts_plaintext(endpoint)
    }
}
