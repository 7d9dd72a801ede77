//! `lsrepo sync`: from a server or object storage into this store, and from this store into object storage.

mod fill;
mod source;
mod take;

use crate::{cli::SyncArgs, context::Context};
use anyhow::Result;

pub(crate) fn run(context: &Context, args: &SyncArgs) -> Result<()> {
    match (&args.from, &args.to) {
        (_, Some(to)) => fill::run(context, args, to),
        (Some(from), None) => take::run(context, args, from),
        (None, None) => Ok(()),
    }
}
