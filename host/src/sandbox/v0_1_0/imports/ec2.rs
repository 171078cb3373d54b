//! EC2 describe calls.

use super::super::bindings::ec2_reader as ec2;
use super::{Settled, settle};
use crate::capability::Ec2Call;
use crate::sandbox::call::CallState;
use crate::sandbox::reads::{self, filter, image_filter, names};

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
            let ec2 = self
                .gate
                .ec2(&mut self.meter, Ec2Call::AvailabilityZones, &region)?;
            ec2.answer(
                &mut self.meter,
                ec2.reads.ec2.availability_zones(&ec2.region),
            )
            .await
        };
        settle(
            asked
                .await
                .map(|zones| zones.into_iter().map(availability_zone).collect()),
        )
    }

    async fn instance_types(
        &mut self,
        region: String,
        names: Vec<String>,
    ) -> Settled<Vec<ec2::InstanceType>> {
        let asked = async {
            let ec2 = self
                .gate
                .ec2(&mut self.meter, Ec2Call::InstanceTypes, &region)?;
            let names = self::names(names)?;
            ec2.answer(
                &mut self.meter,
                ec2.reads.ec2.instance_types(&ec2.region, &names),
            )
            .await
        };
        settle(
            asked
                .await
                .map(|types| types.into_iter().map(instance_type).collect()),
        )
    }

    by_tags! {
        vpcs: Vpcs -> Vpc by vpc;
        subnets: Subnets -> Subnet by subnet;
        security_groups: SecurityGroups -> SecurityGroup by security_group;
        volumes: Volumes -> Volume by volume;
        instances: Instances -> Instance by instance;
    }

    async fn images(
        &mut self,
        region: String,
        owner: String,
        name: String,
    ) -> Settled<Vec<ec2::Image>> {
        let asked = async {
            let ec2 = self.gate.ec2(&mut self.meter, Ec2Call::Images, &region)?;
            let (owner, name) = (image_filter(owner)?, image_filter(name)?);
            ec2.answer(
                &mut self.meter,
                ec2.reads.ec2.images(&ec2.region, &owner, &name),
            )
            .await
        };
        settle(
            asked
                .await
                .map(|images| images.into_iter().map(image).collect()),
        )
    }
}

fn tag_in(tag: ec2::Tag) -> reads::Tag {
    reads::Tag {
        key: tag.key,
        value: tag.value,
    }
}

fn tags(tags: Vec<reads::Tag>) -> Vec<ec2::Tag> {
    tags.into_iter()
        .map(|tag| ec2::Tag {
            key: tag.key,
            value: tag.value,
        })
        .collect()
}

fn availability_zone(zone: reads::AvailabilityZone) -> ec2::AvailabilityZone {
    let reads::AvailabilityZone {
        name,
        id,
        available,
    } = zone;
    ec2::AvailabilityZone {
        name,
        id,
        available,
    }
}

fn instance_type(kind: reads::InstanceType) -> ec2::InstanceType {
    let reads::InstanceType {
        name,
        architectures,
        vcpus,
        memory_mib,
        zones,
    } = kind;
    ec2::InstanceType {
        name,
        architectures,
        vcpus,
        memory_mib,
        zones,
    }
}

fn vpc(vpc: reads::Vpc) -> ec2::Vpc {
    let reads::Vpc {
        id,
        cidr_blocks,
        is_default,
        tags,
    } = vpc;
    ec2::Vpc {
        id,
        cidr_blocks,
        is_default,
        tags: self::tags(tags),
    }
}

fn subnet(subnet: reads::Subnet) -> ec2::Subnet {
    let reads::Subnet {
        id,
        vpc_id,
        zone,
        cidr_block,
        free_addresses,
        public_ip_on_launch,
        tags,
    } = subnet;
    ec2::Subnet {
        id,
        vpc_id,
        zone,
        cidr_block,
        free_addresses,
        public_ip_on_launch,
        tags: self::tags(tags),
    }
}

fn security_group(group: reads::SecurityGroup) -> ec2::SecurityGroup {
    let reads::SecurityGroup {
        id,
        name,
        vpc_id,
        rules,
        tags,
    } = group;
    let rule = |rule: reads::Rule| {
        let reads::Rule {
            ingress,
            protocol,
            from_port,
            to_port,
            peers,
        } = rule;
        ec2::Rule {
            ingress,
            protocol,
            from_port,
            to_port,
            peers,
        }
    };
    ec2::SecurityGroup {
        id,
        name,
        vpc_id,
        rules: rules.into_iter().map(rule).collect(),
        tags: self::tags(tags),
    }
}

fn volume(volume: reads::Volume) -> ec2::Volume {
    let reads::Volume {
        id,
        zone,
        size_gib,
        encrypted,
        kms_key,
        attached_to,
        tags,
    } = volume;
    ec2::Volume {
        id,
        zone,
        size_gib,
        encrypted,
        kms_key,
        attached_to,
        tags: self::tags(tags),
    }
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
    let reads::Image {
        id,
        name,
        owner,
        architecture,
        creation_date,
        deprecated,
    } = image;
    ec2::Image {
        id,
        name,
        owner,
        architecture,
        creation_date,
        deprecated,
    }
}
