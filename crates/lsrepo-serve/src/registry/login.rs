//! Who asks, and what that allows. Reading is free for all unless it is not; pushing needs a login unless it does not.

use super::{
    answer::json,
    ask::Ask,
    options::Pushers,
    pushed::disk,
    token::{self, GOOD_FOR},
    users::Htpasswd,
};
use crate::{
    answer::{Answer, value},
    server::Options,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, Method, StatusCode, header, request};
use lsrepo_oci::api::{ApiError, ErrorCode, Route};
use rand::{RngCore, rngs::OsRng};
use ring::hmac;
use serde_json::json;
use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use tokio::sync::Semaphore;

/// Logins that need not be computed again.
const MOST_KNOWN: usize = 1024;
/// Passwords that are compared at once: they take a processor each.
const AT_ONCE: usize = 2;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// said nothing
    Anybody,
    /// fetched a token without a password
    TokenOfNobody,
    User(String),
}

/// What logins are checked with.
pub(crate) struct Login {
    users: Option<Arc<Htpasswd>>,
    read_needs_login: bool,
    push_needs_login: bool,
    key: hmac::Key,
    known: Mutex<HashSet<[u8; 32]>>,
    working: Semaphore,
    began: Instant,
}

impl Login {
    pub(crate) fn new(options: &Options) -> io::Result<Self> {
        let users = options.users.clone().filter(|users| !users.is_empty());
        let push_needs_login = options.push.as_ref().is_some_and(|push| push.pushers == Pushers::Users);
        if users.is_none() && (push_needs_login || options.require_auth_for_pull) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a login is demanded, and there are no users"));
        }
        let mut random = [0; 32];
        OsRng.try_fill_bytes(&mut random).map_err(io::Error::other)?;
        Ok(Self {
            users,
            read_needs_login: options.require_auth_for_pull,
            push_needs_login,
            key: hmac::Key::new(hmac::HMAC_SHA256, &random),
            known: Mutex::default(),
            working: Semaphore::new(AT_ONCE),
            began: Instant::now(),
        })
    }

    pub(crate) fn is_needed_to_read(&self) -> bool {
        self.read_needs_login
    }

    /// Reading is allowed; at the first request (`base`) clients have to learn that a login is of use.
    pub(crate) fn may_read(&self, caller: &Caller, base: bool) -> Result<(), ApiError> {
        match caller {
            Caller::User(_) => Ok(()),
            Caller::Anybody if base && (self.push_needs_login || self.read_needs_login) => Err(unauthorized("log in first")),
            _ if self.read_needs_login => Err(unauthorized("reading needs a login here")),
            _ => Ok(()),
        }
    }

    pub(crate) fn may_push(&self, caller: &Caller) -> Result<(), ApiError> {
        match caller {
            Caller::User(_) => Ok(()),
            _ if self.push_needs_login || self.read_needs_login => Err(unauthorized("pushing needs a login here")),
            _ => Ok(()),
        }
    }

    /// Who asks; an error where he says it wrongly.
    pub(crate) async fn caller(&self, head: &request::Parts) -> Result<Caller, ApiError> {
        let (Some(users), Some(said)) = (&self.users, head.headers.get(header::AUTHORIZATION)) else { return Ok(Caller::Anybody) };
        let (scheme, rest) = said.to_str().ok().and_then(|said| said.split_once(' ')).unwrap_or_default();
        if scheme.eq_ignore_ascii_case("bearer") {
            return match token::read(&self.key, rest.trim(), self.now()) {
                Some(user) if user.is_empty() => Ok(Caller::TokenOfNobody),
                Some(user) if users.has(&user) => Ok(Caller::User(user)),
                _ => Err(unauthorized("the token is not good any more")),
            };
        }
        let plain = || String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok();
        let said = scheme.eq_ignore_ascii_case("basic").then(plain).flatten();
        let (name, password) = said.as_deref().and_then(|said| said.split_once(':')).ok_or_else(wrong)?;
        if name.is_empty() && password.is_empty() {
            return Ok(Caller::TokenOfNobody);
        }
        self.check(users, name, password).await
    }

    async fn check(&self, users: &Arc<Htpasswd>, name: &str, password: &str) -> Result<Caller, ApiError> {
        let mark = self.mark(name, password);
        if !self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&mark) {
            let _one = self.working.acquire().await.map_err(disk)?;
            let (users, name, password) = (users.clone(), name.to_owned(), password.to_owned());
            let fits = tokio::task::spawn_blocking(move || users.verify(&name, &password)).await.map_err(disk)?;
            if !fits {
                return Err(wrong());
            }
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(mark);
        }
        Ok(Caller::User(name.to_owned()))
    }

    /// Name and password as they are remembered: of no use outside this process.
    fn mark(&self, name: &str, password: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&(name.len() as u64).to_be_bytes());
        context.update(name.as_bytes());
        context.update(password.as_bytes());
        let mut mark = [0; 32];
        mark.copy_from_slice(context.sign().as_ref());
        mark
    }

    /// A token for who asks for one, with a password or without.
    pub(crate) async fn token(&self, ask: &Ask<'_>) -> Result<Answer, ApiError> {
        if ask.head.method != Method::GET || self.users.is_none() {
            return Err(ApiError::new(ErrorCode::Unsupported, "tokens are given to GET, where there are users"));
        }
        let user = match self.caller(ask.head).await? {
            Caller::User(user) => user,
            Caller::Anybody | Caller::TokenOfNobody => String::new(),
        };
        let token = token::make(&self.key, &user, self.now() + GOOD_FOR);
        let mut answer = json(StatusCode::OK, json!({"token": token, "access_token": token, "expires_in": GOOD_FOR}).to_string());
        answer.set(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(answer)
    }

    /// Says how to log in. Where all need a login, a password with each request will do.
    pub(crate) fn challenge(&self, ask: &Ask<'_>, answer: &mut Answer) {
        let host = crate::answer::base(&ask.site, ask.head, ask.local);
        let text = match host.filter(|_| !self.read_needs_login && ask.head.uri.path() != token::PATH) {
            None => "Basic realm=\"lsrepo\"".to_owned(),
            Some(base) => {
                let scope = Route::parse(ask.head.uri.path()).ok();
                let scope = scope.as_ref().and_then(Route::name).map(|name| format!(",scope=\"repository:{name}:pull,push\""));
                let path = token::PATH;
                format!("Bearer realm=\"{base}{path}\",service=\"lsrepo\"{}", scope.unwrap_or_default())
            }
        };
        answer.set(header::WWW_AUTHENTICATE, value(&text));
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_secs()
    }
}

fn unauthorized(why: &str) -> ApiError {
    ApiError::new(ErrorCode::Unauthorized, why)
}

fn wrong() -> ApiError {
    unauthorized("there is no such user, or it is not that user's password")
}
