//! Who may read and push what, by path.

use crate::site::usual_path;
use std::collections::BTreeSet;

/// Some of those who ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// whoever reaches the server
    Anyone,
    /// whoever logs in
    Users,
    /// these, once they have logged in; none of them: nobody
    These(BTreeSet<String>),
}

impl Who {
    /// Whether somebody is among them; `user` is the name he logged in with.
    fn has(&self, user: Option<&str>) -> bool {
        match self {
            Who::Anyone => true,
            Who::Users => user.is_some(),
            Who::These(names) => user.is_some_and(|user| names.contains(user)),
        }
    }

    pub(crate) fn is_anyone(&self) -> bool {
        *self == Who::Anyone
    }
}

/// What is allowed below a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// `/files/internal`, `/v2/team`; itself and all below it
    pub path: String,
    /// who may read
    pub read: Who,
    /// who may push and delete; only container images are pushed
    pub push: Who,
}

/// A set of rights that cannot be meant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RightsError {
    /// not the path of anything
    #[error("rights: `{}` is no path: expected one such as `/files/internal`", .0.escape_debug())]
    Path(String),
    /// two of the same path
    #[error("rights: `{}` is there twice", .0.escape_debug())]
    Twice(String),
}

/// Rights of all paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    everywhere: (Who, Who),
    /// the longest first
    below: Vec<Right>,
}

/// What a host needs before it can log in, and what only says that the server is there.
const OPEN: [&str; 4] = ["/healthz", "/keys", "/setup", "/assets"];

impl Default for Rights {
    /// Anybody reads, whoever logs in pushes.
    fn default() -> Self {
        Self::everywhere(Who::Anyone, Who::Users)
    }
}

impl Rights {
    /// The same everywhere, but for `/keys/`, `/setup/` and `/healthz`, which anybody reads.
    pub fn everywhere(read: Who, push: Who) -> Self {
        Self { everywhere: (read, push), below: Vec::new() }
    }

    /// With others below some paths.
    pub fn with(mut self, below: Vec<Right>) -> Result<Self, RightsError> {
        for right in below {
            let path = right.path.trim_end_matches('/');
            let path = path.strip_prefix('/').map_or(path.to_owned(), |inside| format!("/{}", usual_path(inside)));
            let parts = || path.split('/').skip(1);
            if !path.starts_with('/') || parts().any(|part| matches!(part, "" | "." | "..")) || path.contains(['%', '?', '\\']) {
                return Err(RightsError::Path(right.path));
            }
            if self.below.iter().any(|known| known.path == path) {
                return Err(RightsError::Twice(right.path));
            }
            self.below.push(Right { path, ..right });
        }
        self.below.sort_by(|a, b| b.path.len().cmp(&a.path.len()).then_with(|| a.path.cmp(&b.path)));
        Ok(self)
    }

    /// From now on nobody pushes anywhere.
    pub fn take_pushes_from_all(&mut self) {
        let nobody = || Who::These(BTreeSet::new());
        self.everywhere.1 = nobody();
        self.below.iter_mut().for_each(|right| right.push = nobody());
    }

    /// Whether somebody may read what is at a path (decoded, without a `/` at its end).
    pub(crate) fn may_read(&self, user: Option<&str>, path: &str) -> bool {
        self.all_readers(path).all(|who| who.has(user))
    }

    /// Whether a rule of its own, and not that of everything, keeps somebody from what is at a path.
    pub(crate) fn is_ruled_out(&self, user: Option<&str>, path: &str) -> bool {
        self.at(path).is_some_and(|right| !right.read.has(user))
    }

    pub(crate) fn may_push(&self, user: Option<&str>, path: &str) -> bool {
        self.at(path).map_or(&self.everywhere.1, |right| &right.push).has(user)
    }

    /// Whether a login changes what can be read there.
    pub(crate) fn is_private(&self, path: &str) -> bool {
        self.all_readers(path).any(|who| !who.is_anyone())
    }

    /// Who reads what is at a path, and what is shown there of other paths: below `/lsrepo` and `/sync` everything is shown again, so
    /// whoever reads there has to be allowed to read all that can be.
    fn all_readers<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a Who> {
        let shown_again = sources(path).iter().flat_map(|top| {
            let below = self.below.iter().filter(|right| is_below(&right.path, top)).map(|right| &right.read);
            self.readers(top).into_iter().chain(below)
        });
        self.readers(path).into_iter().chain(shown_again)
    }

    /// Whether there is something that not everybody reads.
    pub(crate) fn hides_something(&self) -> bool {
        !self.everywhere.0.is_anyone() || self.below.iter().any(|right| !right.read.is_anyone())
    }

    /// Whether there is something that not everybody may push.
    pub(crate) fn guards_pushes(&self) -> bool {
        !self.everywhere.1.is_anyone() || self.below.iter().any(|right| !right.push.is_anyone())
    }

    /// Whether only some may read what nothing more is said of.
    pub(crate) fn hides_all(&self) -> bool {
        !self.everywhere.0.is_anyone()
    }

    /// None: it is open, whatever is said of everything.
    fn readers(&self, path: &str) -> Option<&Who> {
        match self.at(path) {
            Some(right) => Some(&right.read),
            None if OPEN.iter().any(|open| is_below(path, open)) => None,
            None => Some(&self.everywhere.0),
        }
    }

    fn at(&self, path: &str) -> Option<&Right> {
        self.below.iter().find(|right| is_below(path, &right.path))
    }
}

/// Of which paths the content of a folder below `/lsrepo` is; `/sync` has everything.
fn sources(path: &str) -> &'static [&'static str] {
    if is_below(path, "/sync") {
        return &["/v2", "/files", "/apt", "/yum"];
    }
    let Some(inside) = path.strip_prefix("/lsrepo/") else { return &[] };
    let kinds = ["packages", "files", "images", "charts", "grafana_dashboards"];
    match inside.split('/').find(|part| kinds.contains(part)) {
        Some("images") => &["/v2"],
        Some("packages") => &["/apt", "/yum"],
        // packages that came by URL are among them
        Some(_) => &["/files", "/apt", "/yum"],
        None => &[],
    }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(names: &[&str]) -> Who {
        Who::These(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn right(path: &str, read: Who, push: Who) -> Right {
        Right { path: path.to_owned(), read, push }
    }

    #[test]
    fn the_longest_path_that_fits_decides() {
        let rights = Rights::default()
            .with(vec![
                right("/v2/team", these(&["ana", "bob"]), these(&["ana"])),
                right("/v2/team/open/", Who::Anyone, Who::Users),
                right("/files/internal", Who::Users, these(&[])),
            ])
            .unwrap();
        assert!(
            rights.may_read(None, "/v2/other") && !rights.may_push(None, "/v2/other") && rights.may_push(Some("eve"), "/v2/other")
        );
        assert!(!rights.may_read(None, "/v2/team/app") && !rights.may_read(Some("eve"), "/v2/team"));
        assert!(rights.may_read(Some("bob"), "/v2/team/app") && !rights.may_push(Some("bob"), "/v2/team/app"));
        assert!(rights.may_push(Some("ana"), "/v2/team/app"));
        assert!(rights.may_read(None, "/v2/team/open/x") && rights.may_read(None, "/v2/teamwork"));
        assert!(!rights.may_read(None, "/files/internal/x") && !rights.may_push(Some("ana"), "/files/internal/x"));
    }

    #[test]
    fn what_a_host_needs_before_it_can_log_in_is_open_unless_that_was_said_too() {
        let rights = Rights::everywhere(Who::Users, Who::Users);
        for open in ["/keys/lsrepo.asc", "/setup/debian-12.sh", "/healthz"] {
            assert!(rights.may_read(None, open) && !rights.is_private(open), "{open}");
        }
        assert!(!rights.may_read(None, "") && !rights.may_read(None, "/metrics") && !rights.may_read(None, "/keysmith"));
        let closed = rights.with(vec![right("/setup", Who::Users, Who::Users)]).unwrap();
        assert!(!closed.may_read(None, "/setup/debian-12.sh"));
    }

    #[test]
    fn what_is_shown_again_for_roles_is_as_private_as_where_it_comes_from() {
        let rights = Rights::default()
            .with(vec![right("/v2/quay.io/team", these(&["ana"]), these(&[])), right("/files/internal", Who::Users, Who::Users)])
            .unwrap();
        for (path, nobody, ana) in [
            ("/lsrepo/images/app-1.tar", false, true),
            ("/lsrepo/centos-7/arm64/images", false, true),
            ("/lsrepo/files/x", false, true),
            ("/lsrepo/packages/x.rpm", true, true),
            ("/lsrepo", true, true),
            ("/sync/head", false, true),
            ("/sync/blobs/sha256/00", false, true),
            ("/syncopation", true, true),
        ] {
            let found = (rights.may_read(None, path), rights.may_read(Some("ana"), path), rights.is_private(path));
            assert_eq!(found, (nobody, ana, !nobody), "{path}");
        }
        assert!(!rights.may_read(Some("bob"), "/lsrepo/images/app-1.tar"));
        let older = Rights::default().with(vec![right("/epirepo/centos-7/aarch64", Who::Users, Who::Users)]).unwrap();
        assert!(!older.may_read(None, "/lsrepo/centos-7/arm64/packages"), "one tree has many spellings");
    }

    #[test]
    fn a_path_that_nothing_can_have_is_refused() {
        for path in ["", "/", "files", "/a//b", "/a/../b", "/a%20b"] {
            let error = Rights::default().with(vec![right(path, Who::Anyone, Who::Anyone)]).unwrap_err();
            assert_eq!(error, RightsError::Path(path.to_owned()), "{path}");
        }
        let twice = vec![right("/a", Who::Anyone, Who::Anyone), right("/a/", Who::Users, Who::Users)];
        assert!(matches!(Rights::default().with(twice), Err(RightsError::Twice(_))));
    }
}
