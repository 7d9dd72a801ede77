//! One manifest: asked for at each place that may have it, and checked.

use crate::{
    Event, FetchError,
    registry::{
        Registries,
        link::{Link, OnEvent},
    },
};
use lsrepo_oci::{AnyDigest, Descriptor, MOST_MANIFEST, Reference, RepositoryName, media_type};
use lsrepo_types::Digest;
use reqwest::Method;
use std::{sync::atomic::AtomicBool, time::Duration};

/// How often bytes are asked for that do not arrive as they are.
const TRIES_OF_BYTES: u32 = 3;

/// Asks for the manifests of one repository.
pub(super) struct Asker {
    pub(super) reference: Reference,
    pub(super) on_event: OnEvent,
    /// mirrors, and last the registry itself
    pub(super) places: Vec<(Link, RepositoryName)>,
    /// whether it was said that one of them is away
    pub(super) said_away: AtomicBool,
}

/// A manifest as it came.
pub(super) struct Found {
    pub(super) descriptor: Descriptor<AnyDigest>,
    pub(super) bytes: Vec<u8>,
}

impl Asker {
    pub(super) fn new(registries: &Registries, reference: &Reference, on_event: OnEvent) -> Result<Self, FetchError> {
        let link = |place: Reference| Ok((Link::new(registries, &place.registry, on_event.clone())?, place.repository));
        let places = registries.places(reference)?.into_iter().map(link).collect::<Result<_, FetchError>>()?;
        Ok(Self { reference: reference.clone(), on_event, places, said_away: AtomicBool::new(false) })
    }

    /// What the image is asked for by: its digest, or its tag.
    pub(super) fn name(&self) -> String {
        let Reference { tag, digest, .. } = &self.reference;
        digest.as_ref().map(ToString::to_string).or_else(|| tag.as_ref().map(ToString::to_string)).unwrap_or_default()
    }

    pub(super) fn wrong(&self, why: &str) -> FetchError {
        FetchError::Image { image: self.reference.to_string(), why: why.to_owned() }
    }

    /// The digest that a tag stands for, where the registry says it.
    pub(super) async fn head(&self, name: &str) -> Result<Option<AnyDigest>, FetchError> {
        let answer = self.ask(&Method::HEAD, &format!("manifests/{name}"), 0).await?;
        Ok(answer.and_then(|(_, answer)| answer.digest().ok().flatten()))
    }

    /// A manifest by tag or digest; none where no place has it. `expected` is what it must be.
    pub(super) async fn manifest(&self, name: &str, expected: Option<&Descriptor<AnyDigest>>) -> Result<Option<Found>, FetchError> {
        let named = name.parse::<AnyDigest>().ok();
        let Some((kind, bytes)) = self.bytes("manifests", name, named.as_ref()).await? else { return Ok(None) };
        // Some servers say nothing, or call everything text or JSON.
        let vague = matches!(&*kind, "" | "application/json" | "text/plain" | "application/octet-stream");
        let media_type = match expected {
            Some(expected) => expected.media_type.clone(),
            None if vague => String::new(),
            None => kind,
        };
        let digest = named.unwrap_or_else(|| Digest::of(&bytes).into());
        let mut descriptor = Descriptor::new(&media_type, digest, bytes.len() as u64);
        if let Ok(content) = lsrepo_oci::Content::parse(&media_type, &bytes) {
            descriptor.media_type = content.media_type;
        }
        Ok(Some(Found { descriptor, bytes }))
    }

    /// The bytes of a manifest or of a small blob, which are what they are called or what the registry says that they are, and
    /// their media type. What is cut or spoilt on its way is asked for again.
    async fn bytes(&self, below: &str, name: &str, named: Option<&AnyDigest>) -> Result<Option<(String, Vec<u8>)>, FetchError> {
        let (mut tries, mut from) = (0, 0);
        loop {
            let Some((number, answer)) = self.ask(&Method::GET, &format!("{below}/{name}"), from).await? else { return Ok(None) };
            if answer.header("content-length").and_then(|text| text.parse().ok()).is_some_and(|length: u64| length > MOST_MANIFEST)
            {
                return Err(self.wrong(&format!("{name}: it has more than {MOST_MANIFEST} bytes")));
            }
            let kind = answer.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
            let told = answer.digest().ok().flatten();
            let why = match answer.body(MOST_MANIFEST).await {
                None => format!("{name}: the answer was cut, or has more than {MOST_MANIFEST} bytes"),
                Some(bytes) => {
                    let is = named.copied().unwrap_or_else(|| Digest::of(&bytes).into());
                    let told = told.filter(|told| told.algorithm() == is.algorithm());
                    if is.is_of(&bytes) && told.is_none_or(|told| told == is) {
                        return Ok(Some((kind, bytes)));
                    }
                    format!("{name}: the registry sent something else ({})", Digest::of(&bytes))
                }
            };
            // A place that spoils it is not asked again where there is another.
            (tries, from) = (tries + 1, (number + 1).min(self.places.len() - 1));
            if tries >= TRIES_OF_BYTES {
                let hint = "hint: try again later; if it stays, the registry or a proxy before it is damaged";
                return Err(self.wrong(&format!("{why}\n{hint}")));
            }
            (self.on_event)(Event::Retry { name: &self.reference.to_string(), why: &why, after: Duration::ZERO });
        }
    }

    /// A manifest or a config that something names by digest.
    pub(super) async fn by_digest(&self, one: &Descriptor<AnyDigest>) -> Result<Vec<u8>, FetchError> {
        let is_config = matches!(&*one.media_type, media_type::IMAGE_CONFIG | media_type::DOCKER_CONFIG);
        let bytes = match is_config {
            true => self.blob(&one.digest).await?,
            false => self.manifest(&one.digest.to_string(), Some(one)).await?.map(|found| found.bytes),
        };
        let bytes =
            bytes.ok_or_else(|| self.wrong(&format!("the registry does not have {}, which the image names", one.digest)))?;
        match bytes.len() as u64 == one.size {
            true => Ok(bytes),
            false => Err(self.wrong(&format!("{} has {} bytes, and is listed with {}", one.digest, bytes.len(), one.size))),
        }
    }

    /// A small blob, in memory; none where no place has it.
    pub(super) async fn blob(&self, digest: &AnyDigest) -> Result<Option<Vec<u8>>, FetchError> {
        Ok(self.bytes("blobs", &digest.to_string(), Some(digest)).await?.map(|(_, bytes)| bytes))
    }
}
