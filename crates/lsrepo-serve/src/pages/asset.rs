//! What pages are drawn with: one style, one small script, one icon. Their names are their digests, so a proxy and a
//! browser keep them for ever.

use crate::site::Resource;
use bytes::Bytes;
use lsrepo_types::Digest;
use std::sync::LazyLock;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const ICON: &str = include_str!("icon.svg");

/// The names of the three, without a folder.
pub(crate) struct Names {
    pub(crate) style: String,
    pub(crate) script: String,
    pub(crate) icon: String,
}

pub(crate) static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let name = |content: &str, extension| format!("{}.{extension}", &Digest::of(content.as_bytes()).hex()[..16]);
    Names { style: name(STYLE, "css"), script: name(SCRIPT, "js"), icon: name(ICON, "svg") }
});

/// One of them, and its media type.
pub(crate) fn find(name: &str) -> Option<(Resource, &'static str)> {
    let all = [
        (&NAMES.style, STYLE, "text/css; charset=utf-8"),
        (&NAMES.script, SCRIPT, "text/javascript; charset=utf-8"),
        (&NAMES.icon, ICON, "image/svg+xml"),
    ];
    let (_, content, media_type) = all.into_iter().find(|(known, _, _)| *known == name)?;
    let bytes = Bytes::from_static(content.as_bytes());
    Some((
        Resource { digest: Digest::of(&bytes), size: bytes.len() as u64, bytes: Some(bytes), parts: None, date: None },
        media_type,
    ))
}
