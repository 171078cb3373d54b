//! IAM actions: their syntax, and which of them hand out more than they say.

use std::fmt;

use crate::capability::Risk;

/// An action of a statement: `service:Name`, where the name may hold `*` and `?`, or `*` alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Action(String);

/// Actions that change who may do what, run something with a role, give out credentials or secrets,
/// or cut the owner off. Each ends in `*` or is one action; lower case, as IAM does not tell cases
/// apart.
const POWER: &[&str] = &[
    "account:*",
    "autoscaling:createlaunchconfiguration",
    "cloudformation:*",
    "cloudtrail:deletetrail",
    "cloudtrail:stoplogging",
    "cloudtrail:updatetrail",
    "codebuild:*",
    "cognito-identity:*",
    "datapipeline:*",
    "ec2-instance-connect:*",
    "ec2:associateiaminstanceprofile",
    "ec2:createlaunchtemplate*",
    "ec2:getpassworddata",
    "ec2:modifyinstanceattribute",
    "ec2:modifylaunchtemplate",
    "ec2:replaceiaminstanceprofileassociation",
    "ec2:requestspot*",
    "ec2:runinstances",
    "ecr:getauthorizationtoken",
    "ecr:putregistrypolicy",
    "ecr:setrepositorypolicy",
    "ecs:executecommand",
    "ecs:registertaskdefinition",
    "ecs:runtask",
    "ecs:starttask",
    "eks:*",
    "glue:*",
    "iam:*",
    "identitystore:*",
    "kms:creategrant",
    "kms:deletealias",
    "kms:disablekey",
    "kms:putkeypolicy",
    "kms:replicatekey",
    "kms:schedulekeydeletion",
    "kms:updateprimaryregion",
    "lambda:*",
    "organizations:*",
    "ram:*",
    "rolesanywhere:*",
    "s3:bypassgovernanceretention",
    "s3:deleteaccesspoint*",
    "s3:deletebucket*",
    "s3:putaccesspointpolicy",
    "s3:putaccountpublicaccessblock",
    "s3:putbucketacl",
    "s3:putbucketownershipcontrols",
    "s3:putbucketpolicy",
    "s3:putbucketpublicaccessblock",
    "s3:putobjectacl",
    "s3:replicate*",
    "sagemaker:*",
    "secretsmanager:*",
    "servicecatalog:*",
    "sns:addpermission",
    "sns:settopicattributes",
    "sqs:addpermission",
    "sqs:setqueueattributes",
    "ssm:*",
    "sso-admin:*",
    "sso:*",
    "states:*",
    "sts:*",
];

/// Actions within [`POWER`] that only tell what is there.
const READING: &[&str] = &[
    "cloudformation:describe*",
    "cloudformation:list*",
    "eks:describe*",
    "eks:list*",
    "iam:get*",
    "iam:list*",
    "iam:simulate*",
    "lambda:list*",
    "organizations:describe*",
    "organizations:list*",
    "ram:list*",
    "secretsmanager:describesecret",
    "secretsmanager:listsecrets",
    "ssm:describe*",
    "ssm:list*",
    "sts:getcalleridentity",
];

impl Action {
    /// Reads an action, or `None` when the text is none. A `*` within the service's name is none
    /// either: IAM does not know it.
    pub fn new(text: &str) -> Option<Self> {
        let service = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'?');
        let fits = text == "*"
            || text.split_once(':').is_some_and(|(before, after)| {
                !before.is_empty()
                    && !after.is_empty()
                    && before.bytes().all(service)
                    && after.bytes().all(name)
            });
        (fits && text.len() <= 128).then(|| Self(text.to_owned()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Power for an action that is, or may mean, one of those that hand out more than they say.
    pub fn risk(&self) -> Risk {
        let action = self.0.to_ascii_lowercase();
        let beginning = action.split(['*', '?']).next().unwrap_or_default();
        let exact = beginning.len() == action.len();
        let within = |entry: &str| match entry.strip_suffix('*') {
            Some(entry) => beginning.starts_with(entry),
            None => exact && action == entry,
        };
        let may_mean = |entry: &str| {
            within(entry)
                || (!exact
                    && entry
                        .strip_suffix('*')
                        .unwrap_or(entry)
                        .starts_with(beginning))
        };
        if POWER.iter().any(|entry| may_mean(entry)) && !READING.iter().any(|entry| within(entry)) {
            Risk::Power
        } else {
            Risk::Plain
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_service_and_a_name_are_an_action() {
        for text in [
            "*",
            "s3:GetObject",
            "s3:*",
            "ec2:Describe*",
            "kms:?ncrypt",
            "execute-api:Invoke",
        ] {
            assert!(Action::new(text).is_some(), "{text}");
        }
        for text in [
            "",
            "s3",
            "s3:",
            ":GetObject",
            "s3*:Get",
            "S3:GetObject",
            "s3:Get Object",
            "s3:Get:Object",
            "**",
            "s3:${x}",
        ] {
            assert!(Action::new(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_action_that_may_mean_power_is_power() {
        for (text, risk) in [
            ("s3:GetObject", Risk::Plain),
            ("ec2:Describe*", Risk::Plain),
            ("iam:GetRole", Risk::Plain),
            ("iam:List*", Risk::Plain),
            ("logs:*", Risk::Plain),
            ("kms:Decrypt", Risk::Plain),
            ("iam:PassRole", Risk::Power),
            ("iam:passrole", Risk::Power),
            ("iam:*", Risk::Power),
            ("iam:?assRole", Risk::Power),
            ("kms:Create*", Risk::Power),
            ("kms:*", Risk::Power),
            ("s3:*", Risk::Power),
            ("sts:AssumeRole", Risk::Power),
            ("*", Risk::Power),
        ] {
            assert_eq!(Action::new(text).unwrap().risk(), risk, "{text}");
        }
    }

    #[test]
    fn the_tables_are_lower_case_patterns() {
        for entry in POWER.iter().chain(READING) {
            let body = entry.strip_suffix('*').unwrap_or(entry);
            assert!(body.contains(':') && !body.contains(['*', '?']), "{entry}");
            assert_eq!(body, body.to_ascii_lowercase(), "{entry}");
        }
    }
}
