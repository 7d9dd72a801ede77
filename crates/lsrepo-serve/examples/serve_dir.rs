//! Serves the files of a directory, for measurements against other servers:
//! `cargo run --release --example serve_dir -- DIRECTORY ADDRESS`.
#![allow(clippy::print_stderr)]

use lsrepo_publish::{Entry, Tree};
use lsrepo_serve::{Current, PublicKey, Site, serve};
use lsrepo_store::Store;
use lsrepo_types::Timestamp;
use std::{error::Error, fs, path::Path, sync::Arc};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(directory), Some(address)) = (arguments.next(), arguments.next()) else {
        return Err("usage: serve_dir DIRECTORY ADDRESS".into());
    };
    let blobs = std::env::temp_dir().join(format!("serve-dir-{}", std::process::id()));
    fs::create_dir_all(&blobs)?;
    let store = Store::open(&blobs)?;
    let mut tree = Tree::default();
    add(&mut tree, &store, Path::new(&directory), "")?;
    let key = PublicKey { armored: String::new(), binary: Vec::new(), fingerprint: String::new() };
    let mut site = Site::new(key, Timestamp(0));
    eprintln!("{} files at http://{address}/files/", tree.entries.len());
    site.mount("files".parse()?, tree, Timestamp(0));
    let listener = tokio::net::TcpListener::bind(address).await?;
    let stop = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    serve(listener, Arc::new(Current::new(site)), Arc::new(store), stop).await?;
    fs::remove_dir_all(blobs)?;
    Ok(())
}

fn add(tree: &mut Tree, store: &Store, directory: &Path, prefix: &str) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            add(tree, store, &entry.path(), &format!("{name}/"))?;
            continue;
        }
        let bytes = fs::read(entry.path())?;
        let size = bytes.len() as u64;
        tree.insert(name.parse()?, Entry::Blob { digest: store.put(&bytes)?, size });
    }
    Ok(())
}
