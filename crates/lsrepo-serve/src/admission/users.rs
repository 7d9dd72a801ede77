//! Who may log in: the lines of an `htpasswd` file, `name:hash`, as `htpasswd -B` writes them, and those of tokens.
//!
//! Of passwords only bcrypt is understood: the older hashes of that format are broken or nearly so. A token is 32 random
//! bytes that no human has to remember, so its plain SHA-256 will do: `name:{TOKEN}<hex>`. A name may have a password and
//! any number of tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bcrypt::HashParts;
use lsrepo_types::Digest;
use rand::{RngCore, rngs::OsRng};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    str::FromStr,
};

/// More than that takes seconds for each login.
const MOST_COST: u32 = 16;

/// What the hash of a token begins with.
const TOKEN: &str = "{TOKEN}";

/// Names and hashes.
#[derive(Clone)]
pub struct Htpasswd {
    users: BTreeMap<String, String>,
    /// whose they are, by their digests
    tokens: BTreeMap<Digest, String>,
    /// what the password of an unknown user is compared with, which takes as long
    nobody: String,
}

/// A line that is not understood.
#[derive(Debug, PartialEq, Eq)]
pub struct HtpasswdError {
    line: usize,
    why: &'static str,
}

impl fmt::Display for HtpasswdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}\nhint: `htpasswd -B FILE NAME` writes lines that are understood", self.line, self.why)
    }
}

impl std::error::Error for HtpasswdError {}

impl Htpasswd {
    /// Reads the text of a file. Empty lines and those that begin with `#` are skipped.
    pub fn parse(text: &str) -> Result<Self, HtpasswdError> {
        let (mut users, mut tokens) = (BTreeMap::new(), BTreeMap::new());
        let mut highest = 5;
        for (at, line) in text.lines().enumerate() {
            let wrong = |why| HtpasswdError { line: at + 1, why };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, hash) = line.split_once(':').ok_or_else(|| wrong("it is not `name:hash`"))?;
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err(wrong("the name is empty, or not plain text"));
            }
            if let Some(hex) = hash.strip_prefix(TOKEN) {
                let digest = Digest::from_hex(hex).map_err(|_| wrong("after `{TOKEN}` comes a SHA-256 in hexadecimal digits"))?;
                tokens.insert(digest, name.to_owned());
                continue;
            }
            let bcrypt = hash.starts_with("$2y$") || hash.starts_with("$2b$") || hash.starts_with("$2a$");
            let parts = HashParts::from_str(hash).ok().filter(|_| bcrypt);
            let cost = parts.ok_or_else(|| wrong("the hash is not one of bcrypt"))?.get_cost();
            if cost > MOST_COST {
                return Err(wrong("the cost of the hash is above 16, a login would take seconds"));
            }
            highest = highest.max(cost);
            users.insert(name.to_owned(), hash.to_owned());
        }
        Ok(Self { users, tokens, nobody: format!("$2y${highest:02}${}", ".".repeat(53)) })
    }

    /// Whether nobody can log in.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.tokens.is_empty()
    }

    /// Everybody's name.
    pub fn names(&self) -> BTreeSet<&str> {
        self.users.keys().chain(self.tokens.values()).map(String::as_str).collect()
    }

    /// Whether there is such a user.
    pub fn has(&self, name: &str) -> bool {
        self.users.contains_key(name) || self.tokens.values().any(|owner| owner == name)
    }

    /// Whose token it is.
    pub(crate) fn owner(&self, token: &str) -> Option<&str> {
        self.tokens.get(&Digest::of(token.as_bytes())).map(String::as_str)
    }

    /// Whether it is that user's password, or a token of his. Slow on purpose, and as slow for a user who is not there.
    pub fn verify(&self, name: &str, password: &str) -> bool {
        if self.owner(password) == Some(name) {
            return true;
        }
        let hash = self.users.get(name);
        let fits = bcrypt::verify(password, hash.unwrap_or(&self.nobody)).unwrap_or(false);
        fits && hash.is_some()
    }
}

impl fmt::Debug for Htpasswd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// A new token for somebody, and the line that lets him in with it.
pub fn make_token(name: &str) -> io::Result<(String, String)> {
    let mut random = [0; 32];
    OsRng.try_fill_bytes(&mut random).map_err(io::Error::other)?;
    let token = URL_SAFE_NO_PAD.encode(random);
    let line = format!("{name}:{TOKEN}{}", Digest::of(token.as_bytes()).hex());
    Ok((token, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_in_the_file_logs_in_with_his_password() {
        let hash = bcrypt::hash("secret", 4).unwrap().replace("$2b$", "$2y$");
        let users = Htpasswd::parse(&format!("# people\n\nana:{hash}\n")).unwrap();
        assert!(users.verify("ana", "secret") && !users.verify("ana", "Secret") && !users.verify("bob", "secret"));
        assert!(users.has("ana") && !users.has("bob") && !format!("{users:?}").contains("$2y$"));
        assert!(bcrypt::verify("x", &users.nobody).is_ok_and(|fits| !fits), "the comparison for nobody is a real one");
    }

    #[test]
    fn a_token_is_as_good_as_the_password_of_its_owner_and_of_nobody_else() {
        let (token, line) = make_token("robot").unwrap();
        let (other, second) = make_token("robot").unwrap();
        let users = Htpasswd::parse(&format!("{line}\n{second}\n")).unwrap();
        assert!(users.verify("robot", &token) && users.verify("robot", &other) && !users.verify("ana", &token));
        assert_eq!((users.owner(&token), users.owner("x"), users.is_empty()), (Some("robot"), None, false));
        assert!(!line.contains(&token) && users.has("robot"));
    }

    #[test]
    fn a_line_that_is_not_understood_is_named() {
        for (text, line) in [
            ("ana", 1),
            ("\n:$2y$05$......................................................", 2),
            ("ana:$apr1$x$y", 1),
            ("ana:{SHA}deadbeef", 1),
            ("ana:$2y$31$......................................................", 1),
            ("ana:", 1),
            ("ana:{TOKEN}xyz", 1),
        ] {
            assert_eq!(Htpasswd::parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
