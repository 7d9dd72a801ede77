//! Why something cannot be pushed.

use crate::{FetchError, registry::answer::Answer};
use lsrepo_oci::{AnyDigest, RegistryHost};
use lsrepo_types::Digest;

/// A push that failed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// the registry says no
    #[error("{_0}{hint}", hint = hint(_0))]
    Refused(Refusal),
    /// it did not work, again and again
    #[error("{registry}: {name}: {why}\nhint: run it once more; what is there already is not sent again")]
    GaveUp {
        /// whom we asked
        registry: RegistryHost,
        /// what was pushed
        name: String,
        /// the last failure
        why: String,
    },
    /// a giver of tokens that no password may go to
    #[error("{registry} wants its tokens to be had from `{realm}`, which is not an https address\nhint: nothing was sent there")]
    Realm {
        /// whom we asked
        registry: RegistryHost,
        /// as it said
        realm: String,
    },
    /// an answer that points from TLS to none
    #[error("{registry} points to `{to}`, which is without TLS\nhint: nothing was asked there; the registry is not set up well")]
    Downgrade {
        /// whom we asked
        registry: RegistryHost,
        /// where it points to
        to: String,
    },
    /// the registry has another content than it was given
    #[error("{registry}: {name} was given as {ours}, and the registry calls it {theirs}")]
    OtherDigest {
        /// whom we asked
        registry: RegistryHost,
        /// what was pushed
        name: String,
        /// what it is
        ours: AnyDigest,
        /// what they say
        theirs: String,
    },
    /// an answer that is none
    #[error("{registry}: {name}: {what}")]
    Answer {
        /// whom we asked
        registry: RegistryHost,
        /// what was pushed
        name: String,
        /// what is wrong with it
        what: String,
    },
    /// layers or manifests that are not here, and that the registry insists on
    #[error(
        "{refusal}\n  the image is not whole here: {missing} of its layers were not prepared (there is: {})\nhint: `lsrepo prepare --all-platforms` fetches the rest{}",
        if whole.is_empty() { "nothing whole".to_owned() } else { whole.join(", ") },
        whole.first().map(|one| format!("; --platform {one} pushes that platform's manifest alone")).unwrap_or_default()
    )]
    Sparse {
        /// what it said
        refusal: Refusal,
        /// layers that were left out
        missing: usize,
        /// platforms that are whole
        whole: Vec<String>,
    },
    /// the chosen platform is not whole
    #[error("{name}: {missing} of its layers for {platform} are not in the store\nhint: `lsrepo prepare` it for that platform")]
    LeftOut {
        /// which image
        name: String,
        /// as asked for
        platform: String,
        /// how many
        missing: usize,
    },
    /// manifests of it cannot be read, or the platform is not there
    #[error("{name}: {why}")]
    Image {
        /// which image
        name: String,
        /// what is wrong
        why: String,
    },
    /// bytes on disk that are not what they were
    #[error("blob {0} of the store is damaged\nhint: remove it and run `lsrepo prepare` again")]
    Damaged(AnyDigest),
    /// bytes that cannot be read
    #[error("{name}: {why}")]
    Read {
        /// what was pushed
        name: String,
        /// what went wrong
        why: std::io::Error,
    },
}

/// A registry's no, in its words and ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{registry} refuses {what}: {}", reason(self))]
pub struct Refusal {
    /// whom we asked
    pub registry: RegistryHost,
    /// what was asked
    pub what: String,
    /// of the answer
    pub status: u16,
    /// `DENIED`, where it said one
    pub code: String,
    /// where it said anything
    pub message: String,
}

impl Refusal {
    /// Reads why.
    pub(crate) async fn of(registry: &RegistryHost, what: &str, answer: Answer) -> Self {
        let status = answer.status;
        let words = answer.words().await;
        Self { registry: registry.clone(), what: what.to_owned(), status, code: words.code, message: words.message }
    }

    /// Whether it misses what a manifest names.
    pub(crate) fn misses_content(&self) -> bool {
        matches!(&*self.code, "MANIFEST_BLOB_UNKNOWN" | "BLOB_UNKNOWN" | "MANIFEST_UNKNOWN" | "MANIFEST_INVALID")
            || (self.code.is_empty() && matches!(self.status, 400 | 404))
    }
}

fn reason(refusal: &Refusal) -> String {
    let Refusal { status, code, message, .. } = refusal;
    match (code.as_str(), message.as_str()) {
        ("", "") => format!("it answered {status}"),
        ("", message) => format!("{message} (it answered {status})"),
        (code, "") => format!("{code} (it answered {status})"),
        (code, message) => format!("{message} ({code}, {status})"),
    }
}

fn hint(refusal: &Refusal) -> String {
    let host = &refusal.registry;
    match (refusal.status, refusal.code.as_str()) {
        (401, _) | (_, "UNAUTHORIZED") => {
            format!("\nhint: log in first: `podman login {host}` or `docker login {host}`")
        }
        (405, _) | (_, "UNSUPPORTED") => "\nhint: the registry does not take anything: is it read-only?".to_owned(),
        (413, _) => {
            "\nhint: a quota, or a proxy before the registry that limits requests: --chunk-size 32MiB sends layers in parts"
                .to_owned()
        }
        (507, _) => "\nhint: the registry has no room".to_owned(),
        (403, _) | (_, "DENIED") => "\nhint: may this account push there, is there a quota, does the project exist?".to_owned(),
        (404, "") | (_, "NAME_UNKNOWN") => "\nhint: some registries want a project or repository to be made first".to_owned(),
        (429, _) => "\nhint: the registry asks for fewer requests; try again later".to_owned(),
        _ => String::new(),
    }
}

impl From<Digest> for PushError {
    fn from(digest: Digest) -> Self {
        PushError::Damaged(digest.into())
    }
}

impl From<PushError> for FetchError {
    fn from(error: PushError) -> Self {
        FetchError::Push(Box::new(error))
    }
}

impl From<Refusal> for FetchError {
    fn from(refusal: Refusal) -> Self {
        PushError::Refused(refusal).into()
    }
}
