//! HTML that cannot be anything else: text gets into it only through [`Markup::text`].

use lsrepo_types::{Digest, visible};

/// A piece of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Markup(String);

impl Markup {
    /// What we wrote ourselves.
    pub(super) fn fixed(html: &'static str) -> Self {
        Self(html.to_owned())
    }

    /// The style of a page, which names its bundle at the foot of every sheet.
    pub(super) fn style(css: &'static str, bundle: &Digest) -> Self {
        Self(format!("<style>\n{css}@page {{ @bottom-left {{ content: \"{bundle}\"; }} }}\n</style>\n"))
    }

    /// What somebody else wrote: shown, never obeyed.
    pub(super) fn text(text: impl AsRef<str>) -> Self {
        let mut html = String::with_capacity(text.as_ref().len());
        for c in visible(text.as_ref()).chars() {
            match c {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '"' => html.push_str("&quot;"),
                '\'' => html.push_str("&#39;"),
                c => html.push(c),
            }
        }
        Self(html)
    }

    /// An element; `open` is its name, maybe with attributes.
    pub(super) fn element(open: &'static str, inner: Markup) -> Self {
        let name = open.split(' ').next().unwrap_or(open);
        Self(format!("<{open}>{}</{name}>", inner.0))
    }

    /// An element that holds text.
    pub(super) fn of(open: &'static str, text: impl AsRef<str>) -> Self {
        Self::element(open, Self::text(text))
    }

    /// This, then that.
    #[must_use]
    pub(super) fn then(mut self, next: Markup) -> Self {
        self.0.push_str(&next.0);
        self
    }

    /// The page as text.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl FromIterator<Markup> for Markup {
    fn from_iter<T: IntoIterator<Item = Markup>>(all: T) -> Self {
        all.into_iter().fold(Self::default(), Self::then)
    }
}

/// A table whose head stands on each page that it goes over. The first cell of a row names it.
pub(super) fn table(caption: &str, heads: &[&'static str], rows: impl Iterator<Item = Vec<Markup>>) -> Markup {
    let head: Markup = heads.iter().map(|head| Markup::of("th scope=\"col\"", head)).collect();
    let row = |cells: Vec<Markup>| -> Markup {
        let open = |number| if number == 0 { "th scope=\"row\"" } else { "td" };
        let cells: Markup = cells.into_iter().enumerate().map(|(number, cell)| Markup::element(open(number), cell)).collect();
        Markup::element("tr", cells).then(Markup::fixed("\n"))
    };
    let body: Markup = rows.map(row).collect();
    let head = Markup::element("thead", Markup::element("tr", head)).then(Markup::fixed("\n"));
    let inner = Markup::of("caption", caption).then(head).then(Markup::element("tbody", body));
    Markup::element("table", inner).then(Markup::fixed("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_elsewhere_is_text_wherever_it_stands() {
        let evil = "<script>alert('1')</script>\"&\u{202e}";
        let harmless = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;\\u{202e}";
        assert_eq!(Markup::of("td", evil).into_string(), format!("<td>{harmless}</td>"));
        let html = table(evil, &["Name"], [vec![Markup::text(evil)]].into_iter()).into_string();
        assert!(html.matches(harmless).count() == 2 && !html.contains("<script"), "{html}");
    }
}
