//! How [`Memory`] answers.

use super::memory::{Memory, Reads, Region, key};
use crate::ec2::{
    AvailabilityZone, Image, Instance, InstanceType, SecurityGroup, Subnet, Tag, Volume, Vpc,
};
use crate::host::{Documents, Ec2, Kubernetes, Log, Tls, Tree};
use crate::{
    DocumentInfo, Endpoint, Level, MissingStage, ObjectPage, ObjectQuery, ObjectReference,
    ProbeOutcome, ReadError,
};

impl Memory {
    fn permit(&self, reads: Reads) -> Result<(), ReadError> {
        self.failing.get(&reads).cloned().map_or(Ok(()), Err)
    }

    fn reach(&self, cluster: &str) -> Result<(), ReadError> {
        self.permit(Reads::Kubernetes)?;
        if self.unreachable.contains(cluster) {
            return Err(ReadError::Unreachable(format!(
                "cluster `{cluster}` does not answer"
            )));
        }
        Ok(())
    }

    fn in_region(&self, name: &str) -> Result<&Region, ReadError> {
        self.permit(Reads::Ec2)?;
        self.regions
            .get(name)
            .ok_or_else(|| ReadError::Denied(format!("region `{name}`")))
    }
}

impl Log for Memory {
    fn write(&self, level: Level, message: &str) {
        self.messages.borrow_mut().push((level, message.to_owned()));
    }
}

impl Kubernetes for Memory {
    fn get_object(&self, cluster: &str, object: &ObjectReference) -> Result<String, ReadError> {
        self.reach(cluster)?;
        self.objects
            .get(&key(cluster, object))
            .map(ToString::to_string)
            .ok_or(ReadError::Absent)
    }

    fn list_objects(&self, query: &ObjectQuery) -> Result<ObjectPage, ReadError> {
        self.reach(&query.cluster)?;
        let begin = match &query.continue_ {
            None => 0,
            Some(text) => text
                .parse()
                .map_err(|_| ReadError::Invalid(format!("no page continues `{text}`")))?,
        };
        let size = self.page.unwrap_or(usize::MAX);
        let mut matching = self
            .objects
            .iter()
            .filter(|((cluster, group, kind, namespace, _), _)| {
                *cluster == query.cluster
                    && *group == query.group
                    && *kind == query.kind
                    && (query.namespace.is_none() || *namespace == query.namespace)
            })
            .skip(begin);
        let objects: Vec<_> = matching
            .by_ref()
            .take(size)
            .map(|(_, object)| object.to_string())
            .collect();
        let continue_ = matching
            .next()
            .map(|_| begin.saturating_add(size).to_string());
        Ok(ObjectPage { objects, continue_ })
    }
}

impl Ec2 for Memory {
    fn availability_zones(&self, region: &str) -> Result<Vec<AvailabilityZone>, ReadError> {
        Ok(self.in_region(region)?.availability_zones.clone())
    }

    fn instance_types(
        &self,
        region: &str,
        names: &[String],
    ) -> Result<Vec<InstanceType>, ReadError> {
        let mut types = self.in_region(region)?.instance_types.clone();
        types.retain(|found| names.is_empty() || names.contains(&found.name));
        Ok(types)
    }

    fn vpcs(&self, region: &str, filter: &[Tag]) -> Result<Vec<Vpc>, ReadError> {
        Ok(tagged(&self.in_region(region)?.vpcs, filter, |vpc| {
            &vpc.tags
        }))
    }

    fn subnets(&self, region: &str, filter: &[Tag]) -> Result<Vec<Subnet>, ReadError> {
        Ok(tagged(&self.in_region(region)?.subnets, filter, |subnet| {
            &subnet.tags
        }))
    }

    fn security_groups(
        &self,
        region: &str,
        filter: &[Tag],
    ) -> Result<Vec<SecurityGroup>, ReadError> {
        let groups = &self.in_region(region)?.security_groups;
        Ok(tagged(groups, filter, |group| &group.tags))
    }

    fn volumes(&self, region: &str, filter: &[Tag]) -> Result<Vec<Volume>, ReadError> {
        Ok(tagged(&self.in_region(region)?.volumes, filter, |volume| {
            &volume.tags
        }))
    }

    fn instances(&self, region: &str, filter: &[Tag]) -> Result<Vec<Instance>, ReadError> {
        let instances = &self.in_region(region)?.instances;
        Ok(tagged(instances, filter, |instance| &instance.tags))
    }

    fn images(&self, region: &str, owner: &str, name: &str) -> Result<Vec<Image>, ReadError> {
        let mut images = self.in_region(region)?.images.clone();
        images.retain(|image| image.owner == owner && matches(name, &image.name));
        Ok(images)
    }
}

impl Tree for Memory {
    fn list_files(&self, folder: &str) -> Result<Vec<String>, ReadError> {
        self.permit(Reads::Tree)?;
        let folder = folder.trim_end_matches('/');
        Ok(self
            .files
            .keys()
            .filter(|path| {
                folder.is_empty()
                    || path
                        .strip_prefix(folder)
                        .is_some_and(|rest| rest.starts_with('/'))
            })
            .cloned()
            .collect())
    }

    fn read_file(&self, path: &str) -> Result<String, ReadError> {
        self.permit(Reads::Tree)?;
        self.files.get(path).cloned().ok_or(ReadError::Absent)
    }
}

impl Documents for Memory {
    fn list_documents(&self) -> Result<Vec<DocumentInfo>, ReadError> {
        self.permit(Reads::Documents)?;
        let documents = self.documents.values();
        Ok(documents.map(|(info, _)| info.clone()).collect())
    }

    fn read_document(&self, identity: &str) -> Result<String, ReadError> {
        self.permit(Reads::Documents)?;
        self.documents
            .get(identity)
            .map(|(_, document)| document.to_string())
            .ok_or(ReadError::Absent)
    }

    fn missing_stages(&self) -> Result<Vec<MissingStage>, ReadError> {
        self.permit(Reads::Documents)?;
        Ok(self.missing.clone())
    }
}

impl Tls for Memory {
    fn handshake(&self, endpoint: &Endpoint) -> Result<ProbeOutcome, ReadError> {
        self.permit(Reads::Tls)?;
        self.endpoints
            .get(&(endpoint.host.clone(), endpoint.port))
            .cloned()
            .ok_or_else(|| ReadError::Denied(format!("{}:{}", endpoint.host, endpoint.port)))
    }

    fn accepts_plaintext(&self, endpoint: &Endpoint) -> Result<bool, ReadError> {
        self.permit(Reads::Tls)?;
        let endpoint = (endpoint.host.clone(), endpoint.port);
        if self.plaintext.contains(&endpoint) {
            return Ok(true);
        }
        if self.endpoints.contains_key(&endpoint) {
            return Ok(false);
        }
        Err(ReadError::Denied(format!("{}:{}", endpoint.0, endpoint.1)))
    }
}

fn tagged<T: Clone>(all: &[T], filter: &[Tag], tags: impl Fn(&T) -> &Vec<Tag>) -> Vec<T> {
    all.iter()
        .filter(|item| filter.iter().all(|tag| tags(item).contains(tag)))
        .cloned()
        .collect()
}

/// EC2's name patterns, as far as tests need them: `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == name;
    };
    name.strip_prefix(before).is_some_and(|rest| {
        (0..=rest.len())
            .filter_map(|at| rest.get(at..))
            .any(|rest| matches(after, rest))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Handshake, harness::Region};

    fn pod(namespace: &str, name: &str) -> serde_json::Value {
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "namespace": namespace } })
    }

    #[test]
    fn objects_are_read_one_by_one_and_in_pages() {
        let host = Memory::new()
            .with_object("use1", pod("a", "one"))
            .with_object("use1", pod("b", "two"))
            .with_object("use1", pod("b", "three"))
            .with_object("euw1", pod("b", "four"))
            .with_unreachable_cluster("apse1")
            .with_page_size(1);
        let one = ObjectReference::new("", "Pod", "one").namespace("a");
        assert_eq!(host.object("use1", &one), Ok(pod("a", "one")));
        assert_eq!(host.object("euw1", &one), Err(ReadError::Absent));
        let all = host.objects("use1", "", "Pod", None).unwrap();
        assert_eq!(all, [pod("a", "one"), pod("b", "three"), pod("b", "two")]);
        let some = host.objects("use1", "", "Pod", Some("b")).unwrap();
        assert_eq!(some.len(), 2);
        assert_eq!(host.objects("use1", "apps", "Deployment", None), Ok(vec![]));
        let gone = host.objects("apse1", "", "Pod", None);
        assert!(matches!(gone, Err(ReadError::Unreachable(_))));
    }

    #[test]
    fn ec2_answers_for_known_regions_only() {
        let tag = |value: &str| Tag {
            key: "stack".into(),
            value: value.into(),
        };
        let vpc = |id: &str, value| Vpc {
            id: id.into(),
            cidr_blocks: vec![],
            is_default: false,
            tags: vec![tag(value)],
        };
        let region = Region {
            vpcs: vec![vpc("vpc-1", "shop"), vpc("vpc-2", "blog")],
            ..Region::with_zones(["us-east-1a"])
        };
        let host = Memory::new().with_region("us-east-1", region);
        assert_eq!(host.availability_zones("us-east-1").unwrap().len(), 1);
        let found = host.vpcs("us-east-1", &[tag("blog")]).unwrap();
        assert_eq!(found, [vpc("vpc-2", "blog")]);
        assert_eq!(host.vpcs("us-east-1", &[]).unwrap().len(), 2);
        assert!(matches!(
            host.vpcs("eu-west-1", &[]),
            Err(ReadError::Denied(_))
        ));
    }

    #[test]
    fn files_are_listed_below_a_folder() {
        let host = Memory::new()
            .with_file("a/b.yaml", "b")
            .with_file("ab/c.yaml", "c");
        for (folder, want) in [
            ("", vec!["a/b.yaml", "ab/c.yaml"]),
            ("a", vec!["a/b.yaml"]),
            ("a/", vec!["a/b.yaml"]),
            ("x", vec![]),
        ] {
            assert_eq!(host.list_files(folder).unwrap(), want, "{folder}");
        }
        assert_eq!(host.read_file("a"), Err(ReadError::Absent));
    }

    #[test]
    fn an_endpoint_that_was_not_put_in_is_denied() {
        let endpoint = |port| Endpoint {
            host: "api.example.com".into(),
            port,
            server_name: "api.example.com".into(),
        };
        let established = ProbeOutcome::Established(Handshake {
            version: "TLSv1.3".into(),
            cipher_suite: "TLS_AES_256_GCM_SHA384".into(),
            certificates: vec![],
            client_certificate_requested: true,
        });
        let host = Memory::new()
            .with_endpoint("api.example.com", 443, established.clone())
            .with_plaintext_endpoint("api.example.com", 80);
        assert_eq!(host.handshake(&endpoint(443)), Ok(established));
        assert_eq!(host.accepts_plaintext(&endpoint(443)), Ok(false));
        assert_eq!(host.accepts_plaintext(&endpoint(80)), Ok(true));
        assert!(matches!(
            host.handshake(&endpoint(22)),
            Err(ReadError::Denied(_))
        ));
    }

    #[test]
    fn a_failing_group_fails_and_the_others_do_not() {
        let gone = ReadError::Unreachable("no network".into());
        let host = Memory::new().with_failing(Reads::Tree, gone.clone());
        assert_eq!(host.read_file("a"), Err(gone));
        assert_eq!(host.list_documents(), Ok(vec![]));
    }

    #[test]
    fn a_pattern_matches_names() {
        for (pattern, name, want) in [
            ("ubuntu", "ubuntu", true),
            ("ubuntu*", "ubuntu-24.04", true),
            ("*24*", "ubuntu-24.04-arm64", true),
            ("*amd64", "ubuntu-arm64", false),
            ("ubuntu", "ubuntu-24.04", false),
        ] {
            assert_eq!(matches(pattern, name), want, "{pattern} {name}");
        }
    }
}
