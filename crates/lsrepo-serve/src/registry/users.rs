//! Who may log in: the lines of an `htpasswd` file, `name:hash`, as `htpasswd -B` writes them.
//!
//! Only bcrypt is understood: the older hashes of that format are broken or nearly so.

use bcrypt::HashParts;
use std::{collections::BTreeMap, fmt, str::FromStr};

/// More than that takes seconds for each login.
const MOST_COST: u32 = 16;

/// Names and hashes.
#[derive(Clone)]
pub struct Htpasswd {
    users: BTreeMap<String, String>,
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
        let mut users = BTreeMap::new();
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
            let bcrypt = hash.starts_with("$2y$") || hash.starts_with("$2b$") || hash.starts_with("$2a$");
            let parts = HashParts::from_str(hash).ok().filter(|_| bcrypt);
            let cost = parts.ok_or_else(|| wrong("the hash is not one of bcrypt"))?.get_cost();
            if cost > MOST_COST {
                return Err(wrong("the cost of the hash is above 16, a login would take seconds"));
            }
            highest = highest.max(cost);
            users.insert(name.to_owned(), hash.to_owned());
        }
        Ok(Self { users, nobody: format!("$2y${highest:02}${}", ".".repeat(53)) })
    }

    /// Whether nobody can log in.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Whether there is such a user.
    pub fn has(&self, name: &str) -> bool {
        self.users.contains_key(name)
    }

    /// Whether it is that user's password. Slow on purpose, and as slow for a user who is not there.
    pub fn verify(&self, name: &str, password: &str) -> bool {
        let hash = self.users.get(name);
        let fits = bcrypt::verify(password, hash.unwrap_or(&self.nobody)).unwrap_or(false);
        fits && hash.is_some()
    }
}

impl fmt::Debug for Htpasswd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.users.keys()).finish()
    }
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
    fn a_line_that_is_not_understood_is_named() {
        for (text, line) in [
            ("ana", 1),
            ("\n:$2y$05$......................................................", 2),
            ("ana:$apr1$x$y", 1),
            ("ana:{SHA}deadbeef", 1),
            ("ana:$2y$31$......................................................", 1),
            ("ana:", 1),
        ] {
            assert_eq!(Htpasswd::parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
