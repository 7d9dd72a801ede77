//! Docker: its daemon knows mirrors of Docker Hub, and of nothing else.

use super::{ConfigFile, Server};
use lsrepo_oci::RegistryHost;

pub(super) fn files(server: &Server, hosts: &[&RegistryHost]) -> Vec<ConfigFile> {
    let Server { url, name, insecure, .. } = server;
    let mut members = Vec::new();
    let mirrors = hosts.is_empty() || hosts.iter().any(|host| host.is_docker_hub());
    if mirrors {
        members.push(format!("  \"registry-mirrors\": [\"{url}\"]"));
    }
    if *insecure {
        members.push(format!("  \"insecure-registries\": [\"{name}\"]"));
    }
    let text = format!("{{\n{}\n}}\n", members.join(",\n"));
    let mut file = ConfigFile::part("/etc/docker/daemon.json", text).noted("then: systemctl reload docker");
    let others: Vec<&&RegistryHost> = hosts.iter().filter(|host| !host.is_docker_hub()).collect();
    if mirrors {
        file = file
            .noted("an error that names registry-1.docker.io: the mirror has no such image, and Docker went on to the Internet");
    }
    file = file.noted("Docker asks a mirror for Docker Hub's images alone (moby/moby#34319). All others by their long names:");
    for host in &others {
        file = file.noted(match host.as_str().contains(':') {
            true => format!("  docker pull {name}/NAME:TAG    for {host}/NAME:TAG"),
            false => format!("  docker pull {name}/{host}/NAME:TAG"),
        });
    }
    if others.is_empty() {
        file = file.noted(format!("  docker pull {name}/HOST/NAME:TAG"));
    }
    file = file.noted("and, where the old name must stay: docker tag THAT HOST/NAME:TAG");
    if !insecure {
        let ca = format!("where this machine does not know who signed the certificate: /etc/docker/certs.d/{name}/ca.crt");
        file = file.noted(ca);
    }
    vec![file]
}
