//! An authority of one's own: what makes TLS possible where no public one reaches.
//!
//! ```text
//! tls/ca.crt       the authority; hosts get it from `/keys/` and with their set-up
//! tls/ca.key       its key, for the owner of the store alone
//! tls/server.pem   the server's certificate and its key
//! tls/names        what the server is called, one name or address a line
//! ```
//! Nothing begins before the year 2020 is over, however far behind a host's clock may be; a server's certificate is good for
//! two years and is made anew, by the same authority, once less than a month of them is left.

use crate::{context::Context, failure::Hint, whole};
use anyhow::{Context as _, Result, bail};
use lsrepo_serve::Identity;
use lsrepo_types::{Digest, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use std::{fs, net::IpAddr, os::unix::fs::PermissionsExt, path::PathBuf};

/// Years that the authority lasts, and the server's certificate.
const YEARS: (i32, i32) = (20, 2);
/// Seconds before its end in which a server's certificate is made anew.
const RENEW: i64 = 30 * 86_400;

/// The folder.
pub(crate) fn folder(context: &Context) -> PathBuf {
    context.home.join("tls")
}

/// The authority's certificate as PEM, where there is one.
pub(crate) fn certificate(context: &Context) -> Result<Option<String>> {
    let file = folder(context).join("ca.crt");
    match fs::read_to_string(&file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

/// The digest of the certificate itself (DER), as `openssl x509 -fingerprint -sha256` shows it without the colons.
pub(crate) fn fingerprint(pem: &str) -> Result<Digest> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| anyhow::anyhow!("not a certificate: {error}"))?;
    Ok(Digest::of(&der))
}

/// Makes an authority and a certificate for a server of these names. There must be none yet.
pub(crate) fn init(context: &Context, names: &[String]) -> Result<()> {
    let dir = folder(context);
    if dir.join("ca.crt").exists() {
        bail!(
            "{}: there is an authority already\nhint: `lsrepo tls renew --name …` makes another certificate for the server",
            dir.display()
        );
    }
    fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).with_context(|| dir.display().to_string())?;
    let key = KeyPair::generate()?;
    let ca = authority(&key, context.now)?.self_signed(&key)?;
    // The key first: an authority without one would be of no use, and could not be made again.
    whole::write_secret(&dir.join("ca.key"), &key.serialize_pem())?;
    whole::write_text(&dir.join("ca.crt"), &ca.pem())?;
    issue(context, names)
}

/// Makes another certificate for the server, with another key; the names stay as they are where none are given.
pub(crate) fn renew(context: &Context, names: &[String]) -> Result<()> {
    let known = server_names(context)?;
    issue(context, if names.is_empty() { &known } else { names })
}

/// What the server is called.
pub(crate) fn server_names(context: &Context) -> Result<Vec<String>> {
    let file = folder(context).join("names");
    let text =
        fs::read_to_string(&file).with_context(|| file.display().to_string()).hint("`lsrepo tls init` makes an authority")?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn issue(context: &Context, names: &[String]) -> Result<()> {
    let dir = folder(context);
    if names.is_empty() {
        bail!("what is the server called?\nhint: --name repo.example --name 10.0.0.10");
    }
    let file = dir.join("ca.key");
    let pem = fs::read_to_string(&file).with_context(|| file.display().to_string()).hint("`lsrepo tls init` makes an authority")?;
    let key = KeyPair::from_pem(&pem).with_context(|| file.display().to_string())?;
    let issuer = Issuer::new(authority(&key, context.now)?, key);
    let mut params = CertificateParams::new(names.to_vec()).with_context(|| names.join(", "))?;
    params.distinguished_name = named(&names[0]);
    // A server that runs for years renews: the time of its start is of no use.
    let (year, month) = years_from(crate::context::now(), YEARS.1);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(year, month, 1));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let own = KeyPair::generate()?;
    let certificate = params.signed_by(&own, &issuer)?;
    // One file for both: a crash between two would leave a key of another certificate.
    let pair = format!("{}{}", certificate.pem(), own.serialize_pem());
    whole::write_secret(&dir.join("server.pem"), &pair)?;
    whole::write_text(&dir.join("names"), &(names.join("\n") + "\n"))
}

/// The server's own identity by this authority, where there is one; made anew where its days are nearly over.
pub(crate) fn identity(context: &Context) -> Result<Option<Identity>> {
    let file = folder(context).join("server.pem");
    let load = || -> Result<Option<Identity>> {
        match fs::read(&file) {
            Ok(pem) => Ok(Some(Identity::from_pem(&pem, &pem).with_context(|| file.display().to_string())?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| file.display().to_string()),
        }
    };
    let Some(identity) = load()? else { return Ok(None) };
    if identity.not_after().is_none_or(|end| end.0 - crate::context::now().0 > RENEW) {
        return Ok(Some(identity));
    }
    match renew(context, &[]) {
        Ok(()) => {
            context
                .progress
                .note("the server's certificate was about to end, or has ended: another one was made by the same authority");
            load()
        }
        // The old one may still do; clients say so where it does not.
        Err(error) => {
            context.progress.warn(&format!("the server's certificate ends, and another one cannot be made: {error:#}"));
            Ok(Some(identity))
        }
    }
}

/// What the authority says of itself: always the same for the same key, so that it need not be read to issue.
fn authority(key: &KeyPair, now: Timestamp) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    let of_key = Digest::of(key.public_key_raw()).hex();
    params.distinguished_name = named(&format!("lsrepo authority {}", &of_key[..16]));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let (year, month) = years_from(now, YEARS.0);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(year, month, 1));
    Ok(params)
}

fn named(name: &str) -> DistinguishedName {
    let mut all = DistinguishedName::new();
    all.push(DnType::CommonName, name.chars().take(64).collect::<String>());
    all
}

/// Year and month, so many years ahead. No later than 2049: after that years are written otherwise, which old clients do not read.
fn years_from(now: Timestamp, years: i32) -> (i32, u8) {
    let text = now.to_string();
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u16>().ok());
    let (year, month) = (i32::from(number(0..4).unwrap_or(2026)), number(5..7).unwrap_or(1) as u8);
    ((year + years).min(2049), month.clamp(1, 12))
}

/// What this machine is called: its host name and its addresses.
pub(crate) fn own_names() -> Vec<String> {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").map(|name| name.trim().to_owned()).unwrap_or_default();
    let mut names: Vec<String> = (!host.is_empty()).then_some(host).into_iter().chain(["localhost".to_owned()]).collect();
    names.extend(local_addresses().into_iter().map(|address| address.to_string()));
    names.dedup();
    names
}

/// The addresses of this machine, by the kernel's routing tables.
fn local_addresses() -> Vec<IpAddr> {
    let four = fs::read_to_string("/proc/net/fib_trie").unwrap_or_default();
    let mut last = "";
    let mut all: Vec<IpAddr> = Vec::new();
    for line in four.lines().map(str::trim) {
        if line.ends_with("host LOCAL") {
            all.extend(last.parse::<IpAddr>().ok());
        }
        last = line.trim_start_matches("|-- ");
    }
    let six = fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    // scope 0x20 is the link: of no use without its name
    let global = six.lines().filter(|line| line.split_whitespace().nth(3) != Some("20"));
    all.extend(global.filter_map(|line| Some(IpAddr::from(u128::from_str_radix(line.split(' ').next()?, 16).ok()?.to_be_bytes()))));
    all.sort();
    all.dedup();
    all
}
