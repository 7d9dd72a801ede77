//! The server that runs for years: configuration and reload, users, TLS, snapshots that are switched while it serves, a store
//! that is checked and mended.

use crate::{
    desk::{Desk, Server},
    program::program,
    upstream::Upstream,
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

fn shop(version: &str) -> Upstream {
    Upstream::new().add("shop", version, "Depends: till\n").add("till", "1.5", "").publish()
}

/// A far side with two snapshots: version 1.0 of the shop, then 2.0.
fn two_visits() -> Desk {
    let desk = Desk::new();
    for (version, bundle) in [("1.0", "one.tar.zst"), ("2.0", "two.tar.zst")] {
        let upstream = shop(version);
        let line = upstream.line();
        let words =
            ["prepare", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--source", &line, "-p", "shop", "--update"];
        desk.near(&words).well();
        desk.near(&["export", "-o", bundle]).well();
    }
    fs::write(desk.path("key.asc"), desk.near(&["key", "export"]).well()).unwrap();
    desk.far(&["key", "trust", "key.asc"]).well();
    desk.far(&["import", "one.tar.zst"]).well();
    desk.far(&["import", "two.tar.zst"]).well();
    desk
}

const PACKAGES: &str = "/apt/debian-12/dists/debian-12/main/binary-amd64/Packages";

fn version(server: &Server) -> String {
    let packages = String::from_utf8(server.get(PACKAGES)).unwrap();
    let shop = packages.split("\n\n").find(|stanza| stanza.starts_with("Package: shop\n")).unwrap();
    shop.lines().find_map(|line| line.strip_prefix("Version: ")).unwrap().to_owned()
}

fn date(server: &Server) -> lsrepo_types::Timestamp {
    let release = String::from_utf8(server.get("/apt/debian-12/dists/debian-12/InRelease")).unwrap();
    let date = release.lines().find_map(|line| line.strip_prefix("Date: ")).unwrap();
    lsrepo_types::Timestamp::parse_rfc2822(date).unwrap()
}

/// Asks until it is so.
fn soon(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_snapshot_is_made_by_each_import_and_another_is_shown_with_one_command() {
    let desk = two_visits();
    let listed: serde_json::Value = serde_json::from_str(&desk.far(&["snapshot", "list", "-o", "json"]).well()).unwrap();
    let numbers: Vec<(u64, bool)> =
        listed.as_array().unwrap().iter().map(|one| (one["number"].as_u64().unwrap(), one["shown"].as_bool().unwrap())).collect();
    assert_eq!(numbers, [(1, false), (2, true)]);
    assert_eq!((&listed[1]["cause"], &listed[1]["platforms"][0]), (&"import two.tar.zst".into(), &"debian-12/x86_64".into()));
    let server = Server::start(&desk, "far");
    let first = date(&server);
    assert_eq!(version(&server), "2.0");
    desk.far(&["snapshot", "switch", "--back"]).well();
    soon("the snapshot before is shown", || version(&server) == "1.0");
    assert!(date(&server) > first, "clients never go back in time");
    assert!(desk.far(&["snapshot", "diff", "1", "2"]).well().contains("shop 1.0 -> 2.0"));
    assert!(desk.far(&["snapshot", "show", "1"]).well().contains("debian-12/x86_64: 2 packages"));
    desk.far(&["snapshot", "switch", "2"]).well();
    soon("the newest is shown again", || version(&server) == "2.0");
    // the same after a new start, without publishing anything again
    drop(server);
    desk.far(&["snapshot", "switch", "1"]).well();
    assert_eq!(version(&Server::start(&desk, "far")), "1.0");
    desk.far(&["snapshot", "switch", "7"]).badly(1, &["there is no snapshot 7", "lsrepo snapshot list"]);
    desk.far(&["snapshot", "switch", "--back"]).badly(1, &["no snapshot before"]);
}

#[test]
fn what_was_prepared_where_it_is_served_becomes_snapshots_too() {
    let desk = Desk::new();
    desk.near(&["snapshot", "take"]).badly(1, &["nothing in the store yet", "lsrepo prepare"]);
    for version in ["1.0", "2.0"] {
        let upstream = shop(version);
        let line = upstream.line();
        let words =
            ["prepare", "--os", "debian-12", "--arch", "amd64", "--base", "none", "--source", &line, "-p", "shop", "--update"];
        desk.near(&words).well();
        for _ in 0..2 {
            desk.near(&["snapshot", "take", "--cause", "the first fetch"]).well();
        }
    }
    let listed: serde_json::Value = serde_json::from_str(&desk.near(&["snapshot", "list", "-o", "json"]).well()).unwrap();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["cause"]), (2, &"the first fetch".into()), "the same is no new one");
    let server = Server::start(&desk, "near");
    assert_eq!(version(&server), "2.0");
    desk.near(&["snapshot", "switch", "--back"]).well();
    soon("the first one is shown", || version(&server) == "1.0");
}

#[test]
fn what_only_forgotten_snapshots_need_goes_and_nothing_else() {
    let desk = two_visits();
    let has = |version: &str| {
        let server = Server::start(&desk, "far");
        let packages = String::from_utf8(server.get(PACKAGES)).unwrap();
        let path = packages.lines().filter_map(|line| line.strip_prefix("Filename: ")).find(|path| path.contains(version));
        path.is_some_and(|path| !server.get(&format!("/apt/debian-12/{path}")).is_empty())
    };
    desk.far(&["gc", "--grace", "0s"]).well();
    assert!(has("shop_2.0"));
    desk.far(&["snapshot", "switch", "1"]).well();
    assert!(has("shop_1.0"), "a snapshot that is remembered keeps its packages");
    desk.far(&["snapshot", "rm", "1"]).badly(1, &["snapshot 1 is shown"]);
    desk.far(&["snapshot", "rm", "2"]).badly(1, &["the newest snapshot"]);
    desk.far(&["snapshot", "switch", "2"]).well();
    let keep = desk.far(&["snapshot", "keep", "1"]);
    assert!(keep.err.contains("snapshot 1 is forgotten"), "{}", keep.err);
    let before = desk.blobs("far");
    desk.far(&["gc", "--grace", "0s"]).well();
    assert!(desk.blobs("far") < before && has("shop_2.0"));
    desk.far(&["snapshot", "switch", "1"]).badly(1, &["there is no snapshot 1"]);
    desk.far(&["snapshot", "keep", "0"]).badly(2, &["not `all` nor a number above 0"]);
}

#[test]
fn clients_that_ask_while_snapshots_are_switched_never_see_half_of_one() {
    let desk = two_visits();
    let server = Server::start(&desk, "far");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = 0;
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                        let release = String::from_utf8(server.get("/apt/debian-12/dists/debian-12/InRelease")).unwrap();
                        let line = release.lines().find(|line| line.ends_with(" main/binary-amd64/Packages.gz")).unwrap();
                        let digest = line.split_whitespace().next().unwrap();
                        let by_hash = format!("/apt/debian-12/dists/debian-12/main/binary-amd64/by-hash/SHA256/{digest}");
                        assert_eq!(lsrepo_types::Digest::of(&server.get(&by_hash)).hex(), digest);
                        seen += 1;
                    }
                    seen
                })
            })
            .collect();
        for number in ["1", "2", "1"] {
            desk.far(&["snapshot", "switch", number]).well();
            let expected = if number == "1" { "1.0" } else { "2.0" };
            soon("it is shown", || version(&server) == expected);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(asking.into_iter().all(|one| one.join().unwrap() > 0));
    });
}

#[test]
fn a_store_that_lost_and_damaged_blobs_is_mended_by_a_bundle() {
    let desk = two_visits();
    assert!(desk.far(&["fsck"]).well().contains("blobs were read"));
    let large = |home: &Path| {
        let mut all: Vec<_> = fs::read_dir(home.join("blobs/sha256")).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort_by_key(|path| std::cmp::Reverse(fs::metadata(path).unwrap().len()));
        all
    };
    let packages: Vec<_> =
        large(&desk.path("far")).into_iter().filter(|path| fs::read(path).unwrap().starts_with(b"!<arch>")).collect();
    let original = fs::read(&packages[0]).unwrap();
    let mut bytes = original.clone();
    bytes[20] ^= 1;
    fs::write(&packages[0], &bytes).unwrap();
    fs::remove_file(&packages[1]).unwrap();
    desk.far(&["fsck"]).badly(1, &["the store is not whole", "--repair-from"]);
    let one = desk.far(&["fsck", "--repair-from", "one.tar.zst"]);
    let two = desk.far(&["fsck", "--repair-from", "two.tar.zst"]);
    assert!(one.out.contains("brought back") || two.out.contains("brought back"), "{}{}", one.out, two.out);
    two.well();
    assert!(fs::read(&packages[0]).unwrap() == original && packages[1].exists());
    desk.far(&["snapshot", "switch", "1"]).well();
}

#[test]
fn the_configuration_is_read_again_while_the_server_runs() {
    let desk = two_visits();
    let users = |name: &str| {
        let token = desk.far(&["token", name]);
        let line = token.err.lines().find(|line| line.starts_with(&format!("{name}:"))).unwrap().to_owned();
        (token.out.trim().to_owned(), line)
    };
    let ((ana, first), (bob, second)) = (users("ana"), users("bob"));
    let file = desk.path("users").display().to_string();
    fs::write(&file, format!("{first}\n")).unwrap();
    let rights = "[[rights]]\npath = \"/apt\"\nread = [\"ana\"]\n[limits]\nrequests_per_second = 1000.0\n";
    fs::write(desk.path("serve.toml"), format!("users = \"{file}\"\n{rights}")).unwrap();
    let server = Server::start_with(&desk, "far", &["--config", "serve.toml"]);
    let status = |token: &str| server.ask("GET", PACKAGES, &format!("Authorization: Bearer {token}\r\n")).0[9..12].to_owned();
    assert_eq!((status(&ana), status(&bob)), ("200".into(), "401".into()));
    let (head, _) = server.ask("GET", PACKAGES, "");
    assert!(head.starts_with("HTTP/1.1 401") && head.contains("www-authenticate: Basic realm=\"lsrepo\""), "{head}");
    assert!(server.ask("GET", "/keys/lsrepo.asc", "").0.starts_with("HTTP/1.1 200"));
    let (head, _) = server.ask("GET", PACKAGES, &format!("Authorization: Bearer {ana}\r\n"));
    assert!(head.contains("cache-control: private"), "{head}");
    // bob comes, ana goes
    fs::write(&file, format!("{second}\n")).unwrap();
    fs::write(desk.path("serve.toml"), format!("users = \"{file}\"\n{}", rights.replace("ana", "bob"))).unwrap();
    server.signal("HUP");
    soon("bob may read", || status(&bob) == "200");
    assert_eq!(status(&ana), "401");
    // what is wrong changes nothing
    fs::write(desk.path("serve.toml"), "nonsense = 1\n").unwrap();
    server.signal("HUP");
    soon("it says so", || server.said().contains("nothing was changed") && server.said().contains("unknown field `nonsense`"));
    assert_eq!(status(&bob), "200");
    desk.far(&["serve", "--config", "serve.toml"]).badly(2, &["serve.toml", "nonsense", "line 1"]);
    desk.far(&["serve", "--config", "nowhere.toml"]).badly(2, &["nowhere.toml"]);
}

#[test]
fn tls_is_spoken_with_an_authority_of_ones_own_that_hosts_find_among_the_keys() {
    let desk = two_visits();
    let secure = ["serve", "--listen", "https://127.0.0.1:0"];
    desk.far(&secure).badly(2, &["there is no certificate", "lsrepo tls init"]);
    desk.far(&["tls", "init", "--name", "127.0.0.1", "--name", "repo.example"]).well();
    desk.far(&["tls", "init"]).badly(2, &["there is an authority already", "tls renew"]);
    for secret in ["ca.key", "server.pem"] {
        let mode = fs::metadata(desk.path("far/tls").join(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o77, 0, "{secret}");
    }
    let server = Server::start_with(&desk, "far", &["--listen", "https://127.0.0.1:0"]);
    let ca = desk.path("ca.crt");
    fs::write(&ca, server.get("/keys/ca.crt")).unwrap();
    assert_eq!(fs::read_to_string(&ca).unwrap(), desk.far(&["tls", "export"]).well());
    let shown: serde_json::Value = serde_json::from_str(&desk.far(&["tls", "show", "-o", "json"]).well()).unwrap();
    assert_eq!(shown["names"], serde_json::json!(["127.0.0.1", "repo.example"]));
    soon("it listens there too", || server.secure_address().is_some());
    let Some(curl) = program("curl") else { return };
    let url = format!("https://{}{PACKAGES}", server.secure_address().unwrap());
    let get = |words: &[&str]| Command::new(&curl).args(["-sS", "--cacert"]).arg(&ca).args(words).arg(&url).output().unwrap();
    for version in ["--http2", "--http1.1"] {
        let got = get(&[version]);
        assert!(got.status.success() && got.stdout == server.get(PACKAGES), "{}", String::from_utf8_lossy(&got.stderr));
    }
    let stranger = Command::new(&curl).args(["-sS", &url]).output().unwrap();
    assert!(!stranger.status.success(), "who does not know the authority does not trust it");
    // another certificate by the same authority, without a new start
    desk.far(&["tls", "renew", "--name", "127.0.0.1"]).well();
    let before = fs::read(desk.path("far/tls/server.pem")).unwrap();
    server.signal("HUP");
    assert!(get(&[]).status.success() && before == fs::read(desk.path("far/tls/server.pem")).unwrap());
}

#[test]
fn machines_that_watch_are_told_what_there_is_to_know() {
    let desk = two_visits();
    let server = Server::start(&desk, "far");
    server.get(PACKAGES);
    soon("figures are gathered", || String::from_utf8(server.get("/metrics")).unwrap().contains("lsrepo_snapshot 2"));
    let text = String::from_utf8(server.get("/metrics")).unwrap();
    for line in ["lsrepo_requests_total{kind=\"apt\",status=\"2xx\"} 1", "lsrepo_snapshot_sets 1"] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    assert!(text.contains("lsrepo_store_blobs "));
    assert_eq!(server.get("/healthz"), b"ok\n");
    let (_, body) = server.ask("GET", "/healthz", "Accept: application/json\r\n");
    let health: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&health["status"], &health["figures"]["snapshot"]), (&"ok".into(), &2.0.into()));
}

#[test]
fn a_service_is_installed_and_removed_and_what_was_there_stays() {
    let desk = Desk::new();
    let root = desk.path("root").display().to_string();
    let unit = desk.path("root/etc/systemd/system/lsrepo.service");
    desk.far(&["service", "install", "--root", &root, "--dry-run"]).well();
    assert!(!unit.exists());
    fs::create_dir_all(desk.path("root/etc/lsrepo")).unwrap();
    fs::write(desk.path("root/etc/lsrepo/serve.toml"), "grace = \"1s\"\n").unwrap();
    let said = desk.far(&["service", "install", "--root", &root]);
    assert!(said.err.contains("serve.toml: is there with other content, and stays"), "{}", said.err);
    let text = fs::read_to_string(&unit).unwrap();
    assert!(text.contains("User=lsrepo") && text.contains("Type=notify") && !text.contains("@PROGRAM@"), "{text}");
    desk.far(&["service", "remove", "--root", &root]).well();
    assert!(!unit.exists() && desk.path("root/etc/lsrepo/serve.toml").exists());
    assert!(desk.far(&["service", "print"]).well().contains("# file: /etc/systemd/system/lsrepo.socket"));
}
