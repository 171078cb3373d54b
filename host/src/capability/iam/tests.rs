use serde_json::{Value, json};

use super::*;
use crate::capability::Risk;
use crate::fact::Format;
use crate::template::{Node, Token};

/// Every fact is an ARN, except one named `text`; the ARN of every resource is its own.
struct Fake;

impl Tokens for Fake {
    fn format(&self, token: &Token) -> Option<Format> {
        match token {
            Token::Fact(fact) if fact.fact.name == "text" => Some(Format::Text),
            _ => Some(Format::Arn),
        }
    }

    fn own(&self, token: &Token) -> Option<&'static str> {
        match token {
            Token::Resource(resource) if resource.attribute() == "arn" => Some("/"),
            _ => None,
        }
    }
}

const ROLE: PolicyKind = PolicyKind::Identity;
const THING: PolicyKind = PolicyKind::Resource {
    star_is_self: false,
};
const KEY: PolicyKind = PolicyKind::Resource { star_is_self: true };

fn read(kind: PolicyKind, statement: Value) -> Result<Policy, PolicyError> {
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    Policy::parse(&Node::parse(&policy).unwrap(), kind)
}

fn allows(kind: PolicyKind, statement: Value) -> Result<Vec<String>, PolicyError> {
    Ok(read(kind, statement)?
        .allows(&Fake)?
        .iter()
        .map(Allow::to_string)
        .collect())
}

fn grant(actions: &[&str], resources: &[&str], principals: &[&str]) -> IamGrant {
    serde_json::from_value(
        json!({"actions": actions, "resources": resources, "principals": principals}),
    )
    .unwrap()
}

#[test]
fn a_statement_is_every_action_on_every_resource_for_every_principal() {
    let statement = json!({
        "Effect": "Allow",
        "Principal": {"Service": ["ec2.amazonaws.com"], "AWS": "111122223333"},
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": "@{resource:aws_s3_bucket.b.arn}/*",
    });
    assert_eq!(
        allows(THING, statement).unwrap(),
        [
            "allow s3:GetObject on {aws_s3_bucket.b.arn}/* to aws:111122223333",
            "allow s3:GetObject on {aws_s3_bucket.b.arn}/* to service:ec2.amazonaws.com",
            "allow s3:PutObject on {aws_s3_bucket.b.arn}/* to aws:111122223333",
            "allow s3:PutObject on {aws_s3_bucket.b.arn}/* to service:ec2.amazonaws.com",
        ]
    );
}

#[test]
fn what_a_grant_cannot_hold_is_not_read() {
    let base = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
    for (kind, key, value) in [
        (ROLE, "NotAction", json!("iam:*")),
        (ROLE, "NotResource", json!("*")),
        (THING, "NotPrincipal", json!({"AWS": "111122223333"})),
        (ROLE, "Principal", json!("*")),
        (ROLE, "Effect", json!("allow")),
        (ROLE, "Effect", json!("@{effect}")),
        (ROLE, "Action", json!("@{action}")),
        (ROLE, "Action", json!("s3:@{action}")),
        (ROLE, "Action", json!([])),
        (ROLE, "Action", json!({"a": "b"})),
        (ROLE, "Action", json!("s3*:Get")),
        (ROLE, "Sid", json!("@{sid}")),
        (ROLE, "Resource", json!("bucket")),
        (ROLE, "Resource", json!("")),
        (ROLE, "Resource", json!(["*", 1])),
        (ROLE, "Resource", json!("arn:aws:s3:::a\",\"x\":\"*")),
        (
            ROLE,
            "Resource",
            json!("arn:aws:s3:::{aws_s3_bucket.b.arn}"),
        ),
        (ROLE, "Resource", json!("{aws_s3_bucket.b.arn}")),
        (ROLE, "Resource", json!("self")),
        (ROLE, "Resource", json!("@{text}")),
        (ROLE, "Resource", json!("arn:aws:s3:::$@{bucket}")),
        (ROLE, "Extra", json!(1)),
        (ROLE, "Condition", json!({"Sometimes": {"a:b": "c"}})),
        (ROLE, "Condition", json!({"StringEquals": {"a b": "c"}})),
        (
            ROLE,
            "Condition",
            json!({"StringEquals": {"a:b": {"c": "d"}}}),
        ),
        (
            ROLE,
            "Condition",
            json!({"StringEquals": {"a:b": "@{text}"}}),
        ),
        (THING, "Principal", json!({"AWS": "arn:aws:iam::1:role/*"})),
        (
            THING,
            "Principal",
            json!({"AWS": "arn:aws:iam::1:role/${aws:username}"}),
        ),
        (THING, "Principal", json!({"AWS": "somebody"})),
        (THING, "Principal", json!({"AWS": ["*", "somebody"]})),
        (THING, "Principal", json!({"Service": "*"})),
        (THING, "Principal", json!({"Service": "@{service}"})),
        (THING, "Principal", json!({"Everyone": "*"})),
        (THING, "Principal", json!({})),
        (THING, "Principal", json!([])),
        (THING, "Principal", json!({"CanonicalUser": "x"})),
        (PolicyKind::Trust, "Action", json!("sts:AssumeRole")),
    ] {
        let mut statement = base.clone();
        statement[key] = value.clone();
        assert!(allows(kind, statement).is_err(), "{key} {value}");
    }
    assert!(allows(ROLE, base.clone()).is_ok());
    assert!(
        allows(THING, base).is_err(),
        "a policy of a thing says for whom"
    );
}

#[test]
fn a_policy_is_a_document_and_never_text() {
    for policy in [
        json!("{\"Version\":\"2012-10-17\"}"),
        json!({"Statement": []}),
        json!({"Version": "2008-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}),
        json!({"Version": "@{v}", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}),
        json!({"Version": "2012-10-17", "Statement": []}),
        json!({"Version": "2012-10-17", "Statement": "x"}),
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}], "X": 1}),
    ] {
        assert!(
            Policy::parse(&Node::parse(&policy).unwrap(), ROLE).is_err(),
            "{policy}"
        );
    }
}

#[test]
fn a_trust_policy_only_says_who_may_assume_the_role() {
    let service = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    assert_eq!(
        allows(PolicyKind::Trust, service.clone()).unwrap(),
        ["allow sts:AssumeRole on self to service:ec2.amazonaws.com"]
    );
    for (key, value) in [
        ("Action", json!("sts:*")),
        ("Action", json!("iam:PassRole")),
        ("Resource", json!("*")),
    ] {
        let mut statement = service.clone();
        statement[key] = value.clone();
        assert!(
            allows(PolicyKind::Trust, statement).is_err(),
            "{key} {value}"
        );
    }
}

#[test]
fn a_web_identity_is_held_to_its_subjects() {
    let trust = |operator: &str, key: &str, value: Value| {
        allows(
            PolicyKind::Trust,
            json!({
                "Effect": "Allow",
                "Principal": {"Federated": "@{resource:aws_iam_openid_connect_provider.github.arn}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {operator: {key: value}},
            }),
        )
    };
    let github = "token.actions.githubusercontent.com:sub";
    assert!(
        trust(
            "StringEquals",
            github,
            json!("repo:shop/platform:environment:prod")
        )
        .is_ok()
    );
    assert!(trust("StringLike", github, json!("repo:shop/platform:*")).is_ok());
    assert!(
        trust(
            "StringLike",
            "oidc.example.com:sub",
            json!("system:serviceaccount:orders:*")
        )
        .is_ok()
    );
    for (operator, key, value) in [
        ("StringLike", github, json!("*")),
        ("StringLike", github, json!("repo:*")),
        ("StringLike", github, json!("repo:shop/*")),
        ("StringLike", github, json!(["repo:shop/platform:*", "*"])),
        (
            "StringEquals",
            github,
            json!("${token.actions.githubusercontent.com:sub}"),
        ),
        (
            "StringEqualsIfExists",
            github,
            json!("repo:shop/platform:environment:prod"),
        ),
        (
            "ForAllValues:StringEquals",
            github,
            json!("repo:shop/platform:environment:prod"),
        ),
        (
            "StringNotEquals",
            github,
            json!("repo:shop/platform:environment:prod"),
        ),
        (
            "StringEquals",
            "token.actions.githubusercontent.com:aud",
            json!("sts.amazonaws.com"),
        ),
    ] {
        let error = trust(operator, key, value.clone()).unwrap_err();
        assert_eq!(
            error.problem,
            PolicyProblem::NoSubject,
            "{operator} {value}"
        );
    }
}

#[test]
fn a_grant_covers_what_it_says_and_nothing_wider() {
    let covers = |grant: &IamGrant, kind, statement: Value| {
        let policy = read(kind, statement).unwrap();
        policy
            .allows(&Fake)
            .unwrap()
            .iter()
            .all(|allow| grant.covers(allow))
    };
    let on = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    for (actions, resources, action, resource, covered) in [
        (
            &["s3:Get*"][..],
            &["arn:aws:s3:::shop-*"][..],
            "s3:GetObject",
            "arn:aws:s3:::shop-a/*",
            true,
        ),
        (
            &["s3:Get*"],
            &["arn:aws:s3:::shop-*"],
            "s3:GetObject",
            "arn:aws:s3:::*",
            false,
        ),
        (
            &["s3:Get*"],
            &["arn:aws:s3:::shop-*"],
            "s3:GetObject",
            "*",
            false,
        ),
        (&["s3:Get*"], &["*"], "s3:GetObject", "*", true),
        (&["s3:Get*"], &["*"], "s3:Get*", "*", true),
        (&["s3:Get*"], &["*"], "s3:*", "*", false),
        (&["s3:*"], &["*"], "s3:*", "*", true),
        (&["s3:*"], &["*"], "s3:Get*", "*", true),
        (&["s3:*"], &["*"], "s3:PutBucketPolicy", "*", false),
        (&["s3:*"], &["*"], "*", "*", false),
        (&["*"], &["*"], "*", "*", true),
        (&["*"], &["*"], "iam:PassRole", "*", false),
        (&["iam:*"], &["*"], "iam:PassRole", "*", false),
        (&["iam:PassRole"], &["*"], "iam:PassRole", "*", true),
        (&["iam:PassRole"], &["*"], "iam:passrole", "*", false),
        (
            &["s3:GetObject"],
            &["self"],
            "s3:GetObject",
            "@{resource:aws_s3_bucket.b.arn}/*",
            true,
        ),
        (
            &["s3:GetObject"],
            &["self"],
            "s3:GetObject",
            "@{resource:aws_s3_bucket.b.arn}-other/*",
            false,
        ),
        (
            &["s3:GetObject"],
            &["self"],
            "s3:GetObject",
            "@{state.bucket-arn}/*",
            false,
        ),
        (
            &["s3:GetObject"],
            &["self"],
            "s3:GetObject",
            "arn:aws:s3:::self",
            false,
        ),
        (
            &["s3:GetObject"],
            &["{fact:state.bucket-arn}/*"],
            "s3:GetObject",
            "@{use1/state.bucket-arn}/*",
            true,
        ),
        (
            &["s3:GetObject"],
            &["{fact:state.bucket-arn}/*"],
            "s3:GetObject",
            "@{use1/other.bucket-arn}/*",
            false,
        ),
        (&["s3:GetObject"], &[], "s3:GetObject", "*", false),
        (&[], &["*"], "s3:GetObject", "*", false),
    ] {
        let grant = grant(actions, resources, &[]);
        assert_eq!(
            covers(&grant, ROLE, on(action, resource)),
            covered,
            "{actions:?} {resources:?}: {action} {resource}"
        );
    }
}

#[test]
fn everybody_is_only_everybody_by_name() {
    let to = |principal: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "@{resource:aws_s3_bucket.b.arn}/*"});
    for (principals, principal, covered) in [
        (&["*"][..], json!("*"), true),
        (&["*"], json!({"AWS": "*"}), true),
        (&["aws:*"], json!("*"), false),
        (&["aws:*"], json!({"AWS": "*"}), false),
        (&["aws:111122223333"], json!({"AWS": "111122223333"}), true),
        (
            &["aws:111122223333"],
            json!({"AWS": ["111122223333", "444455556666"]}),
            false,
        ),
        (
            &["service:ec2.amazonaws.com"],
            json!({"Service": "ec2.amazonaws.com"}),
            true,
        ),
        (&["aws:*"], json!({"Service": "ec2.amazonaws.com"}), false),
        (
            &["self"],
            json!({"AWS": "@{resource:aws_iam_role.r.arn}"}),
            true,
        ),
        (
            &["self"],
            json!({"AWS": "@{resource:aws_iam_role.r.arn}/x"}),
            false,
        ),
        (&[], json!({"AWS": "111122223333"}), false),
    ] {
        let policy = read(THING, to(principal.clone())).unwrap();
        let grant = grant(&["s3:GetObject"], &["self"], principals);
        let all = policy
            .allows(&Fake)
            .unwrap()
            .iter()
            .all(|allow| grant.covers(allow));
        assert_eq!(all, covered, "{principals:?} {principal}");
    }
    let everybody = read(THING, to(json!("*"))).unwrap().allows(&Fake).unwrap();
    assert!(everybody.iter().all(|allow| allow.risk() == Risk::Power));
}

#[test]
fn a_line_for_things_does_not_reach_policies_of_roles() {
    let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
    let allows = read(ROLE, statement).unwrap().allows(&Fake).unwrap();
    assert!(
        allows
            .iter()
            .all(|allow| !grant(&["s3:GetObject"], &["*"], &["*"]).covers(allow))
    );
}

#[test]
fn a_denial_needs_no_grant_but_is_read() {
    let deny = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["@{resource:aws_s3_bucket.b.arn}"],
        "Condition": {"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"s3:TlsVersion": 1.2}},
    });
    assert_eq!(allows(THING, deny.clone()), Ok(vec![]));
    let mut spliced = deny;
    spliced["Resource"] = json!("@{text}");
    assert!(allows(THING, spliced).is_err());
}

#[test]
fn everything_of_a_key_is_the_key() {
    let statement = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"});
    assert_eq!(
        allows(KEY, statement.clone()).unwrap(),
        ["allow kms:* on self to aws:111122223333"]
    );
    assert_eq!(
        allows(THING, statement).unwrap(),
        ["allow kms:* on * to aws:111122223333"]
    );
}

#[test]
fn a_policy_nobody_could_judge_is_refused() {
    let actions: Vec<String> = (0..100).map(|n| format!("s3:A{n}")).collect();
    let resources: Vec<String> = (0..100).map(|n| format!("arn:aws:s3:::b{n}")).collect();
    let error = allows(
        ROLE,
        json!({"Effect": "Allow", "Action": actions, "Resource": resources}),
    )
    .unwrap_err();
    assert_eq!(error.problem, PolicyProblem::TooWide(Policy::MAX_ALLOWS));
}

#[test]
fn the_printed_policy_reads_back_to_the_same_statements() {
    let statements = json!([
        {
            "Sid": "one", "Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:GetObject"],
            "Resource": ["@{resource:aws_s3_bucket.b.arn}/${aws:username}/*"],
        },
        {
            "Effect": "Deny", "Principal": {"Service": ["a.amazonaws.com", "b.amazonaws.com"]}, "Action": ["s3:Get*", "s3:Put*"],
            "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": [false]}, "StringEquals": {"a:b": ["c", "d"]}},
        },
    ]);
    let document = json!({"Version": "2012-10-17", "Id": "policy", "Statement": statements});
    let policy = Policy::parse(&Node::parse(&document).unwrap(), THING).unwrap();
    let printed = policy.to_node();
    assert_eq!(Policy::parse(&printed, THING).as_ref(), Ok(&policy));
    assert_eq!(
        printed.to_source()["Statement"][0],
        json!({
            "Sid": "one", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": "@{resource:aws_s3_bucket.b.arn}/${aws:username}/*",
        })
    );
}
