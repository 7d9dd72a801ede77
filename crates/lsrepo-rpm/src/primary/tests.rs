use super::*;

fn index(packages: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata xmlns=\"http://linux.duke.edu/metadata/common\" \
         xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\" packages=\"1\">{packages}</metadata>"
    )
}

fn package(rest: &str) -> String {
    index(&format!(
        "<package type=\"rpm\"><name>web</name><arch>noarch</arch><version epoch=\"1\" ver=\"2\" rel=\"3\"/>{rest}</package>"
    ))
}

const SUM: &str = "<checksum type=\"sha\" pkgid=\"YES\">0123456789ABCDEF0123456789abcdef01234567</checksum>";
const PLACE: &str = "<location href=\"Packages/w/web.rpm\"/>";

fn tell(text: &str) -> Result<Vec<String>, Error> {
    let mut reader = Reader::new(text.as_bytes());
    let mut told = Vec::new();
    while let Some(package) = reader.next_package()? {
        let (sum, size) = (package.checksum(), package.size);
        told.push(format!("{} {} {}:{} {size:?}", package.nevra(), package.href(), sum.kind.word(), &sum.hex[..6]));
        for relation in package.relations() {
            let version = relation.version.map(|version| {
                let release = version.release.map(|release| format!("-{release}")).unwrap_or_default();
                format!(" {} {}:{}{release}", version.operator.sign(), version.epoch, version.version)
            });
            let pre = if relation.pre { " (pre)" } else { "" };
            told.push(format!("  {}: {}{}{pre}", relation.kind.word(), relation.name, version.unwrap_or_default()));
        }
        told.extend(package.files().map(|file| format!("  {file}")));
    }
    Ok(told)
}

#[test]
fn a_package_comes_with_all_that_it_says() {
    let rest = format!(
        "{SUM}<summary>a &lt; b</summary><description>x <![CDATA[<name>no</name>]]></description><time file=\"1\"/>\
         <size package=\"7\" installed=\"9\"/>{PLACE}<format><rpm:license>MIT</rpm:license>\
         <rpm:provides><rpm:entry name=\"web\" flags=\"EQ\" epoch=\"1\" ver=\"2\" rel=\"3\"/></rpm:provides>\
         <rpm:requires><rpm:entry name=\"db\" flags=\"GE\" ver=\"5\" pre=\"1\"/><rpm:entry name=\"(a or b &gt; 1)\"/></rpm:requires>\
         <file>/etc/web&amp;co</file><file type=\"dir\">/etc/web</file></format>"
    );
    let expected = [
        "web-1:2-3.noarch Packages/w/web.rpm sha1:012345 Some(7)",
        "  provides: web = 1:2-3",
        "  requires: db >= 0:5 (pre)",
        "  requires: (a or b > 1)",
        "  /etc/web&co",
        "  /etc/web",
    ];
    assert_eq!(tell(&package(&rest)).unwrap(), expected);
    let renamed = package(&rest).replace("rpm:", "r:");
    assert_eq!(tell(&renamed).unwrap(), expected, "the prefix may be called anything");
    assert_eq!(tell(&index("")).unwrap(), Vec::<String>::new());
}

#[test]
fn what_a_package_cannot_do_without_is_named() {
    let refused = |rest: &str, why: &str| {
        let error = tell(&package(rest)).unwrap_err().to_string();
        assert!(error.contains(why), "{rest}: {error}");
    };
    refused(SUM, "a package without `location`");
    refused(PLACE, "a package without `checksum`");
    for href in ["/etc/passwd", "../x.rpm", "a//b", "a/../../b", "http://example.org/x.rpm", "file:/etc/x.rpm", "a\\b", ""] {
        refused(&format!("{SUM}<location href=\"{href}\"/>"), "location");
    }
    refused(&format!("{SUM}<location xml:base=\"http://example.org\" href=\"a.rpm\"/>"), "xml:base");
    refused(&format!("{PLACE}<checksum type=\"sha256\">{}</checksum>", "0".repeat(63)), "length");
    refused(&format!("{PLACE}<checksum type=\"crc\">00</checksum>"), "an unknown type");
    refused(&format!("{SUM}{PLACE}<size package=\"-1\"/>"), "`size`: no number");
    let relation = |entry: &str| format!("{SUM}{PLACE}<format><rpm:requires>{entry}</rpm:requires></format>");
    refused(&relation("<rpm:entry name=\"a\" flags=\"XX\" ver=\"1\"/>"), "an unknown comparison");
    refused(&relation("<rpm:entry flags=\"EQ\" ver=\"1\"/>"), "entry name");
    let error = tell(&index("<package/>")).unwrap_err();
    assert_eq!(error.to_string(), "primary, after ``: a package without `name`");
}

#[test]
fn bombs_and_torn_indexes_are_refused() {
    let refused = |text: &str, why: &str| {
        let error = tell(text).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    refused("<!DOCTYPE x [<!ENTITY a \"aaaa\">]><metadata>&a;</metadata>", "document type");
    refused(&package("<name>&a;</name>"), "an unknown entity");
    refused(&index(&"<a>".repeat(20)), "nests more than 16");
    refused("<metadata><package>", "ends before");
    refused("<html/>", "is no `metadata`: begins with `html`");
    assert!(tell("<metadata><package></metadata>").is_err());
    assert!(tell("<metadata").is_err());
    let good = package(&format!("{SUM}{PLACE}"));
    for cut in 60..good.len() {
        assert!(tell(&good[..cut]).is_err(), "{}", &good[..cut]);
    }
}

#[test]
fn the_last_package_that_was_read_is_the_place_of_an_error() {
    let text = package(&format!("{SUM}{PLACE}")).replace("</metadata>", "<package><name>db</name></package></metadata>");
    assert!(tell(&text).unwrap_err().to_string().starts_with("primary, after `web-1:2-3.noarch`: "));
}
