//! Who we are, as a registry wants to know it: a password with every request, or a token that somebody else gives for it.
//! Specs: RFC 7617; distribution's "Token Authentication Specification" and its OAuth 2 form.

use super::{Failure, Link, Request};
use crate::registry::{
    Login, Shared,
    answer::Answer,
    push::{PushError, Refusal},
    token::{self, Scope},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use lsrepo_oci::api::Challenge;
use reqwest::{Method, RequestBuilder, header::CONTENT_TYPE};
use url::Url;

impl Link {
    /// What to say to the registry, as far as it is known.
    pub(super) async fn authorization(&self, base: &Url, scopes: &[Scope]) -> Result<Option<String>, Failure> {
        let host = self.name.as_str();
        if let Some(header) = self.shared.tokens.header(host, scopes) {
            return Ok(Some(header));
        }
        match self.shared.tokens.challenge(host) {
            // Known from another repository: no need to be told again.
            Some(challenge) => {
                self.introduce(base, Some(challenge), scopes, None).await?;
                Ok(self.shared.tokens.header(host, scopes))
            }
            None => Ok(None),
        }
    }

    /// Does what a challenge asks for. Says whether there is anything new to be said.
    pub(super) async fn introduce(
        &self,
        base: &Url,
        challenge: Option<Challenge>,
        scopes: &[Scope],
        old: Option<String>,
    ) -> Result<bool, Failure> {
        let Shared { tokens, options, .. } = &*self.shared;
        let (host, login) = (self.name.as_str(), options.login(&self.name, Scope::repository(scopes)));
        let Some(challenge) = challenge else { return Ok(false) };
        tokens.challenged(host, challenge.clone());
        match (challenge, login) {
            (Challenge::Basic, None | Some(Login::Identity(_))) => Ok(false),
            (Challenge::Basic, Some(Login::Password { user, password })) => {
                let header = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
                let new = old.as_ref() != Some(&header);
                tokens.keep(host, scopes, header, None);
                Ok(new)
            }
            (Challenge::Bearer { realm, service }, login) => {
                let _turn = tokens.turn.lock().await;
                // Somebody else may have got one meanwhile.
                if tokens.header(host, scopes).is_some_and(|now| Some(&now) != old.as_ref()) {
                    return Ok(true);
                }
                let Some(url) = token::request(&realm, service.as_deref(), scopes, base, login) else {
                    return Err(Failure::Lasting(PushError::Realm { registry: self.name.clone(), realm }.into()));
                };
                let shown = url.origin().ascii_serialization();
                let answer = self.ask_for_token((&realm, url), login, service.as_deref(), scopes).await?;
                match answer.status {
                    200 => {}
                    status @ (408 | 429 | 500..=599) => {
                        return Err(Failure::Passing(
                            format!("{shown} answered {status} instead of a token"),
                            answer.retry_after(),
                        ));
                    }
                    _ => return Err(Failure::Lasting(Refusal::of(&self.name, "a token", answer).await.into())),
                }
                match answer.body(token::MOST).await.as_deref().and_then(token::given) {
                    Some((token, lifetime)) => {
                        tokens.keep(host, scopes, format!("Bearer {token}"), Some(lifetime));
                        Ok(true)
                    }
                    None => Err(Failure::Passing(format!("{shown} gave no token"), None)),
                }
            }
        }
    }

    /// Asks a giver of tokens. One that knows no tokens that last may take such a one for a password.
    async fn ask_for_token(
        &self,
        (realm, url): (&str, Url),
        login: Option<&Login>,
        service: Option<&str>,
        scopes: &[Scope],
    ) -> Result<Answer, Failure> {
        let ask = async |request: RequestBuilder| {
            let response = self.patiently(request.send(), &Request::new(Method::GET, url.clone(), &[])).await?;
            Ok(Answer::new(url.clone(), response, self.shared.options.patience))
        };
        let get = self.http.get(url.clone());
        match login {
            None => ask(get).await,
            Some(Login::Password { user, password }) => ask(get.basic_auth(user, Some(password))).await,
            Some(Login::Identity(identity)) => {
                let form = token::exchange(identity, service, scopes);
                let post = self.http.post(realm).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
                let answer = ask(post).await?;
                match answer.status {
                    400 | 401 | 404 | 405 | 501 => ask(get.basic_auth("<token>", Some(identity))).await,
                    _ => Ok(answer),
                }
            }
        }
    }
}
