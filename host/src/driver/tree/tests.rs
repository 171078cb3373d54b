//! What documents look like in the tree, and what the tree refuses.

mod hostile_paths;
mod substitution;

use std::collections::BTreeMap;

use aegis_document::Digest;
use serde_json::json;

use super::*;
use crate::driver::document::Document;
use crate::driver::document::fixtures as proposed;
use crate::plan::{ChangeAction, Identity, InstanceId};
use crate::proposal::{Action, Step};
use crate::stack::ReleaseOwner;
use crate::state::InventoryEntry;
use crate::template::{Binding, Templated};

/// The facts of the documents in `proposed`, known or not.
fn facts(known: bool) -> (Shapes, Binding) {
    let (mut shapes, mut binding) = (Shapes::new(), Binding::default());
    for (fact, format, value) in [
        ("state.bucket", "dns-name", json!("shop-state")),
        ("use1/network.vpc-id", "aws-id", json!("vpc-1")),
        (
            "use1/network.subnets",
            "map<aws-id>",
            json!({"a": "subnet-1"}),
        ),
        ("use1/mesh.domain", "dns-name", json!("mesh.internal")),
        ("use1/dns.zone", "text", json!("zone\n---\nkind: Evil")),
        ("use1/dns.address", "dns-name", json!("lb.example.com")),
        ("use1/x", "text", json!("no: \"x\"")),
    ] {
        let (fact, format): (crate::fact::FactRef, crate::fact::Format) =
            (fact.parse().unwrap(), format.parse().unwrap());
        shapes.insert(
            fact.clone(),
            FactShape {
                format: format.clone(),
                secret: false,
            },
        );
        if known {
            binding.insert(fact, format, value);
        }
    }
    (shapes, binding)
}

fn rendered(
    identity: &Identity,
    document: &Document,
    known: bool,
) -> Result<Rendered, RenderError> {
    let (shapes, binding) = facts(known);
    rendered_with(identity, document, &shapes, &binding)
}

fn rendered_with(
    identity: &Identity,
    document: &Document,
    shapes: &Shapes,
    binding: &Binding,
) -> Result<Rendered, RenderError> {
    let instance: InstanceId = "use1/mesh".parse().unwrap();
    let context = RenderContext {
        instance: &instance,
        shapes,
        binding,
    };
    render(identity, document, &context)
}

fn shown(action: Action, owner: ReleaseOwner, known: bool) -> String {
    let documents = proposed::built(action, Some("use1"), owner).unwrap();
    let mut shown = String::new();
    for (identity, document) in documents {
        for (path, file) in rendered(&identity, &document, known).unwrap().files {
            shown += &format!("--- {path}\n{}", String::from_utf8(file.bytes).unwrap());
        }
    }
    shown
}

#[test]
fn documents_are_files_that_people_can_read() {
    let owner = ReleaseOwner::Aegis;
    for (name, action, owner) in [
        ("kops", Action::Kops(proposed::kops()), owner),
        ("object", Action::Apply(proposed::object()), owner),
        (
            "absent",
            Action::EnsureAbsent(proposed::object().reference()),
            owner,
        ),
        ("release", Action::Release(proposed::release()), owner),
        (
            "argocd-release",
            Action::Release(proposed::release()),
            ReleaseOwner::Argocd,
        ),
        (
            "application",
            Action::Application(proposed::application()),
            owner,
        ),
        ("workflow", Action::Workflow(proposed::workflow()), owner),
        ("tool", Action::Tool(proposed::tool()), owner),
    ] {
        insta::assert_snapshot!(name, shown(action, owner, true));
    }
}

#[test]
fn one_application_of_argo_cd_comes_from_one_document() {
    let mut raw = proposed::object();
    raw.group = "argoproj.io".into();
    raw.kind = "Application".into();
    raw.namespace = Some("argocd".into());
    raw.name = "istio-system-istiod".into();
    let mut typed = proposed::application();
    typed.name.clone_from(&raw.name);
    let mut other = proposed::release();
    other.namespace = "istio".into();
    other.name = "system-istiod".into();
    let actions = [
        Action::Application(typed),
        Action::EnsureAbsent(raw.reference()),
        Action::Apply(raw),
        Action::Release(proposed::release()),
        Action::Release(other),
    ];
    let claim = |claims: &mut Claims, action: &Action, owner| {
        let (identity, document) = proposed::built(action.clone(), Some("use1"), owner)
            .unwrap()
            .remove(0);
        claims.claim(
            &identity,
            &rendered(&identity, &document, true).unwrap().into_places(),
        )
    };
    for (index, first) in actions.iter().enumerate() {
        for second in actions.iter().skip(index + 1) {
            let mut claims = Claims::default();
            claim(&mut claims, first, ReleaseOwner::Argocd).unwrap();
            let second = claim(&mut claims, second, ReleaseOwner::Argocd);
            assert!(second.is_err(), "{first:?}");
        }
    }
    // A release of the host's own is no Application.
    let mut claims = Claims::default();
    claim(&mut claims, &actions[0], ReleaseOwner::Aegis).unwrap();
    claim(&mut claims, &actions[3], ReleaseOwner::Aegis).unwrap();
}

#[test]
fn a_document_with_an_unknown_fact_is_no_manifest() {
    insta::assert_snapshot!(
        "waiting",
        shown(
            Action::Apply(proposed::object()),
            ReleaseOwner::Aegis,
            false
        )
    );
    for action in [
        Action::Kops(proposed::kops()),
        Action::Release(proposed::release()),
        Action::Tool(proposed::tool()),
    ] {
        for (identity, document) in
            proposed::built(action, Some("use1"), ReleaseOwner::Argocd).unwrap()
        {
            let rendered = rendered(&identity, &document, false).unwrap();
            assert!(rendered.waiting());
            let tokens = rendered
                .files
                .values()
                .filter(|file| String::from_utf8_lossy(&file.bytes).contains("@{"));
            assert!(tokens.clone().count() > 0 && tokens.clone().all(|file| file.waiting));
        }
    }
}

#[test]
fn text_files_stay_out_of_places_that_mean_something() {
    let document = Document::File(Templated::literal("x"));
    let file = |path: &str| {
        rendered(
            &Identity::File {
                path: path.to_owned(),
            },
            &document,
            true,
        )
    };
    for path in ["README.md", "docs/a.md", "policies/x.rego", "terraform.md"] {
        assert!(file(path).is_ok(), "{path}");
    }
    for path in [
        "terraform/use1/override.tf.json",
        "Terraform/use1/readme.md",
        "docs/x.tf",
        "docs/x.auto.tfvars.json",
        "docs/X.TFVARS",
        "kops/use1/cluster.yaml",
        "clusters/use1/rbac.yaml",
        "tools/x.json",
        ".github/workflows/x.yml",
        ".GitHub/CODEOWNERS",
        "docs/CODEOWNERS",
        ".gitattributes",
        "docs/.gitmodules",
        "aegis.yaml",
        "AEGIS.LOCK",
        ".aegis/state/head.json",
        "docs/x.aegis",
        "../x",
        ".git/hooks/post-checkout",
        "docs/kustomization.yaml",
        "docs/Chart.yaml",
        "docs/HEAD",
        "docs/.mailmap",
        "docs/main.tf/x",
        "ci/action.yml",
    ] {
        assert!(file(path).is_err(), "{path}");
    }
}

#[test]
fn a_workflow_is_pinned_and_keeps_no_credentials() {
    let mut workflow = proposed::workflow();
    let Step::Uses { with, .. } = &mut workflow.jobs[0].steps[0] else {
        panic!()
    };
    with.push(("persist-credentials".into(), "true".into()));
    let text = shown(
        Action::Workflow(workflow.clone()),
        ReleaseOwner::Aegis,
        true,
    );
    assert!(text.contains("persist-credentials: \"true\"") && !text.contains("\"false\""));
    let hash = "0123456789012345678901234567890123456789";
    for tag in [
        "v5",
        "main",
        "0123456789",
        "",
        &format!("{hash} # x"),
        &hash.replace('0', "A"),
    ] {
        let mut evil = workflow.clone();
        let Step::Uses { commit, .. } = &mut evil.jobs[0].steps[0] else {
            panic!()
        };
        *commit = tag.to_owned();
        let identity: Identity = "workflow/deploy".parse().unwrap();
        assert!(
            rendered(&identity, &Document::Workflow(evil), true).is_err(),
            "{tag}"
        );
    }
}

#[test]
fn a_secret_never_gets_into_a_file() {
    let (mut shapes, binding) = facts(true);
    shapes.values_mut().for_each(|shape| shape.secret = true);
    let instance: InstanceId = "use1/mesh".parse().unwrap();
    let context = RenderContext {
        instance: &instance,
        shapes: &shapes,
        binding: &binding,
    };
    let (identity, document) = proposed::built(
        Action::Apply(proposed::object()),
        Some("use1"),
        ReleaseOwner::Aegis,
    )
    .unwrap()
    .remove(0);
    let error = render(&identity, &document, &context).unwrap_err();
    assert!(matches!(error, RenderError::Secret(_)), "{error}");
    // Known to be secret and not known otherwise, it is a document that waits.
    let binding = Binding::default();
    let context = RenderContext {
        instance: &instance,
        shapes: &shapes,
        binding: &binding,
    };
    assert!(render(&identity, &document, &context).unwrap().waiting());
}

#[test]
fn a_fact_of_another_format_is_refused() {
    let (shapes, mut binding) = facts(true);
    let fact: crate::fact::FactRef = "use1/network.vpc-id".parse().unwrap();
    binding.insert(fact, "text".parse().unwrap(), json!("a b"));
    let instance: InstanceId = "use1/mesh".parse().unwrap();
    let context = RenderContext {
        instance: &instance,
        shapes: &shapes,
        binding: &binding,
    };
    for (identity, document) in proposed::built(
        Action::Kops(proposed::kops()),
        Some("use1"),
        ReleaseOwner::Aegis,
    )
    .unwrap()
    .drain(..1)
    {
        assert!(matches!(
            render(&identity, &document, &context),
            Err(RenderError::Misfit { .. })
        ));
    }
}

fn entry(files: &BTreeMap<TreePath, Digest>) -> InventoryEntry {
    InventoryEntry {
        document: Digest::of("document"),
        bound: Digest::of("document"),
        files: files.clone(),
        waits_for: Default::default(),
        extra: serde_json::Map::new(),
    }
}

#[test]
fn a_terraform_root_has_its_folder_alone() {
    let folder = tempfile::tempdir().unwrap();
    let tree = TreeTarget::at(folder.path());
    let action = Action::Terraform(proposed::root(&[(
        "aws_vpc",
        "a",
        json!({"cidr_block": "10.0.0.0/16"}),
    )]));
    let (identity, document) = proposed::built(action, None, ReleaseOwner::Aegis)
        .unwrap()
        .remove(0);
    let rendered = rendered(&identity, &document, true).unwrap();
    let desired = Desired {
        document: Digest::of("document"),
        rendered: &rendered,
    };
    let difference = tree.diff(&identity, Some(desired), None).unwrap();
    tree.execute(Some(&rendered), &difference.steps, &crate::state::NoFaults)
        .unwrap();
    let recorded = entry(&difference.files);
    let root = folder.path().join("terraform/network-use1");
    // What Terraform itself leaves there is nobody's business.
    for own in [
        ".terraform.lock.hcl",
        "terraform.tfstate",
        "errored.tfstate",
        "x.tfplan",
    ] {
        std::fs::write(root.join(own), "").unwrap();
    }
    std::fs::create_dir(root.join(".terraform")).unwrap();
    let difference = tree
        .diff(&identity, Some(desired), Some(&recorded))
        .unwrap();
    assert_eq!(
        (difference.action, difference.conflicts.len()),
        (ChangeAction::Noop, 0)
    );
    for foreign in [
        "x_override.tf.json",
        "z.auto.tfvars",
        "a.tf",
        "OVERRIDE.TF",
        "terraform.tfvars.json",
        "x.tofu",
    ] {
        std::fs::write(root.join(foreign), "").unwrap();
        let difference = tree
            .diff(&identity, Some(desired), Some(&recorded))
            .unwrap();
        assert_eq!(difference.conflicts.len(), 1, "{foreign}");
        std::fs::remove_file(root.join(foreign)).unwrap();
    }
    std::os::unix::fs::symlink("/etc/hosts", root.join("x.tf")).unwrap();
    assert_eq!(
        tree.diff(&identity, Some(desired), Some(&recorded))
            .unwrap()
            .conflicts
            .len(),
        1
    );
}

/// What Terraform makes beside a root is its own, and from a commit it is somebody else's.
#[test]
fn a_committed_state_and_a_foreign_provider_stop_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        std::process::Command::new("git")
            .args(arguments)
            .current_dir(folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "-q"]) {
        println!("skipped: needs git");
        return;
    }
    let tree = TreeTarget::at(folder.path().join("platform"));
    let root = folder.path().join("platform/terraform/network-use1");
    std::fs::create_dir_all(root.join(".terraform/providers")).unwrap();
    let identity: Identity = "terraform/network-use1".parse().unwrap();
    let conflicts = || {
        let found = tree.diff(&identity, None, None).unwrap().conflicts;
        found
            .into_iter()
            .map(|conflict| (conflict.path.split().1.to_owned(), conflict.what))
            .collect::<Vec<_>>()
    };
    let state = |provider: &str| {
        let provider = format!("provider[\"registry.terraform.io/{provider}\"]");
        json!({"version": 4, "resources": [{"mode": "managed", "type": "aws_vpc", "name": "a", "provider": provider, "instances": []}]})
            .to_string()
    };
    let write = |name: &str, text: &str| std::fs::write(root.join(name), text).unwrap();
    write(".terraform/providers/x", "");
    write(".terraform.lock.hcl", "");
    write("terraform.tfstate", &state("hashicorp/aws"));
    write("terraform.tfstate.backup", "");
    write("errored.tfstate", "");
    assert_eq!(conflicts(), [], "what Terraform made");
    let one = |name: &str, part: &str| {
        let found = conflicts();
        assert!(
            found.len() == 1 && found[0].0 == name && found[0].1.contains(part),
            "{name}: {found:?}"
        );
    };
    for (text, part) in [
        (state("evil/statepwn"), "a provider that no root names"),
        (
            "{\"version\": 4, \"version\": 4}".to_owned(),
            "stands twice",
        ),
        ("{\"version\": 3}".to_owned(), "version 4"),
        ("x".to_owned(), "no state"),
    ] {
        write("terraform.tfstate", &text);
        one("terraform.tfstate", part);
    }
    write("terraform.tfstate", &state("hashicorp/aws"));
    std::fs::create_dir(root.join("terraform.d")).unwrap();
    one("terraform.d", "providers");
    std::fs::remove_dir(root.join("terraform.d")).unwrap();
    for name in [
        "terraform.tfstate",
        "terraform.tfstate.backup",
        "errored.tfstate",
        ".terraform",
    ] {
        let path = format!("platform/terraform/network-use1/{name}");
        assert!(git(&["add", "-f", &path]));
        one(name, "in Git");
        assert!(git(&["rm", "-rqf", "--cached", &path]));
    }
    assert!(git(&[
        "add",
        "-f",
        "platform/terraform/network-use1/.terraform.lock.hcl"
    ]));
    assert_eq!(conflicts(), [], "the lock file is the operator's");
    std::fs::remove_file(root.join("terraform.tfstate")).unwrap();
    std::os::unix::fs::symlink("/etc/hosts", root.join("terraform.tfstate")).unwrap();
    one("terraform.tfstate", "link");
}

#[test]
fn the_fingerprint_tells_one_look_from_another() {
    let folder = tempfile::tempdir().unwrap();
    let tree = TreeTarget::at(folder.path());
    let identity: Identity = "file/a.txt".parse().unwrap();
    let rendered = rendered(&identity, &Document::File(Templated::literal("1")), true).unwrap();
    let desired = Desired {
        document: Digest::of("d"),
        rendered: &rendered,
    };
    let look = || {
        tree.diff(&identity, Some(desired), None)
            .unwrap()
            .fingerprint
    };
    let nothing = look();
    assert_eq!(nothing, look());
    std::fs::write(folder.path().join("a.txt"), "2").unwrap();
    let foreign = look();
    std::fs::write(folder.path().join("a.txt"), "3").unwrap();
    assert!(nothing != foreign && foreign != look());
}
