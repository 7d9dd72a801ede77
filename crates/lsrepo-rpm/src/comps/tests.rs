use super::*;
use expect_test::expect;
use std::collections::HashSet;

const TEXT: &str = r#"<?xml version="1.0"?>
<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
<comps>
  <group><id>web</id><name>Web Server</name><name xml:lang="de">Webdienst</name><description/><default>false</default>
    <uservisible>True</uservisible><packagelist>
      <packagereq type="mandatory">httpd</packagereq><packagereq type="default">mod_ssl</packagereq>
      <packagereq type="optional">squid</packagereq><packagereq type="conditional" requires="php">php-fpm</packagereq>
    </packagelist></group>
  <group><id>base</id><_name>Base</_name><packagelist><packagereq>bash</packagereq></packagelist></group>
  <group><name>no id</name></group>
  <environment><id>server</id><name>Server</name><display_order>3</display_order><grouplist><groupid>base</groupid></grouplist>
    <optionlist><groupid default="true">web</groupid><groupid>debug</groupid></optionlist></environment>
  <category><id>servers</id><name>Servers</name><grouplist><groupid>web</groupid></grouplist></category>
  <langpacks><match name="aspell" install="aspell-%s"/></langpacks>
  <blacklist><package name="x"/></blacklist>
</comps>"#;

fn comps() -> Comps {
    Comps::parse(TEXT.as_bytes()).unwrap()
}

fn names(word: &str) -> Vec<String> {
    let comps = comps();
    let found = comps.find(word).unwrap();
    comps.members(found).into_iter().map(|member| member.name.clone()).collect()
}

#[test]
fn a_group_is_found_by_id_and_by_name() {
    assert_eq!(names("web"), ["httpd", "mod_ssl", "php-fpm"]);
    assert_eq!(names("web server"), names("web"));
    assert_eq!(names("WEBDIENST"), names("web"));
    assert_eq!(names("base"), ["bash"]);
    assert_eq!(names("server"), ["bash", "httpd", "mod_ssl", "php-fpm"]);
    assert_eq!(comps().find("nothing"), None);
}

#[test]
fn only_what_is_carried_is_left() {
    let reduced = comps().reduce(&HashSet::from(["httpd", "php-fpm", "aspell"]));
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">
        <comps>
          <group>
            <id>web</id>
            <name>Web Server</name>
            <name xml:lang="de">Webdienst</name>
            <description/>
            <default>false</default>
            <uservisible>true</uservisible>
            <packagelist>
              <packagereq type="mandatory">httpd</packagereq>
              <packagereq type="conditional" requires="php">php-fpm</packagereq>
            </packagelist>
          </group>
          <category>
            <id>servers</id>
            <name>Servers</name>
            <description/>
            <grouplist>
              <groupid>web</groupid>
            </grouplist>
          </category>
          <langpacks>
            <match name="aspell" install="aspell-%s"/>
          </langpacks>
        </comps>
    "#]]
    .assert_eq(&reduced.render());
}

#[test]
fn groups_survive_their_text() {
    let text = comps().render();
    let again = Comps::parse(text.as_bytes()).unwrap();
    assert_eq!(again.render(), text);
    assert_eq!((again.groups.len(), again.environments[0].options.len()), (2, 2));
}

#[test]
fn what_two_repositories_know_of_a_group_comes_together() {
    let mut both = comps();
    let more = "<comps><group><id>web</id><packagelist><packagereq>nginx</packagereq><packagereq>httpd</packagereq></packagelist></group>\
                <group><id>new</id><packagelist/></group></comps>";
    both.extend(Comps::parse(more.as_bytes()).unwrap());
    both.extend(comps());
    assert_eq!((both.groups.len(), both.group("web").unwrap().packages.len(), both.langpacks.len()), (3, 5, 1));
    assert_eq!(both.group("web").unwrap().label.name, "Web Server");
}
