use super::*;

fn variables() -> Variables {
    let mut variables = Variables::of("8.10", "aarch64");
    variables.set("infra", "stock\n");
    variables
}

fn read(text: &str) -> Vec<Repository> {
    parse(text, "x.repo", &variables()).unwrap()
}

#[test]
fn a_section_is_a_repository() {
    let all = read(
        "# kept by hand\n[main]\nnonsense here=1\n\n[base]\nname=Base $releasever - $basearch\n\
         baseurl = https://a.example/$releasever_major/${basearch}/os/\n  http://b.example/os,file:///srv/os\n\
         gpgkey=file:///etc/pki/one\n\tfile:///etc/pki/two\n; a comment\nrepo_gpgcheck=true\nexclude=kernel* postgresql\n\
         priority=10\nmodule_hotfixes=1\nsslclientcert=/c.pem\nsslclientkey=/k.pem\nsslverify=0\nusername=me\npassword=secret\n\
         proxy=http://p.example:3128\nproxy_username=a b\nproxy_password=c/d\nautorefresh=1\nskip_if_unavailable=1\n",
    );
    let [base] = &all[..] else { panic!("{all:?}") };
    assert_eq!((base.id.as_str(), base.name.as_str()), ("base", "Base 8.10 - aarch64"));
    assert_eq!(base.baseurl, ["https://a.example/8/aarch64/os/", "http://b.example/os", "file:///srv/os"]);
    assert_eq!(base.gpgkey, ["file:///etc/pki/one", "file:///etc/pki/two"]);
    assert!(base.gpgcheck && base.repo_gpgcheck && base.enabled && base.module_hotfixes && base.skip_if_unavailable);
    assert_eq!((base.priority, base.cost, base.tls.verify), (10, 1000, false));
    assert_eq!(
        (&base.excludepkgs[..], base.tls.client_key.as_deref()),
        (&["kernel*".into(), "postgresql".into()][..], Some("/k.pem"))
    );
    assert_eq!(base.proxy.as_deref(), Some("http://a%20b:c%2Fd@p.example:3128"));
    assert_eq!(base.others.get("autorefresh").map(String::as_str), Some("1"));
    assert!(!format!("{base:?}").contains("secret"));
}

#[test]
fn variables_are_replaced_and_the_unknown_stay() {
    let expand = |text: &str| variables().expand(text);
    assert_eq!(expand("$releasever/$basearch?infra=$infra&x=$xyz$"), "8.10/aarch64?infra=stock&x=$xyz$");
    assert_eq!(expand("${releasever_minor}-${no}-${no:-other}-${infra:+yes}-${no:+yes}-${open"), "10-${no}-other-yes--${open");
    assert_eq!(Variables::of("7", "i686").expand("$basearch $arch"), "i386 i686");
}

#[test]
fn what_is_switched_off_need_not_be_complete() {
    let all = read("[a]\nenabled=0\n[b]\nmirrorlist=https://m.example/?arch=$basearch\ngpgcheck=0\ngpgkey=file:///k\n");
    assert_eq!((all[0].enabled, all[1].mirrorlist.as_deref()), (false, Some("https://m.example/?arch=aarch64")));
    assert!(!all[1].gpgcheck);
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_line() {
    let error = |text: &str| parse(text, "x.repo", &variables()).unwrap_err().to_string();
    assert_eq!(error("[a]\nname=x\n"), "x.repo:1: [a] names no baseurl, mirrorlist or metalink");
    assert_eq!(
        error("[a]\nbaseurl=ftp://a.example\n"),
        "x.repo:1: `ftp://a.example` is not an address that can be read (known: http, https, file)"
    );
    assert_eq!(error("[a]\ngpgcheck=maybe\n"), "x.repo:2: gpgcheck: `maybe` is neither yes nor no");
    assert_eq!(error("[a]\npriority=high\n"), "x.repo:2: priority: `high` is not a number");
    assert_eq!(error("name=x\n"), "x.repo:1: `name=x` stands before any [section]");
    assert_eq!(error("[a\n"), "x.repo:1: `[a` is not a section's name");
    assert_eq!(error("  x\n"), "x.repo:1: `x` continues nothing");
    assert_eq!(error("[a]\nwords\n"), "x.repo:2: `words` is not `key = value`");
}

#[test]
fn one_line_does_for_the_command_line() {
    let plain: Repository = "file:///srv/my repo".split(' ').next().unwrap().parse().unwrap();
    assert_eq!((plain.id.as_str(), plain.gpgcheck, plain.repo_gpgcheck), ("srv_my", false, false));
    let line = "rpm [id=x,gpgkey=/k1,gpgkey=https://k2.example,repo_gpgcheck=1,priority=10,excludepkgs=a*] https://a.example/x http://b.example/x";
    let full: Repository = line.parse().unwrap();
    assert_eq!((full.id.as_str(), full.gpgkey.len(), full.baseurl.len(), full.priority), ("x", 2, 2, 10));
    assert!(full.gpgcheck && full.repo_gpgcheck);
    assert_eq!(full.to_string().parse::<Repository>().unwrap(), full);
    let unchecked: Repository = "rpm [gpgkey=/k,gpgcheck=0] https://me:secret@a.example/x".parse().unwrap();
    assert_eq!((unchecked.id.as_str(), unchecked.gpgcheck), ("a.example_x", false));
    let linked: Repository = "rpm [metalink=https://m.example/?repo=x]".parse().unwrap();
    assert_eq!(linked.metalink.as_deref(), Some("https://m.example/?repo=x"));
    for (wrong, word) in [
        ("", "expected `URL`"),
        ("rpm [gpgcheck=1]", "expected `URL`"),
        ("deb http://a.example x main", "`deb` is not an address"),
        ("rpm [gpgcheck] http://a.example", "not option=value"),
        ("rpm [signed-by=/k] http://a.example", "not an option"),
        ("rpm [gpgcheck=1 http://a.example", "without its `]`"),
        ("rpm ftp://a.example", "known: http"),
    ] {
        let said = wrong.parse::<Repository>().unwrap_err().to_string();
        assert!(said.contains(word), "{said}");
    }
}
