use super::*;

fn told(text: &str) -> Vec<String> {
    let request: Request = text.parse().unwrap();
    let part = |mark: &str, part: Option<&str>| part.map(|part| format!(" {mark}{part}")).unwrap_or_default();
    let one = |reading: Reading<'_>| match reading {
        Reading::Group(group) => format!("group {group}"),
        Reading::File(path) => format!("file {path}"),
        Reading::Capability(relation) => format!("provides {relation}"),
        Reading::Package(Pattern { name, epoch, version, release, arch }) => {
            format!("{name}{}{}{}{}", part("e", epoch), part("v", version), part("r", release), part(".", arch))
        }
    };
    request.readings(|word| ["x86_64", "i686", "noarch"].contains(&word)).into_iter().map(one).collect()
}

#[test]
fn a_full_name_is_tried_before_its_parts() {
    assert_eq!(
        told("a-b-1.x86_64"),
        [
            "a vb r1 .x86_64",
            "a-b-1 .x86_64",
            "a-b-1.x86_64",
            "a vb r1.x86_64",
            "a-b v1 .x86_64",
            "a-b v1.x86_64",
            "provides a-b-1.x86_64"
        ]
    );
    assert_eq!(told("web"), ["web", "provides web"]);
    assert_eq!(told("python3.11"), ["python3.11", "provides python3.11"]);
}

#[test]
fn an_epoch_stands_before_the_version_or_before_everything() {
    assert_eq!(told("vim-2:8.2-1.el9")[1], "vim e2 v8.2 r1.el9");
    assert_eq!(told("2:vim-8.2-1.el9")[1], "vim e2 v8.2 r1.el9");
    assert_eq!(told("product:x-1")[1], "product:x v1");
}

#[test]
fn what_is_no_name_has_one_reading() {
    assert_eq!(told("@core"), ["group core"]);
    assert_eq!(told("@Development Tools"), ["group Development Tools"]);
    assert_eq!(told("/usr/bin/vim"), ["file /usr/bin/vim"]);
    assert_eq!(told("openssl >= 1:3"), ["provides openssl >= 1:3"]);
    assert_eq!(told("perl(JSON)"), ["perl(JSON)", "provides perl(JSON)"]);
}

#[test]
fn a_module_document_s_form_is_the_last_name() {
    assert_eq!(told("web=1.2-3"), ["web=1.2-3", "web=1.2 v3", "web v1.2 r3", "web v1.2-3", "provides web=1.2-3"]);
    assert_eq!(told("web.i686=1.*")[1], "web v1.* .i686");
}

#[test]
fn what_is_no_request_is_refused() {
    for wrong in ["", "  ", "@", "a b", "a >= ", "(a or b)", "a\u{7}b"] {
        assert!(wrong.parse::<Request>().is_err(), "{wrong}");
    }
    assert_eq!(" web ".parse::<Request>().unwrap().to_string(), "web");
}
