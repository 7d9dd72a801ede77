use super::*;

const LOGIN: &str = "me:secret";

fn manner(tokens: bool) -> Manner {
    Manner { login: Some((LOGIN, tokens)), ..Manner::default() }
}

fn send(pusher: &Pusher, name: &str, bytes: &[u8]) -> Result<Pushed, FetchError> {
    let (digest, size) = (Digest::of(bytes).into(), bytes.len() as u64);
    run(pusher.blob(&repository(name), &digest, size, &Source::of_bytes(bytes.to_vec())))
}

#[test]
fn a_password_is_given_when_it_is_asked_for() {
    let registry = Registry::new(manner(false));
    let pusher = pusher_with(&registry, Some(LOGIN), PushOptions::default(), silent());
    assert_eq!(send(&pusher, "a", b"x").unwrap(), Pushed::Sent);
    assert_eq!(registry.asked()[0].header("authorization"), None);
    assert!(registry.asked()[1..].iter().all(|asked| asked.header("authorization") == Some("Basic bWU6c2VjcmV0")));
    send(&pusher, "b", b"x").unwrap();
    assert_eq!(registry.log().iter().filter(|line| line.starts_with("HEAD")).count(), 3, "asked for once");
}

#[test]
fn a_token_is_for_one_repository_and_is_had_once() {
    let registry = Registry::new(manner(true));
    let pusher = pusher_with(&registry, Some(LOGIN), PushOptions::default(), silent());
    send(&pusher, "a/b", b"x").unwrap();
    send(&pusher, "a/b", b"y").unwrap();
    let tokens = |registry: &Registry| {
        registry.asked().into_iter().filter(|asked| asked.path.starts_with("/token")).map(|asked| asked.path).collect::<Vec<_>>()
    };
    assert_eq!(tokens(&registry), ["/token?service=test&scope=repository%3Aa%2Fb%3Apull%2Cpush&account=me"]);
    // The next repository needs no refusal to know; a mount needs both.
    assert_eq!(send(&pusher, "c", b"x").unwrap(), Pushed::Mounted);
    assert_eq!(
        tokens(&registry)[2],
        "/token?service=test&scope=repository%3Ac%3Apull%2Cpush&scope=repository%3Aa%2Fb%3Apull&account=me"
    );
    assert_eq!(registry.log().iter().filter(|line| line.starts_with("HEAD")).count(), 4);
}

#[test]
fn a_token_that_grows_old_in_the_middle_is_had_again() {
    for chunk in [None, Some(4_000_000)] {
        let registry = Registry::new(manner(true));
        let pusher = pusher_with(&registry, Some(LOGIN), PushOptions { chunk }, silent());
        send(&pusher, "a", b"x").unwrap();
        registry.expire();
        registry.fault("PATCH", "/up/", Fault::Cut(3_000_000), 1);
        let bytes = noise(12_000_000);
        assert_eq!(send(&pusher, "a", &bytes).unwrap(), Pushed::Sent);
        let before = registry.received();
        registry.expire();
        assert_eq!(send(&pusher, "a", &noise(2_000_000)).unwrap(), Pushed::Sent);
        assert!(before <= 12_000_001 + (8 << 20) && registry.received() - before <= 2_000_000 + (8 << 20));
    }
}

#[test]
fn a_wrong_password_is_said_once() {
    for tokens in [false, true] {
        for login in [Some("me:wrong"), None] {
            let registry = Registry::new(manner(tokens));
            let pusher = pusher_with(&registry, login, PushOptions::default(), silent());
            let said = send(&pusher, "a", b"x").unwrap_err().to_string();
            assert!(said.contains(" refuses ") && said.contains("hint: log in first: `podman login 127.0.0.1:"), "{said}");
            assert!(registry.asked().len() <= 2 && !said.contains("wrong"), "{said}");
        }
    }
}

#[test]
fn a_password_goes_to_no_other_host() {
    let (other, registry) = (Registry::new(Manner::default()), Registry::new(manner(false)));
    let place = format!("http://{}/up/a:1?_state=a%2Fb", other.host);
    // The other host knows the upload; it gets the bytes, and nothing to know us by.
    run(pusher(&other).blob(&repository("a"), &Digest::of(b"z").into(), 1, &Source::of_bytes("z"))).unwrap();
    other.fault("PUT", "/up/", Fault::Answer(201, Vec::new(), ""), 1);
    registry.fault("POST", "/uploads/", Fault::Answer(202, vec![("location", place.clone())], ""), 1);
    let pusher = pusher_with(&registry, Some(LOGIN), PushOptions::default(), silent());
    assert_eq!(send(&pusher, "a", b"x").unwrap(), Pushed::Sent);
    let asked = other.asked();
    assert!(asked.len() == 4 && asked.iter().all(|asked| asked.header("authorization").is_none()), "{asked:?}");
    // Neither by a redirect.
    registry.fault("HEAD", "/blobs/", Fault::Answer(307, vec![("location", place)], ""), 1);
    other.fault("HEAD", "/up/", Fault::Answer(200, Vec::new(), ""), 1);
    assert_eq!(send(&pusher, "a", b"y").unwrap(), Pushed::Present);
    assert_eq!(other.asked().last().unwrap().header("authorization"), None);
}

#[test]
fn tokens_are_not_asked_for_just_anywhere() {
    let registry = Registry::new(Manner::default());
    let challenge = "Bearer realm=\"http://tokens.example/t\",service=\"x\"".to_owned();
    registry.fault("HEAD", "/blobs/", Fault::Answer(401, vec![("www-authenticate", challenge)], ""), 1);
    let pusher = pusher_with(&registry, Some(LOGIN), PushOptions::default(), silent());
    let said = send(&pusher, "a", b"x").unwrap_err().to_string();
    assert!(said.contains("wants its tokens to be had from `http://tokens.example/t`"), "{said}");
}
