//! Several places that may have an image: its mirrors, and last its own registry, whose word counts most.
//!
//! A mirror that fails or lacks something is no reason to fail: the next place is asked. The registry itself failing is one,
//! except where nobody is there at all: behind a gap there are only mirrors, and what they lack is taken for absent.

use super::manifest::Asker;
use crate::{
    Event, FetchError,
    registry::{
        answer::Answer,
        link::{Link, Request, TRIES},
        push::Refusal,
        token::Scope,
    },
};
use lsrepo_oci::{AnyDigest, Content, Descriptor, MOST_MANIFEST, RepositoryName, media_type};
use reqwest::{Method, RequestBuilder, header::ACCEPT};
use std::{collections::BTreeSet, sync::atomic::Ordering};
use url::Url;

/// How many pages a list of referrers may have.
const MOST_PAGES: usize = 50;

impl Asker {
    /// The answer of the first place that has it, and its number, asked from the place of that number on; none where the
    /// registry says that there is no such thing.
    pub(super) async fn ask(&self, method: &Method, below: &str, from: usize) -> Result<Option<(usize, Answer)>, FetchError> {
        let (mut last, mut lacking) = (Ok(None), false);
        for (number, (link, repository)) in self.places.iter().enumerate().skip(from) {
            let url = link.url(&format!("{repository}/{below}"));
            match self.ask_at(number, method, url, below, lacking).await {
                Ok(answer) if answer.status == 404 => (last, lacking) = (Ok(None), true),
                Ok(answer) if answer.status == 200 => return Ok(Some((number, answer))),
                Ok(answer) => last = Err(Refusal::of(&link.name, &format!("{repository}/{below}"), answer).await.into()),
                Err(_) if lacking && link.host.is_away() => self.say_away(link),
                Err(error) => last = Err(error),
            }
        }
        last
    }

    /// What the referrers API of any place lists for a digest; none where no place has such an API.
    pub(super) async fn referrers(&self, subject: &AnyDigest) -> Result<Option<Vec<Descriptor<AnyDigest>>>, FetchError> {
        let (mut all, mut seen, mut has_api) = (Vec::new(), BTreeSet::new(), false);
        for (number, (link, repository)) in self.places.iter().enumerate() {
            match self.listed(number, link, repository, subject).await {
                Ok(listed) => {
                    has_api |= listed.is_some();
                    all.extend(listed.into_iter().flatten().filter(|one| seen.insert(one.digest)));
                }
                Err(_) if number > 0 && link.host.is_away() => self.say_away(link),
                // The registry itself will say it.
                Err(_) if number + 1 < self.places.len() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(has_api.then_some(all))
    }

    /// What one place lists, all pages of it.
    async fn listed(
        &self,
        number: usize,
        link: &Link,
        repository: &RepositoryName,
        subject: &AnyDigest,
    ) -> Result<Option<Vec<Descriptor<AnyDigest>>>, FetchError> {
        let below = format!("referrers/{subject}");
        let (mut url, mut all) = (link.url(&format!("{repository}/{below}")), Vec::new());
        for _ in 0..MOST_PAGES {
            let answer = self.ask_at(number, &Method::GET, url, &below, number > 0).await?;
            match answer.status {
                200 => {}
                400 | 404 | 405 | 501 => return Ok(None),
                _ => return Err(Refusal::of(&link.name, &format!("{repository}/{below}"), answer).await.into()),
            }
            if !answer.header("content-type").is_some_and(|kind| kind.starts_with(media_type::INDEX)) {
                return Ok(None);
            }
            let next = answer.next_page();
            let bytes = answer.body(MOST_MANIFEST).await;
            let bytes =
                bytes.ok_or_else(|| self.wrong(&format!("what refers to {subject}: the answer was cut, or is too long")))?;
            let list = Content::parse(media_type::INDEX, &bytes);
            let list = list.map_err(|why| self.wrong(&format!("what refers to {subject}: {why}")))?;
            all.extend(list.children().iter().cloned());
            match next {
                Some(next) => url = next,
                None => return Ok(Some(all)),
            }
        }
        Err(self.wrong(&format!("what refers to {subject} is listed without an end")))
    }

    /// Asks one place. Where others can do without it, nobody waits for a place that was away before.
    async fn ask_at(&self, number: usize, method: &Method, url: Url, below: &str, lacking: bool) -> Result<Answer, FetchError> {
        let (link, repository) = &self.places[number];
        let scopes = [Scope::pull(repository.as_str())];
        let add = |request: RequestBuilder| request.header(ACCEPT, format!("{}, */*", media_type::MANIFESTS.join(", ")));
        let spare = lacking || number + 1 < self.places.len();
        let tries = if spare && link.host.is_away() { 1 } else { TRIES };
        let request = Request { add: &add, tries, ..Request::new(method.clone(), url, &scopes) };
        link.ask(&format!("{repository}/{below}"), &request).await
    }

    fn say_away(&self, link: &Link) {
        if !self.said_away.swap(true, Ordering::Relaxed) {
            let text = format!("{}: {} cannot be reached; what its mirrors lack is taken for absent", self.reference, link.name);
            (self.on_event)(Event::Warning(&text));
        }
    }
}
