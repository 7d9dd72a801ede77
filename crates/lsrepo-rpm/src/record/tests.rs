use super::*;
use crate::package::tests::fixture::{self, PROVIDES, REQUIRES, Value, basics, files};

fn record(more: Vec<(u32, Value)>) -> Record {
    let mut entries = basics("demo", "1.2", "3", "x86_64");
    entries.extend(more);
    let bytes = fixture::package(&entries);
    Record::new(&Package::read(&bytes[..]).unwrap(), Digest::of(b""), bytes.len() as u64).unwrap()
}

fn primary(record: &Record, more: &[&str]) -> String {
    let mut out = String::new();
    record.push_primary(&mut out, "Packages/d/demo & co.rpm", more);
    out
}

#[test]
fn a_package_is_told_as_createrepo_c_tells_it() {
    let mut more = fixture::relations(PROVIDES, &[("demo", 8, "1:1.2-3")]);
    more.extend(fixture::relations(REQUIRES, &[("(a if b)", 0, ""), ("/bin/sh", 1 << 9, ""), ("x", 12, "2.0")]));
    more.extend(files(&[("/etc/demo.conf", 0o100_644, 1), ("/opt/<x>", 0o040_755, 0)]));
    let record = record(more);
    let size = record.size;
    let empty = Digest::of(b"").hex();
    let end = primary(&record, &[]).split_once("end=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let expected = format!(
        "<package type=\"rpm\">
  <name>demo</name>
  <arch>x86_64</arch>
  <version epoch=\"0\" ver=\"1.2\" rel=\"3\"/>
  <checksum type=\"sha256\" pkgid=\"YES\">{empty}</checksum>
  <summary>a fixture</summary>
  <description>A fixture.\n</description>
  <packager/>
  <url/>
  <time file=\"1700000000\" build=\"1700000000\"/>
  <size package=\"{size}\" installed=\"42\" archive=\"0\"/>
  <location href=\"Packages/d/demo &amp; co.rpm\"/>
  <format>
    <rpm:license>MIT</rpm:license>
    <rpm:vendor/>
    <rpm:group/>
    <rpm:buildhost/>
    <rpm:sourcerpm>fixture-1-1.src.rpm</rpm:sourcerpm>
    <rpm:header-range start=\"168\" end=\"{end}\"/>
    <rpm:provides>
      <rpm:entry name=\"demo\" flags=\"EQ\" epoch=\"1\" ver=\"1.2\" rel=\"3\"/>
    </rpm:provides>
    <rpm:requires>
      <rpm:entry name=\"(a if b)\"/>
      <rpm:entry name=\"/bin/sh\" pre=\"1\"/>
      <rpm:entry name=\"x\" flags=\"GE\" epoch=\"0\" ver=\"2.0\"/>
    </rpm:requires>
    <file>/etc/demo.conf</file>
  </format>
</package>
"
    );
    assert_eq!(primary(&record, &[]), expected);
    let mut filelists = String::new();
    record.push_filelists(&mut filelists);
    let expected = format!(
        "<package pkgid=\"{empty}\" name=\"demo\" arch=\"x86_64\">
  <version epoch=\"0\" ver=\"1.2\" rel=\"3\"/>
  <file>/etc/demo.conf</file>
  <file type=\"dir\">/opt/&lt;x&gt;</file>
</package>
"
    );
    assert_eq!(filelists, expected);
    assert!(record.has_rich_dependencies());
}

#[test]
fn required_paths_stand_in_primary_once_and_as_what_they_are() {
    let record = record(files(&[("/opt/x/data", 0o100_644, 0), ("/opt/x", 0o040_755, 0), ("/usr/bin/x", 0o100_755, 0)]));
    let text = primary(&record, &["/opt/x", "/usr/bin/x", "/opt/x/data", "/opt/x/dat", "/not/mine"]);
    assert_eq!(text.matches("<file").count(), 3);
    assert!(text.contains("    <file type=\"dir\">/opt/x</file>\n    <file>/opt/x/data</file>\n"), "{text}");
    assert!(record.has_file("/opt/x/data") && !record.has_file("/opt/x/dat") && !record.has_file("x"));
}

#[test]
fn a_record_survives_its_journey() {
    let record = record(vec![(5096, Value::Text("perl:5.30:1:x:x86_64".into()))]);
    assert_eq!(record.module.as_deref(), Some("perl:5.30:1:x:x86_64"));
    let json = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
    assert!(!json.contains("epoch"), "{json}");
    assert_eq!(record.nevra().to_string(), "demo-1.2-3.x86_64");
}

#[test]
fn what_a_record_was_made_of_can_be_read_from_it() {
    let mut more = fixture::relations(PROVIDES, &[("demo", 8, "1:1.2-3"), ("a<b>&\"c", 0, "")]);
    more.extend(fixture::relations(REQUIRES, &[("(a if b)", 0, ""), ("/bin/sh", 1 << 9, ""), ("x", 12, "2.0")]));
    more.extend(files(&[("/etc/demo.conf", 0o100_644, 1), ("/opt/<x>", 0o040_755, 0)]));
    let record = record(more);
    assert_eq!((record.summary(), record.description(), record.url()), ("a fixture".into(), "A fixture.".into(), String::new()));
    assert_eq!(record.source_rpm(), "fixture-1-1.src.rpm");
    let texts = |kind| record.relations(kind).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts("provides"), ["demo = 1:1.2-3", "a<b>&\"c"]);
    assert_eq!(texts("requires"), ["(a if b)", "/bin/sh", "x >= 2.0"]);
    assert_eq!(texts("suggests"), Vec::<String>::new());
    let paths = ["/opt/<x>", "/bin/sh", "/etc/demo.conf"].into();
    assert_eq!(record.files_among(&paths), ["/etc/demo.conf", "/opt/<x>"]);
}
