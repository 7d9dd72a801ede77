use super::*;

fn words<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(T::to_string).collect()
}

#[test]
fn the_lists_of_lambdastack_are_read_as_they_are() {
    let text = "\
[packages-repo-prereqs]
apr # for httpd
[crane]
https://a.example/crane_Linux_x86_64.tar.gz

[packages]
# docker
docker-ce 5:20.10.8
docker-ce=5:20.10.8*
kubeadm-1.19.15
nmap-ncat opendistro-alerting-1.13.1.*   two-more
nmap-ncat
haproxy 2.6.*

[files]
https://a.example/dashboards/7249/download grafana_dashboard_7249.json
https://a.example/x.tgz#top # comment

[images]
registry:2.8.0\tquay.io/coreos/flannel:v0.14.0
[packages]
tmux
";
    let wishes = parse(text, "x.txt").unwrap();
    assert_eq!(words(&wishes.prerequisites), ["apr"]);
    assert_eq!(
        words(&wishes.packages),
        [
            "docker-ce=5:20.10.8*",
            "kubeadm-1.19.15",
            "nmap-ncat",
            "opendistro-alerting-1.13.1.*",
            "two-more",
            "haproxy=2.6.*",
            "tmux"
        ]
    );
    assert_eq!(wishes.files[0].name, "grafana_dashboard_7249.json");
    assert_eq!(wishes.files[1].url, "https://a.example/x.tgz#top");
    assert_eq!(wishes.images, ["registry:2.8.0", "quay.io/coreos/flannel:v0.14.0"]);
    assert_eq!(parse(&format!("\u{feff}{}", text.replace('\n', "\r\n")), "x.txt").unwrap(), wishes);
}

#[test]
fn every_line_of_no_use_is_named() {
    let text =
        "curl\n[package]\n[packages]\nc url; rm\n[files]\nftp://a.example/x\nhttps://a.example/x a b\n[images]\nhaproxy\n[files\n";
    let error = parse(text, "my.txt").unwrap_err().to_string();
    let places: Vec<_> = error.lines().filter(|line| !line.starts_with("hint")).map(|line| &line[..9]).collect();
    assert_eq!(places, ["my.txt:1:", "my.txt:2:", "my.txt:4:", "my.txt:6:", "my.txt:7:", "my.txt:9:", "my.txt:10"]);
    assert!(error.contains("did you mean `[packages]`?"), "{error}");
}

#[test]
fn what_the_bom_renders_can_be_read_back() {
    let platform = "debian-12/x86_64".parse().unwrap();
    let module = |name: &str, wishes: &str| {
        crate::Module::parse(&format!("kind: module\nname: {name}\nversion: 0.1.0\nrequirements: {{{wishes}}}"), "x.yml").unwrap()
    };
    let modules = [
        module("web", "packages: [{name: nginx, version: 1.22.*}, {name: curl}], images: [{ref: 'registry:2.8.0'}]"),
        module("tools", "packages: [{name: curl}], files: [{url: 'https://a.example/x', name: y}]"),
    ];
    let text = render(&platform, &modules);
    let expected = "\n[packages]\ncurl  # tools, web\nnginx=1.22.*  # web\n\n[files]\nhttps://a.example/x y  # tools\n\n[images]\nregistry:2.8.0  # web\n";
    assert!(text.starts_with("# debian-12/x86_64") && text.ends_with(expected), "{text}");
    let wishes = parse(&text, "x.txt").unwrap();
    assert_eq!((words(&wishes.packages), wishes.files.len()), (vec!["curl".into(), "nginx=1.22.*".into()], 1));
}
