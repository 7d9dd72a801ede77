//! A repository that is only for those with a certificate, as a subscription's are.

use super::{NOW, client, run};
use crate::{Download, RefreshPolicy, YumPolicy, download, refresh_yum};
use lsrepo_rpm::{Repository, Variables, repo_file};
use lsrepo_store::Store;
use lsrepo_types::Digest;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::Arc,
    thread,
};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issued(authority: &Authority, usage: ExtendedKeyUsagePurpose) -> (rcgen::Certificate, KeyPair) {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.extended_key_usages.push(usage);
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, authority).unwrap(), key)
}

/// Serves a repository with one package to whoever has a certificate of `clients`.
fn server(ours: &Authority, clients: &Authority) -> String {
    let (certificate, key) = issued(ours, ExtendedKeyUsagePurpose::ServerAuth);
    let mut roots = RootCertStore::empty();
    roots.add(clients.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_client_cert_verifier(verifier).with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let config = config.clone();
            thread::spawn(move || {
                let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
                let mut lines = BufReader::new(&mut stream).lines().map_while(Result::ok);
                let path = lines.next()?.split(' ').nth(1)?.to_owned();
                lines.find(String::is_empty);
                let (status, body) = match path.as_str() {
                    "/repodata/repomd.xml" => (200, repomd()),
                    "/repodata/primary.xml" => (200, "<metadata/>".to_owned()),
                    "/fox.rpm" => (200, "fox".to_owned()),
                    _ => (404, String::new()),
                };
                let head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).ok()?;
                stream.conn.send_close_notify();
                stream.flush().ok()
            });
        }
    });
    url
}

fn repomd() -> String {
    let checksum = Digest::of(b"<metadata/>").hex();
    format!(
        "<repomd><data type=\"primary\"><checksum type=\"sha256\">{checksum}</checksum><location href=\"repodata/primary.xml\"/></data></repomd>"
    )
}

#[test]
fn a_client_with_the_certificate_gets_in_and_one_without_does_not() {
    let (ours, clients, strangers) = (authority("server"), authority("clients"), authority("strangers"));
    let url = server(&ours, &clients);
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        fs::write(dir.path().join(name), text).unwrap();
        dir.path().join(name).display().to_string()
    };
    let (certificate, key) = issued(&clients, ExtendedKeyUsagePurpose::ClientAuth);
    let (ca, certificate, key) = (file("ca", ours.pem()), file("cert", certificate.pem()), file("key", key.serialize_pem()));
    let other = file("other", strangers.pem());
    let read = |options: &str| -> Vec<Repository> {
        repo_file::parse(&format!("[r]\nbaseurl={url}\n{options}\n"), "r.repo", &Variables::default()).unwrap()
    };
    let refresh = RefreshPolicy { now: NOW, allow_expired: false, allow_future: false, offline: false };
    let policy = YumPolicy { refresh, allow_sha1: false };
    let cache = tempfile::tempdir().unwrap();
    let ask =
        |options: &str| run(refresh_yum(&client(), &read(options), |_| Ok(Default::default()), cache.path(), &policy, &|_| {}));

    let identity = format!("sslclientcert={certificate}\nsslclientkey={key}");
    let found = ask(&format!("sslcacert={ca}\n{identity}")).unwrap();
    assert_eq!(fs::read(&found[0].primary).unwrap(), b"<metadata/>");
    ask(&format!("sslverify=0\n{identity}")).unwrap();
    ask(&format!("sslcacert={ca}")).unwrap_err();
    ask(&identity).unwrap_err();
    ask(&format!("sslcacert={other}\n{identity}")).unwrap_err();
    let said = ask(&format!("sslcacert={ca}\nsslclientcert=/nowhere")).unwrap_err().to_string();
    assert!(said.contains("[r] sslclientcert: /nowhere"), "{said}");

    // packages are fetched with it too
    let store = Store::open(&dir.path().join("store")).unwrap();
    let fox = Download { digest: Digest::of(b"fox"), size: 3, urls: vec![format!("{url}fox.rpm")], name: "fox".to_owned() };
    let get = |client: &crate::Client| run(download(client, std::slice::from_ref(&fox), &store, NOW, Arc::new(|_| {})));
    get(&client()).unwrap_err();
    let own = client().for_repository(&found[0].repository).unwrap();
    assert_eq!(get(&client().with_routes([(url.clone(), own)])).unwrap().fetched, 1);
}
