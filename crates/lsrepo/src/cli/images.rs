//! The words for container images and their registries.

use clap::Args;
use lsrepo_fetch::registry::Mirror;
use lsrepo_oci::RegistryHost;
use std::path::PathBuf;

/// How registries are asked.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Registries")]
pub struct RegistryFlags {
    /// Registry that may be asked without TLS, such as registry.example:5000; repeatable [default: those on this machine]
    #[arg(long = "plain-http", value_name = "HOST")]
    pub plain_http: Vec<RegistryHost>,
    /// Another place for a registry's images, asked first: docker.io=mirror.example:5000/hub; repeatable
    #[arg(long = "registry-mirror", value_name = "REGISTRY=PLACE")]
    pub registry_mirrors: Vec<Mirror>,
    /// Certificates of authorities to be trusted for registries, in PEM; repeatable
    #[arg(long = "registry-ca", value_name = "FILE")]
    pub registry_authorities: Vec<PathBuf>,
    /// Logins of registries [default: those of podman and docker on this machine]
    #[arg(long = "authfile", env = "REGISTRY_AUTH_FILE", value_name = "FILE")]
    pub auth_file: Option<PathBuf>,
}
