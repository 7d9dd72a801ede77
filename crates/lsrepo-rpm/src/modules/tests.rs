use super::*;
use crate::Evr;
use expect_test::expect;
use std::collections::HashSet;

fn stream(name: &str, version: u64, context: &str, requires: &str, artifacts: &str) -> String {
    let (module, stream) = name.split_once(':').unwrap();
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {module}\n  stream: {stream}\n  version: {version}\n  context: {context}\n  \
         arch: x86_64\n  summary: s\n  description: d\n  license: {{module: [MIT]}}\n  dependencies:\n  - requires: {{{requires}}}\n  \
         artifacts: {{rpms: [{artifacts}]}}\n...\n"
    )
}

fn default(name: &str) -> String {
    let (module, stream) = name.split_once(':').unwrap();
    format!(
        "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: {module}\n  stream: '{stream}'\n  profiles: {{{stream}: [x]}}\n...\n"
    )
}

/// Two streams of `mod`, of which 2 needs `dep:2`, in two builds.
fn some() -> String {
    stream("mod:2", 10, "aa", "platform: [el8], dep: [\"2\"]", "m-0:2-1.noarch")
        + &stream("mod:2", 20, "aa", "platform: [el8], dep: [\"2\"]", "m-0:2-2.noarch, 'm-0:2-2.src'")
        + &stream("mod:3", 20, "aa", "", "m-0:3-1.noarch")
        + &stream("dep:1", 20, "aa", "", "dep-0:1-1.noarch")
        + &stream("dep:2", 20, "aa", "", "dep-0:2-1.noarch")
}

fn read(text: &str) -> Modules {
    let (modules, problems) = Modules::parse(text);
    assert_eq!(problems, []);
    modules
}

fn requests(words: &[&str]) -> Vec<StreamRequest> {
    words.iter().map(|word| word.parse().unwrap()).collect()
}

/// What is seen of these packages, of which `x` provides `m`.
fn seen(modules: &Modules, words: &[&str]) -> String {
    let active = modules.enable(&requests(words), Some("el8")).unwrap();
    let all = ["dep-1-1", "dep-2-1", "m-1-1", "m-2-1", "m-2-2", "m-3-1", "m-9-1", "x-1-1", "y-1-1"];
    let counts = |text: &&&str| {
        let (name, evr) = text.split_once('-').unwrap();
        let provides: &[&str] = if name == "x" { &["x", "m"] } else { &[] };
        active.hides(name, &evr.parse().unwrap(), "noarch", provides.iter().copied(), false).is_none()
    };
    all.iter().filter(counts).copied().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_active_stream_shows_its_builds_and_hides_all_others_of_its_names() {
    let modules = read(&(some() + &default("mod:2") + &default("dep:2")));
    assert_eq!(seen(&modules, &[]), "dep-2-1 m-2-1 m-2-2 y-1-1");
    assert_eq!(seen(&modules, &["mod:3"]), "dep-2-1 m-3-1 y-1-1");
    let active = modules.enable(&[], Some("platform:el8")).unwrap();
    let evr: Evr = "3-1".parse().unwrap();
    let hidden = Hidden::Inactive { module: "mod".into(), stream: "3".into() };
    assert_eq!(active.hides("m", &evr, "noarch", [].into_iter(), false), Some(hidden));
    assert_eq!(active.hides("m", &evr, "noarch", [].into_iter(), true), None);
    let shadowed = Hidden::Shadowed { module: "mod".into(), stream: "2".into() };
    assert_eq!(active.hides("m", &"9-1".parse().unwrap(), "noarch", [].into_iter(), false), Some(shadowed));
    assert_eq!(active.owner("m", &evr, "noarch"), Some(("mod", "3")));
    assert_eq!(active.streams()["mod"], ActiveStream { stream: "2".into(), context: "aa".into() });
}

#[test]
fn without_defaults_only_the_packages_of_streams_are_hidden() {
    assert_eq!(seen(&read(&some()), &[]), "m-1-1 m-9-1 x-1-1 y-1-1");
}

#[test]
fn a_default_that_needs_what_is_not_default_is_not_active() {
    let modules = read(&(some() + &default("mod:2") + &default("dep:1")));
    assert_eq!(seen(&modules, &[]), "dep-1-1 m-1-1 m-9-1 x-1-1 y-1-1");
    // asked for, it takes along what it needs
    assert_eq!(seen(&modules, &["mod:2"]), "dep-2-1 m-2-1 m-2-2 y-1-1");
    assert_eq!(seen(&modules, &["mod"]), "dep-2-1 m-2-1 m-2-2 y-1-1");
}

#[test]
fn a_module_without_default_is_active_where_it_is_needed() {
    assert_eq!(seen(&read(&(some() + &default("mod:2"))), &[]), "dep-2-1 m-2-1 m-2-2 y-1-1");
}

#[test]
fn the_context_whose_needs_are_met_is_taken() {
    let text = stream("mod:2", 10, "bb", "dep: ['1']", "m-0:2-1.noarch")
        + &stream("mod:2", 20, "aa", "dep: ['2']", "m-0:2-2.noarch")
        + &stream("dep:1", 20, "aa", "", "dep-0:1-1.noarch")
        + &stream("dep:2", 20, "aa", "", "dep-0:2-1.noarch");
    let modules = read(&(text + &default("mod:2") + &default("dep:1")));
    assert_eq!(seen(&modules, &[]), "dep-1-1 m-2-1 y-1-1");
}

#[test]
fn streams_can_be_left_out_by_name_and_chosen_among_several() {
    let text = some()
        + &stream("top:1", 1, "a", "dep: [-2], platform: [-el7]", "")
        + &stream("any:1", 1, "a", "dep: [], mod: ['2', '3']", "");
    let modules = read(&text);
    let streams = |words: &[&str]| {
        let active = modules.enable(&requests(words), Some("el8")).unwrap();
        active.streams().iter().map(|(module, one)| format!("{module}:{}", one.stream)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(streams(&["top:1"]), "dep:1 top:1");
    assert_eq!(streams(&["any:1"]), "any:1 dep:2 mod:3");
    assert_eq!(streams(&["any:1", "mod:2"]), "any:1 dep:2 mod:2");
    // both wishes have to hold together
    assert_eq!(streams(&["any:1", "top:1"]), "any:1 dep:1 mod:3 top:1");
}

#[test]
fn what_cannot_be_active_is_told_in_words() {
    let modules = read(&(some() + &default("dep:1")));
    let said = |words: &[&str], platform| modules.enable(&requests(words), platform).unwrap_err().to_string();
    assert_eq!(said(&["mood:2"], None), "there is no module `mood`\nhint: did you mean `mod`?");
    assert_eq!(said(&["mod:4"], None), "the module `mod` has no stream `4` (it has: 2, 3)");
    assert_eq!(said(&["mod"], None), "the module `mod` has no default stream\nhint: choose one of `mod:2`, `mod:3`");
    assert_eq!(said(&["mod:2", "mod:3"], None), "`mod:2` and `mod:3` are both asked for, and one module has one active stream");
    let unmet = "`dep:1` and `mod:2` cannot be active together: `mod:2` needs `dep:2`, and `dep:1` is asked for";
    assert_eq!(said(&["dep:1", "mod:2"], None), unmet);
    let platform = "`mod:2` cannot be active: `mod:2` needs `platform:el8`, and this is `el9`";
    assert_eq!(said(&["mod:2"], Some("el9")), platform);
    let alone = read(&stream("mod:2", 1, "a", "gone: []", ""));
    let said = alone.enable(&requests(&["mod:2"]), None).unwrap_err().to_string();
    assert!(said.ends_with("`mod:2` needs `gone`, which no repository has"), "{said}");
}

#[test]
fn needs_that_go_round_in_circles_or_on_without_end_are_decided() {
    let circle = stream("a:1", 1, "c", "b: ['1']", "") + &stream("b:1", 1, "c", "a: ['1']", "");
    assert_eq!(read(&circle).enable(&requests(&["a:1"]), None).unwrap().streams().len(), 2);
    let chain: String = (0..500).map(|n| stream(&format!("m{n}:1"), 1, "c", &format!("m{}: ['1']", n + 1), "")).collect();
    let said = read(&chain).enable(&requests(&["m0:1"]), None).unwrap_err().to_string();
    assert!(said.contains("too entangled"), "{said}");
    let wide: String = (0..12)
        .map(|n| (0..6).map(|s| stream(&format!("m{n}:{s}"), 1, "c", &format!("m{}: []", n + 1), "")).collect::<String>())
        .collect();
    assert!(read(&wide).enable(&requests(&["m0:1"]), None).is_err());
}

#[test]
fn broken_documents_are_reported_and_the_others_kept() {
    let text = format!(
        "# head\n%YAML 1.2\n{}---\ndocument: modulemd\nversion: 2\ndata: x\n...\ngarbage\nmore\n---\n--- {{a: b}}\n---\na: [\n{}",
        default("a:1"),
        default("b:1")
    );
    let (modules, problems) = Modules::parse(&text);
    assert_eq!(modules.names().into_iter().collect::<Vec<_>>(), ["a", "b"]);
    let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(lines.is_sorted() && problems[1].to_string().contains("between two documents"), "{problems:?}");
}

#[test]
fn of_two_defaults_the_younger_holds_and_none_where_they_disagree() {
    let dated = |stream: &str, modified: u64| {
        format!("---\ndocument: modulemd-defaults\nversion: 1\ndata: {{module: m, stream: '{stream}', modified: {modified}}}\n")
    };
    let of = |text: String| read(&text).default_stream("m").map(str::to_owned);
    assert_eq!(of(dated("1", 5) + &dated("2", 4)).as_deref(), Some("1"));
    assert_eq!(of(dated("1", 5) + &dated("2", 6)).as_deref(), Some("2"));
    assert_eq!(of(dated("1", 5) + &dated("2", 5)), None);
    let mut both = read(&dated("1", 5));
    both.extend(read(&dated("1", 5)));
    assert_eq!(both.default_stream("m"), Some("1"));
}

fn reduced(modules: &Modules, carried: &[&str], active: &[(&str, &str)]) -> String {
    let carried: HashSet<Nevra> = carried.iter().map(|text| text.parse().unwrap()).collect();
    let active = active.iter().map(|(module, stream)| ((*module).to_owned(), (*stream).to_owned())).collect();
    modules.reduce(&carried, &active)
}

#[test]
fn only_carried_streams_travel_with_what_they_need() {
    let modules = read(&(some() + &default("mod:3") + &default("dep:2")));
    let text = reduced(&modules, &["m-0:2-2.noarch"], &[("mod", "2"), ("dep", "2")]);
    let again = read(&text);
    let streams: Vec<String> = again.streams().iter().map(|one| format!("{}:{}:{}", one.module, one.stream, one.version)).collect();
    assert_eq!(streams, ["dep:2:20", "mod:2:20"]);
    // the documents are those that came in
    assert!(text.contains(&stream("mod:2", 20, "aa", "platform: [el8], dep: [\"2\"]", "m-0:2-2.noarch, 'm-0:2-2.src'")));
    assert!(text.contains(&default("dep:2")));
    assert_eq!((again.default_stream("mod"), again.default_stream("dep")), (Some("2"), Some("2")));
    assert_eq!(reduced(&again, &["m-0:2-2.noarch"], &[]), text);
    assert_eq!(reduced(&modules, &["other-0:1-1.noarch"], &[]), "");
}

#[test]
fn a_default_that_is_not_carried_is_none() {
    let profiles = "---\ndocument: modulemd-defaults\nversion: 1\ndata: {module: mod, stream: '3', modified: 7, profiles: {3: [a], 2: [\"b\"]}}\n...\n";
    let modules = read(&(stream("mod:2", 1, "a", "", "m-0:2-1.noarch") + profiles));
    let text = reduced(&modules, &["m-0:2-1.noarch"], &[]);
    expect![[r#"
        document: modulemd-defaults
        version: 1
        data:
          module: "mod"
          modified: 7
          profiles:
            "2": ["b"]
        ...
    "#]]
    .assert_eq(text.rsplit_once("---\n").unwrap().1);
}

#[test]
fn what_is_said_of_a_stream_travels_with_it() {
    let note = |stream: &str, more: &str| {
        format!(
            "---\ndocument: modulemd-obsoletes\nversion: 1\ndata:\n  module: mod\n  stream: '{stream}'\n  modified: 2020-02-27T00:00Z\n  message: old\n{more}...\n"
        )
    };
    let by = "  obsoleted_by: {module: mod, stream: '3'}\n";
    let modules = read(&(some() + &note("2", "") + &note("2", by) + &note("3", "")));
    let text = reduced(&modules, &["m-0:2-1.noarch"], &[]);
    assert!(text.contains(&note("2", "")) && !text.contains("obsoleted_by") && !text.contains("stream: '3'"), "{text}");
}
