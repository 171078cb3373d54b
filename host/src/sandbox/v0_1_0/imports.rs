//! The imports of this version: thin translations to the [`Gate`](crate::sandbox::reads::Gate), which
//! counts, authorises and asks.

use super::bindings::{
    changes, document_reader, ec2_reader as ec2, kubernetes_reader, log, read_errors, tls_prober, tree_reader, types,
};
use crate::capability::{DocumentKind, Ec2Call};
use crate::proposal::{Collection, ObjectRef};
use crate::sandbox::call::CallState;
use crate::sandbox::reads::{self, Precision, ProbeOutcome, ReadFailure, Refusal, filter, names};

/// What an import gives back: the answer, what the plugin is told instead, or the end of the call.
type Settled<T> = wasmtime::Result<Result<T, read_errors::ReadError>>;

fn settle<T>(asked: Result<T, Refusal>) -> Settled<T> {
    match asked {
        Ok(answer) => Ok(Ok(answer)),
        Err(Refusal::Stop(fault)) => Err(fault.into()),
        Err(Refusal::Read(failure)) => Ok(Err(match failure {
            ReadFailure::Absent => read_errors::ReadError::Absent,
            ReadFailure::Unreachable(reason) => read_errors::ReadError::Unreachable(reason),
            ReadFailure::Denied(reason) => read_errors::ReadError::Denied(reason),
            ReadFailure::Invalid(reason) => read_errors::ReadError::Invalid(reason),
        })),
    }
}

impl types::Host for CallState {}
impl changes::Host for CallState {}
impl read_errors::Host for CallState {}

impl log::Host for CallState {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.meter.log(message.len())?;
        let level = match level {
            log::Level::Debug => tracing::Level::DEBUG,
            log::Level::Info => tracing::Level::INFO,
            log::Level::Warn => tracing::Level::WARN,
        };
        self.log(level, &message);
        Ok(())
    }
}

impl kubernetes_reader::Host for CallState {
    async fn get_object(&mut self, cluster: String, object: types::ObjectReference) -> Settled<String> {
        let types::ObjectReference { group, kind, namespace, name } = object;
        let object = ObjectRef { group, kind, namespace, name };
        settle(self.gate.object(&mut self.meter, cluster, object).await)
    }

    async fn list_objects(&mut self, query: kubernetes_reader::ObjectQuery) -> Settled<kubernetes_reader::ObjectPage> {
        let collection = Collection { group: query.group, kind: query.kind };
        let page =
            self.gate.objects(&mut self.meter, query.cluster, collection, query.namespace, query.continue_).await;
        settle(page.map(|(objects, continue_)| kubernetes_reader::ObjectPage { objects, continue_ }))
    }
}

/// Writes the methods that ask for things by tags: authorised, then answered by the backend's method of
/// the same name.
macro_rules! by_tags {
    ($($method:ident: $call:ident -> $record:ident by $convert:ident;)*) => {$(
        async fn $method(&mut self, region: String, filter: Vec<ec2::Tag>) -> Settled<Vec<ec2::$record>> {
            let asked = async {
                let ec2 = self.gate.ec2(&mut self.meter, Ec2Call::$call, &region)?;
                let filter = self::filter(filter.into_iter().map(tag_in).collect())?;
                ec2.answer(&mut self.meter, ec2.reads.ec2.$method(&ec2.region, &filter)).await
            };
            settle(asked.await.map(|answer| answer.into_iter().map($convert).collect()))
        }
    )*};
}

impl ec2::Host for CallState {
    async fn availability_zones(&mut self, region: String) -> Settled<Vec<ec2::AvailabilityZone>> {
        let asked = async {
            let ec2 = self.gate.ec2(&mut self.meter, Ec2Call::AvailabilityZones, &region)?;
            ec2.answer(&mut self.meter, ec2.reads.ec2.availability_zones(&ec2.region)).await
        };
        settle(asked.await.map(|zones| zones.into_iter().map(availability_zone).collect()))
    }

    async fn instance_types(&mut self, region: String, names: Vec<String>) -> Settled<Vec<ec2::InstanceType>> {
        let asked = async {
            let ec2 = self.gate.ec2(&mut self.meter, Ec2Call::InstanceTypes, &region)?;
            let names = self::names(names)?;
            ec2.answer(&mut self.meter, ec2.reads.ec2.instance_types(&ec2.region, &names)).await
        };
        settle(asked.await.map(|types| types.into_iter().map(instance_type).collect()))
    }

    by_tags! {
        vpcs: Vpcs -> Vpc by vpc;
        subnets: Subnets -> Subnet by subnet;
        security_groups: SecurityGroups -> SecurityGroup by security_group;
        volumes: Volumes -> Volume by volume;
        instances: Instances -> Instance by instance;
    }

    async fn images(&mut self, region: String, owner: String, name: String) -> Settled<Vec<ec2::Image>> {
        let asked = async {
            let ec2 = self.gate.ec2(&mut self.meter, Ec2Call::Images, &region)?;
            ec2.answer(&mut self.meter, ec2.reads.ec2.images(&ec2.region, &owner, &name)).await
        };
        settle(asked.await.map(|images| images.into_iter().map(image).collect()))
    }
}

fn tag_in(tag: ec2::Tag) -> reads::Tag {
    reads::Tag { key: tag.key, value: tag.value }
}

fn tags(tags: Vec<reads::Tag>) -> Vec<ec2::Tag> {
    tags.into_iter().map(|tag| ec2::Tag { key: tag.key, value: tag.value }).collect()
}

fn availability_zone(zone: reads::AvailabilityZone) -> ec2::AvailabilityZone {
    let reads::AvailabilityZone { name, id, available } = zone;
    ec2::AvailabilityZone { name, id, available }
}

fn instance_type(kind: reads::InstanceType) -> ec2::InstanceType {
    let reads::InstanceType { name, architectures, vcpus, memory_mib, zones } = kind;
    ec2::InstanceType { name, architectures, vcpus, memory_mib, zones }
}

fn vpc(vpc: reads::Vpc) -> ec2::Vpc {
    let reads::Vpc { id, cidr_blocks, is_default, tags } = vpc;
    ec2::Vpc { id, cidr_blocks, is_default, tags: self::tags(tags) }
}

fn subnet(subnet: reads::Subnet) -> ec2::Subnet {
    let reads::Subnet { id, vpc_id, zone, cidr_block, free_addresses, public_ip_on_launch, tags } = subnet;
    ec2::Subnet { id, vpc_id, zone, cidr_block, free_addresses, public_ip_on_launch, tags: self::tags(tags) }
}

fn security_group(group: reads::SecurityGroup) -> ec2::SecurityGroup {
    let reads::SecurityGroup { id, name, vpc_id, rules, tags } = group;
    let rule = |rule: reads::Rule| {
        let reads::Rule { ingress, protocol, from_port, to_port, peers } = rule;
        ec2::Rule { ingress, protocol, from_port, to_port, peers }
    };
    ec2::SecurityGroup { id, name, vpc_id, rules: rules.into_iter().map(rule).collect(), tags: self::tags(tags) }
}

fn volume(volume: reads::Volume) -> ec2::Volume {
    let reads::Volume { id, zone, size_gib, encrypted, kms_key, attached_to, tags } = volume;
    ec2::Volume { id, zone, size_gib, encrypted, kms_key, attached_to, tags: self::tags(tags) }
}

fn instance(instance: reads::Instance) -> ec2::Instance {
    ec2::Instance {
        id: instance.id,
        type_: instance.kind,
        zone: instance.zone,
        state: instance.state,
        image: instance.image,
        subnet_id: instance.subnet_id,
        private_ip: instance.private_ip,
        public_ip: instance.public_ip,
        imds_v2_required: instance.imds_v2_required,
        imds_hop_limit: instance.imds_hop_limit,
        tags: tags(instance.tags),
    }
}

fn image(image: reads::Image) -> ec2::Image {
    let reads::Image { id, name, owner, architecture, creation_date, deprecated } = image;
    ec2::Image { id, name, owner, architecture, creation_date, deprecated }
}

impl tree_reader::Host for CallState {
    async fn list_files(&mut self, folder: String) -> Settled<Vec<String>> {
        settle(self.gate.files(&mut self.meter, folder).await)
    }

    async fn read_file(&mut self, path: String) -> Settled<String> {
        settle(self.gate.file(&mut self.meter, path).await)
    }
}

impl document_reader::Host for CallState {
    async fn list_documents(&mut self) -> Settled<Vec<document_reader::DocumentInfo>> {
        let documents = self.gate.documents(&mut self.meter).await;
        settle(documents.map(|documents| documents.into_iter().map(document_info).collect()))
    }

    async fn read_document(&mut self, identity: String) -> Settled<String> {
        settle(self.gate.document(&mut self.meter, identity).await)
    }

    async fn missing_stages(&mut self) -> Settled<Vec<document_reader::MissingStage>> {
        let missing = self.gate.missing_stages(&mut self.meter).await;
        settle(missing.map(|missing| missing.into_iter().map(missing_stage).collect()))
    }
}

fn document_info(info: reads::DocumentInfo) -> document_reader::DocumentInfo {
    document_reader::DocumentInfo {
        identity: info.identity,
        kind: match info.kind {
            DocumentKind::Terraform => document_reader::DocumentKind::Terraform,
            DocumentKind::KopsCluster => document_reader::DocumentKind::KopsCluster,
            DocumentKind::KopsInstanceGroup => document_reader::DocumentKind::KopsInstanceGroup,
            DocumentKind::Kubernetes => document_reader::DocumentKind::Kubernetes,
            DocumentKind::Release => document_reader::DocumentKind::Release,
            DocumentKind::Application => document_reader::DocumentKind::Application,
            DocumentKind::Workflow => document_reader::DocumentKind::Workflow,
            DocumentKind::File => document_reader::DocumentKind::File,
            DocumentKind::Tool => document_reader::DocumentKind::Tool,
        },
        stage: info.stage.to_string(),
        cluster: info.cluster.map(|cluster| cluster.to_string()),
        precision: match info.precision {
            Precision::Exact => document_reader::Precision::Exact,
            Precision::Structural => document_reader::Precision::Structural,
        },
    }
}

fn missing_stage(missing: reads::MissingStage) -> document_reader::MissingStage {
    document_reader::MissingStage {
        stage: missing.stage.to_string(),
        cluster: missing.cluster.map(|cluster| cluster.to_string()),
        reason: missing.reason,
    }
}

impl tls_prober::Host for CallState {
    async fn connect(&mut self, endpoint: tls_prober::Endpoint) -> Settled<tls_prober::ProbeOutcome> {
        let outcome = self.gate.handshake(&mut self.meter, endpoint_in(endpoint)).await;
        settle(outcome.map(|outcome| match outcome {
            ProbeOutcome::Established(handshake) => tls_prober::ProbeOutcome::Established(tls_prober::Handshake {
                version: handshake.version,
                cipher_suite: handshake.cipher_suite,
                certificates: handshake.certificates,
                client_certificate_requested: handshake.client_certificate_requested,
            }),
            ProbeOutcome::Refused(reason) => tls_prober::ProbeOutcome::Refused(reason),
        }))
    }

    async fn accepts_plaintext(&mut self, endpoint: tls_prober::Endpoint) -> Settled<bool> {
        settle(self.gate.accepts_plaintext(&mut self.meter, endpoint_in(endpoint)).await)
    }
}

fn endpoint_in(endpoint: tls_prober::Endpoint) -> reads::Endpoint {
    let tls_prober::Endpoint { host, port, server_name } = endpoint;
    reads::Endpoint { host, port, server_name }
}
