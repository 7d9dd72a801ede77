use crate::rpm::{self, Base, Groups, Policy, Request, SourceInfo, Universe};
use lsrepo_types::Arch;

fn package(name: &str, format: &str) -> String {
    let sum: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "<package><name>{name}</name><arch>noarch</arch><version ver=\"1\" rel=\"1\"/>\
         <checksum type=\"sha256\">{sum:0<64}</checksum><location href=\"{name}.rpm\"/><format>{format}</format></package>"
    )
}

fn requires(what: &str) -> String {
    format!("<requires><entry name=\"{what}\"/></requires>")
}

fn universe(packages: &[String]) -> Universe {
    let index = format!("<metadata>{}</metadata>", packages.concat());
    let mut universe = Universe::new(Arch::X86_64);
    universe.add(index.as_bytes(), SourceInfo::new("stable"), |_| None).unwrap();
    universe
}

fn picks(universe: &Universe, requests: &[Request]) -> Vec<String> {
    let answer = rpm::solve(universe, requests, &Base::None, &Policy::default(), &Groups::new());
    let picks = answer.sets.iter().flat_map(|set| &set.picks);
    picks.map(|pick| universe.candidate(pick.candidate).nevra.name.to_owned()).collect()
}

#[test]
fn file_lists_are_wanted_where_something_that_is_needed_names_such_a_file() {
    let packages = [
        package("web", &requires("app")),
        package("app", &requires("/opt/lib/app")),
        package("other", &requires("/usr/bin/x")),
        package("x", "<file>/usr/bin/x</file>"),
        package("lib", ""),
    ];
    let mut universe = universe(&packages);
    let groups = Groups::from([("all".to_owned(), vec!["web".to_owned()])]);
    let asked = |text: &str| vec![text.parse::<Request>().unwrap()];
    assert!(!universe.wants_filelists(&asked("other"), &groups));
    assert!(universe.wants_filelists(&asked("/srv/data"), &groups));
    assert!(universe.wants_filelists(&asked("@all"), &groups));
    assert!(universe.wants_filelists(&asked("web"), &groups));
    assert_eq!(picks(&universe, &asked("web")), [""; 0]);
    let lib = universe.named("lib").next().unwrap();
    let (digest, source) = (universe.candidate(lib).checksum.hex.to_owned(), universe.candidate(lib).source);
    let lists = format!(
        "<filelists><package pkgid=\"{digest}\" name=\"lib\" arch=\"noarch\"><version ver=\"1\" rel=\"1\"/>\
         <file>/opt/lib/app</file><file>/srv/data</file></package>\
         <package pkgid=\"00\" name=\"lib\" arch=\"noarch\"><file>/opt/lib/app</file></package></filelists>"
    );
    universe.add_filelists(source, lists.as_bytes(), &asked("web")).unwrap();
    assert_eq!(picks(&universe, &asked("web")), ["app", "lib", "web"]);
    assert_eq!(picks(&universe, &asked("/srv/data")), [""; 0], "nobody named it when the lists were read");
    universe.add_filelists(source, lists.as_bytes(), &asked("/srv/data")).unwrap();
    assert_eq!(picks(&universe, &asked("/srv/data")), ["lib"]);
}

#[test]
fn a_universe_in_which_everything_needs_everything_is_given_up() {
    let all = format!(
        "<provides><entry name=\"x\"/></provides>{}",
        requires("y").replace("</requires>", "<entry name=\"z\"/></requires>")
    );
    let mut packages: Vec<String> = (0..7000).map(|number| package(&format!("p{number}"), &all)).collect();
    let both = "<provides><entry name=\"y\"/><entry name=\"z\"/></provides>";
    packages.extend((0..7000).map(|number| package(&format!("q{number}"), &format!("{both}{}", requires("x")))));
    let universe = universe(&packages);
    let asked: Vec<Request> = vec!["p1".parse().unwrap()];
    let answer = rpm::solve(&universe, &asked, &Base::None, &Policy::default(), &Groups::new());
    assert!(answer.conflicts[0].hints[0].contains("more alternatives than can be weighed"), "{answer:?}");
}
