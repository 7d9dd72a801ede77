//! Rich (boolean) dependencies: `(a or b)`, `(langpack-de if web)`, `(db >= 1 with db < 2)`.
//! Spec: <https://rpm-software-management.github.io/rpm/manual/boolean_dependencies.html>

use crate::{Operator, Relation};
use std::{fmt, iter::Peekable};

/// Deeper than any that somebody wrote.
const DEEPEST: usize = 24;
/// Longer than any that somebody wrote.
const LONGEST: usize = 16 << 10;

/// A dependency as a tree. `L` is what stands at the ends: here a [`Relation`], in a universe its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression<L = Relation> {
    /// a plain dependency
    Is(L),
    /// all of them
    And(Vec<Expression<L>>),
    /// one of them
    Or(Vec<Expression<L>>),
    /// the first, where the condition holds; the last, where it does not
    If(Box<Conditional<L>>),
    /// the first, and the condition must not hold; or the last
    Unless(Box<Conditional<L>>),
    /// one package that meets all of them
    With(Vec<Expression<L>>),
    /// a package that meets the first and not the second
    Without(Box<(Expression<L>, Expression<L>)>),
}

/// The parts of `then if condition else otherwise`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditional<L = Relation> {
    /// before `if`
    pub then: Expression<L>,
    /// between `if` and `else`
    pub condition: Expression<L>,
    /// after `else`
    pub otherwise: Option<Expression<L>>,
}

/// Why a text is no dependency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} in `{text}`")]
pub struct Error {
    what: &'static str,
    text: String,
}

/// Parses a rich dependency with its parentheses, or a plain one (`db >= 1`).
pub fn parse(text: &str) -> Result<Expression, Error> {
    let refuse = |what| Error { what, text: text.chars().take(200).collect() };
    if text.len() > LONGEST {
        return Err(refuse("too much"));
    }
    let mut words = Words(text).peekable();
    let found = expression(&mut words, DEEPEST).map_err(refuse)?;
    match words.next() {
        None => Ok(found),
        Some(_) => Err(refuse("something behind the end")),
    }
}

impl<L> Expression<L> {
    /// The same tree with other ends.
    pub fn map<M>(self, each: &mut impl FnMut(L) -> M) -> Expression<M> {
        let mut all = |list: Vec<Expression<L>>| list.into_iter().map(|one| one.map(each)).collect();
        match self {
            Expression::And(list) => Expression::And(all(list)),
            Expression::Or(list) => Expression::Or(all(list)),
            Expression::With(list) => Expression::With(all(list)),
            Expression::Is(leaf) => Expression::Is(each(leaf)),
            Expression::If(parts) => Expression::If(Box::new(parts.map(each))),
            Expression::Unless(parts) => Expression::Unless(Box::new(parts.map(each))),
            Expression::Without(pair) => {
                let first = pair.0.map(each);
                Expression::Without(Box::new((first, pair.1.map(each))))
            }
        }
    }

    /// Calls `each` for every end, in the order of the text.
    pub fn leaves<'e>(&'e self, each: &mut impl FnMut(&'e L)) {
        match self {
            Expression::Is(leaf) => each(leaf),
            Expression::And(list) | Expression::Or(list) | Expression::With(list) => {
                list.iter().for_each(|one| one.leaves(each));
            }
            Expression::If(parts) | Expression::Unless(parts) => {
                parts.then.leaves(each);
                parts.condition.leaves(each);
                parts.otherwise.iter().for_each(|one| one.leaves(each));
            }
            Expression::Without(pair) => {
                pair.0.leaves(each);
                pair.1.leaves(each);
            }
        }
    }
}

impl<L> Conditional<L> {
    fn map<M>(self, each: &mut impl FnMut(L) -> M) -> Conditional<M> {
        let then = self.then.map(each);
        let condition = self.condition.map(each);
        Conditional { then, condition, otherwise: self.otherwise.map(|one| one.map(each)) }
    }
}

/// A text cut into parentheses and words; a word may have parentheses of its own (`perl(Foo)`).
#[derive(Clone)]
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start_matches([' ', '\t', '\n', '\r', ',']);
        let first = text.bytes().next()?;
        let mut open = 0;
        let ends = |(_, byte): &(usize, u8)| match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => open == 0,
            b'(' => {
                open += 1;
                false
            }
            b')' => {
                open -= 1;
                open < 0
            }
            _ => false,
        };
        let end = match first {
            b'(' | b')' => 1,
            _ => text.bytes().enumerate().find(ends).map_or(text.len(), |(end, _)| end),
        };
        let (word, rest) = text.split_at(end);
        self.0 = rest;
        Some(word)
    }
}

type Found = Result<Expression, &'static str>;

fn expression(words: &mut Peekable<Words<'_>>, depth: usize) -> Found {
    match words.next() {
        Some("(") if depth == 0 => Err("too many parentheses inside each other"),
        Some("(") => rich(words, depth - 1),
        Some(")") | None => Err("a dependency is missing"),
        Some(name) => plain(name, words),
    }
}

fn plain(name: &str, words: &mut Peekable<Words<'_>>) -> Found {
    let operator = words.peek().and_then(|word| Operator::from_sign(word));
    let version = match operator {
        None => None,
        Some(operator) => {
            words.next();
            let text = words.next().filter(|word| !matches!(*word, "(" | ")")).ok_or("a version is missing")?;
            Some((operator, text.parse().map_err(|_| "a version that is none")?))
        }
    };
    match name.starts_with(['<', '>', '=']) {
        true => Err("a name is missing"),
        false => Ok(Expression::Is(Relation { name: name.to_owned(), version, pre: false })),
    }
}

/// What stands behind an opening parenthesis, up to and with the closing one.
fn rich(words: &mut Peekable<Words<'_>>, depth: usize) -> Found {
    let first = expression(words, depth)?;
    let found = match words.next() {
        Some(")") => return Ok(first),
        Some(word @ ("and" | "or" | "with")) => {
            let mut all = vec![first, expression(words, depth)?];
            while words.next_if_eq(&word).is_some() {
                all.push(expression(words, depth)?);
            }
            match word {
                "and" => Expression::And(all),
                "or" => Expression::Or(all),
                _ => Expression::With(all),
            }
        }
        Some("without") => Expression::Without(Box::new((first, expression(words, depth)?))),
        Some(word @ ("if" | "unless")) => {
            let condition = expression(words, depth)?;
            let otherwise = words.next_if_eq(&"else").map(|_| expression(words, depth)).transpose()?;
            let parts = Box::new(Conditional { then: first, condition, otherwise });
            if word == "if" { Expression::If(parts) } else { Expression::Unless(parts) }
        }
        Some(_) => return Err("an unknown word between two dependencies"),
        None => return Err("a closing parenthesis is missing"),
    };
    match words.next() {
        Some(")") => Ok(found),
        Some(_) => Err("different words in one pair of parentheses"),
        None => Err("a closing parenthesis is missing"),
    }
}

impl<L: fmt::Display> fmt::Display for Expression<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, all: &[Expression<L>], word: &str| {
            f.write_str("(")?;
            for (number, one) in all.iter().enumerate() {
                if number > 0 {
                    write!(f, " {word} ")?;
                }
                one.fmt(f)?;
            }
            f.write_str(")")
        };
        let conditional = |f: &mut fmt::Formatter<'_>, parts: &Conditional<L>, word: &str| {
            write!(f, "({} {word} {}", parts.then, parts.condition)?;
            parts.otherwise.iter().try_for_each(|otherwise| write!(f, " else {otherwise}"))?;
            f.write_str(")")
        };
        match self {
            Expression::Is(leaf) => leaf.fmt(f),
            Expression::And(all) => list(f, all, "and"),
            Expression::Or(all) => list(f, all, "or"),
            Expression::With(all) => list(f, all, "with"),
            Expression::If(parts) => conditional(f, parts, "if"),
            Expression::Unless(parts) => conditional(f, parts, "unless"),
            Expression::Without(pair) => write!(f, "({} without {})", pair.0, pair.1),
        }
    }
}

#[cfg(test)]
mod tests;
