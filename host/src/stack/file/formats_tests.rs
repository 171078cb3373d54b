use super::super::places::{branch, folder, proxy, repository};
use super::*;

fn accepted<T>(form: impl Fn(&str) -> Form<T>, cases: &[&str]) {
    for text in cases {
        if let Err(error) = form(text) {
            panic!("{text:?} was refused: {}", error.reason);
        }
    }
}

fn refused<T>(form: impl Fn(&str) -> Form<T>, cases: &[&str]) {
    for text in cases {
        assert!(form(text).is_err(), "{text:?} was accepted");
    }
}

#[test]
fn identifiers_can_become_dns_labels() {
    accepted(
        identifier,
        &[
            "a",
            "shop",
            "use1",
            "a-b-c",
            "a2345678901234567890123456789-1",
        ],
    );
    refused(
        identifier,
        &[
            "",
            "1a",
            "-a",
            "a-",
            "A",
            "a_b",
            "a.b",
            "ü",
            "a23456789012345678901234567890-1",
        ],
    );
}

#[test]
fn domains_are_in_their_usual_form() {
    accepted(
        domain,
        &[
            "example.com",
            "a.b",
            "shop.eu.example.internal",
            "xn--bcher-kva.example",
        ],
    );
    refused(
        domain,
        &[
            "",
            "com",
            "example.com.",
            ".example.com",
            "a..b",
            "Example.com",
            "-a.com",
            "a-.com",
            "a_b.com",
            "10.0.0.1",
            "https://example.com",
            "*.example.com",
        ],
    );
    refused(
        domain,
        &[&format!("{}.com", "a".repeat(64)), &["a"; 120].join(".")],
    );
}

#[test]
fn versions_of_kubernetes_are_complete() {
    accepted(kubernetes_version, &["1.36.3", "1.0.0"]);
    refused(
        kubernetes_version,
        &[
            "",
            "1.36",
            "1",
            "v1.36.3",
            "1.36.3-rc.1",
            "1.36.3+a",
            "latest",
            "01.2.3",
        ],
    );
    assert!(
        kubernetes_version("1.36")
            .unwrap_err()
            .help
            .contains("1.36.3")
    );
    assert_eq!(
        kubernetes_version("v1.36.3").unwrap_err().help,
        "write `1.36.3`"
    );
}

#[test]
fn plugins_are_read_and_printed_alike() {
    let cases = [
        ("acme/linkerd", "acme", "linkerd", None, "*"),
        ("acme/linkerd/mesh", "acme", "linkerd", Some("mesh"), "*"),
        ("acme/linkerd@^2.1", "acme", "linkerd", None, "^2.1"),
        (
            "acme/linkerd/mesh@>=2, <3",
            "acme",
            "linkerd",
            Some("mesh"),
            ">=2, <3",
        ),
        ("acme/linkerd@=2.1.4", "acme", "linkerd", None, "=2.1.4"),
    ];
    for (text, publisher, name, stage_type, requirement) in cases {
        let read = plugin(text).unwrap();
        assert_eq!(read.publisher, publisher);
        assert_eq!(read.plugin, name);
        assert_eq!(read.stage_type.as_deref(), stage_type);
        assert_eq!(read.requirement.to_string(), requirement);
        assert_eq!(read.to_string(), text);
    }
    refused(
        plugin,
        &[
            "",
            "linkerd",
            "/",
            "a//b",
            "a/b/c/d",
            "acme/../x",
            "Acme/linkerd",
            "acme/linkerd@",
            "acme/linkerd@latest",
            "acme/linkerd@^2@3",
            "acme/linkerd:2",
            "https://a.b/c",
        ],
    );
}

#[test]
fn folders_stay_inside() {
    accepted(folder, &["platform", "a/b", ".platform", "v1.2_x-y"]);
    refused(
        folder,
        &[
            "",
            ".",
            "..",
            "/a",
            "a/",
            "a//b",
            "../a",
            "a/../b",
            "a/./b",
            ".git",
            "a/.GIT/hooks",
            "a\\b",
            "C:a",
            "a b",
            "a\nb",
            "~",
            "a/ü",
        ],
    );
}

#[test]
fn repositories_are_https_urls_without_credentials() {
    accepted(
        repository,
        &[
            "https://github.com/example/shop",
            "https://git.example.com:8443/a/b.git",
        ],
    );
    refused(
        repository,
        &[
            "",
            "https://",
            "https://github.com",
            "https://github.com/",
            "http://github.com/a/b",
            "git@github.com:a/b.git",
            "https://user:token@github.com/a/b",
            "https://a.b/c?d=e",
            "https://a.b/c#d",
            "https://a.b/../c",
            "https://a b/c",
            "https://a.b:0/c",
            "https://a.b:99999/c",
            "https://a.b/c//d",
            "https://[::1]/a",
        ],
    );
}

#[test]
fn proxies_are_a_host_and_a_port() {
    accepted(
        proxy,
        &[
            "https://proxy.example.com:3128",
            "http://proxy",
            "socks5://localhost:1080/",
        ],
    );
    refused(
        proxy,
        &[
            "",
            "proxy:3128",
            "ftp://proxy",
            "https://me:secret@proxy:1",
            "https://proxy/a",
            "https://",
        ],
    );
}

#[test]
fn branches_follow_git() {
    accepted(branch, &["main", "release/2.x", "a-b_c.d"]);
    refused(
        branch,
        &[
            "", "/a", "a/", "a//b", "-a", "a/.b", "a..b", "a.lock", "a b", "a~1", "a^", "a:b",
            "@{-1}",
        ],
    );
}

#[test]
fn dates_are_in_the_calendar() {
    accepted(date, &["2027-01-31", "2028-02-29", "2000-02-29"]);
    refused(
        date,
        &[
            "",
            "2027-1-31",
            "27-01-31",
            "2027-02-29",
            "2100-02-29",
            "2027-13-01",
            "2027-00-10",
            "2027-04-31",
            "2027-01-00",
            "2027-01-31T00:00:00Z",
            "31.01.2027",
            "+027-01-01",
        ],
    );
    assert!(date("2027-01-31").unwrap() < date("2027-02-01").unwrap());
    assert_eq!(date("2027-01-31").unwrap().to_string(), "2027-01-31");
}

#[test]
fn other_forms() {
    accepted(account, &["111122223333", "012345678901"]);
    refused(
        account,
        &[
            "",
            "11112222333",
            "1111222233334",
            "1111-2222-3333",
            "١١١١٢٢٢٢٣٣٣٣",
        ],
    );
    accepted(fact_name, &["network.vpc-id", "aws.account-id", "a"]);
    refused(
        fact_name,
        &[
            "",
            ".",
            "a.",
            "network..id",
            "Network.id",
            "network.vpc_id",
            "a/b",
        ],
    );
    accepted(
        control,
        &[
            "kops-etcd-encrypted",
            "CIS-5.2.1",
            "pss:restricted/privileged",
        ],
    );
    refused(control, &["", "a b", "a\"b", &"x".repeat(129)]);
    accepted(sentence, &["because", " padded "]);
    refused(sentence, &["", " \n", &"x".repeat(501)]);
    assert_eq!(sentence(" padded ").unwrap(), "padded");
}
