//! A system below a folder, with sources of its own, and a script for it.

use lsrepo_publish::client::{AptSource, PackageSource, Setup, YumKey, YumSource, setup_script};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};

pub(crate) const KEY: &str =
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: 1234 ABCD\n\nmDMEY+/=\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n";
pub(crate) const CA: &str = "-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n";
pub(crate) const PLAIN: &str = "http://repo.example:8080";
pub(crate) const SECURE: &str = "https://repo.example:8443";

/// What is at a path: kind, mode, owner, and content or target.
pub(crate) type Tree = BTreeMap<String, (char, u32, u32, Vec<u8>)>;

pub(crate) struct Host {
    folder: tempfile::TempDir,
    shell: &'static str,
}

impl Host {
    /// Where nothing is written to a disk, so that `sync` costs nothing.
    fn new(shell: &'static str) -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let host = Self { folder: folder.unwrap(), shell };
        fs::create_dir_all(host.path("/var/lib")).unwrap();
        host
    }

    pub(crate) fn debian() -> Self {
        let host = Self::new("sh");
        host.write("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
        host.write("/etc/apt/sources.list", "# main\ndeb http://vendor.example old main\ndeb-src http://vendor.example old main");
        let stanzas = "Types: deb\nURIs: http://a\nSigned-By:\n -----BEGIN\n .\n abc\n\n# one\nEnabled: yes\nTypes: deb\n\nTypes: deb\nEnabled: no\n";
        host.write("/etc/apt/sources.list.d/extra.sources", stanzas);
        host.mode("/etc/apt/sources.list.d/extra.sources", 0o600);
        host.write("/srv/linked.list", "deb http://linked old main\n");
        symlink("../../../srv/linked.list", host.path("/etc/apt/sources.list.d/linked.list")).unwrap();
        symlink("nowhere", host.path("/etc/apt/sources.list.d/dangling.list")).unwrap();
        host
    }

    pub(crate) fn bionic() -> Self {
        let host = Self::new("bash");
        host.write("/etc/os-release", "ID=ubuntu\nVERSION_ID=\"18.04\"\n");
        host.write("/etc/apt/sources.list", "deb http://vendor.example bionic main\n");
        host
    }

    pub(crate) fn almalinux() -> Self {
        let host = Self::new("bash");
        host.write("/etc/os-release", "ID=\"almalinux\"\nVERSION_ID=\"9.4\"\n");
        host.write("/etc/yum.repos.d/almalinux.repo", "[baseos]\nname=a\nenabled=1\n\n[source]\nname=b\n\n[off]\nenabled = 0\n");
        host.write("/etc/yum.repos.d/redhat.repo", "[rhel]\r\nEnabled = True\r\n");
        host.write("/etc/dnf/plugins/subscription-manager.conf", "[main]\nenabled=1\n");
        host.write("/etc/pki/rpm-gpg/RPM-GPG-KEY-vendor", "key\n");
        host
    }

    pub(crate) fn centos() -> Self {
        let host = Self::new("bash");
        host.write("/etc/os-release", "ID=\"centos\"\nVERSION_ID=\"7\"\n");
        host.write("/etc/yum.repos.d/CentOS-Base.repo", "[base]\nmirrorlist=http://m\n#enabled=1\n");
        host.write("/etc/yum.conf", "[main]\ngpgcheck=1\n\n[inline]\nbaseurl=http://i\n");
        host.write("/etc/yum/pluginconf.d/fastestmirror.conf", "[main]\nenabled=1\nverbose=0\n");
        host
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path.trim_start_matches('/'))
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A tool that makes the list of authorities anew, as that of Debian does; it kills who called it where told to.
    pub(crate) fn with_authorities(self) -> Self {
        self.write("/usr/local/share/ca-certificates/site.crt", "site\n");
        self.write("/etc/ssl/certs/ca-certificates.crt", "all\nsite\n");
        self.write("/etc/ssl/certs/old.0", "of a hash\n");
        symlink("/usr/share/ca-certificates/a.crt", self.path("/etc/ssl/certs/a.pem")).unwrap();
        let tool = "#!/bin/sh\nset -e\ncd \"$TEST_ROOT/etc/ssl/certs\"\n{ echo all; cat \"$TEST_ROOT\"/usr/local/share/ca-certificates/*.crt; } >new\n\
             [ -z \"${TEST_KILL:-}\" ] || { kill -9 $PPID; exit; }\nmv new ca-certificates.crt\nrm -f old.0\nmkdir -p java\necho x >java/cacerts\n\
             ln -sf /usr/local/share/ca-certificates/lsrepo.crt lsrepo.pem\n";
        self.write("/usr/sbin/update-ca-certificates", tool);
        self.mode("/usr/sbin/update-ca-certificates", 0o755);
        self.write("/test/chroot", "#!/bin/sh\nTEST_ROOT=$1\nexport TEST_ROOT\nexec \"$1$2\"\n");
        self.mode("/test/chroot", 0o755);
        self
    }

    /// A script run on this host.
    pub(crate) fn command(&self, script: &str, words: &[&str]) -> Command {
        let file = self.path("/script.sh");
        fs::write(&file, script).unwrap();
        let mut command = Command::new(self.shell);
        let path = format!("{}:{}", self.path("/test").display(), std::env::var("PATH").unwrap());
        command.arg(&file).args(words).env("LSREPO_ROOT", self.folder.path()).env("PATH", path);
        command
    }

    pub(crate) fn run(&self, script: &str, words: &[&str]) -> Output {
        self.command(script, words).output().unwrap()
    }

    /// What it said; it must have ended well.
    #[track_caller]
    pub(crate) fn well(&self, script: &str, words: &[&str]) -> String {
        let output = self.run(script, words);
        let said = text(&output);
        assert!(output.status.success(), "{said}");
        said
    }

    /// It must have ended with this code, saying this.
    #[track_caller]
    pub(crate) fn badly(&self, script: &str, words: &[&str], code: i32, why: &str) {
        let output = self.run(script, words);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(why), "no `{why}` in: {said}");
    }

    /// Everything on it but what this test and the journal have there.
    pub(crate) fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        for top in ["etc", "usr", "srv"] {
            walk(self.folder.path(), &self.path(top), &mut tree);
        }
        tree
    }
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn walk(top: &Path, folder: &Path, tree: &mut Tree) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let data = fs::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(top).unwrap().display().to_string();
        let (kind, content) = match () {
            () if data.is_symlink() => ('l', fs::read_link(&path).unwrap().display().to_string().into_bytes()),
            () if data.is_dir() => ('d', Vec::new()),
            () => ('f', fs::read(&path).unwrap()),
        };
        tree.insert(name, (kind, data.mode(), data.uid(), content));
        if data.is_dir() {
            walk(top, &path, tree);
        }
    }
}

/// The script of an OS, for the server at `url`, with images of these registries.
pub(crate) fn script(os: &str, url: &str, hosts: &[&str]) -> String {
    let (os, base_url) = (os.parse().unwrap(), url.parse().unwrap());
    let hosts: Vec<_> = hosts.iter().map(|host| host.parse().unwrap()).collect();
    let keys =
        ["RPM-GPG-KEY-AlmaLinux-9", "../../x", "a b", "lsrepo"].map(|name| YumKey { name: name.into(), armored: KEY.into() });
    let apt = AptSource { os: &os, base_url: &base_url, repository_key: KEY, components: &[] };
    let yum = YumSource {
        os: &os,
        base_url: &base_url,
        repository_key: Some(KEY),
        package_keys: &keys,
        packages_signed: true,
        module_hotfixes: false,
    };
    let source = match os.family() {
        lsrepo_types::Family::Debian => PackageSource::Apt(apt),
        lsrepo_types::Family::RedHat => PackageSource::Yum(yum),
    };
    setup_script(&Setup { source, registry_hosts: &hosts, ca: Some(CA) })
}
