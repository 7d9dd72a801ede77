//! `lsrepo image push`

use crate::{
    cli::ImagePushArgs,
    commands::runtime,
    context::Context,
    failure::{Hint, unsatisfied},
    output::print,
    progress::listen::transfers,
    registries::registries,
    stored_images::{self, StoredImage},
};
use anyhow::{Context as _, Result, bail};
use lsrepo_fetch::registry::{PushOptions, PushPlan, PushReport, Pusher};
use lsrepo_oci::{Reference, RegistryHost, RepositoryName};
use lsrepo_types::{Bytes, Count};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

#[derive(Serialize)]
struct Row {
    image: String,
    to: String,
    digest: String,
    #[serde(flatten)]
    done: Option<Done>,
}

/// What was sent, and what was there.
#[derive(Serialize)]
struct Done {
    manifests_sent: u64,
    blobs_sent: u64,
    blobs_mounted: u64,
    blobs_present: u64,
    bytes: u64,
}

/// Where images go.
struct Target {
    host: RegistryHost,
    prefix: Option<RepositoryName>,
}

pub(super) fn run(context: &Context, args: &ImagePushArgs) -> Result<()> {
    let Some((target, names)) = args.words.split_last() else { bail!("name a registry") };
    let target = target_of(target)?;
    let store = context.store()?;
    let _guard = context.undisturbed(&store)?;
    let all = stored_images::all(&store)?;
    let chosen: Vec<&StoredImage> = match (args.all, names) {
        (true, []) if all.is_empty() => return Err(unsatisfied("there are no images in the store")),
        (true, []) => all.iter().collect(),
        (true, [first, ..]) => bail!("--all, or `{first}`?\nhint: name images, or all of them, not both"),
        (false, []) => bail!("which images?\nhint: name them before the registry, or say --all"),
        (false, names) => names.iter().map(|name| stored_images::find(&all, name)).collect::<Result<_>>()?,
    };
    let plans = plans(&chosen, &target, args)?;
    if args.dry_run {
        let rows: Vec<Row> = plans.iter().map(|plan| row(plan, None)).collect();
        return print(args.output, &rows, |rows| rows.iter().map(text).collect());
    }
    if args.chunk_size == Some(Bytes(0)) {
        bail!("--chunk-size: a piece has at least one byte");
    }
    let registries = registries(&args.registries, args.proxy.as_deref(), std::slice::from_ref(&target.host))?;
    let total = plans.iter().flat_map(|plan| plan.image.blobs()).map(|blob| (blob.digest, blob.size)).collect::<BTreeMap<_, _>>();
    let task = Arc::new(context.progress.task("push", total.values().sum()));
    let pusher =
        Pusher::new(&registries, &target.host, PushOptions { chunk: args.chunk_size.map(|Bytes(bytes)| bytes) }, transfers(&task))?;
    let (mut rows, mut failed, mut is_answer) = (Vec::new(), Vec::new(), true);
    let runtime = runtime()?;
    for plan in &plans {
        let pushed = runtime.block_on(async {
            tokio::select! {
                done = pusher.image(&store, plan) => Ok(done),
                _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted\nhint: run it once more; what is there already is not sent again")),
            }
        })?;
        match pushed {
            Ok(report) => rows.push(row(plan, Some(&report))),
            Err(error) => {
                is_answer &= error.is_answer();
                let (name, text) = (plan.image.reference.to_string(), error.to_string());
                failed.push(if text.starts_with(&name) { text } else { format!("{name}: {text}") });
            }
        }
    }
    if pusher.bytes_sent() > 0 {
        task.finish();
    }
    print(args.output, &rows, |rows| rows.iter().map(text).collect())?;
    match (failed.is_empty(), is_answer) {
        (true, _) => Ok(()),
        (false, true) => Err(unsatisfied(failed.join("\n"))),
        (false, false) => Err(anyhow::anyhow!(failed.join("\n"))),
    }
}

/// `harbor.example/project`
fn target_of(text: &str) -> Result<Target> {
    let (host, prefix) = text.split_once('/').map_or((text, None), |(host, prefix)| (host, Some(prefix)));
    let hint = "the last word is a registry, maybe with what names shall begin with: harbor.example/project";
    let host = host.parse::<RegistryHost>().hint(hint)?;
    let prefix =
        prefix.filter(|prefix| !prefix.is_empty()).map(|prefix| prefix.parse::<RepositoryName>().hint(hint)).transpose()?;
    Ok(Target { host, prefix })
}

/// What goes where. Two images must not end under one name.
fn plans(images: &[&StoredImage], target: &Target, args: &ImagePushArgs) -> Result<Vec<PushPlan>> {
    let mut plans: BTreeMap<Reference, PushPlan> = BTreeMap::new();
    for StoredImage { image, .. } in images {
        let Reference { registry, repository, tag, digest } = &image.reference;
        let kept = args.keep_host.then(|| registry.name().trim_matches(['[', ']']).replace(':', "-"));
        let parts = target.prefix.iter().map(RepositoryName::as_str).chain(kept.as_deref()).chain([repository.as_str()]);
        let name = parts.collect::<Vec<_>>().join("/");
        // One platform's manifest has another digest than the index that names it.
        let digest = digest.filter(|_| args.platform.is_none());
        let repository = name.parse().with_context(|| format!("{}: `{name}`", image.reference))?;
        let to = Reference { registry: target.host.clone(), repository, tag: tag.clone(), digest };
        let plan =
            PushPlan { image: image.clone(), to: to.clone(), referrers: !args.no_referrers, platform: args.platform.clone() };
        if let Some(other) = plans.get(&to).filter(|other| other.image.root.digest != plan.image.root.digest) {
            bail!(
                "{} and {} would both be {to}\nhint: --keep-host keeps their registries in the names; or push one of them",
                other.image.reference,
                image.reference
            );
        }
        plans.insert(to, plan);
    }
    Ok(plans.into_values().collect())
}

fn row(plan: &PushPlan, report: Option<&PushReport>) -> Row {
    let done = |report: &PushReport| Done {
        manifests_sent: report.manifests_sent,
        blobs_sent: report.blobs_sent,
        blobs_mounted: report.blobs_mounted,
        blobs_present: report.blobs_present,
        bytes: report.bytes,
    };
    let digest = plan.image.root.digest.to_string();
    Row { image: plan.image.reference.to_string(), to: plan.to.to_string(), digest, done: report.map(done) }
}

fn text(row: &Row) -> String {
    let what = match &row.done {
        None => String::new(),
        Some(Done { manifests_sent: 0, blobs_sent: 0, .. }) => ": was there".to_owned(),
        Some(Done { manifests_sent, blobs_sent, bytes, .. }) => {
            format!(": {} manifests and {} blobs sent, {}", Count(*manifests_sent), Count(*blobs_sent), Bytes(*bytes))
        }
    };
    format!("{} → {}{what}\n", row.image, row.to)
}
