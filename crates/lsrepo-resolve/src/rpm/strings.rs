//! Every text once, as a number.
//!
//! A repository of 18,700 packages says 400,000 things of others in 60,000 different texts.

use std::hash::{BuildHasher, RandomState};

/// Numbered texts.
#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
    /// open addressing; 0 is free, else a number and one
    table: Vec<u32>,
    hasher: RandomState,
}

impl Strings {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    pub(super) fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] as usize };
        &self.text[start..self.ends[number] as usize]
    }

    pub(super) fn find(&self, text: &str) -> Option<u32> {
        match self.table.is_empty() {
            true => None,
            false => self.slot(text).1,
        }
    }

    /// The number of a text, a new one where it is new.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        if self.table.len() < self.ends.len() * 2 + 16 {
            self.grow();
        }
        let (slot, known) = self.slot(text);
        known.unwrap_or_else(|| {
            self.text.push_str(text);
            self.ends.push(self.text.len() as u32);
            self.table[slot] = self.ends.len() as u32;
            self.ends.len() as u32 - 1
        })
    }

    fn slot(&self, text: &str) -> (usize, Option<u32>) {
        let mask = self.table.len() - 1;
        let mut slot = self.hasher.hash_one(text.as_bytes()) as usize & mask;
        loop {
            match self.table[slot] {
                0 => return (slot, None),
                number if self.get(number - 1) == text => return (slot, Some(number - 1)),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    fn grow(&mut self) {
        self.table = vec![0; (self.table.len() * 2).max(1024)];
        let mask = self.table.len() - 1;
        for number in 0..self.ends.len() as u32 {
            let mut slot = self.hasher.hash_one(self.get(number).as_bytes()) as usize & mask;
            while self.table[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.table[slot] = number + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Strings;

    #[test]
    fn numbers_rise_with_the_first_sight() {
        let mut strings = Strings::default();
        assert_eq!(strings.find("a"), None);
        let texts: Vec<String> = (0..5000).map(|number| format!("text {}", number % 2500)).collect();
        for (position, text) in texts.iter().enumerate() {
            assert_eq!(strings.intern(text) as usize, position % 2500);
        }
        assert_eq!((strings.len(), strings.get(7), strings.find("text 7")), (2500, "text 7", Some(7)));
    }
}
