//! Who may do what.

use crate::{
    client::Ask,
    server::{Server, anyone, index},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use lsrepo_serve::{Admission, Current, Htpasswd, Options, Push, RegistryImages, Right, Rights, Who, make_token, serve_with};
use std::sync::Arc;

fn users() -> Htpasswd {
    let line = |name: &str, password: &str| format!("{name}:{}\n", bcrypt::hash(password, 4).unwrap().replace("$2b$", "$2y$"));
    Htpasswd::parse(&(line("ana", "secret") + &line("bob", "other"))).unwrap()
}

/// Whoever logs in may push; all may read, or not even that.
fn server(require_auth_for_pull: bool) -> Server {
    let admission = if require_auth_for_pull { Admission::users_only(users()) } else { Admission::users_push(users()) };
    Server::with(Options { push: Some(Push::default()), admission, ..Options::default() }, |_| RegistryImages::new())
}

trait Login {
    fn basic(self, name: &str, password: &str) -> Self;
}

impl Login for Ask {
    fn basic(self, name: &str, password: &str) -> Self {
        self.header("Authorization", format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
    }
}

fn push(server: &Server) -> Ask {
    server.ask("PUT", "/v2/a/manifests/1").header("Content-Type", crate::server::INDEX).body(index(&[]).to_string())
}

#[test]
fn pushing_needs_a_login_and_reading_does_not() {
    let server = server(false);
    assert_eq!(push(&server).send().error(), (401, "UNAUTHORIZED".into()));
    assert_eq!(push(&server).basic("ana", "wrong").send().error(), (401, "UNAUTHORIZED".into()));
    assert_eq!(push(&server).basic("eve", "secret").send().error(), (401, "UNAUTHORIZED".into()));
    for header in ["Basic", "Basic !", "Basic bm9jb2xvbg==", "Digest x", "Bearer x", ""] {
        assert_eq!(push(&server).header("Authorization", header).send().status, 401, "{header}");
    }
    assert_eq!(server.get("/v2/a/manifests/1").status, 404);
    // twice: the second time it is remembered
    for _ in 0..2 {
        assert_eq!(push(&server).basic("ana", "secret").send().status, 201);
        assert_eq!(push(&server).basic("ana", "secret2").send().status, 401);
    }
    assert_eq!(server.get("/v2/a/manifests/1").status, 200);
    for (method, path) in [("POST", "/v2/a/blobs/uploads/"), ("DELETE", "/v2/a/manifests/1")] {
        assert_eq!(server.ask(method, path).send().status, 401, "{method}");
    }
}

#[test]
fn clients_are_told_at_once_how_to_log_in() {
    let server = server(false);
    for (path, scope) in [("/v2/", ""), ("/v2/a/b/manifests/1", ",scope=\"repository:a/b:pull,push\"")] {
        let reply = server.ask(if scope.is_empty() { "GET" } else { "PUT" }, path).send();
        assert_eq!(reply.status, 401);
        let challenge = format!("Bearer realm=\"http://registry.example:5000/v2/_token\",service=\"lsrepo\"{scope}");
        assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()));
    }
    let server = self::server(true);
    assert_eq!(server.get("/v2/").header("www-authenticate"), Some("Basic realm=\"lsrepo\""));
}

#[test]
fn a_token_is_for_who_fetched_it() {
    let server = server(false);
    let token = |ask: Ask| format!("Bearer {}", ask.send().json()["token"].as_str().unwrap());
    let fetch = || server.ask("GET", "/v2/_token?service=lsrepo&scope=repository:a:pull,push");
    let (nobody, ana) = (token(fetch()), token(fetch().basic("ana", "secret")));
    assert_eq!(fetch().basic("ana", "wrong").send().error(), (401, "UNAUTHORIZED".into()));
    assert_eq!(server.ask("GET", "/v2/").header("Authorization", &nobody).send().status, 200);
    assert_eq!(push(&server).header("Authorization", &nobody).send().error(), (401, "UNAUTHORIZED".into()));
    assert_eq!(push(&server).header("Authorization", &ana).send().status, 201);
    assert_eq!(push(&server).header("Authorization", format!("{ana}x")).send().status, 401);
    assert_eq!(server.ask("POST", "/v2/_token").body("grant_type=password").send().error(), (405, "UNSUPPORTED".into()));
}

#[test]
fn where_all_must_log_in_nothing_is_shown_before() {
    let server = server(true);
    assert_eq!(push(&server).basic("bob", "other").send().status, 201);
    for path in ["/v2/", "/v2/_catalog", "/v2/a/tags/list", "/v2/a/manifests/1", "/v2/nobody/manifests/1", "/v2/nonsense"] {
        assert_eq!(server.get(path).error(), (401, "UNAUTHORIZED".into()), "{path}");
        assert_eq!(server.ask("GET", path).basic("", "").send().status, 401, "{path}");
    }
    let reply = server.ask("GET", "/v2/a/manifests/1").basic("bob", "other").send();
    assert_eq!(reply.status, 200);
    let digest = reply.header("docker-content-digest").unwrap();
    let by_digest = server.ask("GET", &format!("/v2/a/manifests/{digest}")).basic("bob", "other").send();
    assert_eq!(by_digest.header("cache-control"), Some("private, max-age=31536000, immutable"));
}

#[test]
fn anybody_may_push_only_where_that_was_said() {
    let server = Server::with(anyone(), |_| RegistryImages::new());
    assert_eq!((push(&server).send().status, server.get("/v2/").status), (201, 200));
    let nobody = Options { push: Some(Push::default()), ..Options::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Arc::new(Current::new(crate::server::site(RegistryImages::new())));
        serve_with(listener, site, server.store.clone(), nobody, async {}).await.unwrap_err()
    });
    assert!(error.to_string().contains("pushes") || error.to_string().contains("no users"), "{error}");
}

fn right(path: &str, read: Who, push: Who) -> Right {
    Right { path: path.into(), read, push }
}

fn these(names: &[&str]) -> Who {
    Who::These(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn a_repository_of_some_is_hidden_from_the_others_under_every_name() {
    let rights = Rights::default().with(vec![right("/v2/team", these(&["ana"]), these(&["ana"]))]).unwrap();
    let admission = Admission { rights, ..Admission::users_push(users()) };
    let server = Server::with(Options { push: Some(Push::default()), admission, ..Options::default() }, |_| RegistryImages::new());
    let push = |name: &str, user: &str, password: &str| {
        let ask = server.ask("PUT", &format!("/v2/{name}/manifests/1")).header("Content-Type", crate::server::INDEX);
        ask.body(index(&[]).to_string()).basic(user, password).send()
    };
    assert_eq!(push("team/app", "bob", "other").error(), (403, "DENIED".into()));
    assert_eq!((push("team/app", "ana", "secret").status, push("open", "bob", "other").status), (201, 201));
    assert_eq!(server.get("/v2/open/manifests/1").status, 200);
    for path in ["/v2/team/app/manifests/1", "/v2/team/app/tags/list", "/v2/team/none/tags/list"] {
        assert_eq!(server.get(path).error(), (401, "UNAUTHORIZED".into()), "{path}");
        assert_eq!(server.ask("GET", path).basic("bob", "other").send().error(), (403, "DENIED".into()), "{path}");
    }
    let reply = server.ask("GET", "/v2/team/app/manifests/1").basic("ana", "secret").send();
    let digest = reply.header("docker-content-digest").unwrap().to_owned();
    let referrers = format!("/v2/team/app/referrers/{digest}");
    assert_eq!((server.get(&referrers).status, server.get(&referrers.replace("team", "tram")).status), (401, 200));
    let listed = |ask: Ask| ask.send().json()["repositories"].to_string();
    assert_eq!(listed(server.ask("GET", "/v2/_catalog")), "[\"open\"]");
    assert_eq!(listed(server.ask("GET", "/v2/_catalog").basic("ana", "secret")), "[\"open\",\"team/app\"]");
    let by_digest = server.ask("GET", &format!("/v2/team/app/manifests/{digest}")).basic("ana", "secret").send();
    assert_eq!(by_digest.header("cache-control"), Some("private, max-age=31536000, immutable"));
}

#[test]
fn a_blob_of_a_hidden_repository_is_not_mounted_into_another() {
    let rights = Rights::default().with(vec![right("/v2/team", these(&["ana"]), these(&["ana"]))]).unwrap();
    let admission = Admission { rights, ..Admission::users_push(users()) };
    let server = Server::with(Options { push: Some(Push::default()), admission, ..Options::default() }, |_| RegistryImages::new());
    let digest = lsrepo_types::Digest::of(b"secret bytes");
    let path = format!("/v2/team/app/blobs/uploads/?digest={digest}");
    assert_eq!(server.ask("POST", &path).body("secret bytes").basic("ana", "secret").send().status, 201);
    for from in ["", "&from=team/app"] {
        let mount = format!("/v2/bobs/blobs/uploads/?mount={digest}{from}");
        let reply = server.ask("POST", &mount).basic("bob", "other").send();
        assert_eq!(reply.status, 202, "an upload begins instead: {}", reply.text());
    }
    let mount = format!("/v2/open/blobs/uploads/?mount={digest}&from=team/app");
    assert_eq!(server.ask("POST", &mount).basic("ana", "secret").send().status, 201);
}

#[test]
fn a_token_of_the_users_file_is_as_good_as_a_password() {
    let (token, line) = make_token("robot").unwrap();
    let admission = Admission::users_only(Htpasswd::parse(&line).unwrap());
    let server = Server::with(Options { push: Some(Push::default()), admission, ..Options::default() }, |_| RegistryImages::new());
    assert_eq!(push(&server).basic("robot", &token).send().status, 201);
    assert_eq!(push(&server).header("Authorization", format!("Bearer {token}")).send().status, 201);
    assert_eq!(push(&server).basic("ana", &token).send().status, 401);
}

#[test]
fn whoever_guesses_at_speed_has_to_wait_and_who_is_logged_in_does_not() {
    let server = server(false);
    assert_eq!(push(&server).basic("ana", "secret").send().status, 201);
    let statuses: Vec<u16> = (0..12).map(|n| push(&server).basic("ana", &format!("guess{n}")).send().status).collect();
    assert_eq!((statuses[0], statuses[11]), (401, 429), "{statuses:?}");
    assert_eq!(push(&server).basic("bob", "other").send().status, 429, "right or wrong, it is not compared");
    assert_eq!(push(&server).basic("ana", "secret").send().status, 201);
}
