//! Where modules are taken from: a folder of such folders, or an image layout, which is a folder or a tar.

use std::path::{Path, PathBuf};

/// What `--modules` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// a folder with a folder for each module
    Folder(PathBuf),
    /// an image layout, and what is taken out of it; everything where no tag says so
    Layout(PathBuf, Option<String>),
}

impl Shelf {
    /// `oci:PATH[:TAG]` and `oci-archive:PATH[:TAG]` as other tools say it, or a path by what lies there.
    pub fn of(named: &Path) -> Self {
        let text = named.to_str().unwrap_or_default();
        // a folder that is called so is a folder
        if let Some(rest) = text.strip_prefix("oci:").or_else(|| text.strip_prefix("oci-archive:")).filter(|_| !named.exists()) {
            let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
            return Self::Layout(path.into(), tag.filter(|tag| !tag.is_empty()).map(str::to_owned));
        }
        match named.is_file() || named.join("oci-layout").is_file() {
            true => Self::Layout(named.to_owned(), None),
            false => Self::Folder(named.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_told_by_its_words_or_by_what_lies_there() {
        let layout = |path: &str, tag: Option<&str>| Shelf::Layout(path.into(), tag.map(str::to_owned));
        for (named, expected) in [
            ("oci:dir", layout("dir", None)),
            ("oci:dir:", layout("dir", None)),
            ("oci:dir:1.0", layout("dir", Some("1.0"))),
            ("oci-archive:/srv/shop.tar:r.example:5000/shop:1", layout("/srv/shop.tar", Some("r.example:5000/shop:1"))),
            ("nowhere", Shelf::Folder("nowhere".into())),
        ] {
            assert_eq!(Shelf::of(Path::new(named)), expected, "{named}");
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Shelf::of(folder.path()), Shelf::Folder(folder.path().to_owned()));
        std::fs::write(folder.path().join("oci-layout"), "").unwrap();
        assert_eq!(Shelf::of(folder.path()), Shelf::Layout(folder.path().to_owned(), None));
        assert_eq!(Shelf::of(&folder.path().join("oci-layout")), Shelf::Layout(folder.path().join("oci-layout"), None));
    }
}
