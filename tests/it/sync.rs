//! One repository copied to another, and several servers that share what lies in object storage.

use crate::{
    bucket::Bucket,
    desk::{Desk, Said, Server},
    upstream::Upstream,
};
use std::{fs, process::Command};

const PACKAGES: &str = "/apt/debian-12/dists/debian-12/main/binary-amd64/Packages";

/// What somebody downstream wants of the shop: everything, or only the shop of that version.
fn carried(desk: &Desk, version: &str, modules: &[&str], bundle: &str) {
    let upstream = Upstream::new().add("shop", version, "Depends: till\n").add("till", "1.5", "").add("lamp", "3", "").publish();
    let line = upstream.line();
    let mut words = vec!["prepare", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--source", &line, "--update"];
    modules.iter().for_each(|package| words.extend(["-p", package]));
    desk.near(&words).well();
    desk.near(&["export", "-o", bundle]).well();
}

/// A far side that shows a shop.
fn far_with(version: &str) -> Desk {
    let desk = Desk::new();
    carried(&desk, version, &["shop"], "one.tar.zst");
    fs::write(desk.path("key.asc"), desk.near(&["key", "export"]).well()).unwrap();
    desk.far(&["key", "trust", "key.asc"]).well();
    desk.far(&["import", "one.tar.zst"]).well();
    fs::write(desk.path("far.asc"), desk.far(&["key", "export"]).well()).unwrap();
    desk
}

fn packages(server: &Server) -> String {
    String::from_utf8(server.get(PACKAGES)).unwrap()
}

fn soon(what: &str, is_so: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_repository_is_copied_and_then_only_what_is_missing() {
    let desk = far_with("1.0");
    let server = Server::start(&desk, "far");
    let url = format!("http://{}", server.address);
    desk.run("branch", &["sync", &url]).badly(1, &["who is not trusted here", "--trust-on-first-use"]);
    let none = desk.run("branch", &["snapshot", "list"]).well();
    assert!(none.starts_with("there is no snapshot yet"), "{none}");
    desk.run("branch", &["key", "trust", "far.asc"]).well();
    let would = desk.run("branch", &["sync", &url, "--dry-run"]).well();
    assert!(would.contains("+ debian-12-x86_64--command-line\nto take: 5 blobs"), "{would}");
    let said = desk.run("branch", &["sync", &url]);
    assert!(said.err.contains("snapshot 1: 5 blobs new"), "{}", said.err);
    let branch = Server::start(&desk, "branch");
    assert_eq!(packages(&branch), packages(&server));
    assert_ne!(branch.get("/keys/lsrepo.asc"), server.get("/keys/lsrepo.asc"), "each signs with its own key");
    let said = desk.run("branch", &["sync", &url]);
    assert!(said.err.contains("snapshot 1: 0 blobs new (0 B), 5 were there"), "{}", said.err);
    carried(&desk, "2.0", &["shop"], "two.tar.zst");
    desk.far(&["import", "two.tar.zst"]).well();
    soon("the second snapshot is shown", || packages(&server).contains("Version: 2.0"));
    let said = desk.run("branch", &["sync", &url]);
    assert!(said.err.contains("snapshot 2: ") && said.err.contains("were there"), "{}", said.err);
    soon("the branch shows it too", || packages(&branch).contains("Version: 2.0"));
    let listed = desk.run("branch", &["snapshot", "list"]).well();
    assert!(listed.contains(&format!("(sync {url})")), "{listed}");
    desk.run("branch", &["fsck"]).well();
    // And one may copy from the copy.
    fs::write(desk.path("branch.asc"), desk.run("branch", &["key", "export"]).well()).unwrap();
    desk.run("leaf", &["key", "trust", "branch.asc"]).well();
    desk.run("leaf", &["sync", &format!("http://{}", branch.address)]).well();
}

#[test]
fn who_shows_an_old_state_again_is_not_believed() {
    let desk = far_with("1.0");
    fs::create_dir(desk.path("kept")).unwrap();
    let copied = Command::new("cp").arg("-a").arg(desk.path("far")).arg(desk.path("old")).status().unwrap();
    assert!(copied.success());
    carried(&desk, "2.0", &["shop"], "two.tar.zst");
    desk.far(&["import", "two.tar.zst"]).well();
    let url = {
        let server = Server::start(&desk, "far");
        let url = format!("http://{}", server.address);
        desk.run("branch", &["sync", &url, "--trust-on-first-use"]).well();
        url
    };
    let listen = url.strip_prefix("http://").unwrap();
    let mut old = desk.command("old", &["serve", "--listen", listen]).spawn().unwrap();
    soon("the old one answers", || std::net::TcpStream::connect(listen).is_ok());
    let refused = desk.run("branch", &["sync", &url]);
    let taken = desk.run("branch", &["sync", &url, "--older"]);
    old.kill().unwrap();
    old.wait().unwrap();
    refused.badly(1, &["is somebody showing an old state? --older takes it"]);
    taken.well();
}

#[test]
fn what_is_gone_there_goes_here_unless_it_came_from_elsewhere() {
    let desk = far_with("1.0");
    let server = Server::start(&desk, "far");
    let url = format!("http://{}", server.address);
    desk.run("branch", &["sync", &url, "--trust-on-first-use"]).well();
    // The branch has something of its own, too.
    let upstream = Upstream::new().add("own", "1", "").publish();
    let line = upstream.line();
    desk.run("branch", &["prepare", "--os", "debian-11", "--arch", "amd64", "--base", "none", "--source", &line, "-p", "own"])
        .well();
    let other = Desk::new();
    carried(&other, "3.0", &["lamp"], "lamp.tar.zst");
    // Far now shows another platform alone: its only set is away.
    fs::remove_file(desk.path("far/roots/debian-12-x86_64--command-line")).unwrap();
    let upstream = Upstream::new().add("new", "1", "").publish();
    let line = upstream.line();
    desk.far(&[
        "prepare",
        "--os",
        "debian-13",
        "--arch",
        "amd64",
        "--base",
        "none",
        "--source",
        &line,
        "-p",
        "new",
        "--lock-file",
        "far.lock",
    ])
    .well();
    soon("the other one is shown", || server.ask("GET", "/apt/debian-13/dists/debian-13/InRelease", "").0.contains(" 200 "));
    let said = desk.run("branch", &["sync", &url]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("debian-12-x86_64--command-line: not there any more"), "{}", said.err);
    let roots: Vec<String> =
        fs::read_dir(desk.path("branch/roots")).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    assert!(
        roots.iter().any(|name| name.starts_with("debian-11")) && roots.iter().any(|name| name.starts_with("debian-13")),
        "{roots:?}"
    );
    assert!(!roots.iter().any(|name| name.starts_with("debian-12")), "{roots:?}");
}

#[test]
fn whoever_copies_everything_must_be_allowed_to_read_everything() {
    let desk = far_with("1.0");
    let token = desk.far(&["token", "mirror"]);
    let line = token.err.lines().chain(token.out.lines()).find(|line| line.starts_with("mirror:")).unwrap().to_owned();
    let secret = token.out.lines().find(|line| !line.starts_with("mirror:")).unwrap().to_owned();
    fs::write(desk.path("users"), line + "\n").unwrap();
    let config = "users = \"users\"\n[[rights]]\npath = \"/files/internal\"\nread = \"users\"\n";
    fs::write(desk.path("serve.toml"), config).unwrap();
    let server = Server::start_with(&desk, "far", &["--config", "serve.toml"]);
    assert!(packages(&server).contains("shop"));
    desk.run("branch", &["sync", &format!("http://{}", server.address)]).badly(1, &["401", "must be allowed to read everything"]);
    desk.run("branch", &["sync", &format!("http://mirror:{secret}@{}", server.address), "--trust-on-first-use"]).well();
    let listed = desk.run("branch", &["snapshot", "list"]).well();
    assert!(!listed.contains(&secret), "{listed}");
}

/// A run with a bucket at hand.
fn with(desk: &Desk, bucket: &Bucket, home: &str, words: &[&str]) -> Said {
    Said::of(command(desk, bucket, home, words).output().unwrap())
}

fn command(desk: &Desk, bucket: &Bucket, home: &str, words: &[&str]) -> Command {
    let mut command = desk.command(home, words);
    let keys = [("AWS_ENDPOINT_URL", bucket.endpoint.as_str()), ("AWS_ACCESS_KEY_ID", "us"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    command.envs(keys);
    command
}

/// A server that has nothing but what lies there.
fn stateless(desk: &Desk, bucket: &Bucket, home: &str) -> Server {
    fs::write(desk.path("key"), "aws_access_key_id = us\naws_secret_access_key = secret\n").unwrap();
    let words = ["--store", "s3://stack/site", "--s3-endpoint", &bucket.endpoint, "--s3-credentials", "key"];
    Server::start_with(desk, home, &words)
}

#[test]
fn servers_without_a_store_show_what_lies_in_object_storage() {
    let (desk, bucket) = (far_with("1.0"), Bucket::start());
    let far = Server::start(&desk, "far");
    with(&desk, &bucket, "far", &["serve", "--store", "s3://stack/site"]).badly(2, &["nothing was put there yet"]);
    assert!(with(&desk, &bucket, "far", &["sync", "--to", "s3://stack/site", "--dry-run"]).well().starts_with("to send: "));
    assert!(bucket.keys().is_empty());
    with(&desk, &bucket, "far", &["sync", "--to", "s3://stack/site"]).well();
    let said = with(&desk, &bucket, "far", &["sync", "--to", "s3://stack/site"]);
    assert!(said.err.contains("0 blobs new (0 B)"), "{}", said.err);
    let servers = [stateless(&desk, &bucket, "a"), stateless(&desk, &bucket, "b")];
    for path in [PACKAGES, "/keys/lsrepo.asc", "/keys/lsrepo.gpg", "/apt/debian-12/dists/debian-12/InRelease", "/sync/head"] {
        for server in &servers {
            assert_eq!(server.get(path), far.get(path), "{path}");
        }
    }
    let [a, b] = &servers;
    assert!(a.ask("GET", "/sync/blobs/sha256/", "").0.starts_with("HTTP/1.1 404"), "nobody needs a list of everything");
    assert_eq!(packages(a).matches("Package: ").count(), 2);
    let name = packages(a).lines().find_map(|line| line.strip_prefix("Filename: ").map(str::to_owned)).unwrap();
    let (whole, again) = (a.get(&format!("/apt/debian-12/{name}")), a.get(&format!("/apt/debian-12/{name}")));
    assert_eq!((whole.as_slice(), again), (far.get(&format!("/apt/debian-12/{name}")).as_slice(), whole.clone()));
    let (head, part) = b.ask("GET", &format!("/apt/debian-12/{name}"), "Range: bytes=10-19\r\n");
    assert!(head.starts_with("HTTP/1.1 206") && part == whole[10..20], "{head}");
    let page = String::from_utf8(a.get("/search?q=shop")).unwrap();
    assert!(page.contains("shop"), "{page}");

    // Another snapshot: what one of them says of it, the others have, without waiting for their next look.
    carried(&desk, "2.0", &["shop"], "two.tar.zst");
    desk.far(&["import", "two.tar.zst"]).well();
    with(&desk, &bucket, "far", &["sync", "--to", "s3://stack/site"]).well();
    soon("one shows it", || packages(a).contains("Version: 2.0"));
    let release = String::from_utf8(a.get("/apt/debian-12/dists/debian-12/InRelease")).unwrap();
    let sums = release.split("SHA256:").nth(1).unwrap();
    let sum = sums.lines().find(|line| line.ends_with("main/binary-amd64/Packages")).unwrap().split_whitespace().next().unwrap();
    let by_hash = format!("/apt/debian-12/dists/debian-12/main/binary-amd64/by-hash/SHA256/{sum}");
    assert!(b.get(&by_hash) == a.get(PACKAGES), "what the one names, the other has");

    // Nobody needs the first one's own files any more once its snapshot is forgotten.
    let before = bucket.keys().len();
    desk.far(&["snapshot", "rm", "1"]).well();
    with(&desk, &bucket, "far", &["sync", "--to", "s3://stack/site", "--delete"]).well();
    assert!(bucket.keys().len() <= before);
    assert_eq!(packages(a), packages(b));

    // And another store can be filled from there.
    desk.run("branch", &["key", "trust", "far.asc"]).well();
    with(&desk, &bucket, "branch", &["sync", "s3://stack/site"]).well();
    assert!(packages(&Server::start(&desk, "branch")).contains("Version: 2.0"));
}

#[test]
fn a_server_whose_object_storage_is_away_goes_on_with_what_it_has() {
    let (desk, bucket) = (far_with("1.0"), Bucket::start());
    with(&desk, &bucket, "far", &["sync", "--to", "s3://stack/site"]).well();
    let server = stateless(&desk, &bucket, "a");
    let listed = packages(&server);
    bucket.set_away(true);
    assert_eq!(packages(&server), listed);
    let name = listed.lines().find_map(|line| line.strip_prefix("Filename: ")).unwrap();
    let (head, _) = server.ask("GET", &format!("/apt/debian-12/{name}"), "");
    assert!(head.starts_with("HTTP/1.1 500"), "never asked for before: {head}");
    bucket.set_away(false);
    soon("it comes back", || server.ask("GET", &format!("/apt/debian-12/{name}"), "").0.starts_with("HTTP/1.1 200"));
}

#[test]
fn what_is_damaged_in_object_storage_is_not_served_and_can_be_mended() {
    let (desk, bucket) = (far_with("1.0"), Bucket::start());
    with(&desk, &bucket, "far", &["sync", "--to", "s3://stack/site"]).well();
    let server = stateless(&desk, &bucket, "a");
    let name = packages(&server).lines().find_map(|line| line.strip_prefix("Filename: ").map(str::to_owned)).unwrap();
    let sum = packages(&server).lines().find_map(|line| line.strip_prefix("SHA256: ").map(str::to_owned)).unwrap();
    let key = format!("site/blobs/sha256/{sum}");
    assert!(bucket.has(&key));
    bucket.damage(&key);
    let (head, _) = server.ask("GET", &format!("/apt/debian-12/{name}"), "");
    assert!(head.starts_with("HTTP/1.1 500"), "{head}");
    soon("it says which", || server.said().contains(&sum));
    let said = with(&desk, &bucket, "far", &["sync", "--to", "s3://stack/site", "--verify"]);
    assert!(said.err.contains(&format!("{sum} is damaged there; it is sent again")), "{}", said.err);
    assert_eq!(
        server.get(&format!("/apt/debian-12/{name}")).len(),
        desk.path("far/blobs/sha256").join(&sum).metadata().unwrap().len() as usize
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let (desk, bucket) = (Desk::new(), Bucket::start());
    desk.run("a", &["sync"]).badly(2, &["FROM"]);
    desk.run("a", &["sync", "ftp://x"]).badly(2, &["is not a base address", "s3://BUCKET/PREFIX"]);
    desk.run("a", &["sync", "--to", "s3://"]).badly(2, &["it names no bucket"]);
    desk.run("a", &["sync", "--to", "s3://b/c"]).badly(2, &["who are we?", "--s3-credentials"]);
    with(&desk, &bucket, "a", &["sync", "--to", "s3://stack"]).badly(1, &["the store shows nothing yet"]);
    with(&desk, &bucket, "a", &["sync", "s3://stack/none"]).badly(1, &["there is nothing to take"]);
    with(&desk, &bucket, "a", &["serve", "--store", "s3://stack", "--allow-push", "--anonymous-push"])
        .badly(2, &["cannot be used with"]);
    fs::write(desk.path("serve.toml"), "store = \"s3://stack\"\n[registry]\nallow_push = true\n").unwrap();
    fs::write(desk.path("users"), "").unwrap();
    with(&desk, &bucket, "a", &["serve", "--config", "serve.toml", "--anonymous-push", "--allow-push"])
        .badly(2, &["pushes need a store"]);
    let server = Server::start_with(&desk, "a", &[]);
    desk.run("b", &["sync", &format!("http://{}", server.address), "--trust-on-first-use"]).well();
}

#[test]
fn a_folder_that_is_a_store_is_no_cache() {
    let (desk, bucket) = (far_with("1.0"), Bucket::start());
    with(&desk, &bucket, "far", &["sync", "--to", "s3://stack/site"]).well();
    let words = ["serve", "--store", "s3://stack/site", "--listen", "127.0.0.1:0", "--cache-size", "1", "--cache", "far"];
    with(&desk, &bucket, "a", &words).badly(2, &["this is no cache, and what is in it would be lost"]);
    desk.far(&["fsck"]).well();
}

#[test]
fn servers_do_not_go_back_in_time_and_nobody_makes_them_by_accident() {
    let (desk, bucket) = (far_with("1.0"), Bucket::start());
    let copied = Command::new("cp").arg("-a").arg(desk.path("far")).arg(desk.path("old")).status().unwrap();
    assert!(copied.success());
    carried(&desk, "2.0", &["shop"], "two.tar.zst");
    desk.far(&["import", "two.tar.zst"]).well();
    with(&desk, &bucket, "far", &["sync", "--to", "s3://stack/site"]).well();
    assert!(packages(&stateless(&desk, &bucket, "a")).contains("Version: 2.0"));
    with(&desk, &bucket, "old", &["sync", "--to", "s3://stack/site"]).badly(1, &["servers would refuse it", "--older"]);
    with(&desk, &bucket, "other", &["sync", "--to", "s3://stack/site"]).badly(1, &["the store shows nothing yet"]);
    with(&desk, &bucket, "old", &["sync", "--to", "s3://stack/site", "--older"]).well();
    let server = stateless(&desk, &bucket, "a");
    assert!(packages(&server).contains("Version: 2.0"), "what it has shown before is not undone");
    assert!(packages(&stateless(&desk, &bucket, "b")).contains("Version: 1.0"), "one that is new has nothing to compare with");
}
