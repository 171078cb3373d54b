//! What an answer weighs, and what is taken out of it.

use std::sync::Arc;

use aegis_document::ReadError;
use serde_json::Value;

use super::{
    AvailabilityZone, DocumentInfo, Handshake, Image, Instance, InstanceType, MissingStage,
    ProbeOutcome, Rule, SecurityGroup, Subnet, Tag, Volume, Vpc,
};

/// Bytes that an answer costs the guest and the budget: its texts, and a flat rate for each record.
pub(in crate::sandbox) trait Weight {
    fn weight(&self) -> usize;
}

/// What a record without its texts is charged.
const RECORD: usize = 32;

macro_rules! weights {
    ($($type:ident { $($field:ident),* })*) => {$(
        impl Weight for $type {
            fn weight(&self) -> usize {
                RECORD $(+ self.$field.weight())*
            }
        }
    )*};
}

weights! {
    Tag { key, value }
    AvailabilityZone { name, id }
    InstanceType { name, architectures, zones }
    Vpc { id, cidr_blocks, tags }
    Subnet { id, vpc_id, zone, cidr_block, tags }
    Rule { protocol, peers }
    SecurityGroup { id, name, vpc_id, rules, tags }
    Volume { id, zone, kms_key, attached_to, tags }
    Instance { id, kind, zone, state, image, subnet_id, private_ip, public_ip, tags }
    Image { id, name, owner, architecture, creation_date }
    DocumentInfo { identity }
    MissingStage { reason }
    Handshake { version, cipher_suite, certificates }
}

impl Weight for bool {
    fn weight(&self) -> usize {
        1
    }
}

impl Weight for String {
    fn weight(&self) -> usize {
        self.len()
    }
}

impl Weight for Vec<u8> {
    fn weight(&self) -> usize {
        self.len()
    }
}

impl<T: Weight> Weight for Option<T> {
    fn weight(&self) -> usize {
        self.as_ref().map_or(0, Weight::weight)
    }
}

macro_rules! lists {
    ($($type:ty),*) => {$(
        impl Weight for Vec<$type> {
            fn weight(&self) -> usize {
                self.iter().map(|item| 8 + item.weight()).sum()
            }
        }
    )*};
}

lists!(
    String,
    Vec<u8>,
    Tag,
    AvailabilityZone,
    InstanceType,
    Vpc,
    Subnet,
    Rule,
    SecurityGroup,
    Volume,
    Instance,
    Image,
    DocumentInfo,
    MissingStage
);

impl Weight for ProbeOutcome {
    fn weight(&self) -> usize {
        match self {
            Self::Established(handshake) => handshake.weight(),
            Self::Refused(reason) => reason.weight(),
        }
    }
}

/// Takes the data out of a Secret, and the copy of it that `kubectl apply` leaves in an annotation. A `List`
/// is looked through.
pub(super) fn without_secret_data(object: Arc<Value>) -> Arc<Value> {
    if !holds_secret(&object) {
        return object;
    }
    let mut object = Arc::unwrap_or_clone(object);
    strip(&mut object);
    Arc::new(object)
}

/// [`without_secret_data`] of an object as JSON text; `None` where the text has nothing of a Secret in it, which costs
/// no reading. A kind that is escaped is looked for in the object.
pub(super) fn without_secret_text(text: &str) -> Option<Result<String, ReadError>> {
    if !text.contains("Secret") && !text.contains("\\u") {
        return None;
    }
    let object = match aegis_document::read(text.as_bytes(), aegis_document::Limits::LARGE) {
        Ok(object) => Arc::new(object),
        Err(error) => return Some(Err(error)),
    };
    holds_secret(&object).then(|| Ok(without_secret_data(object).to_string()))
}

fn holds_secret(object: &Value) -> bool {
    let items = object.get("items").and_then(Value::as_array);
    is_secret(object) || items.is_some_and(|items| items.iter().any(holds_secret))
}

fn is_secret(object: &Value) -> bool {
    object.get("kind").and_then(Value::as_str) == Some("Secret")
}

fn strip(object: &mut Value) {
    let secret = is_secret(object);
    let Some(fields) = object.as_object_mut() else {
        return;
    };
    if secret {
        fields.remove("data");
        fields.remove("stringData");
        let annotations = fields
            .get_mut("metadata")
            .and_then(|metadata| metadata.get_mut("annotations"))
            .and_then(Value::as_object_mut);
        if let Some(annotations) = annotations {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    if let Some(items) = fields.get_mut("items").and_then(Value::as_array_mut) {
        items.iter_mut().for_each(strip);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_loses_its_data_and_keeps_the_rest() {
        let secret = json!({
            "kind": "Secret", "type": "Opaque", "data": {"a": "czNjcmV0"}, "stringData": {"b": "s3cret"},
            "metadata": {"name": "x", "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":\"s3cret\"}", "keep": "me",
            }},
        });
        let list = json!({"kind": "List", "items": [secret]});
        for object in [secret, list] {
            let shown = without_secret_data(Arc::new(object)).to_string();
            assert!(
                !shown.contains("s3cret") && !shown.contains("czNjcmV0"),
                "{shown}"
            );
            assert!(
                shown.contains("Opaque") && shown.contains("keep"),
                "{shown}"
            );
        }
    }

    #[test]
    fn the_text_of_a_secret_loses_its_data_however_it_is_spelled() {
        for kind in ["Secret", "\\u0053ecret"] {
            let text = format!(r#"{{"kind":"{kind}","data":{{"a":"czNjcmV0"}},"type":"Opaque"}}"#);
            let shown = without_secret_text(&text).unwrap().unwrap();
            assert_eq!(shown, r#"{"kind":"Secret","type":"Opaque"}"#);
        }
        for text in [
            r#"{"kind":"ConfigMap","data":{"a":"b"}}"#,
            r#"{"kind":"ConfigMap","data":{"a":"Secret \\u0000"}}"#,
        ] {
            assert!(without_secret_text(text).is_none(), "{text}");
        }
        assert!(without_secret_text(r#"{"kind":"Secret""#).unwrap().is_err());
    }

    #[test]
    fn other_objects_stay_as_they_are() {
        let object = Arc::new(json!({"kind": "ConfigMap", "data": {"a": "b"}}));
        assert!(Arc::ptr_eq(
            &object,
            &without_secret_data(Arc::clone(&object))
        ));
    }
}
