//! What an upstream can do to us.

use lsrepo_rpm::MetadataError;
use lsrepo_sign::SignatureError;
use lsrepo_store::StoreError;
use lsrepo_types::Timestamp;

/// A fetch that failed.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// the client cannot be made
    #[error("network: {0}")]
    Client(String),
    /// a server that is not whom it says it is, as far as is known here
    #[error(
        "{host}: its certificate is not trusted: {why}\nhint: if it is a private one, name the certificate of its authority, or its own: --registry-ca FILE"
    )]
    Certificate {
        /// whom we asked
        host: String,
        /// what is wrong
        why: String,
    },
    /// no answer
    #[error("{url}: {why}")]
    Network {
        /// what was asked
        url: String,
        /// what went wrong
        why: String,
    },
    /// an answer that is no content
    #[error("{url}: the server answered {status}")]
    Status {
        /// what was asked
        url: String,
        /// the answer
        status: u16,
    },
    /// content that is not what was announced
    #[error("{url}: {why}")]
    Content {
        /// what was asked
        url: String,
        /// what is wrong
        why: String,
    },
    /// a signature that does not count
    #[error("{url}: {why}{}", key_hint(why))]
    Signature {
        /// what was asked
        url: String,
        /// what is wrong
        why: SignatureError,
    },
    /// neither InRelease nor Release.gpg
    #[error("{url}: the suite is not signed\nhint: only a source that says [trusted=yes] is taken without a signature")]
    Unsigned {
        /// the suite's address
        url: String,
    },
    /// keys that cannot be had
    #[error("{url}: {why}")]
    Keys {
        /// the suite's address
        url: String,
        /// what is wrong
        why: String,
    },
    /// a Release that cannot be read
    #[error("{url}: {why}")]
    Release {
        /// what was asked
        url: String,
        /// what is wrong
        why: lsrepo_deb::Error,
    },
    /// no repomd.xml.asc
    #[error(
        "{url}: the repository is not signed, and repo_gpgcheck=1 asks for it\nhint: if its owner does not sign it, say repo_gpgcheck=0"
    )]
    UnsignedRepository {
        /// of its repomd.xml
        url: String,
    },
    /// a text of a yum repository that cannot be read
    #[error("{url}: {why}")]
    Metadata {
        /// what was asked
        url: String,
        /// what is wrong
        why: MetadataError,
    },
    /// a checksum that proves nothing
    #[error(
        "{url}: only a {kind} checksum stands for it, which can be forged\nhint: a platform of those days says `signatures: {{allow_sha1: true}}`"
    )]
    WeakChecksum {
        /// what would be asked
        url: String,
        /// `sha1`
        kind: &'static str,
    },
    /// past its Valid-Until
    #[error(
        "{url}: it was valid until {until}\nhint: is this machine's clock right? An archive that is no longer kept up is taken with --allow-expired"
    )]
    Expired {
        /// what was asked
        url: String,
        /// the date
        until: Timestamp,
    },
    /// from tomorrow
    #[error("{url}: its date {date} lies ahead of this machine's clock\nhint: set the clock, or take it with --allow-future")]
    Future {
        /// what was asked
        url: String,
        /// the date
        date: Timestamp,
    },
    /// older than what was seen before
    #[error(
        "{url}: its date {date} is before {seen}, which was seen here earlier\nhint: a mirror that lags behind, or an attack; --allow-expired takes it"
    )]
    Rollback {
        /// what was asked
        url: String,
        /// the date
        date: Timestamp,
        /// the earlier date
        seen: Timestamp,
    },
    /// no index for the architecture
    #[error("{url}: the suite has nothing for {arch} in {component} (it has: {has})")]
    NoIndex {
        /// the suite's address
        url: String,
        /// Debian's word
        arch: String,
        /// `main`
        component: String,
        /// architectures that it has
        has: String,
    },
    /// nothing cached
    #[error("{url}: it is not in the cache, and the network must not be asked")]
    Offline {
        /// what would be asked
        url: String,
    },
    /// a file of the cache
    #[error("{path}: {why}")]
    Cache {
        /// which
        path: String,
        /// what went wrong
        why: std::io::Error,
    },
    /// the store
    #[error(transparent)]
    Store(#[from] StoreError),
    /// an image that cannot be taken
    #[error("{image}: {why}")]
    Image {
        /// which
        image: String,
        /// what is wrong
        why: String,
    },
    /// something that cannot be pushed
    #[error(transparent)]
    Push(Box<crate::registry::PushError>),
    /// every address of a file failed
    #[error("{name} cannot be fetched:{}", attempts.iter().map(|attempt| format!("\n  {attempt}")).collect::<String>())]
    All {
        /// of the file
        name: String,
        /// the last failure of each address
        attempts: Vec<String>,
    },
}

impl FetchError {
    /// Whether this is what the upstream says or lacks, and not the network, the disk or this machine.
    pub fn is_answer(&self) -> bool {
        use FetchError::{
            All, Content, Expired, Future, Image, Metadata, NoIndex, Release, Rollback, Signature, Unsigned, UnsignedRepository,
            WeakChecksum,
        };
        if let FetchError::Push(error) = self {
            return !matches!(**error, crate::registry::PushError::GaveUp { .. } | crate::registry::PushError::Read { .. });
        }
        matches!(
            self,
            All { .. }
                | Content { .. }
                | Expired { .. }
                | Future { .. }
                | Image { .. }
                | Metadata { .. }
                | NoIndex { .. }
                | Release { .. }
                | Rollback { .. }
                | Signature { .. }
                | Unsigned { .. }
                | UnsignedRepository { .. }
                | WeakChecksum { .. }
        )
    }
}

fn key_hint(why: &SignatureError) -> String {
    match why {
        SignatureError::MissingKey { issuers } => format!(
            "\nhint: get the key {} from the archive's owner and name its file: [signed-by=FILE] in the source, or --keyring FILE",
            issuers.first().map_or("", String::as_str)
        ),
        _ => String::new(),
    }
}
