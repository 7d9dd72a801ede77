//! Image layouts into a registry that speaks plain http, to be tried beside container tools:
//! `image_push [store=DIR] [login=USER:PASSWORD] [chunk=BYTES] [platform=OS/ARCH] [referrers=no] LAYOUT[@TAG][#PLATFORM]=REFERENCE…`
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../../../tests/it/image_layout.rs"]
mod image_layout;

use lsrepo_fetch::{
    Event,
    registry::{Login, PushOptions, PushPlan, Pusher, Registries, RegistryOptions},
};
use lsrepo_oci::Reference;
use lsrepo_store::Store;
use std::{env, error::Error, path::Path, process::ExitCode, sync::Arc, time::Instant};

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    let mut store = Store::open(home.path())?;
    let (mut registries, mut push, mut platform, mut plans) =
        (RegistryOptions::default(), PushOptions::default(), None, Vec::new());
    let (mut login, mut referrers) = (None, true);
    for word in env::args().skip(1) {
        match word.split_once('=') {
            Some(("login", value)) => {
                let (user, password) = value.split_once(':').ok_or("login=USER:PASSWORD")?;
                login = Some(Login::Password { user: user.to_owned(), password: password.to_owned() });
            }
            Some(("chunk", value)) => push.chunk = Some(value.parse()?),
            Some(("platform", value)) => platform = Some(value.parse()?),
            Some(("store", value)) => store = Store::open(Path::new(value))?,
            Some(("referrers", value)) => referrers = value == "yes",
            Some((layout, to)) => {
                let (layout, kept) = layout.split_once('#').map_or((layout, None), |(layout, kept)| (layout, Some(kept)));
                let (layout, tag) = layout.split_once('@').map_or((layout, None), |(layout, tag)| (layout, Some(tag)));
                let kept = kept.map(|kept| kept.parse()).transpose()?;
                let to: Reference = to.parse()?;
                registries.plain_http.insert(to.registry.clone());
                let image = image_layout::take(&store, Path::new(layout), tag, to.clone(), kept.as_slice())?;
                plans.push(PushPlan { image, to, referrers, platform: platform.clone() });
            }
            None => return Err(format!("what is `{word}`?").into()),
        }
    }
    let Some(first) = plans.first() else { return Err("LAYOUT=REFERENCE…".into()) };
    let host = first.to.registry.clone();
    registries.logins.extend(login.map(|login| (host.clone(), login)));
    let on_event = Arc::new(|event: Event<'_>| match event {
        Event::Retry { name, why, after } => eprintln!("{name}: {why}; again after {after:?}"),
        Event::Warning(text) => eprintln!("warning: {text}"),
        _ => {}
    });
    let pusher = Pusher::new(&Registries::new(registries)?, &host, push, on_event)?;
    for plan in &plans {
        let started = Instant::now();
        let report = pusher.image(&store, plan).await?;
        println!("{} {report:?}", plan.to);
        eprintln!("{:?}", started.elapsed());
    }
    Ok(())
}
