//! The findings in a plan's body: each control once, and findings that count from 0 into that list.
//!
//! A plan of a thousand clusters has tens of thousands of findings of some thirty controls, whose titles and
//! remediations would be half of its body.

use std::collections::HashMap;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::document::PlannedFinding;
use super::identity::InstanceId;
use crate::proposal::{Control, Finding};

#[derive(Serialize)]
struct Written<'a> {
    controls: Vec<&'a Control>,
    list: Vec<WrittenFinding<'a>>,
}

#[derive(Serialize)]
struct WrittenFinding<'a> {
    instance: &'a InstanceId,
    control: usize,
    finding: &'a Finding,
    exception: &'a Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    controls: Vec<Arc<Control>>,
    list: Vec<ReadFinding>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadFinding {
    instance: InstanceId,
    control: usize,
    finding: Finding,
    exception: Option<String>,
}

pub fn serialize<S: Serializer>(
    findings: &[PlannedFinding],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut controls: Vec<&Control> = Vec::new();
    let mut known: HashMap<*const Control, usize> = HashMap::new();
    let list = findings
        .iter()
        .map(|found| {
            let control = *known.entry(Arc::as_ptr(&found.control)).or_insert_with(|| {
                // Equal ones may come from several instances of a stage.
                let place = controls.iter().position(|other| **other == *found.control);
                place.unwrap_or_else(|| {
                    controls.push(&found.control);
                    controls.len() - 1
                })
            });
            WrittenFinding {
                instance: &found.instance,
                control,
                finding: &found.finding,
                exception: &found.exception,
            }
        })
        .collect();
    Written { controls, list }.serialize(serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<PlannedFinding>, D::Error> {
    let Read { controls, list } = Read::deserialize(deserializer)?;
    list.into_iter()
        .map(|found| {
            let control = controls
                .get(found.control)
                .ok_or_else(|| D::Error::custom("a finding is of a control that is not listed"))?;
            Ok(PlannedFinding {
                instance: found.instance,
                control: Arc::clone(control),
                finding: found.finding,
                exception: found.exception,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use aegis_document::Identifier;
    use serde_json::{Value, json};

    use super::*;
    use crate::proposal::{ControlScope, Outcome, Severity};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Body(#[serde(with = "super")] Vec<PlannedFinding>);

    fn found(control: &Arc<Control>) -> PlannedFinding {
        PlannedFinding {
            instance: "use1/checks".parse().unwrap(),
            control: Arc::clone(control),
            finding: Finding {
                control: control.id.clone(),
                outcome: Outcome::Fail,
                document: None,
                cluster: None,
                pointer: None,
                message: "m".to_owned(),
                evidence: None,
                feedback: None,
            },
            exception: None,
        }
    }

    fn control(id: &str) -> Arc<Control> {
        Arc::new(Control {
            id: Identifier::new(id).unwrap(),
            title: "t".to_owned(),
            frameworks: Vec::new(),
            severity: Severity::High,
            scope: ControlScope::Plan,
            remediation: "r".to_owned(),
        })
    }

    #[test]
    fn a_control_is_written_once_and_findings_read_back() {
        let (a, b) = (control("a"), control("b"));
        let body = Body(vec![found(&a), found(&b), found(&control("a")), found(&b)]);
        let written = serde_json::to_value(&body).unwrap();
        assert_eq!(written["controls"].as_array().map(Vec::len), Some(2));
        let places: Vec<&Value> = written["list"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| &found["control"])
            .collect();
        assert_eq!(places, [&json!(0), &json!(1), &json!(0), &json!(1)]);
        assert_eq!(serde_json::from_value::<Body>(written).unwrap(), body);
    }

    #[test]
    fn a_finding_of_no_control_is_refused() {
        let mut written = serde_json::to_value(Body(vec![found(&control("a"))])).unwrap();
        written["list"][0]["control"] = json!(1);
        assert!(serde_json::from_value::<Body>(written).is_err());
    }
}
