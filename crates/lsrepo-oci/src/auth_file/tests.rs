use super::*;
use base64::prelude::BASE64_STANDARD;

fn text(login: &StoredLogin) -> String {
    match login {
        StoredLogin::Password { user, password } => format!("{user}/{password}"),
        StoredLogin::Identity(token) => format!("token {token}"),
    }
}

fn logins(file: &AuthFile, host: &str) -> Vec<String> {
    let all = file.logins(&host.parse().unwrap()).unwrap();
    all.iter()
        .map(|(path, login)| format!("{}{}", path.as_ref().map_or(String::new(), |path| format!("{path}: ")), text(login)))
        .collect()
}

#[test]
fn keys_are_read_however_they_are_written() {
    let auth = |text: &str| BASE64_STANDARD.encode(text);
    let text = format!(
        r#"{{"auths": {{"https://index.docker.io/v1/": {{"auth": "{}"}}, "r.example:5000": {{"auth": "{}", "email": "x"}},
                "https://q.example": {{"username": "q", "password": "w"}}, "R.example/v1/": {{"auth": "{}"}},
                "i.example": {{"auth": "AA==", "identitytoken": "long"}}, "k.example": {{}}}}, "HttpHeaders": {{}}}}"#,
        auth("hub:a:b"),
        auth("me:secret\0\0"),
        auth("old:one").trim_end_matches('='),
    );
    let file = AuthFile::parse(&text).unwrap();
    for (host, wanted) in [
        ("docker.io", "hub/a:b"),
        ("r.example:5000", "me/secret"),
        ("r.example", "old/one"),
        ("q.example", "q/w"),
        ("i.example", "token long"),
    ] {
        assert_eq!(logins(&file, host), [wanted], "{host}");
    }
    assert!(logins(&file, "k.example").is_empty() && logins(&file, "example").is_empty());
}

#[test]
fn a_namespace_may_have_a_login_of_its_own() {
    let login = |user: &str| format!(r#"{{"username": "{user}", "password": "p"}}"#);
    let (team, all, other) = (login("team"), login("all"), login("other"));
    let keys = [("n.example/team/app", &team), ("n.example", &all), ("n.example.org/x", &other), ("n.example/v1", &other)];
    let keys: Vec<String> = keys.iter().map(|(key, login)| format!("\"{key}\": {login}")).collect();
    let file = AuthFile::parse(&format!(r#"{{"auths": {{{}}}}}"#, keys.join(","))).unwrap();
    assert_eq!(logins(&file, "n.example"), ["all/p", "team/app: team/p", "v1: other/p"]);
    assert_eq!(logins(&file, "n.example.org"), ["x: other/p"]);
}

#[test]
fn helpers_are_named_for_one_host_or_for_all() {
    let file = AuthFile::parse(r#"{"credHelpers": {"gcr.example": "gcloud", "docker.io": "pass"}, "auths": null}"#).unwrap();
    let helper = |file: &AuthFile, host: &str| file.helper(&host.parse().unwrap()).map(str::to_owned);
    assert_eq!(helper(&file, "gcr.example").as_deref(), Some("gcloud"));
    assert_eq!(helper(&file, "index.docker.io").as_deref(), Some("pass"));
    assert_eq!((helper(&file, "other.example"), file.store()), (None, None));
    let file = AuthFile::parse(r#"{"credsStore": "secretservice"}"#).unwrap();
    assert_eq!((helper(&file, "other.example"), file.store()), (None, Some("secretservice")));
    assert_eq!(helper_key(&"docker.io".parse().unwrap()), "https://index.docker.io/v1/");
}

#[test]
fn what_cannot_be_read_is_an_error_without_the_password() {
    for wrong in ["{", "\"x\"", r#"{"auths": 1}"#, r#"{"auths": "secret"}"#] {
        let said = AuthFile::parse(wrong).err().unwrap().to_string();
        assert!(said.contains("line 1") && !said.contains("secret"), "{said}");
    }
    for wrong in ["%", "YQ=="] {
        let file = AuthFile::parse(&format!(r#"{{"auths": {{"h.example": {{"auth": "{wrong}"}}}}}}"#)).unwrap();
        let said = file.logins(&"h.example".parse().unwrap()).unwrap_err().to_string();
        assert!(said.contains("`h.example`") && !said.contains(wrong), "{said}");
        assert!(logins(&file, "other.example").is_empty(), "what nobody needs is nobody's trouble");
    }
    assert!(AuthFile::parse(" ").is_ok() && AuthFile::parse("{}").is_ok());
}
