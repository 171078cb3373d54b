//! GitHub workflows.

use serde_json::{Value, json};

use super::super::codes::{FORBIDDEN, MALFORMED_FIELD, NOT_REQUESTED};
use super::{COMMIT, change, codes, id, widest, with};
use crate::proposal::{Access, Action, Job, Permission, Step, Trigger, Workflow};

fn workflow() -> Workflow {
    Workflow {
        file: id("build"),
        name: "Build".into(),
        triggers: vec![Trigger::Push(vec!["main".into()])],
        concurrency: Some("build".into()),
        jobs: vec![Job {
            id: id("build"),
            runs_on: "ubuntu-24.04".into(),
            needs: Vec::new(),
            environment: None,
            permissions: vec![Permission {
                name: "contents".into(),
                access: Access::Read,
            }],
            timeout_minutes: 30,
            steps: vec![
                Step::Uses {
                    name: "Check out".into(),
                    action: "actions/checkout".into(),
                    commit: COMMIT.into(),
                    version: "v5.0.0".into(),
                    with: vec![("persist-credentials".into(), "false".into())],
                },
                Step::Run {
                    name: "Test".into(),
                    script: "make test\n".into(),
                    env: vec![("REVISION".into(), "${{ github.sha }}".into())],
                },
            ],
        }],
    }
}

fn ci() -> Value {
    with(
        widest(),
        &[
            json!({"capability": "ci", "workflows": ["build"], "triggers": ["push"],
        "permissions": {"contents": "read"}, "runners": ["ubuntu-24.04"],
        "actions": [format!("actions/checkout@{COMMIT}")], "scripts": true}),
        ],
    )
}

#[test]
fn an_honest_workflow_is_allowed() {
    assert_eq!(
        codes(&ci(), change(Action::Workflow(workflow()), None)),
        [""; 0]
    );
}

#[test]
fn a_hostile_workflow_is_refused() {
    type Edit = fn(&mut Workflow);
    fn run(workflow: &mut Workflow) -> (&mut String, &mut Vec<(String, String)>) {
        match &mut workflow.jobs[0].steps[1] {
            Step::Run { script, env, .. } => (script, env),
            Step::Uses { .. } => unreachable!(),
        }
    }
    fn uses(workflow: &mut Workflow) -> (&mut String, &mut String, &mut Vec<(String, String)>) {
        match &mut workflow.jobs[0].steps[0] {
            Step::Uses {
                action,
                commit,
                with,
                ..
            } => (action, commit, with),
            Step::Run { .. } => unreachable!(),
        }
    }
    let cases: Vec<(&str, Edit, &str)> = vec![
        (
            "an identity token",
            |w| {
                w.jobs[0].permissions.push(Permission {
                    name: "id-token".into(),
                    access: Access::Write,
                })
            },
            NOT_REQUESTED,
        ),
        (
            "writing the repository",
            |w| w.jobs[0].permissions[0].access = Access::Write,
            NOT_REQUESTED,
        ),
        (
            "all permissions",
            |w| w.jobs[0].permissions[0].name = "write-all".into(),
            MALFORMED_FIELD,
        ),
        (
            "a runner of its own",
            |w| w.jobs[0].runs_on = "self-hosted".into(),
            NOT_REQUESTED,
        ),
        (
            "a runner by expression",
            |w| w.jobs[0].runs_on = "${{ github.event.x }}".into(),
            MALFORMED_FIELD,
        ),
        (
            "another action",
            |w| *uses(w).0 = "evil/action".into(),
            NOT_REQUESTED,
        ),
        (
            "another commit",
            |w| *uses(w).1 = COMMIT.replace('0', "1"),
            NOT_REQUESTED,
        ),
        ("an action by tag", |w| *uses(w).1 = "v5".into(), FORBIDDEN),
        (
            "a local action",
            |w| *uses(w).0 = "./x/y".into(),
            MALFORMED_FIELD,
        ),
        (
            "an image as action",
            |w| *uses(w).0 = "docker://evil".into(),
            MALFORMED_FIELD,
        ),
        (
            "an expression in a script",
            |w| run(w).0.push_str("echo ${{ github.event.issue.title }}"),
            FORBIDDEN,
        ),
        (
            "event data in a variable",
            |w| {
                run(w)
                    .1
                    .push(("T".into(), "${{ github.event.issue.title }}".into()))
            },
            FORBIDDEN,
        ),
        (
            "a function",
            |w| run(w).1.push(("T".into(), "${{ toJSON(secrets) }}".into())),
            FORBIDDEN,
        ),
        (
            "a branch's name in an input",
            |w| {
                uses(w)
                    .2
                    .push(("ref".into(), "${{ github.ref_name }}".into()))
            },
            FORBIDDEN,
        ),
        (
            "a secret",
            |w| {
                run(w)
                    .1
                    .push(("T".into(), "${{ secrets.DEPLOY_KEY }}".into()))
            },
            NOT_REQUESTED,
        ),
        (
            "an open expression",
            |w| run(w).1.push(("T".into(), "${{ github.sha".into())),
            MALFORMED_FIELD,
        ),
        (
            "the loader",
            |w| run(w).1.push(("LD_PRELOAD".into(), "x".into())),
            FORBIDDEN,
        ),
        (
            "the runner's files",
            |w| run(w).1.push(("GITHUB_ENV".into(), "x".into())),
            FORBIDDEN,
        ),
        (
            "an escape in a script",
            |w| run(w).0.push('\u{1b}'),
            MALFORMED_FIELD,
        ),
        (
            "another trigger in the name",
            |w| w.name = "x\non: pull_request_target".into(),
            MALFORMED_FIELD,
        ),
        (
            "pull requests",
            |w| w.triggers.push(Trigger::PullRequest(vec!["main".into()])),
            "",
        ),
        (
            "a cron with a command",
            |w| w.triggers.push(Trigger::Schedule("* * * * *; x".into())),
            MALFORMED_FIELD,
        ),
        (
            "a job that waits for none",
            |w| w.jobs[0].needs.push(id("other")),
            MALFORMED_FIELD,
        ),
        (
            "a job without end",
            |w| w.jobs[0].timeout_minutes = 0,
            MALFORMED_FIELD,
        ),
    ];
    for (claim, edit, expected) in cases {
        let mut hostile = workflow();
        edit(&mut hostile);
        let found = codes(&ci(), change(Action::Workflow(hostile), None));
        assert_eq!(
            found.first().copied().unwrap_or(""),
            expected,
            "{claim}: {found:?}"
        );
    }
    let mut identity = workflow();
    identity.triggers = vec![Trigger::PullRequest(vec!["main".into()])];
    identity.jobs[0].permissions.push(Permission {
        name: "id-token".into(),
        access: Access::Write,
    });
    let all = with(
        ci(),
        &[
            json!({"capability": "ci", "workflows": ["build"], "triggers": ["pull-request"], "runners": [],
        "permissions": {"id-token": "write"}}),
        ],
    );
    assert_eq!(
        codes(&all, change(Action::Workflow(identity), None)),
        [FORBIDDEN],
        "no stranger's pull request gets an identity"
    );
}
