//! Tokens: how clients that read without a password and push with one are told apart.
//!
//! Some clients only log in where the first answer demands it, and then want a login for everything; what they all can is
//! to fetch a token, with a password or without. A token says who fetched it and until when it is good, sealed with a key
//! that this process alone has. What its owner may do is decided at each request.
//! Spec: <https://distribution.github.io/distribution/spec/auth/token/>.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;

/// Where tokens are fetched. No repository has such a name.
pub(crate) const PATH: &str = "/v2/_token";

/// How long one is good, in seconds. Clients fetch another by themselves.
pub(crate) const GOOD_FOR: u64 = 3600;

const SEAL: usize = 32;

/// A token for `user` (nobody: empty) that ends at `end`, in seconds of our own clock.
pub(crate) fn make(key: &hmac::Key, user: &str, end: u64) -> String {
    let mut bytes = end.to_be_bytes().to_vec();
    bytes.extend_from_slice(user.as_bytes());
    let seal = hmac::sign(key, &bytes);
    bytes.extend_from_slice(seal.as_ref());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whose token it is, where it is one of ours and still good.
pub(crate) fn read(key: &hmac::Key, token: &str, now: u64) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (said, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
    hmac::verify(key, said, seal).ok()?;
    let (end, user) = said.split_first_chunk()?;
    (u64::from_be_bytes(*end) > now).then(|| String::from_utf8(user.to_vec()).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_its_end_and_only_with_its_seal() {
        let (key, other) = (hmac::Key::new(hmac::HMAC_SHA256, b"a"), hmac::Key::new(hmac::HMAC_SHA256, b"b"));
        let token = make(&key, "ana", 10);
        assert_eq!(read(&key, &token, 9).as_deref(), Some("ana"));
        assert_eq!(read(&key, &make(&key, "", 10), 9).as_deref(), Some(""));
        assert_eq!((read(&key, &token, 10), read(&other, &token, 9)), (None, None));
        for wrong in ["", "AAAA", "!", &token[1..], &format!("{token}AAAA")] {
            assert_eq!(read(&key, wrong, 0), None, "{wrong}");
        }
    }
}
