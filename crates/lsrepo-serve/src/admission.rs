//! Who asks, and what that allows: users with passwords and tokens, and rights by path.
//!
//! One decision for everything that is served: packages, files and pages are read by their path, container images by
//! `/v2/NAME`, whatever name a client found them under. The longest path that fits decides.

mod login;
mod rights;
mod strikes;
mod token;
mod users;

pub(crate) use login::{BASIC, Caller, Login};
pub use rights::{Right, Rights, RightsError, Who};
pub(crate) use token::PATH as TOKEN_PATH;
pub use users::{Htpasswd, HtpasswdError, make_token};

use std::sync::Arc;

/// Who there is, and what they may.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// who can log in
    pub users: Option<Arc<Htpasswd>>,
    /// who may read and push what
    pub rights: Rights,
}

impl Admission {
    /// Anybody reads, and whoever reaches the server pushes where pushes are taken.
    pub fn anyone() -> Self {
        Self { users: None, rights: Rights::everywhere(Who::Anyone, Who::Anyone) }
    }

    /// Anybody reads, these users push.
    pub fn users_push(users: Htpasswd) -> Self {
        Self { users: Some(Arc::new(users)), rights: Rights::everywhere(Who::Anyone, Who::Users) }
    }

    /// Only these users read and push.
    pub fn users_only(users: Htpasswd) -> Self {
        Self { users: Some(Arc::new(users)), rights: Rights::everywhere(Who::Users, Who::Users) }
    }
}
