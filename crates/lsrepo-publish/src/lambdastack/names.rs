//! The names that LambdaStack's roles ask for.

use lsrepo_oci::Reference;

/// `haproxy-2.2.2-alpine.tar`: the last part of the repository, and the tag. None without a tag.
pub fn archive_name(image: &Reference) -> Option<String> {
    let name = image.repository.as_str().rsplit('/').next()?;
    Some(format!("{name}-{}.tar", image.tag.as_ref()?))
}

/// `quay.io_org_app-1.tar`: where two images would have one name.
pub fn long_archive_name(image: &Reference) -> String {
    let tag = image.tag.as_ref().map_or(String::new(), |tag| format!("-{tag}"));
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    format!("{}{tag}.tar", image.name().chars().map(plain).collect::<String>())
}

/// Whether a file is one of those that Epiphany 2 keeps in a folder of their own.
pub fn is_dashboard(name: &str) -> bool {
    name.split('/').rev().skip(1).any(|folder| folder == "grafana_dashboards")
        || name.rsplit('/').next().is_some_and(|name| name.starts_with("grafana_dashboard_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_have_the_names_of_the_lists() {
        for (image, name, longer) in [
            ("haproxy:2.2.2-alpine", "haproxy-2.2.2-alpine.tar", "docker.io_library_haproxy-2.2.2-alpine.tar"),
            ("calico/cni:v3.20.2", "cni-v3.20.2.tar", "docker.io_calico_cni-v3.20.2.tar"),
            ("quay.io/coreos/flannel:v0.14.0-arm64", "flannel-v0.14.0-arm64.tar", "quay.io_coreos_flannel-v0.14.0-arm64.tar"),
            ("k8s.gcr.io/coredns/coredns:v1.8.4", "coredns-v1.8.4.tar", "k8s.gcr.io_coredns_coredns-v1.8.4.tar"),
            ("localhost:5000/a:1", "a-1.tar", "localhost_5000_a-1.tar"),
        ] {
            let image = image.parse().unwrap();
            assert_eq!((archive_name(&image).as_deref(), long_archive_name(&image).as_str()), (Some(name), longer));
        }
        let by_digest = format!("a.b/c@sha256:{}", "a".repeat(64)).parse().unwrap();
        assert_eq!(archive_name(&by_digest), None);
    }

    #[test]
    fn dashboards_are_known_by_their_folder_or_their_name() {
        for name in ["grafana_dashboards/x.json", "a/grafana_dashboards/b/x.json", "files/grafana_dashboard_405.json"] {
            assert!(is_dashboard(name), "{name}");
        }
        for name in ["x.json", "dashboards/x.json", "a/grafana_dashboards"] {
            assert!(!is_dashboard(name), "{name}");
        }
    }
}
