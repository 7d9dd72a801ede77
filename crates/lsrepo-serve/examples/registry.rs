//! A registry over a store, for measurements and for the specification's own tests:
//! `cargo run --release --example registry -- STORE ADDRESS [read-only | push | HTPASSWD]`.
#![allow(clippy::print_stderr)]

use lsrepo_serve::{Admission, Current, Event, Htpasswd, Listener, Options, PublicKey, Push, Site, serve_with};
use lsrepo_store::Store;
use lsrepo_types::Timestamp;
use std::{error::Error, fs, path::Path, sync::Arc};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (store, address, mode) = match &arguments[..] {
        [store, address] => (store, address, "read-only"),
        [store, address, mode] => (store, address, mode.as_str()),
        _ => return Err("usage: registry STORE ADDRESS [read-only | push | HTPASSWD]".into()),
    };
    let listener = Listener::new(|event| {
        if let Event::Broken { path, why } = event {
            eprintln!("{path}: {why}");
        }
    });
    let mut options = Options { listener: Some(listener), ..Options::default() };
    match mode {
        "read-only" => {}
        "push" => (options.push, options.admission) = (Some(Push::default()), Admission::anyone()),
        users => {
            options.admission = Admission::users_push(Htpasswd::parse(&fs::read_to_string(users)?)?);
            options.push = Some(Push::default());
        }
    }
    let store = Store::open(Path::new(store))?;
    let key = PublicKey { armored: String::new(), binary: Vec::new(), fingerprint: String::new() };
    let site = Site::new(key, Timestamp(0));
    let listener = tokio::net::TcpListener::bind(address).await?;
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    serve_with(listener, Arc::new(Current::new(site)), Arc::new(store), options, stop).await?;
    Ok(())
}
