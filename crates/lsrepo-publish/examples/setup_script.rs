//! The script at `/setup/<os>.sh`, to be looked at: `setup_script OS URL [CA-FILE] [HOST …]`. Its key is none.
#![allow(clippy::print_stdout)]

use lsrepo_publish::client::{AptSource, PackageSource, Setup, YumSource, setup_script};
use lsrepo_types::{Family, Os};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [os, url, rest @ ..] = &arguments[..] else { return Err("OS URL [CA-FILE] [HOST …]".into()) };
    let (os, base_url): (Os, _) = (os.parse()?, url.parse()?);
    let (ca, hosts) = match rest {
        [file, hosts @ ..] if file.contains('/') => (Some(fs::read_to_string(file)?), hosts),
        hosts => (None, hosts),
    };
    let hosts = hosts.iter().map(|host| host.parse()).collect::<Result<Vec<_>, _>>()?;
    let key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEY+/=\n-----END PGP PUBLIC KEY BLOCK-----\n";
    let source = match os.family() {
        Family::RedHat => PackageSource::Yum(YumSource {
            os: &os,
            base_url: &base_url,
            repository_key: Some(key),
            package_keys: &[],
            packages_signed: true,
            module_hotfixes: false,
        }),
        Family::Debian => PackageSource::Apt(AptSource { os: &os, base_url: &base_url, repository_key: key, components: &[] }),
    };
    print!("{}", setup_script(&Setup { source, registry_hosts: &hosts, ca: ca.as_deref() }));
    Ok(())
}
