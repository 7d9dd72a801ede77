//! Who asks, and whether he may. Reading is free for all unless it is not; pushing needs a login unless it does not.

use super::{
    Admission, Rights,
    strikes::Strikes,
    token::{self, GOOD_FOR},
    users::Htpasswd,
};
use crate::{
    answer::{Answer, value},
    app::Ends,
    registry::json,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, Method, StatusCode, header, request};
use lsrepo_oci::api::{ApiError, ErrorCode};
use rand::{RngCore, rngs::OsRng};
use ring::hmac;
use serde_json::json;
use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::{sync::Semaphore, time::timeout};

/// Logins that need not be computed again.
const MOST_KNOWN: usize = 1024;
/// Passwords that are compared at once: they take a processor each.
const AT_ONCE: usize = 2;
/// How long somebody waits for his turn.
const MOST_WAITING: Duration = Duration::from_secs(10);

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// said nothing
    Anybody,
    /// fetched a token without a password
    TokenOfNobody,
    User(String),
}

impl Caller {
    fn user(&self) -> Option<&str> {
        match self {
            Caller::User(name) => Some(name),
            _ => None,
        }
    }
}

/// What logins are checked with.
pub(crate) struct Login {
    users: Option<Arc<Htpasswd>>,
    rights: Rights,
    takes_pushes: bool,
    key: hmac::Key,
    known: Mutex<HashSet<[u8; 32]>>,
    strikes: Strikes,
    working: Semaphore,
    clock: Clock,
}

/// What the ends of tokens are measured by.
#[derive(Clone, Copy)]
enum Clock {
    /// our own, which nobody can set
    Since(Instant),
    /// the one that all servers have who take each other's tokens
    OfAll,
}

impl Clock {
    /// In seconds.
    fn now(self) -> u64 {
        match self {
            Clock::Since(began) => began.elapsed().as_secs(),
            Clock::OfAll => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        }
    }
}

impl Login {
    /// `takes_pushes`: whether rights to push matter. Rights that nobody could have are an error. Servers with the same `seal`
    /// take each other's tokens.
    pub(crate) fn new(admission: &Admission, takes_pushes: bool, seal: Option<&[u8; 32]>) -> io::Result<Self> {
        let users = admission.users.clone().filter(|users| !users.is_empty());
        let demanded = admission.rights.hides_something() || takes_pushes && admission.rights.guards_pushes();
        if users.is_none() && demanded {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a login is demanded, and there are no users"));
        }
        let mut key = seal.copied().unwrap_or_default();
        if seal.is_none() {
            OsRng.try_fill_bytes(&mut key).map_err(io::Error::other)?;
        }
        Ok(Self {
            users,
            rights: admission.rights.clone(),
            takes_pushes,
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            known: Mutex::default(),
            strikes: Strikes::default(),
            working: Semaphore::new(AT_ONCE),
            clock: if seal.is_some() { Clock::OfAll } else { Clock::Since(Instant::now()) },
        })
    }

    /// The same with other users and rights. Tokens that were given out stay good, as long as their owners are there.
    pub(crate) fn changed(&self, admission: &Admission) -> io::Result<Self> {
        Ok(Self { key: self.key.clone(), clock: self.clock, ..Self::new(admission, self.takes_pushes, None)? })
    }

    /// Whether what is at a path is not for everybody, and so not for caches that others use.
    pub(crate) fn is_private(&self, path: &str) -> bool {
        self.rights.is_private(path)
    }

    /// Whether there is anything that not everybody reads.
    pub(crate) fn hides_something(&self) -> bool {
        self.rights.hides_something()
    }

    /// Whether a login is of use to who begins to talk to the registry.
    fn wants_login(&self) -> bool {
        self.rights.hides_something() || self.takes_pushes && self.rights.guards_pushes()
    }

    /// Reading at the registry's own address is allowed; there clients have to learn that a login is of use.
    pub(crate) fn may_begin(&self, caller: &Caller) -> Result<(), ApiError> {
        match caller {
            Caller::Anybody if self.wants_login() => Err(unauthorized("log in first")),
            _ => self.may_read(caller, "/v2"),
        }
    }

    pub(crate) fn may_read(&self, caller: &Caller, path: &str) -> Result<(), ApiError> {
        match self.rights.may_read(caller.user(), path) {
            true => Ok(()),
            false => Err(refused(caller, "reading")),
        }
    }

    /// An error where a rule of its own, and not that of everything, keeps the caller from what is at a path.
    pub(crate) fn refuse_ruled_out(&self, caller: &Caller, path: &str) -> Result<(), ApiError> {
        match self.rights.is_ruled_out(caller.user(), path) {
            true => Err(refused(caller, "reading")),
            false => Ok(()),
        }
    }

    pub(crate) fn may_push(&self, caller: &Caller, path: &str) -> Result<(), ApiError> {
        match self.rights.may_push(caller.user(), path) && self.rights.may_read(caller.user(), path) {
            true => Ok(()),
            false => Err(refused(caller, "pushing")),
        }
    }

    /// Who asks; an error where he says it wrongly.
    pub(crate) async fn caller(&self, head: &request::Parts, ends: Ends) -> Result<Caller, ApiError> {
        let (Some(users), Some(said)) = (&self.users, head.headers.get(header::AUTHORIZATION)) else { return Ok(Caller::Anybody) };
        let (scheme, rest) = said.to_str().ok().and_then(|said| said.split_once(' ')).unwrap_or_default();
        if scheme.eq_ignore_ascii_case("bearer") {
            if let Some(owner) = users.owner(rest.trim()) {
                return Ok(Caller::User(owner.to_owned()));
            }
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
        self.check(users, (name, password), ends).await
    }

    async fn check(&self, users: &Arc<Htpasswd>, (name, password): (&str, &str), ends: Ends) -> Result<Caller, ApiError> {
        let mark = self.mark(name, password);
        let is_known = self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&mark);
        if is_known || users.owner(password) == Some(name) {
            return Ok(Caller::User(name.to_owned()));
        }
        let from = ends.peer.map(crate::throttle::client);
        let is_out = || from.is_some_and(|from| self.strikes.is_out(from, Instant::now()));
        if is_out() {
            return Err(too_often());
        }
        let _one = timeout(MOST_WAITING, self.working.acquire()).await.map_err(|_| too_often())?;
        // Others of this address were compared meanwhile.
        if is_out() {
            return Err(too_often());
        }
        let (users, owned) = (users.clone(), (name.to_owned(), password.to_owned()));
        let comparing = tokio::task::spawn_blocking(move || users.verify(&owned.0, &owned.1));
        if !comparing.await.map_err(io::Error::other).map_err(crate::registry::disk)? {
            if let Some(from) = from {
                self.strikes.add(from, Instant::now());
            }
            return Err(wrong());
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(mark);
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
    pub(crate) async fn token(&self, head: &request::Parts, ends: Ends) -> Result<Answer, ApiError> {
        if head.method != Method::GET || self.users.is_none() {
            return Err(ApiError::new(ErrorCode::Unsupported, "tokens are given to GET, where there are users"));
        }
        let user = match self.caller(head, ends).await? {
            Caller::User(user) => user,
            Caller::Anybody | Caller::TokenOfNobody => String::new(),
        };
        let token = token::make(&self.key, &user, self.now() + GOOD_FOR);
        let mut answer = json(StatusCode::OK, json!({"token": token, "access_token": token, "expires_in": GOOD_FOR}).to_string());
        answer.set(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(answer)
    }

    /// Says how to log in to the registry. Where all need a login, a password with each request will do; `base` is our own
    /// address, `name` the repository that was asked for.
    pub(crate) fn challenge(&self, answer: &mut Answer, base: Option<String>, path: &str, name: Option<&str>) {
        let text = match base.filter(|_| !self.rights.hides_all() && path != token::PATH) {
            None => BASIC.to_owned(),
            Some(base) => {
                let scope = name.map(|name| format!(",scope=\"repository:{name}:pull,push\"")).unwrap_or_default();
                format!("Bearer realm=\"{base}{}\",service=\"lsrepo\"{scope}", token::PATH)
            }
        };
        answer.set(header::WWW_AUTHENTICATE, value(&text));
    }

    fn now(&self) -> u64 {
        self.clock.now()
    }
}

/// How to log in by a password with each request.
pub(crate) const BASIC: &str = "Basic realm=\"lsrepo\"";

/// Who has logged in already does not get further by doing it again.
fn refused(caller: &Caller, what: &str) -> ApiError {
    match caller {
        Caller::User(name) => ApiError::new(ErrorCode::Denied, format!("`{name}` has no right to that: {what}")),
        _ => unauthorized(&format!("{what} needs a login here")),
    }
}

fn unauthorized(why: &str) -> ApiError {
    ApiError::new(ErrorCode::Unauthorized, why)
}

fn wrong() -> ApiError {
    unauthorized("there is no such user, or it is not that user's password")
}

fn too_often() -> ApiError {
    ApiError::new(ErrorCode::TooManyRequests, "too many wrong passwords came from this address; wait a minute")
}
