use super::*;
use crate::Part;

fn bytes(text: &str) -> Entry {
    Entry::Bytes(Arc::from(text.as_bytes()))
}

fn file(name: &str, text: &str) -> OfferedFile {
    OfferedFile { name: name.into(), digest: Digest::of(text.as_bytes()), size: text.len() as u64 }
}

fn image(name: &str) -> OfferedImage {
    let parts = Parts::new(vec![Part::Bytes(Arc::from(name.as_bytes()))]).unwrap();
    OfferedImage { reference: name.parse().unwrap(), archive: Arc::new(parts) }
}

/// A platform with so many packages, and nothing else.
fn offer(platform: &str, package_count: u64) -> Offer {
    let platform: Platform = platform.parse().unwrap();
    let paths: &[&str] = match platform.os.as_str().starts_with("centos") {
        true => &["repodata/repomd.xml", "Packages/a/a-1-1.noarch.rpm", "a-1-1.noarch.rpm"],
        false => &["Packages", "Packages.gz", "InRelease", "a_1_all.deb"],
    };
    let mut packages = Tree::default();
    for path in paths {
        packages.insert(path.parse().unwrap(), bytes(&format!("{platform} {path}")));
    }
    let chart_index = b"entries: {}\n".to_vec();
    Offer { platform, packages, package_count, files: vec![], charts: vec![], chart_index, images: vec![] }
}

fn top(offers: &[Offer], wanted: &[&str]) -> String {
    let wanted: Vec<Platform> = wanted.iter().map(|text| text.parse().unwrap()).collect();
    shown_at_the_top(offers, &wanted).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn names(tree: &Tree, directory: &str) -> Vec<String> {
    let prefix = format!("{directory}/");
    tree.entries.keys().filter_map(|path| path.as_str().strip_prefix(&prefix)).map(str::to_owned).collect()
}

#[test]
fn the_platform_with_the_most_packages_is_at_the_top_and_one_of_the_other_family_beside_it() {
    let (deb, rpm) = (offer("debian-12/x86_64", 10), offer("centos-7/x86_64", 20));
    let (arm, small) = (offer("centos-7/arm64", 30), offer("debian-13/x86_64", 10));
    assert_eq!(top(&[deb.clone(), rpm.clone(), small.clone()], &[]), "centos-7/x86_64 debian-12/x86_64");
    assert_eq!(top(&[deb.clone(), arm.clone()], &[]), "centos-7/arm64", "architectures do not mix");
    assert_eq!(top(&[deb.clone(), arm, rpm], &["debian-12/x86_64"]), "debian-12/x86_64");
    assert_eq!(top(&[deb], &["centos-7/arm64"]), "", "nothing else is taken for it");
    assert_eq!(top(&[], &[]), "");
}

#[test]
fn every_platform_has_all_of_it_in_a_folder_of_its_own() {
    let mut arm = offer("centos-7/arm64", 1);
    arm.files = vec![file("tools/helm-v3.2.0-linux-arm64.tar.gz", "helm"), file("grafana_dashboards/x.json", "{}")];
    arm.charts = vec![file("charts/web-1.2.0.tgz", "web")];
    arm.images = vec![image("haproxy:2.2.2-alpine")];
    let offers = [offer("centos-7/x86_64", 2), arm];
    let (tree, findings) = folder(&offers, &shown_at_the_top(&offers, &[]));
    assert_eq!(findings, []);
    let has = names(&tree, "centos-7/arm64");
    for path in [
        "packages/repodata/repomd.xml",
        "packages/a-1-1.noarch.rpm",
        "files/helm-v3.2.0-linux-arm64.tar.gz",
        "files/x.json",
        "grafana_dashboards/x.json",
        "charts/system/index.yaml",
        "charts/system/web-1.2.0.tgz",
        "images/haproxy-2.2.2-alpine.tar",
    ] {
        assert!(has.iter().any(|name| name == path), "{path}");
    }
    assert_eq!(tree.get("packages/repodata/repomd.xml"), Some(&bytes("centos-7/x86_64 repodata/repomd.xml")));
    assert!(tree.get("files/x.json").is_none(), "the top is of another platform");
}

#[test]
fn apt_and_yum_find_their_metadata_in_one_folder() {
    let offers = [offer("debian-12/x86_64", 1), offer("centos-7/x86_64", 2)];
    let (tree, findings) = folder(&offers, &shown_at_the_top(&offers, &[]));
    assert_eq!(findings, []);
    let both =
        ["InRelease", "Packages.gz", "Packages/a/a-1-1.noarch.rpm", "a-1-1.noarch.rpm", "a_1_all.deb", "repodata/repomd.xml"];
    assert_eq!(names(&tree, "packages"), both, "a folder and a file cannot have one name");
    assert!(tree.get("debian-12/x86_64/packages/Packages").is_some());
}

#[test]
fn the_first_image_of_a_name_has_it_and_the_other_is_told() {
    let mut offer = offer("debian-12/x86_64", 1);
    let by_digest = format!("a.b/c@{}", Digest::of(b""));
    offer.images = [image("jboss/keycloak:14"), image("lambdastack/keycloak:14"), image(&by_digest)].into();
    let (tree, findings) = folder(&[offer.clone()], &[offer.platform.clone()]);
    assert_eq!(names(&tree, "images"), ["docker.io_lambdastack_keycloak-14.tar", "keycloak-14.tar"]);
    assert_eq!(tree.get("images/keycloak-14.tar"), Some(&Entry::Parts(offer.images[0].archive.clone())));
    let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("docker.io/lambdastack/keycloak:14 is images/docker.io_lambdastack_keycloak-14.tar"), "{said:?}");
    assert!(said[1].contains("has no tag"), "{said:?}");
}

#[test]
fn the_first_file_of_a_name_has_it_and_the_other_is_told() {
    let mut one = offer("debian-12/x86_64", 2);
    one.files = vec![file("a/x", "1"), file("b/x", "2"), file("c/x", "1"), file(&"y".repeat(300), "3")];
    let (tree, findings) = folder(&[one.clone()], &[one.platform.clone()]);
    assert_eq!(tree.get("files/x"), Some(&Entry::Blob { digest: Digest::of(b"1"), size: 1 }));
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].to_string().contains("`b/x`"));
    // the same between two platforms at the top
    let mut two = offer("centos-7/x86_64", 1);
    two.files = vec![file("x", "4")];
    one.files.truncate(1);
    let (tree, findings) = folder(&[one.clone(), two.clone()], &[one.platform, two.platform]);
    assert_eq!(tree.get("files/x"), Some(&Entry::Blob { digest: Digest::of(b"1"), size: 1 }));
    assert_eq!(
        findings[0].to_string(),
        "/lsrepo/files/x is that of another platform; that of centos-7/x86_64 is /lsrepo/centos-7/x86_64/files/x"
    );
}

#[test]
fn the_index_of_charts_is_of_the_charts_beside_it() {
    let (mut one, mut two) = (offer("debian-12/x86_64", 2), offer("centos-7/x86_64", 1));
    two.charts = vec![file("charts/web-1.tgz", "web")];
    two.chart_index = b"entries: {web: []}\n".to_vec();
    let platforms = [one.platform.clone(), two.platform.clone()];
    let (tree, findings) = folder(&[one.clone(), two.clone()], &platforms);
    assert_eq!((tree.get("charts/system/index.yaml"), findings.len()), (Some(&bytes("entries: {web: []}\n")), 0));
    one.charts = vec![file("charts/db-1.tgz", "db")];
    one.chart_index = b"entries: {db: []}\n".to_vec();
    let (tree, findings) = folder(&[one, two], &platforms);
    assert_eq!(names(&tree, "charts"), ["system/db-1.tgz", "system/index.yaml"]);
    assert_eq!((tree.get("charts/system/index.yaml"), findings.len()), (Some(&bytes("entries: {db: []}\n")), 1));
}
