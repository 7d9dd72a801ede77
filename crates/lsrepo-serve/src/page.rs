//! The first page: what is here, and how to point a host at it.

use crate::{
    html,
    site::{Repository, Site},
};
use lsrepo_publish::client::BaseUrl;
use lsrepo_types::{Bytes, Count};
use std::fmt::Write;

/// The page for people who reach us at `base_url`.
pub(crate) fn render(site: &Site, base_url: &BaseUrl) -> String {
    let mut body = format!(
        "<h1>lsrepo</h1>\n<p class=\"dim\">Packages and images for hosts without internet &middot; snapshot of {}\n",
        html::escape(&site.date.to_string())
    );
    if site.repositories.is_empty() && site.images.is_empty() {
        body.push_str("<p>Nothing is published here yet.\n");
    }
    if !site.repositories.is_empty() {
        platforms(&mut body, site);
    }
    if !site.images.is_empty() {
        images(&mut body, site, base_url);
    }
    if !site.repositories.is_empty() {
        clients(&mut body, site, base_url);
    }
    _ = write!(
        body,
        "<h2>Key</h2>\n<p>Everything here is signed by <code class=\"key\">{}</code>\n\
         <p><a href=\"/keys/lsrepo.asc\">lsrepo.asc</a> &middot; <a href=\"/keys/lsrepo.gpg\">lsrepo.gpg</a>\n",
        html::escape(&site.key.fingerprint)
    );
    html::page("lsrepo", &body)
}

fn platforms(body: &mut String, site: &Site) {
    body.push_str(
        "<h2>Platforms</h2>\n<table>\n<tr><th>System<th>Architecture<th>Components\
         <th class=\"number\">Packages<th class=\"number\">Size\n",
    );
    for (os, repository) in &site.repositories {
        for platform in repository.platforms() {
            _ = writeln!(
                body,
                "<tr><td><a href=\"/{kind}/{os}/\">{os}</a><td>{}<td>{}<td class=\"number\">{}<td class=\"number\">{}",
                platform.platform.arch,
                html::escape(&platform.components.join(", ")),
                Count(platform.packages),
                Bytes(platform.bytes),
                kind = repository.kind(),
                os = html::encode(os.as_str()),
            );
        }
    }
    body.push_str("</table>\n");
}

/// What can be pulled, and how. Only whoever runs the server can print the files that let clients use upstream names.
fn images(body: &mut String, site: &Site, base_url: &BaseUrl) {
    body.push_str("<h2>Container images</h2>\n<table>\n<tr><th>Repository<th>Tags\n");
    let mut first = None;
    for (name, tags) in site.images.rows() {
        let listed = html::escape(&tags.join(", "));
        _ = writeln!(body, "<tr><td><code>{}</code><td>{listed}", html::escape(name));
        first = first.or_else(|| Some(format!("{name}:{}", tags.first()?)));
    }
    body.push_str("</table>\n");
    let base = base_url.to_string();
    let server = html::escape(base.split_once("://").map_or(base.as_str(), |(_, server)| server));
    let image = html::escape(first.as_deref().unwrap_or("NAME"));
    let flag = if base.starts_with("http:") { " --tls-verify=false" } else { "" };
    _ = write!(
        body,
        "<pre>podman pull{flag} {server}/{image}</pre>\n<p>So that hosts find them under their upstream names, \
         <code>lsrepo serve --print-config containerd</code> prints the files (also for docker, podman, crio and kubeadm).\n"
    );
}

/// A fresh host of Debian may have neither curl nor wget; what apt brings along can download too.
fn clients(body: &mut String, site: &Site, base_url: &BaseUrl) {
    body.push_str(
        "<h2>Set up a host</h2>\n<p>As root. Other sources are switched off; <code>--revert</code> puts everything back.\n",
    );
    for (os, repository) in &site.repositories {
        let script = format!("{base_url}/setup/{os}.sh");
        let (script, os) = (html::escape(&script), html::escape(os.as_str()));
        let (then, without) = match repository {
            Repository::Apt(_) => (
                "apt-get update",
                format!("<p class=\"dim\">Without curl: <code>/usr/lib/apt/apt-helper download-file {script} {os}.sh</code>\n"),
            ),
            Repository::Yum(_) => ("yum makecache", String::new()),
        };
        _ = write!(
            body,
            "<h3>{os}</h3>\n<pre>curl -fsSO {script}\nsh {os}.sh &amp;&amp; {then}</pre>\n{without}\
             <details><summary>By hand</summary><pre>{}</pre></details>\n",
            html::escape(&repository.by_hand(base_url)),
        );
    }
}
