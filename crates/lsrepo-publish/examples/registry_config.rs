//! What `lsrepo serve --print-config` says, into a folder: `registry_config FOLDER CLIENT URL HOST…`
//! Files that a machine has already are written as if they were not there.
#![allow(clippy::print_stdout)]

use lsrepo_publish::client::{registry_config, render_config};
use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, client, url, hosts @ ..] = &arguments[..] else { return Err("FOLDER CLIENT URL HOST…".into()) };
    let hosts = hosts.iter().map(|host| host.parse()).collect::<Result<Vec<_>, _>>()?;
    let files = registry_config(client.parse()?, &url.parse()?, &hosts);
    for file in &files {
        let path = Path::new(folder).join(file.path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(path, &file.text)?;
    }
    println!("{}", render_config(&files));
    Ok(())
}
