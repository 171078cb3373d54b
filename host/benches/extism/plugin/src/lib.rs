//! What the plugins of Extism have in common: a host that knows nothing, and how a failure is told.
//!
//! The stages of the example ask their host for nothing; what they write to its log goes nowhere.

#![forbid(unsafe_code)]

use aegis_plugin::ec2::{
    AvailabilityZone, Image, Instance, InstanceType, SecurityGroup, Subnet, Tag, Volume, Vpc,
};
use aegis_plugin::host::{Ec2, Kubernetes, Log, Tree};
use aegis_plugin::{Failure, Level, ObjectPage, ObjectQuery, ObjectReference, ReadError};
use extism_pdk::Error;

/// A host that knows nothing.
#[derive(Debug)]
pub struct Nothing;

/// A plugin's failure as one of Extism.
pub fn told(failure: Failure) -> Error {
    Error::msg(format!("{failure:?}"))
}

type Answer<T> = Result<T, ReadError>;

impl Log for Nothing {
    fn write(&self, _level: Level, _message: &str) {}
}

impl Ec2 for Nothing {
    fn availability_zones(&self, _region: &str) -> Answer<Vec<AvailabilityZone>> {
        Err(ReadError::Absent)
    }

    fn instance_types(&self, _region: &str, _names: &[String]) -> Answer<Vec<InstanceType>> {
        Err(ReadError::Absent)
    }

    fn vpcs(&self, _region: &str, _filter: &[Tag]) -> Answer<Vec<Vpc>> {
        Err(ReadError::Absent)
    }

    fn subnets(&self, _region: &str, _filter: &[Tag]) -> Answer<Vec<Subnet>> {
        Err(ReadError::Absent)
    }

    fn security_groups(&self, _region: &str, _filter: &[Tag]) -> Answer<Vec<SecurityGroup>> {
        Err(ReadError::Absent)
    }

    fn volumes(&self, _region: &str, _filter: &[Tag]) -> Answer<Vec<Volume>> {
        Err(ReadError::Absent)
    }

    fn instances(&self, _region: &str, _filter: &[Tag]) -> Answer<Vec<Instance>> {
        Err(ReadError::Absent)
    }

    fn images(&self, _region: &str, _owner: &str, _name: &str) -> Answer<Vec<Image>> {
        Err(ReadError::Absent)
    }
}

impl Kubernetes for Nothing {
    fn get_object(&self, _cluster: &str, _object: &ObjectReference) -> Answer<String> {
        Err(ReadError::Absent)
    }

    fn list_objects(&self, _query: &ObjectQuery) -> Answer<ObjectPage> {
        Err(ReadError::Absent)
    }
}

impl Tree for Nothing {
    fn list_files(&self, _folder: &str) -> Answer<Vec<String>> {
        Err(ReadError::Absent)
    }

    fn read_file(&self, _path: &str) -> Answer<String> {
        Err(ReadError::Absent)
    }
}
