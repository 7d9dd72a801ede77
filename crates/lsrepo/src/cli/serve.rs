//! The words of `lsrepo serve`, `lsrepo service` and `lsrepo gc`.

use super::S3Flags;
use crate::service::config::{Form, Listen};
use clap::{Args, Subcommand};
use lsrepo_depot::Place;
use lsrepo_publish::client::{BaseUrl, RegistryClient};
use lsrepo_types::{Bytes, Platform};
use std::{path::PathBuf, time::Duration};

/// `lsrepo serve`
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Read this configuration [default: /etc/lsrepo/serve.toml where it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where to listen, with https:// before it for TLS; repeatable [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Vec<Listen>,
    /// Serve this bundle from where it lies instead of the store: its file, one of its volumes or all of them, their folder
    #[arg(long, value_name = "BUNDLE", num_args = 1.., conflicts_with_all = ["print_config", "allow_push"])]
    pub bundle: Vec<PathBuf>,
    /// Serve what `lsrepo sync --to` put there, instead of the store: any number of servers may
    #[arg(long, value_name = "s3://BUCKET/PREFIX", conflicts_with_all = ["bundle", "print_config", "allow_push", "lsrepo_shows"])]
    pub store: Option<Place>,
    /// With --store: the folder for what was asked for lately; no other server may use it [default: one in the home]
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// With --store: how much is kept there, such as 50G [default: half of what is free]
    #[arg(long, value_name = "SIZE")]
    pub cache_size: Option<Bytes>,
    /// With --bundle: take a signer that this machine does not know yet
    #[arg(long, requires = "bundle")]
    pub trust_on_first_use: bool,
    /// With --bundle: the signature of an approver under its manifest; needed on a machine that trusts approvers
    #[arg(long, value_name = "FILE", requires = "bundle")]
    pub approve: Option<PathBuf>,
    /// The platform whose content /lsrepo has at its top, for LambdaStack's roles, such as centos-7/arm64; every platform is at
    /// /lsrepo/OS/ARCH [default: the one with the most packages, and one of the other kind of packages beside it]
    #[arg(long, value_name = "OS/ARCH", value_delimiter = ',')]
    pub lsrepo_shows: Vec<Platform>,
    /// Print the files that let a container tool find its images here, and serve nothing: containerd, docker, podman, crio
    /// or kubeadm
    #[arg(long, value_name = "TOOL", conflicts_with_all = ["allow_push", "users", "require_login", "quota"])]
    pub print_config: Option<RegistryClient>,
    /// The address under which clients reach this server [default: the one that each of them asks for]
    #[arg(long, value_name = "URL")]
    pub url: Option<BaseUrl>,
    /// Certificate for TLS, as PEM, with what leads to its authority after it [default: that of `lsrepo tls init`]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// Its key, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Take pushes of container images, from the users of --users
    #[arg(long)]
    pub allow_push: bool,
    /// Users and their passwords or tokens: lines of `htpasswd -B` and of `lsrepo token`
    #[arg(long, visible_alias = "htpasswd", value_name = "FILE")]
    pub users: Option<PathBuf>,
    /// Take pushes from whoever reaches the server
    #[arg(long, requires = "allow_push", conflicts_with = "users")]
    pub anonymous_push: bool,
    /// Ask for a login for everything, but for /keys/, /setup/ and /healthz
    #[arg(long, requires = "users")]
    pub require_login: bool,
    /// What pushed images may take in the store, such as 200G [default: what the disk has]
    #[arg(long, value_name = "SIZE", requires = "allow_push")]
    pub quota: Option<Bytes>,
    /// Take pushes of images that lack layers of other platforms
    #[arg(long, requires = "allow_push")]
    pub accept_missing_layers: bool,
    /// Write every request down, on stdout
    #[arg(long, value_enum, value_name = "FORM")]
    pub access_log: Option<Form>,
    #[command(flatten)]
    pub(crate) s3: S3Flags,
}

/// `lsrepo service`
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Print the units, the user and an example of the configuration
    Print,
    /// Put them into their places and make the user and its store; files that are there already are left as they are
    Install {
        /// Show what would be done; change nothing
        #[arg(long)]
        dry_run: bool,
        /// Below this folder instead of /
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
    },
    /// Take the units away again; the configuration and the store stay
    Remove {
        /// Below this folder instead of /
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
    },
}

/// `lsrepo gc`
#[derive(Args, Debug)]
pub struct GcArgs {
    /// What was pushed or fetched within this time stays, such as 30m, 24h, 7d
    #[arg(long, default_value = "24h", value_name = "DURATION", value_parser = duration)]
    pub grace: Duration,
    /// Show what would go; remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Form of what is printed
    #[arg(short, long, value_enum, default_value_t = crate::output::Format::Text, value_name = "FORMAT")]
    pub output: crate::output::Format,
}

/// A time such as `24h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time: expected a number and s, m, h or d, such as 24h");
    let (number, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.parse::<u32>().map(|number| Duration::from_secs(u64::from(number) * seconds)).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration("24h"), Ok(Duration::from_secs(86_400)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        for wrong in ["", "h", "24", "-1h", "1ä"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
