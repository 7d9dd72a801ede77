use super::*;
use lsrepo_bom::module::{MatchExpression, Operator};
use proptest::prelude::*;

fn rule(key: &str, value: &str) -> Rule {
    Rule(vec![MatchExpression { key: key.to_owned(), operator: Operator::Eq, values: vec![value.to_owned()] }])
}

/// `a: b ~c` is the module a, which strongly requires b and weakly c.
fn wanted(text: &str) -> BTreeMap<ModuleName, Node> {
    let mut all = BTreeMap::new();
    for line in text.split(';').filter(|line| !line.trim().is_empty()) {
        let (name, rest) = line.trim().split_once(':').unwrap_or((line.trim(), ""));
        let mut node = Node { labels: [("name".to_owned(), name.to_owned())].into(), ..Node::default() };
        for word in rest.split_whitespace() {
            match word.strip_prefix('~') {
                Some(word) => node.weak.push(rule("name", word)),
                None => node.strong.push(rule("name", word)),
            }
        }
        all.insert(name.parse().unwrap(), node);
    }
    all
}

fn order(text: &str) -> String {
    match arrange(&wanted(text), &Catalogue::embedded().unwrap()) {
        Ok(order) => order.iter().map(ModuleName::as_str).collect::<Vec<_>>().join(" "),
        Err(refusals) => refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn what_is_required_comes_first_and_the_rest_by_name() {
    assert_eq!(order("a: c; b; c: d; d"), "b d c a");
    assert_eq!(order("a: ~c; b; c"), "b c a");
    assert_eq!(order("a: ~absent; b"), "a b");
}

#[test]
fn weak_circles_are_broken_and_those_behind_them_wait() {
    assert_eq!(order("b: ~c; c: ~b; a: ~b ~c"), "b c a");
    assert_eq!(order("exporter: common ~monitor; monitor: common ~exporter; common"), "common exporter monitor");
}

#[test]
fn a_circle_is_named_and_so_is_everything_that_is_missing() {
    assert_eq!(order("a: b; b: c; c: b"), "modules require each other: `b` → `c` → `b`");
    assert_eq!(
        order("a: common; b: nobody"),
        "`a` needs name = common, and no component takes such a module\nhint: these modules provide it: `common`\n\
         `b` needs name = nobody, and no module that is known provides it"
    );
}

#[test]
fn machines_are_the_infrastructure() {
    let mut all = wanted("a");
    all.values_mut().for_each(|node| node.strong.push(rule("kind", "infrastructure")));
    assert!(arrange(&all, &Catalogue::default()).is_ok());
}

proptest! {
    /// Edges only from later to earlier letters, so that there is an order; weak ones anywhere.
    #[test]
    fn an_order_respects_every_strong_rule_and_is_stable(strong in prop::collection::vec((0..8u8, 0..8u8), 0..20),
                                                          weak in prop::collection::vec((0..8u8, 0..8u8), 0..20)) {
        let letter = |index: u8| char::from(b'a' + index);
        let mut text = String::new();
        for index in 0..8 {
            text += &format!("{}:", letter(index));
            strong.iter().filter(|(from, to)| *from == index && to < from).for_each(|(_, to)| text += &format!(" {}", letter(*to)));
            weak.iter().filter(|(from, to)| *from == index && to != from).for_each(|(_, to)| text += &format!(" ~{}", letter(*to)));
            text += ";";
        }
        let done = order(&text);
        prop_assert_eq!(&order(&text), &done);
        let position = |index: u8| done.find(letter(index)).unwrap();
        for (from, to) in strong.iter().filter(|(from, to)| to < from) {
            prop_assert!(position(*to) < position(*from), "{} in {}", text, done);
        }
    }
}
