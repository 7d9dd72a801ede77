//! One function for each parser of bytes from outside. None may panic, hang, or take memory without bound;
//! what is accepted must survive its own rendering. Shared by the fuzzer and by `tests/it/fuzz_corpus.rs`.

use lambdastack::{
    kind::Kind,
    module::{self as deployer, Catalogue as Deployer, Files, artifact},
    source::Source,
    stack, template,
};
use lsrepo_bom::{
    Lock, Module, PlatformDocument,
    chart::{self, ChartFiles},
    checksums,
    cluster::{Cluster, Components},
    origin::{self, Texts},
    requirements_file,
};
use lsrepo_deb::{archive, deb822, dependency, packages, preferences::Pins, release::Release, sources, status, version};
use lsrepo_gzip::{Rebuilder, Recipe, Writer};
use lsrepo_oci::{
    AuthFile, Content, Reference, RegistriesConf, Wanted,
    api::{Challenge, ChunkRange, Page, Query, Route},
};
use lsrepo_publish::catalogue::{self, Catalogue};
use lsrepo_rpm::{
    Advisory, Comps, Evr, Metalink, Modules, Nevra, NevraRef, Package, Record, Repomd, Repository, Request, Variables, filelists,
    metadata::{self, Compression, Placed},
    mirrors, primary, repo_file, rich, updateinfo,
};
use lsrepo_sign::{CosignKey, Keyring, PackagePolicy, SecretKey, check_package_header, verify_inline};
use lsrepo_types::{Digest, RelPath, Timestamp};
use std::{
    collections::{BTreeMap, HashSet},
    io::{Read as _, Write as _},
    sync::LazyLock,
};

/// Takes any bytes, and panics where a promise is broken.
pub type Target = fn(&[u8]);

/// A target's name, which is that of its corpus, and its function.
pub const ALL: &[(&str, Target)] = &[
    ("archive", archive_control),
    ("auth_file", auth_file),
    ("bom", bom),
    ("bundle", bundle),
    ("catalogue", catalogue),
    ("challenge", challenge),
    ("chart", helm_chart),
    ("deployer_artifact", deployer_artifact),
    ("deployer_documents", deployer_documents),
    ("deployer_module", deployer_module),
    ("checksums", published_checksums),
    ("cluster", cluster),
    ("comps", comps),
    ("cosign", cosign_signature),
    ("deb822", deb822_paragraphs),
    ("dependency", dependency_field),
    ("filelists", rpm_filelists),
    ("gzip_stream", gzip_stream),
    ("image_manifest", image_manifest),
    ("inrelease", inrelease),
    ("keyring", keyring),
    ("lock", lock),
    ("manifest", manifest),
    ("metalink", metalink),
    ("modules", modules),
    ("origin", origin_lists),
    ("package", rpm_package),
    ("packages", packages_index),
    ("parity", parity_table),
    ("path", path),
    ("primary", rpm_primary),
    ("receipt", receipt),
    ("reference", reference),
    ("registries_conf", registries_conf),
    ("registry_path", registry_path),
    ("release", release_file),
    ("repo_file", repo_files),
    ("repomd", repomd),
    ("request", rpm_request),
    ("requirements", requirements),
    ("rich", rich_dependency),
    ("sources", source_lists),
    ("updateinfo", advisories),
    ("upload_range", upload_range),
    ("version", versions),
];

fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

/// A `.deb`: no more than the control paragraph is read.
pub fn archive_control(data: &[u8]) {
    let _ = archive::control(data);
}

/// Logins of registries.
pub fn auth_file(data: &[u8]) {
    if let Ok(file) = AuthFile::parse(text(data)) {
        for host in ["docker.io", "r.example:5000"].map(|host| host.parse().unwrap()) {
            let _ = (file.helper(&host), file.store());
            let paths: Vec<_> = file.logins(&host).into_iter().flatten().map(|(path, _)| path).collect();
            assert!(paths.is_sorted() && paths.iter().collect::<HashSet<_>>().len() == paths.len());
        }
    }
}

/// Modules and platforms.
pub fn bom(data: &[u8]) {
    let _ = Module::parse(text(data), "x.yml");
    let _ = PlatformDocument::parse(text(data), "x.yml");
}

/// The index of a chart repository, and a chart's own files.
pub fn helm_chart(data: &[u8]) {
    if let Ok(entry) = chart::find(text(data), "https://a.example/charts", "web", None) {
        assert!(entry.urls.iter().all(|url| url.contains("://")));
    }
    let text = text(data).to_owned();
    let _ = chart::find_images(&ChartFiles { chart: text.clone(), values: text.clone(), templates: vec![text] });
}

/// A file of checksums: what it says of a file is one of its lines.
pub fn published_checksums(data: &[u8]) {
    if let Ok(digest) = checksums::find(text(data), "x.tgz") {
        assert!(text(data).to_ascii_lowercase().contains(&digest.hex()));
    }
}

/// A cluster's document and a mapping of components.
pub fn cluster(data: &[u8]) {
    if let Ok(cluster) = Cluster::parse(text(data), "x.yml") {
        let _ = cluster.modules(&Components::default());
    }
    let _ = Components::parse(text(data), "x.yml");
}

/// Lists of Epiphany, each kind alone; what is read can be written and read again.
pub fn origin_lists(data: &[u8]) {
    let one = vec![("x.yml".to_owned(), text(data).to_owned())];
    for texts in [
        Texts { packages: one.clone(), ..Texts::default() },
        Texts { files: one.clone(), ..Texts::default() },
        Texts { images: one.clone(), ..Texts::default() },
        Texts { dashboards: one.clone(), ..Texts::default() },
    ] {
        if let Ok(wishes) = origin::read(&texts, None) {
            let again = requirements_file::parse(&wishes.to_string(), "x.txt");
            assert_eq!(again.map(|again| again.images).ok(), Some(wishes.images));
        }
    }
}

/// A gzip stream; one that is recognised is rebuilt as it is. What is no stream is taken for the plain bytes of one.
pub fn gzip_stream(data: &[u8]) {
    let rebuilt = |recipe: &Recipe, plain: &[u8]| {
        let mut rebuilder = Rebuilder::new(recipe, Vec::new());
        rebuilder.write_all(plain).and_then(|()| rebuilder.finish()).unwrap_or_default()
    };
    if let Ok(Some((recipe, size))) = lsrepo_gzip::recognise(|| Ok(data)) {
        let mut plain = Vec::new();
        assert!(flate2::read::GzDecoder::new(data).read_to_end(&mut plain).is_ok() && plain.len() as u64 == size);
        assert!(rebuilt(&recipe, &plain) == data);
        return;
    }
    let (level, plain) = data.split_first().map_or((0, data), |(first, plain)| (first % 9, plain));
    for writer in [Writer::Go(level + 1), Writer::Zlib(level + 1), Writer::Gnu(level + 1)] {
        let header = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
        let Ok(recipe) = Recipe::new(writer, header) else { continue };
        let (stream, mut again) = (rebuilt(&recipe, plain), Vec::new());
        assert!(flate2::read::GzDecoder::new(&stream[..]).read_to_end(&mut again).is_ok() && again == plain, "{writer}");
    }
}

/// A bundle; no signature of it can be trusted.
pub fn bundle(data: &[u8]) {
    let _ = lsrepo_bundle::describe(data, &Keyring::default(), Timestamp(2_000_000_000));
    if let Ok(seen) = lsrepo_bundle::inspect(data, &Keyring::default(), Timestamp(2_000_000_000)) {
        assert!(!seen.trusted);
    }
}

/// The table of a parity file; one that is read begins as a frame that zstd passes over.
pub fn parity_table(data: &[u8]) {
    if lsrepo_bundle::parity::is_table(data) {
        assert_eq!(data[..4], 0x184D_2A53_u32.to_le_bytes());
    }
}

/// A receipt; what is read of it is signed by somebody, whom nobody trusts here.
pub fn receipt(data: &[u8]) {
    if let Ok(signed) = lsrepo_bundle::Receipt::parse(data, &Keyring::default(), Timestamp(2_000_000_000)) {
        assert!(!signed.trusted && signed.receipt.have.len() * 32 < data.len());
    }
}

/// Groups that are read are written as groups that read the same.
pub fn comps(data: &[u8]) {
    if let Ok(comps) = Comps::parse(data) {
        let text = comps.render();
        assert_eq!(Comps::parse(text.as_bytes()).map(|again| again.render()), Ok(text));
        assert!(comps.reduce(&HashSet::new()).groups.is_empty());
    }
}

/// Paragraphs of fields; a field is a part of its paragraph, which is a part of the text.
pub fn deb822_paragraphs(data: &[u8]) {
    for paragraph in deb822::paragraphs(text(data)).map_while(Result::ok) {
        assert!(text(data).contains(paragraph.raw()));
        assert!(paragraph.fields().all(|(name, _)| paragraph.get(name).is_some()));
    }
}

/// `Depends` and `Provides`.
pub fn dependency_field(data: &[u8]) {
    let _ = dependency::parse(text(data));
    let _ = dependency::parse_for(text(data), "amd64");
    let _ = dependency::provides(text(data));
}

/// A clear-signed file; whoever signs with another key than ours is refused.
pub fn inrelease(data: &[u8]) {
    static KEYRING: LazyLock<Option<Keyring>> =
        LazyLock::new(|| SecretKey::generate("fuzz", Timestamp(0)).ok().map(|key| key.keyring()));
    if let Some(keyring) = &*KEYRING {
        assert!(verify_inline(data, keyring, Timestamp(2_000_000_000)).is_err());
    }
}

/// Certificates, armoured or binary.
pub fn keyring(data: &[u8]) {
    let _ = Keyring::parse(data);
    let _ = SecretKey::parse(data);
}

/// A lock that is read is written as a lock that reads the same.
pub fn lock(data: &[u8]) {
    if let Ok(lock) = Lock::parse(text(data)) {
        let again = Lock::parse(&lock.render());
        assert_eq!(again.ok(), Some(lock));
    }
}

/// An OCI manifest and an OCI index, as they are written again.
pub fn manifest(data: &[u8]) {
    if let Ok(manifest) = lsrepo_oci::Manifest::parse(data) {
        let again = lsrepo_oci::Manifest::parse(&manifest.to_bytes());
        assert_eq!(again.ok(), Some(manifest));
    }
    if let Ok(index) = lsrepo_oci::Index::parse(data) {
        let again = lsrepo_oci::Index::parse(&index.to_bytes());
        assert_eq!(again.ok(), Some(index));
    }
}

/// Lists of mirrors in both forms; every address is one that is asked.
pub fn metalink(data: &[u8]) {
    let known = |url: &String| ["http://", "https://", "file:/"].iter().any(|scheme| url.starts_with(scheme)) && url.ends_with('/');
    if let Ok(metalink) = Metalink::parse(data) {
        assert!(metalink.mirrors.iter().all(known));
    }
    assert!(mirrors::parse_mirrorlist(text(data)).iter().all(known));
}

/// Module metadata: what is kept of it is read without a problem, and streams are chosen in some way.
pub fn modules(data: &[u8]) {
    let (modules, _) = Modules::parse(text(data));
    let all: HashSet<Nevra> = modules.streams().iter().flat_map(|stream| stream.artifacts.clone()).collect();
    let reduced = modules.reduce(&all, &BTreeMap::new());
    let (again, problems) = Modules::parse(&reduced);
    assert_eq!(problems, []);
    assert_eq!(again.reduce(&all, &BTreeMap::new()), reduced);
    let active = modules.enable(&[], Some("el8"));
    assert!(active.is_ok_and(|active| active.streams().keys().all(|module| modules.names().contains(module.as_str()))));
    for stream in modules.streams().iter().take(8) {
        let request = format!("{}:{}", stream.module, stream.stream);
        let _ = request.parse().map(|request| modules.enable(&[request], None));
    }
}

/// A `Packages` index and a dpkg status file.
pub fn packages_index(data: &[u8]) {
    for stanza in packages::scan(text(data)).map_while(Result::ok) {
        assert!(text(data).contains(stanza.raw));
    }
    let _ = status::installed(text(data));
}

/// A path that is accepted stays below its root.
pub fn path(data: &[u8]) {
    if let Ok(path) = text(data).parse::<RelPath>() {
        let steps = std::path::Path::new(path.as_str()).components();
        assert!(steps.into_iter().all(|step| matches!(step, std::path::Component::Normal(_))));
    }
}

/// Path and query of a request to a registry: what is understood names nothing that could climb; pages end.
pub fn registry_path(data: &[u8]) {
    let (path, query) = text(data).split_once('?').unwrap_or((text(data), ""));
    match Route::parse(path) {
        Ok(route) => {
            let name = route.name().map_or("", |name| name.as_str());
            let plain = |part: &str| part != ".." && !part.starts_with('.') && part.bytes().all(|byte| byte.is_ascii_graphic());
            assert!(name.split('/').all(plain) && !name.contains(['\\', '%', ':']) && name.len() <= 255);
            if let Route::Upload { id, .. } = route {
                assert!(id.as_str().parse::<RelPath>().is_ok_and(|path| !path.as_str().contains('/')));
            }
        }
        Err(error) => assert!(matches!(error.status, 400 | 404) && error.body().starts_with(b"{")),
    }
    if let Ok(page) = Page::parse(&Query::parse(Some(query))) {
        let all = ["a", "b", "c"];
        let cut = page.cut(all.into_iter(), 2);
        assert!(cut.items.len() <= 2 && !(cut.items.is_empty() && cut.more));
        let link = page.link("/v2/_catalog", page.last.as_deref().unwrap_or("z"), &[]);
        assert!(link.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') && link.matches('>').count() == 1);
    }
}

/// A `Release` that is read is written as one that lists the same files.
pub fn release_file(data: &[u8]) {
    if let Ok(release) = Release::parse(text(data)) {
        let again = Release::parse(&release.render());
        assert_eq!(again.ok().map(|again| again.files), Some(release.files));
    }
}

/// `.repo` files, and a repository in one line, which is written as it was read.
pub fn repo_files(data: &[u8]) {
    let _ = repo_file::parse(text(data), "x.repo", &Variables::of("8.10", "x86_64"));
    if let Ok(repository) = text(data).parse::<Repository>() {
        assert!(!repository.id.is_empty());
        let _ = repository.to_string().parse::<Repository>();
    }
}

/// A `repomd.xml` of which every file lies inside of the repository.
pub fn repomd(data: &[u8]) {
    if let Ok(repomd) = Repomd::parse(data) {
        for record in &repomd.records {
            let steps = std::path::Path::new(record.location.as_str()).components();
            assert!(steps.into_iter().all(|step| matches!(step, std::path::Component::Normal(_))));
        }
        let _ = repomd.timestamp();
    }
}

/// A requirements file.
pub fn requirements(data: &[u8]) {
    if let Ok(wishes) = requirements_file::parse(text(data), "x.txt") {
        assert_eq!(requirements_file::parse(&wishes.to_string(), "x.txt").ok(), Some(wishes));
    }
}

/// Source lists in both forms, and preferences.
pub fn source_lists(data: &[u8]) {
    let _ = sources::parse_list(text(data), "x.list");
    let _ = sources::parse_deb822(text(data), "x.sources");
    let _ = Pins::parse(text(data), "x");
}

/// Advisories that are read are written as advisories that read the same.
pub fn advisories(data: &[u8]) {
    if let Ok(all) = updateinfo::advisories(data).collect::<Result<Vec<Advisory>, _>>() {
        let text = updateinfo::render(&all);
        let again = updateinfo::advisories(text.as_bytes()).collect::<Result<Vec<Advisory>, _>>();
        assert_eq!(again.map(|again| updateinfo::render(&again)), Ok(text));
    }
}

/// Two versions, one a line: each order is the reverse of its mirror.
pub fn versions(data: &[u8]) {
    let (a, b) = text(data).split_once('\n').unwrap_or_default();
    assert_eq!(version::compare(a, b), version::compare(b, a).reverse());
    if let (Ok(a), Ok(b)) = (a.parse::<Evr>(), b.parse::<Evr>()) {
        assert_eq!(a.compare(&b), b.compare(&a).reverse());
        assert_eq!(a.to_string().parse().as_ref(), Ok(&a));
    }
}

/// An `.rpm`: what an index would say of it has no character that XML cannot hold, and tags in balance.
pub fn rpm_package(data: &[u8]) {
    let Ok(package) = Package::read(data) else { return };
    let signatures = package.signatures();
    let packets = signatures.iter().map(|signature| &*signature.packets);
    let trusted = check_package_header(package.header().as_bytes(), packets, &Keyring::default(), PackagePolicy::LEGACY);
    assert!(trusted.is_err());
    let _ = package.digest_check().finish();
    let Ok(record) = Record::new(&package, Digest::of(data), data.len() as u64) else { return };
    let placed = [Placed { record: &record, href: "a.rpm", required_files: &["/opt/x"] }];
    for file in metadata::render(&placed, Compression::Plain).unwrap() {
        let text = std::str::from_utf8(&file.bytes).unwrap();
        assert!(text.chars().all(|c| c >= ' ' || matches!(c, '\t' | '\n' | '\r')));
        let (starts, ends) = (text.matches('<').count(), text.matches('>').count());
        assert_eq!(starts, ends);
        assert_eq!(text.matches("<package ").count(), 1);
    }
}

/// An index of files: each comes with the package it belongs to.
pub fn rpm_filelists(data: &[u8]) {
    let _ = filelists::read(data, |digest, _, _| assert!(!digest.is_empty()));
}

/// An index of packages: whatever is read has all that a package cannot do without, below the repository.
pub fn rpm_primary(data: &[u8]) {
    let mut reader = primary::Reader::new(data);
    while let Ok(Some(package)) = reader.next_package() {
        let (nevra, sum) = (package.nevra(), package.checksum());
        assert!(!nevra.name.is_empty() && !nevra.version.is_empty() && !nevra.arch.is_empty());
        assert_eq!(sum.hex.len(), sum.kind.digits());
        assert!(!package.href().starts_with('/') && package.href().split('/').all(|part| part != ".."));
        assert!(package.relations().all(|relation| !relation.name.is_empty()));
        assert!(package.files().count() <= data.len());
    }
}

/// A request keeps its text, and has at least one reading; a full name survives its own rendering.
pub fn rpm_request(data: &[u8]) {
    if let Ok(request) = text(data).parse::<Request>() {
        assert_eq!(request.to_string(), text(data).trim());
        assert!(!request.readings(|word| word == "noarch").is_empty());
    }
    if let Some(nevra) = NevraRef::parse(text(data)) {
        let shown = nevra.to_string();
        assert_eq!(NevraRef::parse(&shown).map(|again| again.to_string()), Some(shown));
    }
}

/// A rich dependency that is read is written as the same.
pub fn rich_dependency(data: &[u8]) {
    if let Ok(tree) = rich::parse(text(data)) {
        assert_eq!(rich::parse(&tree.to_string()), Ok(tree));
    }
}

/// The place of a chunk in an upload, written and read again.
pub fn upload_range(data: &[u8]) {
    if let Ok(range) = ChunkRange::parse(text(data)) {
        let last = range.first + (range.length - 1);
        assert_eq!(ChunkRange::parse(&format!("{}-{last}", range.first)), Ok(range));
    }
}

/// A catalogue of a snapshot: whatever a page asks of it is answered or refused.
pub fn catalogue(data: &[u8]) {
    let Ok(catalogue) = Catalogue::open(data) else { return };
    let query = catalogue::Query { text: "a".to_owned(), ..catalogue::Query::default() };
    let found = catalogue.search(&query, 0, 16).map(|found| found.numbers).unwrap_or_default();
    let first = 0..u32::try_from(catalogue.len()).unwrap_or(u32::MAX).min(64);
    for number in first.chain(found) {
        assert!(u64::from(number) < catalogue.len());
        if let Ok(line) = catalogue.line(number) {
            let _ = catalogue.find(&line.key);
        }
    }
    if let Ok(same) = catalogue::diff(&catalogue, &catalogue, None) {
        assert!(same.all.is_empty() && same.bytes_more == 0 && same.bytes_less == 0);
    }
}

/// How a registry wants to know who asks; each line is one header.
pub fn challenge(data: &[u8]) {
    let _ = Challenge::read(text(data).lines());
}

/// A key, a payload and its signature, between empty lines. Nobody has signed any of it.
pub fn cosign_signature(data: &[u8]) {
    let mut parts = text(data).splitn(3, "\n\n");
    let mut next = || parts.next().unwrap_or_default();
    let (key, signature, payload) = (next(), next(), next());
    let keys: Vec<CosignKey> = CosignKey::parse(key).into_iter().collect();
    let digest = Digest::of(b"").to_string();
    assert!(lsrepo_sign::cosign::verify(payload.as_bytes(), signature, &keys, &digest).is_err());
}

/// Somebody's manifest, and the walk from it where everything that it names has these bytes too.
pub fn image_manifest(data: &[u8]) {
    let _ = Content::parse("", data);
    for kind in lsrepo_oci::media_type::MANIFESTS {
        if let Ok(content) = Content::parse(kind, data) {
            let _ = (content.children().len(), content.blobs().count(), content.referrer_type().map(str::len));
        }
    }
    let root = lsrepo_oci::Descriptor::new("", Digest::of(data).into(), data.len() as u64);
    for platforms in [Vec::new(), vec!["linux/arm64".parse().unwrap()]] {
        let mut left = 64;
        let mut read = |_: &lsrepo_oci::Descriptor<lsrepo_oci::AnyDigest>| {
            left -= 1;
            (left > 0).then(|| data.to_vec())
        };
        let _ = lsrepo_oci::survey(&root, &Wanted { platforms, foreign: true }, &mut read);
    }
}

/// An image's name is written as a name that reads the same.
pub fn reference(data: &[u8]) {
    if let Ok(reference) = text(data).parse::<Reference>() {
        assert_eq!(reference.to_string().parse::<Reference>().unwrap(), reference);
    }
}

/// Where podman asks: what a rule leads to is a name, and no rule leads nowhere by accident.
pub fn registries_conf(data: &[u8]) {
    let Ok(conf) = RegistriesConf::parse(text(data)) else { return };
    for name in ["nginx:1", "quay.io/org/app:1", "localhost:5000/x:1"] {
        let image: Reference = name.parse().unwrap();
        if let Some(rule) = conf.rule(&image) {
            assert!(rule.places(&image).iter().all(|place| place.to_string().parse::<Reference>().is_ok()));
        }
        let hosts: Vec<_> = conf.hosts(&image.registry).collect();
        let _ = (conf.is_insecure(&image.registry, None), conf.is_insecure(&image.registry, Some(image.repository.as_str())));
        let places = conf.rule(&image).map(|rule| rule.places(&image)).unwrap_or_default();
        assert!(places.iter().all(|place| place.registry == image.registry || hosts.contains(&place.registry)));
    }
}

/// Documents of the deployer: what is wrong with them lies within them, and what is right is written as what reads the same.
pub fn deployer_documents(data: &[u8]) {
    static MODULES: LazyLock<Deployer> = LazyLock::new(|| Deployer::embedded().unwrap());
    let source = Source::new("x.yml", text(data));
    let reading = stack::read(std::slice::from_ref(&source), &MODULES);
    let lines = source.text.lines().count() as u64;
    assert!(reading.misfits.iter().all(|misfit| misfit.line <= lines + 1), "{:?}", reading.misfits);
    for document in &reading.documents {
        let (kind, values) = (&document.kind, document.specification.as_json());
        let name = matches!(kind, Kind::Machine | Kind::Cluster).then_some(document.name.as_str());
        let written = template::document(kind, name, values, &MODULES).unwrap();
        let again = stack::read(&[Source::new("y.yml", written.clone())], &MODULES);
        assert_eq!(again.documents.first().map(|document| document.specification.as_json()), Some(values), "{written}");
    }
}

/// The layer of a module that came as an artifact: what is taken lies below its folder, and is packed as what reads the same.
pub fn deployer_artifact(data: &[u8]) {
    let Ok((folder, files)) = artifact::unpack(data) else { return };
    let mut paths = files.0.keys().map(|path| format!("{folder}/{path}"));
    assert!(files.has("module.yml") && paths.all(|path| path.parse::<RelPath>().is_ok()));
    assert!(files.0.values().map(Vec::len).sum::<usize>() <= data.len());
    let packed = artifact::pack(&folder, &files).unwrap();
    assert_eq!(artifact::unpack(&packed).unwrap(), (folder, files));
}

/// A module of the deployer, where each of its files says this.
pub fn deployer_module(data: &[u8]) {
    let paths = ["module.yml", "playbooks/apply.yml", "roles/x/tasks/main.yml", "roles/x/templates/x.j2"];
    let files = Files(paths.iter().map(|path| ((*path).to_owned(), data.to_vec())).collect());
    let lines = text(data).lines().count() as u64;
    let misfits = deployer::check("x", "", &files, &Deployer::default());
    assert!(!misfits.is_empty() && misfits.iter().all(|misfit| misfit.line <= lines + 1), "{misfits:?}");
}
