//! "Did you mean": the nearest right word to a wrong one.

/// The option most like `word`, where one is near enough to be a likely slip.
pub fn nearest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    options
        .into_iter()
        .map(|option| (strsim::damerau_levenshtein(word, option), option))
        .filter(|(distance, _)| (1..=limit).contains(distance))
        .min()
        .map(|(_, option)| option)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_mended_and_nonsense_is_not() {
        assert_eq!(nearest("postgesql", ["postgresql", "haproxy"]), Some("postgresql"));
        assert_eq!(nearest("zzzzz", ["postgresql", "haproxy"]), None);
    }
}
