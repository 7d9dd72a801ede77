//! What a caller may want to show.

use std::time::Duration;

/// Something that happened. Comes from any thread.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// an index was fetched
    Index {
        /// its address
        url: &'a str,
        /// bytes that came over the network
        bytes: u64,
    },
    /// an index is as it was
    Unchanged {
        /// its address
        url: &'a str,
    },
    /// something to know
    Warning(&'a str),
    /// a download begins, or goes on
    Start {
        /// of the file
        name: &'a str,
        /// bytes that an earlier run left
        offset: u64,
    },
    /// more of some download arrived
    Bytes(u64),
    /// a download begins again; so many bytes were for nothing
    Restart(u64),
    /// a download is in the store
    Done {
        /// of the file
        name: &'a str,
    },
    /// a request failed and is made again
    Retry {
        /// of the file
        name: &'a str,
        /// why
        why: &'a str,
        /// how long it waits first
        after: Duration,
    },
}
