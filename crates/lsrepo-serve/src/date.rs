//! The time of day as HTTP writes it, made once a second.

use http::HeaderValue;
use lsrepo_types::Timestamp;
use std::{
    sync::{PoisonError, RwLock},
    time::{SystemTime, UNIX_EPOCH},
};

static LAST: RwLock<Option<(u64, HeaderValue)>> = RwLock::new(None);

/// `Sat, 10 May 2025 09:21:17 GMT`, now.
pub(crate) fn now() -> HeaderValue {
    let second = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if let Some((_, text)) = LAST.read().unwrap_or_else(PoisonError::into_inner).as_ref().filter(|(of, _)| *of == second) {
        return text.clone();
    }
    let text = crate::answer::value(&Timestamp(second as i64).http());
    *LAST.write().unwrap_or_else(PoisonError::into_inner) = Some((second, text.clone()));
    text
}
