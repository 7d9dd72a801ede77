//! An image with everything below it, into one repository.

use super::{Listed, ManifestName, PushError, PushPlan, PushReport, Pushed, Pusher, Refusal, Source, referrers, tree};
use crate::FetchError;
use lsrepo_oci::{AnyDigest, Descriptor, Image, MOST_MANIFEST, RepositoryName, Survey};
use lsrepo_store::Store;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};
use tokio::task::JoinSet;
use tree::{Node, Tree};

impl Pusher {
    /// Pushes an image, and what refers to it. What is there is not sent again; an image that is there as a whole
    /// costs one request.
    pub async fn image(&self, store: &Store, plan: &PushPlan) -> Result<PushReport, FetchError> {
        let (image, before) = (chosen(store, plan)?, self.bytes_sent());
        let mut report = PushReport::default();
        let name = match &plan.to.tag {
            Some(tag) => ManifestName::Tag(tag.clone()),
            None => ManifestName::Digest(image.root.digest),
        };
        let pushed = self.tree(store, &plan.to.repository, &image.root, &image.survey, &name, &mut report).await;
        if pushed.map_err(|error| sparse(error, store, &image))? == Listed::No {
            referrers::record(self, store, &plan.to.repository, &image.root).await?;
        }
        if plan.referrers {
            referrers::push(self, store, &plan.to.repository, &image, &mut report).await?;
        }
        report.bytes = self.bytes_sent() - before;
        Ok(report)
    }

    /// Pushes a manifest and everything below it under a name.
    pub(super) async fn tree(
        &self,
        store: &Store,
        repository: &RepositoryName,
        root: &Descriptor<AnyDigest>,
        survey: &Survey,
        name: &ManifestName,
        report: &mut PushReport,
    ) -> Result<Listed, FetchError> {
        if self.has_manifest(repository, name).await? == Some(root.digest) {
            report.manifests_present += 1;
            self.has(repository, &survey.blobs);
            return Ok(Listed::NoNeed);
        }
        let tree = Tree::of(store, survey)?;
        let by_digest = ManifestName::Digest(root.digest);
        // Under another name it may be there already.
        let named = *name != by_digest && self.has_manifest(repository, &by_digest).await?.is_some();
        let mut there = BTreeSet::new();
        if !named {
            let mut tasks = JoinSet::new();
            for digest in tree.below(&root.digest) {
                let (pusher, repository) = (self.clone(), repository.clone());
                tasks.spawn(async move {
                    let found = pusher.has_manifest(&repository, &ManifestName::Digest(digest)).await?;
                    Ok::<_, FetchError>(found.is_some().then_some(digest))
                });
            }
            there.extend(all(tasks).await?.into_iter().flatten());
        }
        if named {
            self.has(repository, &survey.blobs);
        }
        let levels = if named { Vec::new() } else { tree.levels(&root.digest, &there) };
        report.manifests_present += there.len() as u64;
        self.blobs(store, repository, &levels, survey, report).await?;
        for level in &levels {
            let mut tasks = JoinSet::new();
            for node in level.iter().filter(|node| node.descriptor.digest != root.digest) {
                let (pusher, repository, descriptor) = (self.clone(), repository.clone(), node.descriptor.clone());
                let (bytes, known) = (tree::read(store, &descriptor)?, node.content.is_some());
                tasks.spawn(async move { pusher.child(&repository, &descriptor, bytes, known).await });
            }
            report.manifests_sent += all(tasks).await?.len() as u64;
        }
        let bytes = tree::read(store, root)?;
        let answered = self.manifest(repository, name, &root.media_type, &bytes).await?;
        report.manifests_sent += 1;
        let content = tree.get(&root.digest).and_then(|node| node.content.as_ref());
        Ok(match content.is_some_and(|content| content.subject.is_some()) {
            true if answered => Listed::Yes,
            true => Listed::No,
            false => Listed::NoNeed,
        })
    }

    /// A manifest below another. What an index names may be no manifest at all: then it is a blob.
    async fn child(
        &self,
        repository: &RepositoryName,
        descriptor: &Descriptor<AnyDigest>,
        bytes: Vec<u8>,
        known: bool,
    ) -> Result<(), FetchError> {
        let name = ManifestName::Digest(descriptor.digest);
        match self.manifest(repository, &name, &descriptor.media_type, &bytes).await {
            Err(FetchError::Push(error)) if !known && matches!(*error, PushError::Refused(_)) => {
                let size = bytes.len() as u64;
                self.blob(repository, &descriptor.digest, size, &Source::of_bytes(bytes)).await.map(drop)
            }
            other => other.map(drop),
        }
    }

    /// Everything that manifests point at, several at once.
    async fn blobs(
        &self,
        store: &Store,
        repository: &RepositoryName,
        levels: &[Vec<&Node>],
        survey: &Survey,
        report: &mut PushReport,
    ) -> Result<(), FetchError> {
        let needed: BTreeMap<AnyDigest, u64> =
            levels.iter().flatten().flat_map(|node| &node.blobs).map(|blob| (blob.digest, blob.size)).collect();
        let mut tasks = JoinSet::new();
        // In the order of the survey: the config first, then layers from the bottom.
        for (digest, size) in survey.blobs.iter().filter_map(|blob| needed.get_key_value(&blob.digest)) {
            let local = tree::kept(digest)?;
            if !store.contains(&local, *size) && store.size_of(&local)?.is_some() {
                return Err(PushError::Damaged(*digest).into());
            }
            let source = Source::of_store(store, local);
            let (pusher, repository, digest, size) = (self.clone(), repository.clone(), *digest, *size);
            tasks.spawn(async move { pusher.blob(&repository, &digest, size, &source).await });
        }
        for done in all(tasks).await? {
            match done {
                Pushed::Present => report.blobs_present += 1,
                Pushed::Mounted => report.blobs_mounted += 1,
                Pushed::Sent => report.blobs_sent += 1,
            }
        }
        Ok(())
    }
}

/// The image that is meant: the whole, or one platform's.
fn chosen<'a>(store: &Store, plan: &'a PushPlan) -> Result<Cow<'a, Image>, FetchError> {
    let name = || plan.image.reference.to_string();
    if let Some(missing) = plan.image.survey.missing.first() {
        let why = format!("its manifest {} is not in the store", missing.digest);
        return Err(PushError::Image { name: name(), why }.into());
    }
    let image = match &plan.platform {
        None => Cow::Borrowed(&plan.image),
        Some(platform) => {
            let image = plan.image.only(platform, &mut reader(store));
            let image = image.map_err(|why| PushError::Image { name: name(), why: why.to_string() })?;
            let missing = image.survey.left_out.len();
            if missing > 0 {
                return Err(PushError::LeftOut { name: name(), platform: platform.to_string(), missing }.into());
            }
            Cow::Owned(image)
        }
    };
    match plan.to.digest {
        Some(digest) if digest != image.root.digest => {
            let why = format!("it is {}, and cannot be pushed as {}", image.root.digest, plan.to);
            Err(PushError::Image { name: name(), why }.into())
        }
        _ => Ok(image),
    }
}

fn reader(store: &Store) -> impl FnMut(&Descriptor<AnyDigest>) -> Option<Vec<u8>> {
    |one| store.read(&one.digest.sha256()?, MOST_MANIFEST).ok()
}

/// Says what is missing, where that is why the registry refused.
fn sparse(error: FetchError, store: &Store, image: &Image) -> FetchError {
    let refusal: Option<Refusal> = match &error {
        FetchError::Push(error) => match &**error {
            PushError::Refused(refusal) if refusal.misses_content() => Some(refusal.clone()),
            _ => None,
        },
        _ => None,
    };
    match (refusal, image.survey.left_out.len()) {
        (Some(refusal), missing) if missing > 0 => {
            let whole = image.whole_platforms(&mut reader(store)).iter().map(ToString::to_string).collect();
            PushError::Sparse { refusal, missing, whole }.into()
        }
        _ => error,
    }
}

/// Waits for all; the first error ends the others.
async fn all<T: 'static>(mut tasks: JoinSet<Result<T, FetchError>>) -> Result<Vec<T>, FetchError> {
    let mut done = Vec::with_capacity(tasks.len());
    while let Some(one) = tasks.join_next().await {
        done.push(one.map_err(|error| FetchError::Client(error.to_string()))??);
    }
    Ok(done)
}
