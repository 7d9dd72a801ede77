//! The modules are part of the program: every file below `modules/` becomes an entry of a table, sorted by path.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../modules").canonicalize()?;
    let mut files = Vec::new();
    walk(&root, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        writeln!(table, "    ({:?}, include_str!({:?})),", file.strip_prefix(&root)?, file)?;
    }
    table += "]\n";
    fs::write(Path::new(&env::var("OUT_DIR")?).join("modules.rs"), table)?;
    Ok(())
}

/// Every file below a folder; what begins with a dot is somebody else's. A folder that changes is looked through again.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        match path.is_dir() {
            _ if hidden => {}
            true => walk(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
