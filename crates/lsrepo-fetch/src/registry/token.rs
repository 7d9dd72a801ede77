//! Tokens: for which repositories, where they are had, and until when they are good.

use super::Login;
use lsrepo_oci::api::Challenge;
use serde::Deserialize;
use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use url::Url;

/// A token that says nothing of its time is good for so long. Spec: distribution's token specification.
const USUAL: u64 = 60;
/// The largest answer of a giver of tokens.
pub(crate) const MOST: u64 = 1 << 20;

/// What a token is for: `repository:library/nginx:pull`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Scope {
    repository: String,
    actions: &'static str,
}

impl Scope {
    pub(crate) fn pull(repository: &str) -> Self {
        Self { repository: repository.to_owned(), actions: "pull" }
    }

    pub(crate) fn push(repository: &str) -> Self {
        Self { repository: repository.to_owned(), actions: "pull,push" }
    }

    /// The repository that a request is about: that of its first scope.
    pub(crate) fn repository(scopes: &[Self]) -> Option<&str> {
        scopes.first().map(|scope| scope.repository.as_str())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "repository:{}:{}", self.repository, self.actions)
    }
}

/// What stands in `Authorization`, and how old it may become.
#[derive(Clone, Debug)]
struct Known {
    header: String,
    until: Option<Instant>,
}

/// What is known of each host: how it wants to be asked, and the tokens for it.
#[derive(Default)]
pub(crate) struct Tokens {
    challenges: Mutex<HashMap<String, Challenge>>,
    known: Mutex<HashMap<(String, Vec<Scope>), Known>>,
    /// one asks for a token, the others wait for it
    pub(crate) turn: tokio::sync::Mutex<()>,
}

impl Tokens {
    /// What to say to a host, if that is known and still good.
    pub(crate) fn header(&self, host: &str, scopes: &[Scope]) -> Option<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (host.to_owned(), scopes.to_vec());
        let found = known.get(&key)?;
        if found.until.is_some_and(|until| until <= Instant::now()) {
            known.remove(&key);
            return None;
        }
        Some(found.header.clone())
    }

    pub(crate) fn challenge(&self, host: &str) -> Option<Challenge> {
        self.challenges.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned()
    }

    pub(crate) fn challenged(&self, host: &str, challenge: Challenge) {
        self.challenges.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), challenge);
    }

    pub(crate) fn keep(&self, host: &str, scopes: &[Scope], header: String, lifetime: Option<Duration>) {
        // Nine tenths of its time: a request that is under way must not come too late with it.
        let until = lifetime.and_then(|time| Instant::now().checked_add(time * 9 / 10));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((host.to_owned(), scopes.to_vec()), Known { header, until });
    }
}

/// Where a token for these scopes is had. None where the address is none, or is one that a password must not go to.
pub(crate) fn request(realm: &str, service: Option<&str>, scopes: &[Scope], registry: &Url, login: Option<&Login>) -> Option<Url> {
    let mut url: Url = realm.parse().ok()?;
    let allowed = match url.scheme() {
        "https" => true,
        // A registry without TLS may have its tokens beside itself.
        "http" => registry.scheme() == "http" && url.host_str() == registry.host_str(),
        _ => false,
    };
    if !allowed || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let mut query = url.query_pairs_mut();
    query.extend_pairs(service.map(|service| ("service", service)));
    query.extend_pairs(scopes.iter().map(|scope| ("scope", scope.to_string())));
    if let Some(Login::Password { user, .. }) = login {
        query.append_pair("account", user);
    }
    drop(query);
    Some(url)
}

/// What is posted to have a token for one that lasts.
pub(crate) fn exchange(identity: &str, service: Option<&str>, scopes: &[Scope]) -> String {
    let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token").append_pair("client_id", "lsrepo").append_pair("refresh_token", identity);
    form.extend_pairs(service.map(|service| ("service", service)));
    form.append_pair("scope", &scopes.join(" "));
    form.finish()
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

/// The token in an answer, and for how long it is good.
pub(crate) fn given(bytes: &[u8]) -> Option<(String, Duration)> {
    let given: Given = serde_json::from_slice(bytes).ok()?;
    let token = if given.token.is_empty() { given.access_token } else { given.token };
    let plain = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then_some((token, Duration::from_secs(given.expires_in.unwrap_or(USUAL).min(86_400))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_only_to_a_giver_of_tokens_that_its_registry_may_name() {
        let login = Login::Password { user: "me".into(), password: "secret".into() };
        let ask = |realm: &str, registry: &str| {
            let scopes = [Scope::push("a/b"), Scope::pull("c")];
            let url = request(realm, Some("s t"), &scopes, &registry.parse().unwrap(), Some(&login));
            url.map(|url| url.to_string())
        };
        let query = "service=s+t&scope=repository%3Aa%2Fb%3Apull%2Cpush&scope=repository%3Ac%3Apull&account=me";
        assert_eq!(ask("https://auth.example/t", "https://r.example").unwrap(), format!("https://auth.example/t?{query}"));
        assert_eq!(ask("https://auth.example/t?x=1", "http://r:5000").unwrap(), format!("https://auth.example/t?x=1&{query}"));
        assert!(ask("http://r:5001/t", "http://r:5000").is_some());
        for (realm, registry) in [
            ("http://auth.example/t", "https://r.example"),
            ("http://other:5001/t", "http://r:5000"),
            ("https://user:pass@auth.example/t", "https://r.example"),
            ("file:///etc/passwd", "https://r.example"),
            ("/token", "https://r.example"),
        ] {
            assert_eq!(ask(realm, registry), None, "{realm}");
        }
    }

    #[test]
    fn a_token_has_two_names_and_a_time() {
        let text = |json: &str| given(json.as_bytes()).map(|(token, time)| format!("{token} {}", time.as_secs()));
        assert_eq!(text(r#"{"token":"a","expires_in":300}"#).as_deref(), Some("a 300"));
        assert_eq!(text(r#"{"access_token":"b"}"#).as_deref(), Some("b 60"));
        for wrong in ["", "{}", r#"{"token":"a b"}"#, r#"{"token":"a\nb"}"#, r#"{"token":1}"#] {
            assert_eq!(text(wrong), None, "{wrong}");
        }
    }
}
