use super::*;
use expect_test::expect;

const TEXT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<updates>
  <update status="final" from="security@a.example" version="2" type="security">
    <id>A-2</id><title>b &lt; c</title><severity>Important</severity><issued date="2020-01-02 03:04:05"/>
    <description>two
lines</description>
    <references><reference type="cve" id="CVE-1" href="https://a.example/?a=1&amp;b=2" title="t"/></references>
    <pkglist><collection short="x"><name>X</name><module name="perl" stream="5.26" version="1" context="ab" arch="x86_64"/>
      <package name="perl" version="5.26" release="1" arch="x86_64" src="perl-5.26-1.src.rpm"><filename>perl.rpm</filename>
        <sum type="sha256">ab</sum><reboot_suggested/></package>
      <package name="perl-doc" epoch="1" version="5.26" release="1" arch="noarch"><restart_suggested>False</restart_suggested></package>
      <package name="no-version" arch="noarch"/>
    </collection></pkglist>
  </update>
  <odd/>
  <update><id>A-1</id><pkglist><collection><package name="a" version="1" release="1" arch="noarch" epoch="0"/></collection></pkglist></update>
</updates>
"#;

fn all() -> Vec<Advisory> {
    advisories(TEXT.as_bytes()).collect::<Result<_, _>>().unwrap()
}

fn carried(names: &[&str]) -> HashSet<Nevra> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[test]
fn only_what_concerns_the_carried_packages_is_kept() {
    let carried = carried(&["perl-0:5.26-1.x86_64", "a-0:2-1.noarch"]);
    let kept: Vec<Advisory> = all().into_iter().filter_map(|advisory| advisory.reduce(&carried)).collect();
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <updates>
          <update from="security@a.example" status="final" type="security" version="2">
            <id>A-2</id>
            <title>b &lt; c</title>
            <issued date="2020-01-02 03:04:05"/>
            <severity>Important</severity>
            <description>two
        lines</description>
            <references>
              <reference href="https://a.example/?a=1&amp;b=2" id="CVE-1" type="cve" title="t"/>
            </references>
            <pkglist>
              <collection short="x">
                <name>X</name>
                <module name="perl" stream="5.26" version="1" context="ab" arch="x86_64"/>
                <package name="perl" version="5.26" release="1" epoch="0" arch="x86_64" src="perl-5.26-1.src.rpm">
                  <filename>perl.rpm</filename>
                  <sum type="sha256">ab</sum>
                  <reboot_suggested>True</reboot_suggested>
                </package>
              </collection>
            </pkglist>
          </update>
        </updates>
    "#]]
    .assert_eq(&render(&kept));
}

#[test]
fn advisories_survive_their_text_in_whichever_order_they_come() {
    let (mut all, text) = (all(), render(&all()));
    let again: Vec<Advisory> = advisories(text.as_bytes()).collect::<Result<_, _>>().unwrap();
    all.reverse();
    assert_eq!(again, all);
    all.extend(again);
    assert_eq!(render(&all), text);
    let package = all[1].packages().nth(1).unwrap();
    assert_eq!((package.artifact.to_string().as_str(), package.restart_suggested), ("perl-doc-1:5.26-1.noarch", false));
}

#[test]
fn after_an_error_nothing_more_is_read() {
    let cut = &TEXT[..TEXT.len() - 60];
    let read: Vec<_> = advisories(cut.as_bytes()).collect();
    assert!(read.len() == 2 && read[0].is_ok() && read[1].is_err());
    assert_eq!(advisories(&b"<other/>"[..]).count(), 1);
}
