//! Why streams cannot be active together.

/// Wanted streams that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModuleConflict {
    /// no repository has such a module
    #[error("there is no module `{module}`{}", near.as_ref().map_or(String::new(), |near| format!("\nhint: did you mean `{near}`?")))]
    NoModule {
        /// what was asked for
        module: String,
        /// the nearest that there is
        near: Option<String>,
    },
    /// the module has other streams
    #[error("the module `{module}` has no stream `{stream}` (it has: {})", known.join(", "))]
    NoStream {
        /// the module
        module: String,
        /// what was asked for
        stream: String,
        /// what there is
        known: Vec<String>,
    },
    /// which one is not said
    #[error("the module `{module}` has no default stream\nhint: choose one of {}", known.iter().map(|stream| format!("`{module}:{stream}`")).collect::<Vec<_>>().join(", "))]
    NoDefault {
        /// the module
        module: String,
        /// what there is
        known: Vec<String>,
    },
    /// two streams of one module
    #[error("`{module}:{first}` and `{module}:{second}` are both asked for, and one module has one active stream")]
    Two {
        /// the module
        module: String,
        /// one stream
        first: String,
        /// the other
        second: String,
    },
    /// what it needs cannot be active
    #[error("{} cannot be active{}: {why}", wanted.join(" and "), if wanted.len() > 1 { " together" } else { "" })]
    Unmet {
        /// what was asked for, as `module:stream` between backticks
        wanted: Vec<String>,
        /// the end of the chain
        why: String,
    },
}
