//! `/images/<registry>/<repository>`: one image: its tags, their platforms and layers, what refers to it, how to pull it.

use super::{
    Made, Page, Stored, View,
    ask::address,
    layout::Place,
    markup::{Markup, code, commands, facts, table},
    parts::{anchor, how_many, module_links, pager, size, vouched},
};
use lsrepo_publish::{
    catalogue::{Catalogue, CatalogueError, Image, ImageLayer, ImagePlatform, ImageReferrer, Kind, Row},
    client::BaseUrl,
};

/// Tags on one page.
const PER_PAGE: u64 = 10;

pub(super) fn page(view: &View<'_>, catalogue: &Catalogue<Stored>, repository: &str) -> Made {
    let numbers = numbers(catalogue, repository)?;
    if numbers.is_empty() {
        return Ok(None);
    }
    let at = view.form.number("at").unwrap_or_default().min(numbers.len() as u64 - 1);
    let shown = &numbers[at as usize..numbers.len().min((at + PER_PAGE) as usize)];
    let mut images = Vec::new();
    for line in catalogue.some(shown.iter().copied())? {
        if let Row::Image(image) = line.row {
            images.push(image);
        }
    }
    let Some(first) = images.first() else { return Ok(None) };
    let count = how_many(numbers.len() as u64, "tag", "tags and digests");
    let here = |at: u64| address(&["images", repository], &[("at", if at == 0 { String::new() } else { at.to_string() }.as_str())]);
    let content = Markup::element("p class=\"eyebrow\"", Markup::fixed("<a href=\"/images/\">Images</a>"))
        .then(Markup::of("h1", repository))
        .then(Markup::of("p class=\"lead\"", format!("A container image, carried with {count}.")))
        .then(pull(view.base, &name(view.site.images.name_here(repository), first)))
        .then(images.iter().map(tag).collect())
        .then(pager(at, images.len() as u64, numbers.len() as u64, PER_PAGE, here));
    Ok(Some(Page { place: Place::Images, title: repository.to_owned(), content, per_host: true }))
}

/// Those of a repository: by tag, then by digest.
fn numbers(catalogue: &Catalogue<Stored>, repository: &str) -> Result<Vec<u32>, CatalogueError> {
    let Some(range) = catalogue.range(Kind::Image, "") else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for start in [format!("{repository}:"), format!("{repository}@")] {
        let mut at = catalogue.first_from(range, &start)?;
        while at < range.end && all.len() < 4096 {
            let name = catalogue.key(at)?.name;
            let Some(rest) = name.strip_prefix(&start) else { break };
            if !rest.contains('/') {
                all.push(at);
            }
            at += 1;
        }
    }
    Ok(all)
}

/// `docker.io/library/nginx:1.27`
fn name(repository: &str, image: &Image) -> String {
    match &image.tag {
        Some(tag) => format!("{repository}:{tag}"),
        None => format!("{repository}@{}", image.digest),
    }
}

fn server(base: &BaseUrl) -> &str {
    base.as_str().split_once("://").map_or(base.as_str(), |(_, server)| server)
}

fn is_plain(base: &BaseUrl) -> bool {
    base.as_str().starts_with("http:")
}

/// How podman pulls it from here.
pub(super) fn podman(base: &BaseUrl, image: &str) -> String {
    let flag = if is_plain(base) { " --tls-verify=false" } else { "" };
    format!("podman pull{flag} {}/{image}", server(base))
}

fn pull(base: &BaseUrl, image: &str) -> Markup {
    let server = server(base);
    let (ctr, skopeo) = match is_plain(base) {
        true => (" --plain-http", " --src-tls-verify=false"),
        false => ("", ""),
    };
    let ways = [
        ("podman", podman(base, image)),
        ("docker", format!("docker pull {server}/{image}")),
        ("containerd", format!("ctr images pull{ctr} {server}/{image}")),
        ("skopeo", format!("skopeo copy{skopeo} --all docker://{server}/{image} dir:image")),
    ];
    let way = |(tool, text): (&'static str, String)| Markup::of("h3", tool).then(commands(&format!("Pull with {tool}"), &text));
    Markup::of("h2", "Pull it")
        .then(Markup::fixed(
            "<p>By its upstream name once the runtime is <a href=\"/setup/?tool=containerd\">set up</a>; without that by its long name:</p>",
        ))
        .then(Markup::element("div class=\"ways\"", ways.into_iter().map(|one| Markup::element("div", way(one))).collect()))
}

fn tag(image: &Image) -> Markup {
    let named = image.tag.as_deref().unwrap_or(&image.digest);
    let words = if image.tag.is_some() { "Tag " } else { "" };
    let heading = Markup::with("h2", &[("id", &anchor(named))], Markup::text(format!("{words}{named}")));
    let all = facts([
        ("Digest", code(&image.digest)),
        ("Size", size(image.bytes)),
        ("Wanted by", module_links(&image.wanted_by)),
        ("Vouched for by", vouched(&image.vouched_by)),
        ("Media type", code(&image.media_type)),
    ]);
    heading.then(all).then(platforms(image)).then(referrers(image))
}

fn platforms(image: &Image) -> Markup {
    let rows = image.platforms.iter().map(|one| {
        let carried = if one.carried { Markup::fixed("carried") } else { Markup::fixed("<span class=\"dim\">left behind</span>") };
        let bytes = one.layers.iter().map(|layer| layer.size).sum();
        vec![Markup::text(platform_name(one)), carried, Markup::text(one.layers.len().to_string()), size(bytes), code(&one.digest)]
    });
    let list = table("Platforms", &["Platform", "Layers are", "Layers", "Size", "Digest"], rows);
    list.then(image.platforms.iter().filter(|one| one.carried && !one.layers.is_empty()).map(layers).collect())
}

fn platform_name(one: &ImagePlatform) -> &str {
    if one.platform.is_empty() { "any" } else { &one.platform }
}

fn layers(one: &ImagePlatform) -> Markup {
    let row = |(number, layer): (usize, &ImageLayer)| {
        vec![Markup::text((number + 1).to_string()), size(layer.size), code(&layer.digest), code(&layer.media_type)]
    };
    let list =
        table("Layers, the lowest first", &["Layer", "Size", "Digest", "Media type"], one.layers.iter().enumerate().map(row));
    let summary = Markup::of("summary", format!("Layers of {}", platform_name(one)));
    Markup::element("details", summary.then(list))
}

fn referrers(image: &Image) -> Markup {
    if image.referrers.is_empty() {
        return Markup::of("p class=\"dim\"", "No signatures, attestations or SBOMs travel with it.");
    }
    let row = |one: &ImageReferrer| {
        vec![Markup::text(kind_of(one)), size(one.bytes), code(&one.digest), one.tag.as_ref().map(code).unwrap_or_default()]
    };
    table("What refers to it", &["What", "Size", "Digest", "Tag"], image.referrers.iter().map(row))
}

/// What people call it.
fn kind_of(one: &ImageReferrer) -> String {
    let tag = one.tag.as_deref().unwrap_or_default();
    let word = match () {
        () if tag.ends_with(".sig") || one.artifact_type.contains("cosign.artifact.sig") => "Signature",
        () if tag.ends_with(".att") || one.artifact_type.contains("in-toto") => "Attestation",
        () if tag.ends_with(".sbom") || one.artifact_type.contains("spdx") || one.artifact_type.contains("cyclonedx") => "SBOM",
        () if one.artifact_type.contains("notary") => "Signature",
        () => return if one.artifact_type.is_empty() { "Artifact".to_owned() } else { one.artifact_type.clone() },
    };
    word.to_owned()
}
