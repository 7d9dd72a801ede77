use super::*;
use proptest::prelude::*;

#[test]
fn every_word_between_two_dependencies_is_understood() {
    for text in [
        "(a or b)",
        "(a and b and c)",
        "(a if b)",
        "(a if b else c)",
        "(a unless b else (c or d))",
        "(db >= 1:2.0-3 with db < 2)",
        "(a without b = 1)",
        "(perl(Foo::Bar) >= 1 and (lib.so.1()(64bit) or /usr/bin/x))",
        "a",
        "a <= 2",
    ] {
        assert_eq!(parse(text).unwrap().to_string(), text);
    }
    assert_eq!(parse("( a  or (b) )").unwrap().to_string(), "(a or b)");
    assert!(matches!(parse("(a if b)").unwrap(), Expression::If(_)));
}

#[test]
fn what_is_no_dependency_is_refused_in_words() {
    for (text, what) in [
        ("(a or b", "a closing parenthesis is missing"),
        ("(a", "a closing parenthesis is missing"),
        ("(a or b and c)", "different words in one pair of parentheses"),
        ("(a xor b)", "an unknown word between two dependencies"),
        ("(a or )", "a dependency is missing"),
        ("()", "a dependency is missing"),
        ("(a >= )", "a version is missing"),
        ("(>= 1 or b)", "a name is missing"),
        ("(a or b) c", "something behind the end"),
    ] {
        assert!(parse(text).unwrap_err().to_string().starts_with(what), "{text}: {}", parse(text).unwrap_err());
    }
}

#[test]
fn a_bomb_of_parentheses_is_refused() {
    assert!(parse(&"(".repeat(1000)).unwrap_err().to_string().starts_with("too many parentheses"));
    let deep = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    assert!(parse(&deep(DEEPEST)).is_ok());
    assert!(parse(&deep(DEEPEST + 1)).is_err());
    assert!(parse(&"(a or ".repeat(10_000)).unwrap_err().to_string().starts_with("too much"));
}

fn any_expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof!["[a-z]{1,3}", "[a-z]{1,2} (<|<=|=|>=|>) [0-9]{1,2}", Just("perl(X)".to_owned())];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            (two.clone(), prop_oneof!["and", "or", "with", "without", "if", "unless"])
                .prop_map(|((a, b, _), word)| format!("({a} {word} {b})")),
            (two.clone(), prop_oneof!["and", "or", "with"]).prop_map(|((a, b, c), word)| format!("({a} {word} {b} {word} {c})")),
            (two, prop_oneof!["if", "unless"]).prop_map(|((a, b, c), word)| format!("({a} {word} {b} else {c})")),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_shown(text in any_expression()) {
        prop_assert_eq!(parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn no_text_brings_it_down(text in "[()a-c =<>,]{0,40}") {
        if let Ok(found) = parse(&text) {
            prop_assert_eq!(parse(&found.to_string()), Ok(found));
        }
    }
}
