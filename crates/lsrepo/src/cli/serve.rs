//! The words of `lsrepo serve` and `lsrepo gc`.

use clap::Args;
use lsrepo_publish::client::{BaseUrl, RegistryClient};
use lsrepo_types::{Bytes, Platform};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// `lsrepo serve`
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// Serve this bundle from where it lies instead of the store: its file, one of its volumes or all of them, their folder
    #[arg(long, value_name = "BUNDLE", num_args = 1.., conflicts_with_all = ["print_config", "allow_push"])]
    pub bundle: Vec<PathBuf>,
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
    #[arg(long, value_name = "TOOL", conflicts_with_all = ["allow_push", "htpasswd", "require_login", "quota"])]
    pub print_config: Option<RegistryClient>,
    /// The address under which those tools reach this server [default: that of --listen]
    #[arg(long, value_name = "URL", requires = "print_config")]
    pub url: Option<BaseUrl>,
    /// Take pushes of container images, from the users of --htpasswd
    #[arg(long)]
    pub allow_push: bool,
    /// Users and their passwords: lines of `htpasswd -B`
    #[arg(long, value_name = "FILE")]
    pub htpasswd: Option<PathBuf>,
    /// Take pushes from whoever reaches the server
    #[arg(long, requires = "allow_push", conflicts_with = "htpasswd")]
    pub anonymous_push: bool,
    /// Ask for a login for pulls too
    #[arg(long, requires = "htpasswd")]
    pub require_login: bool,
    /// What pushed images may take in the store, such as 200G [default: what the disk has]
    #[arg(long, value_name = "SIZE", requires = "allow_push")]
    pub quota: Option<Bytes>,
    /// Take pushes of images that lack layers of other platforms
    #[arg(long, requires = "allow_push")]
    pub accept_missing_layers: bool,
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

fn duration(text: &str) -> Result<Duration, String> {
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
