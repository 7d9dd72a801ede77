//! The list of what refers to a manifest: an index that is made for the answer. Spec: "Listing Referrers".

use crate::{AnyDigest, Descriptor, media_type};

/// An index that grows, up to the size that every client takes.
pub struct ReferrersList {
    json: String,
    most: usize,
    count: usize,
}

impl ReferrersList {
    /// An empty list that shall not become larger than `most` bytes.
    pub fn new(most: usize) -> Self {
        let json = format!(r#"{{"schemaVersion":2,"mediaType":"{}","manifests":["#, media_type::INDEX);
        Self { json, most, count: 0 }
    }

    /// Adds one, unless the list would become too large: then it is for the next list. The first always fits.
    pub fn add(&mut self, one: &Descriptor<AnyDigest>) -> bool {
        let Ok(text) = serde_json::to_string(one) else { return true };
        if self.count > 0 && self.json.len() + text.len() + 3 > self.most {
            return false;
        }
        if self.count > 0 {
            self.json.push(',');
        }
        self.json.push_str(&text);
        self.count += 1;
        true
    }

    /// The index.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.json.push_str("]}");
        self.json.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lsrepo_types::Digest;
    use serde_json::{Value, json};

    #[test]
    fn a_list_is_an_index_and_stops_before_it_is_too_large() {
        let one = Descriptor::new(media_type::MANIFEST, AnyDigest::from(Digest::of(b"x")), 3).with("a", "b");
        let mut list = ReferrersList::new(500);
        let added = (0..9).filter(|_| list.add(&one)).count();
        let bytes = list.into_bytes();
        let index: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((added, index["manifests"].as_array().unwrap().len()), (2, 2));
        assert!(bytes.len() <= 500);
        assert_eq!((&index["mediaType"], &index["schemaVersion"]), (&json!(media_type::INDEX), &json!(2)));
        assert_eq!(index["manifests"][0]["annotations"], json!({"a": "b"}));
        let mut list = ReferrersList::new(1);
        assert!(list.add(&one) && !list.add(&one));
    }
}
