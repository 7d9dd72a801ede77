//! Small things at any address: a text, or how large a file is.

use crate::{
    Client, FetchError,
    client::{Ask, shown},
};

impl Client {
    /// A whole text of at most `limit` bytes.
    pub async fn text(&self, url: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let answer = self.ask_again(url, &Ask::default()).await?;
        match answer.status {
            200 => self.read(answer, url, limit).await,
            status => Err(FetchError::Status { url: shown(url), status }),
        }
    }

    /// The size of a file, where the server says it; an error where the server has no such file.
    pub async fn probe(&self, url: &str) -> Result<Option<u64>, FetchError> {
        let head = self.ask_again(url, &Ask { head: true, ..Ask::default() }).await?;
        if head.status == 200 {
            // An answer without a body says its length in the header alone.
            let said = head.header("content-length").and_then(|length| length.trim().parse().ok());
            return Ok(said.or(head.length.filter(|&length| length > 0)));
        }
        // Some servers know GET alone.
        let answer = self.ask_again(url, &Ask::default()).await?;
        match answer.status {
            200 => Ok(answer.length),
            status => Err(FetchError::Status { url: shown(url), status }),
        }
    }
}
