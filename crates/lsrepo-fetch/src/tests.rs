//! Stories of downloads and of upstreams, with a server that says what it is told to say.

mod client_certificate;
mod downloads;
mod files;
mod indexes;
mod pin;
mod published;
mod server;
mod yum;

use crate::{Client, ClientOptions, Event};
use lsrepo_types::Timestamp;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

const NOW: Timestamp = Timestamp(1_700_000_000);

fn client() -> Client {
    Client::new(ClientOptions { first_wait: Duration::from_millis(1), ..ClientOptions::default() }).unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// What was said, as words.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, event: &Event<'_>) {
        let text = match event {
            Event::Warning(text) => format!("warning: {text}"),
            Event::Retry { why, .. } => format!("retry: {why}"),
            Event::Unchanged { .. } => "unchanged".to_owned(),
            _ => return,
        };
        self.0.lock().unwrap().push(text);
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}
