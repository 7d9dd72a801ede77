//! The script at `/setup/<os>.sh`, without a server: `setup_script OS URL KEY-FILE,… CA-FILE|- [HOST …]`. The first key is
//! the repository's own, further ones have signed RPM packages.
#![allow(clippy::print_stdout)]

use lsrepo_publish::client::{AptSource, PackageSource, Setup, YumKey, YumSource, setup_script};
use lsrepo_types::{Family, Os};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [os, url, keys, ca, hosts @ ..] = &arguments[..] else { return Err("OS URL KEY-FILE,… CA-FILE|- [HOST …]".into()) };
    let (os, base_url): (Os, _) = (os.parse()?, url.parse()?);
    let keys = keys.split(',').map(fs::read_to_string).collect::<Result<Vec<_>, _>>()?;
    let ca = if ca == "-" { None } else { Some(fs::read_to_string(ca)?) };
    let hosts = hosts.iter().map(|host| host.parse()).collect::<Result<Vec<_>, _>>()?;
    let packages = keys.iter().skip(1).enumerate();
    let packages: Vec<YumKey> = packages.map(|(at, key)| YumKey { name: format!("KEY-{at}"), armored: key.clone() }).collect();
    let source = match os.family() {
        Family::RedHat => PackageSource::Yum(YumSource {
            os: &os,
            base_url: &base_url,
            repository_key: Some(&keys[0]),
            package_keys: &packages,
            packages_signed: true,
            module_hotfixes: false,
        }),
        Family::Debian => PackageSource::Apt(AptSource { os: &os, base_url: &base_url, repository_key: &keys[0], components: &[] }),
    };
    print!("{}", setup_script(&Setup { source, registry_hosts: &hosts, ca: ca.as_deref() }));
    Ok(())
}
