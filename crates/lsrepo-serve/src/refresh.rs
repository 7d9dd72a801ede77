//! How a server that shares what it shows with others looks for news, before it says that something is not there: a client
//! may have heard of it from another one.

use std::{fmt, sync::Arc};

/// Puts another site into its place where there is one. Called from threads that may wait, at any rate that clients can cause.
#[derive(Clone)]
pub struct Refresh(pub(crate) Arc<dyn Fn() + Send + Sync>);

impl Refresh {
    /// Calls this.
    pub fn new(look: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(look))
    }
}

impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refresh")
    }
}
