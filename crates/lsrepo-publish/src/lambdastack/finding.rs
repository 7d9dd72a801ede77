//! What does not show as one might expect.

use lsrepo_oci::Reference;
use lsrepo_types::Platform;
use std::fmt;

/// A remark about a folder for LambdaStack's roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// two files with one last name
    File {
        /// whose
        platform: Platform,
        /// the one that is not shown
        name: String,
    },
    /// a name that cannot be one here
    Name {
        /// whose
        platform: Platform,
        /// of a file or an image
        name: String,
    },
    /// an image without a tag: roles ask for tags
    NoTag {
        /// whose
        platform: Platform,
        /// which
        image: Reference,
    },
    /// two images with one archive name
    Archive {
        /// whose
        platform: Platform,
        /// the one that has to take another
        image: Reference,
        /// what the other one is called
        name: String,
        /// what this one is called
        longer: String,
    },
    /// two platforms at the top that have different content for one name
    Beside {
        /// whose is not at the top
        platform: Platform,
        /// where it would be
        path: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::File { platform, name } => write!(
                f,
                "{platform}: another file has the last name of `{name}`, which is not in /lsrepo/{platform}/files\nhint: give one of them another `name`"
            ),
            Finding::Name { platform, name } => {
                write!(f, "{platform}: `{name}` has no name that could stand in /lsrepo/{platform}")
            }
            Finding::NoTag { platform, image } => {
                write!(f, "{platform}: {image} has no tag, so it is not in /lsrepo/{platform}/images; the registry has it")
            }
            Finding::Archive { platform, image, name, longer } => {
                write!(f, "{platform}: another image is images/{name} already; {image} is images/{longer}")
            }
            Finding::Beside { platform, path } => {
                write!(f, "/lsrepo/{path} is that of another platform; that of {platform} is /lsrepo/{platform}/{path}")
            }
        }
    }
}
