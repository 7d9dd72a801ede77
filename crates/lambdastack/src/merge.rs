//! Defaults under what was written: maps merge key by key, everything else replaces.
//!
//! A list replaces a list as a whole. `null` does not reach this: the schema refuses it, since leaving a key out already
//! means its default.

use serde_json::Value as Json;

/// `over` laid on `under`.
pub fn merge(under: &Json, over: &Json) -> Json {
    match (under, over) {
        (Json::Object(under), Json::Object(over)) => {
            let mut merged = under.clone();
            for (key, value) in over {
                let value = merged.get(key).map_or_else(|| value.clone(), |below| merge(below, value));
                merged.insert(key.clone(), value);
            }
            Json::Object(merged)
        }
        (_, over) => over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::merge;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    #[test]
    fn maps_merge_and_lists_replace() {
        let under = json!({"port": 80, "tls": {"on": false, "names": ["a", "b"]}});
        let over = json!({"tls": {"on": true, "names": ["c"]}, "more": 1});
        assert_eq!(merge(&under, &over), json!({"port": 80, "tls": {"on": true, "names": ["c"]}, "more": 1}));
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![any::<bool>().prop_map(Json::from), (0..9).prop_map(Json::from), "[a-c]{0,2}".prop_map(Json::from)];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
                prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_wins_and_merging_twice_changes_nothing(under in any_json(), over in any_json()) {
            let merged = merge(&under, &over);
            prop_assert_eq!(&merge(&merged, &over), &merged);
            prop_assert_eq!(&merge(&json!({}), &over), &over);
            if let (Some(merged), Some(over), Some(under)) = (merged.as_object(), over.as_object(), under.as_object()) {
                prop_assert!(over.keys().chain(under.keys()).all(|key| merged.contains_key(key)));
                prop_assert!(merged.len() <= over.len() + under.len());
            }
        }

        /// A map and something else do not mix, so the law is one of maps.
        #[test]
        fn three_layers_merge_from_either_end(maps in prop::collection::vec(
            prop::collection::btree_map("[a-d]", prop::collection::btree_map("[a-d]", 0..9, 0..4), 0..4), 3..4)) {
            let [a, b, c] = [0, 1, 2].map(|index: usize| serde_json::to_value(&maps[index]).unwrap());
            prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&a, &merge(&b, &c)));
        }
    }
}
