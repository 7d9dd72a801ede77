//! Whose approvals count: keys apart from those that sign bundles, for who makes a bundle does not decide that it may cross.

use super::{Context, files_in, keep_public, load_keyring};
use anyhow::Result;
use lsrepo_sign::Keyring;
use std::path::PathBuf;

impl Context {
    fn approvers_dir(&self) -> PathBuf {
        self.home.join("keys/approvers")
    }

    /// The keys whose approvals count. Where there are any, nothing is imported without one.
    pub(crate) fn approvers(&self) -> Result<Keyring> {
        let mut keyring = Keyring::default();
        for file in files_in(&self.approvers_dir())? {
            keyring.extend(load_keyring(&file)?);
        }
        Ok(keyring)
    }

    /// Trusts the approvals of the keys in `bytes`; gives their fingerprints.
    pub(crate) fn trust_approver(&self, bytes: &[u8]) -> Result<Vec<String>> {
        keep_public(&self.approvers_dir(), bytes)
    }
}
