//! The words of `lsrepo client`.

use crate::output::Format;
use clap::{Args, Subcommand, ValueEnum};
use lsrepo_publish::client::BaseUrl;
use lsrepo_types::{Digest, Os};
use std::path::PathBuf;

/// `lsrepo client`
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Set this host up, or repair its set-up; other sources are switched off, nothing is deleted
    Apply(ClientApplyArgs),
    /// Put everything back as it was, byte for byte; needs no server
    Revert(ClientRevertArgs),
    /// Say by what this host is set up, and whether everything is as it was written; exit code 1 where not
    Status(ClientStatusArgs),
}

/// `lsrepo client apply`
#[derive(Args, Debug)]
pub struct ClientApplyArgs {
    /// The server [default: the one that this host is set up by, without asking it]
    #[arg(long, value_name = "URL")]
    pub url: Option<BaseUrl>,
    /// The authority that the server's certificate is of, for the first contact
    #[arg(long, value_name = "FILE", requires = "url", conflicts_with = "ca_sha256")]
    pub ca: Option<PathBuf>,
    /// Or its fingerprint, as `openssl x509 -fingerprint -sha256` says it; the server sends the rest
    #[arg(long, value_name = "HEX", requires = "url", value_parser = fingerprint)]
    pub ca_sha256: Option<Digest>,
    /// Whose packages, such as debian-12 [default: what this host is]
    #[arg(long, value_name = "OS", requires = "url")]
    pub os: Option<Os>,
    /// Leave the host's other sources as they are
    #[arg(long)]
    pub keep: bool,
    /// Set up only these [default: what the host has]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub only: Vec<ClientPart>,
    /// Restart what has to be restarted; without it, it is said
    #[arg(long)]
    pub restart: bool,
    /// Show what would change, as a diff; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The system below this folder instead of the one that runs
    #[arg(long, env = "LSREPO_ROOT", value_name = "DIR")]
    pub root: Option<PathBuf>,
}

/// `lsrepo client revert`
#[derive(Args, Debug)]
pub struct ClientRevertArgs {
    /// Restart what has to be restarted; without it, it is said
    #[arg(long)]
    pub restart: bool,
    /// The system below this folder instead of the one that runs
    #[arg(long, env = "LSREPO_ROOT", value_name = "DIR")]
    pub root: Option<PathBuf>,
}

/// `lsrepo client status`
#[derive(Args, Debug)]
pub struct ClientStatusArgs {
    /// The system below this folder instead of the one that runs
    #[arg(long, env = "LSREPO_ROOT", value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub output: Format,
}

/// What of a host is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClientPart {
    /// Debian packages
    Apt,
    /// RPM packages, with yum and dnf
    Yum,
    /// containerd, and with it Kubernetes
    Containerd,
    /// Docker
    Docker,
    /// podman, buildah and skopeo
    Podman,
    /// CRI-O
    Crio,
    /// the system's list of authorities
    Ca,
}

fn fingerprint(text: &str) -> Result<Digest, String> {
    let hex: String = text.chars().filter(|c| *c != ':').collect::<String>().to_ascii_lowercase();
    format!("sha256:{hex}")
        .parse()
        .map_err(|_| format!("`{text}` is no SHA-256: expected 64 hexadecimal digits, with or without `:`"))
}

#[cfg(test)]
mod tests {
    use super::fingerprint;
    use lsrepo_types::Digest;

    #[test]
    fn fingerprints_are_read_as_openssl_writes_them() {
        let digest = Digest::of(b"x");
        let hex = digest.hex().to_ascii_uppercase();
        let colons: Vec<&str> = (0..32).map(|at| &hex[2 * at..2 * at + 2]).collect();
        assert_eq!(fingerprint(&colons.join(":")), Ok(digest));
        assert!(fingerprint("abc").is_err());
    }
}
