//! What makes `lsrepo serve` a service of systemd: its units, its user, an example of its configuration.
//!
//! The service runs as a user of its own, sees nothing of the system but its store, and writes nowhere else. The socket is
//! optional: with it connections wait while the service starts, and ports below 1024 need no privilege.

use lsrepo_publish::client::ConfigFile;

/// `serve.toml`, with every key at an example value, commented out.
pub(crate) const EXAMPLE_CONFIG: &str = include_str!("serve.toml");
const SERVICE: &str = include_str!("lsrepo.service");
const SOCKET: &str = include_str!("lsrepo.socket");
const SYSUSERS: &str = "# The user that lsrepo serves as\nu lsrepo - \"lsrepo repository\" /var/lib/lsrepo\n";

/// The files of the service, and where they belong. `program` is where this program lies.
pub(crate) fn files(program: &str) -> Vec<ConfigFile> {
    let whole = |path: &str, text: String| ConfigFile { path: path.to_owned(), part: false, notes: Vec::new(), text };
    vec![
        whole("/etc/systemd/system/lsrepo.service", SERVICE.replace("@PROGRAM@", program)),
        whole("/etc/systemd/system/lsrepo.socket", SOCKET.to_owned()),
        whole("/etc/sysusers.d/lsrepo.conf", SYSUSERS.to_owned()),
        whole(super::config::USUAL, EXAMPLE_CONFIG.to_owned()),
    ]
}
