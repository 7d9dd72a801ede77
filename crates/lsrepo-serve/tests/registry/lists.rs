//! Lists of tags and repositories. Specification: "Listing Tags".

use crate::{
    images,
    server::{Server, index},
};
use lsrepo_serve::RegistryImages;
use serde_json::{Value, json};

fn server() -> Server {
    let server = Server::pushing();
    for tag in ["b", "a", "10", "Z", "d", "9"] {
        server.manifest("x/y", tag, &index(&[]));
    }
    server
}

fn tags(server: &Server, query: &str) -> (Value, Option<String>) {
    let reply = server.get(&format!("/v2/x/y/tags/list{query}"));
    assert_eq!((reply.status, &reply.json()["name"]), (200, &json!("x/y")));
    (reply.json()["tags"].clone(), reply.header("link").map(str::to_owned))
}

#[test]
fn tags_are_listed_in_the_order_of_their_bytes() {
    let server = server();
    assert_eq!(tags(&server, ""), (json!(["10", "9", "Z", "a", "b", "d"]), None));
    let head = server.ask("HEAD", "/v2/x/y/tags/list").send();
    assert_eq!((head.status, head.header("content-type")), (200, Some("application/json")));
}

#[test]
fn a_repository_without_tags_has_an_empty_list() {
    let server = Server::pushing();
    server.manifest("x/y", "", &index(&[]));
    assert_eq!(tags(&server, ""), (json!([]), None));
}

#[test]
fn a_part_has_as_many_tags_as_were_asked_for_and_none_has_no_link() {
    let server = server();
    let link = |last: &str| Some(format!("</v2/x/y/tags/list?n=2&last={last}>; rel=\"next\""));
    assert_eq!(tags(&server, "?n=2"), (json!(["10", "9"]), link("9")));
    assert_eq!(tags(&server, "?n=2&last=9"), (json!(["Z", "a"]), link("a")));
    assert_eq!(tags(&server, "?n=2&last=a"), (json!(["b", "d"]), None));
    assert_eq!(tags(&server, "?n=0"), (json!([]), None));
    assert_eq!(tags(&server, "?n=6").1, None);
    assert_eq!(tags(&server, "?n=100").0.as_array().unwrap().len(), 6);
}

#[test]
fn the_last_tag_is_not_repeated_and_need_not_be_there() {
    let server = server();
    assert_eq!(tags(&server, "?last=a").0, json!(["b", "d"]));
    assert_eq!(tags(&server, "?last=c").0, json!(["d"]));
    assert_eq!(tags(&server, "?last=zzz").0, json!([]));
}

#[test]
fn numbers_beyond_reason_are_cut_and_what_is_no_number_is_refused() {
    let server = server();
    for path in ["/v2/x/y/tags/list", "/v2/_catalog"] {
        assert_eq!(server.get(&format!("{path}?n=99999999999999999999")).status, 200);
        for n in ["-1", "x", "1e3", "", "0x7fffffff"] {
            assert_eq!(server.get(&format!("{path}?n={n}")).error(), (400, "UNSUPPORTED".into()), "{n}");
        }
    }
}

#[test]
fn the_catalog_has_at_most_a_thousand_names_and_leads_to_the_rest() {
    let server = Server::showing(|store| {
        let mut images = RegistryImages::new();
        let root = images::single(store, "amd64", "layer", true);
        for n in 0..1500 {
            images.add(&images::found(store, &format!("up.test/r{n:04}:1"), &root), store).unwrap();
        }
        images
    });
    let first = server.get("/v2/_catalog?n=1000000");
    assert_eq!(first.json()["repositories"].as_array().unwrap().len(), 1000);
    let link = first.header("link").unwrap().to_owned();
    let next = server.get(link.trim_start_matches('<').split('>').next().unwrap());
    assert_eq!((next.json()["repositories"].as_array().unwrap().len(), next.header("link")), (500, None));
    assert_eq!(next.json()["repositories"][0], "up.test/r1000");
    let page = server.get("/v2/_catalog?n=2&last=up.test/r0001");
    assert_eq!(page.json()["repositories"], json!(["up.test/r0002", "up.test/r0003"]));
}

#[test]
fn the_catalog_names_what_was_pushed_and_what_was_imported_as_clients_can_ask_for_it() {
    let server = Server::with(crate::server::anyone(), |store| {
        let mut images = RegistryImages::new();
        for name in ["nginx", "quay.io/org/app:1", "127.0.0.1:5000/t/x:1", "a.test:5000/same:1", "b.test:5000/same:1"] {
            images::add(&mut images, store, name, "layer");
        }
        images
    });
    server.manifest("own/thing", "1", &index(&[]));
    let all = ["a.test:5000/same", "b.test:5000/same", "docker.io/library/nginx", "own/thing", "quay.io/org/app", "t/x"];
    assert_eq!(server.get("/v2/_catalog").json()["repositories"], json!(all));
    for name in &all[2..] {
        assert_eq!(server.get(&format!("/v2/{name}/tags/list")).status, 200, "{name}");
    }
}
