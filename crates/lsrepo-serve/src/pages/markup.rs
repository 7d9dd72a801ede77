//! HTML that cannot be anything else: text and addresses get into it only through what escapes them.

use crate::html;
use lsrepo_types::visible;

/// A piece of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Markup(String);

impl Markup {
    /// What we wrote ourselves.
    pub(crate) fn fixed(html: &'static str) -> Self {
        Self(html.to_owned())
    }

    /// What somebody else wrote: shown, never obeyed.
    pub(crate) fn text(text: impl AsRef<str>) -> Self {
        Self(html::escape(&visible(text.as_ref())))
    }

    /// Text of several lines, as they are.
    pub(crate) fn lines(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(|line| html::escape(&visible(line))).collect();
        Self(lines.join("\n"))
    }

    /// An element; `open` is its name, maybe with attributes that we wrote ourselves.
    pub(crate) fn element(open: &'static str, inner: Self) -> Self {
        let name = open.split(' ').next().unwrap_or(open);
        Self(format!("<{open}>{}</{name}>", inner.0))
    }

    /// An element that holds text.
    pub(crate) fn of(open: &'static str, text: impl AsRef<str>) -> Self {
        Self::element(open, Self::text(text))
    }

    /// An element with attributes whose values come from elsewhere.
    pub(crate) fn with(open: &'static str, attributes: &[(&'static str, &str)], inner: Self) -> Self {
        let name = open.split(' ').next().unwrap_or(open);
        Self(format!("{}{}</{name}>", Self::start(open, attributes), inner.0))
    }

    /// An element that holds nothing: `input`, `link`.
    pub(crate) fn void(open: &'static str, attributes: &[(&'static str, &str)]) -> Self {
        Self(Self::start(open, attributes))
    }

    fn start(open: &'static str, attributes: &[(&'static str, &str)]) -> String {
        let mut html = format!("<{open}");
        for (name, value) in attributes {
            html.push_str(&format!(" {name}=\"{}\"", html::escape(&visible(value))));
        }
        html.push('>');
        html
    }

    /// A link to a place of this site; `address` begins with `/`, `?` or `#` and is encoded already.
    pub(crate) fn link(address: &str, inner: Self) -> Self {
        Self::with("a", &[("href", address)], inner)
    }

    /// This, then that.
    #[must_use]
    pub(crate) fn then(mut self, next: Self) -> Self {
        self.0.push_str(&next.0);
        self
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These, with something between them.
    pub(crate) fn joined(all: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let all: Vec<String> = all.into_iter().map(|one| one.0).collect();
        Self(all.join(between))
    }

    /// The page as text.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl FromIterator<Markup> for Markup {
    fn from_iter<T: IntoIterator<Item = Markup>>(all: T) -> Self {
        let mut html = Self::default();
        all.into_iter().for_each(|one| html.0.push_str(&one.0));
        html
    }
}

/// A table that becomes a list of small ones where there is no room. The first cell of a row names it; the roles stay what
/// they are when the style takes the table apart.
pub(crate) fn table(caption: &str, heads: &[&'static str], rows: impl IntoIterator<Item = Vec<Markup>>) -> Markup {
    let head: Markup = heads.iter().map(|head| Markup::of("th scope=\"col\" role=\"columnheader\"", head)).collect();
    let row = |cells: Vec<Markup>| -> Markup {
        let cells: Markup = cells
            .into_iter()
            .zip(heads)
            .enumerate()
            .map(|(number, (cell, head))| match number {
                // what is in a cell stays together when the cell becomes a line
                1.. if !cell.is_empty() => Markup::with("td role=\"cell\"", &[("data-label", head)], Markup::element("div", cell)),
                0 => Markup::with("th scope=\"row\" role=\"rowheader\"", &[("data-label", head)], cell),
                _ => Markup::with("td role=\"cell\"", &[("data-label", head)], cell),
            })
            .collect();
        Markup::element("tr role=\"row\"", cells).then(Markup::fixed("\n"))
    };
    let body: Markup = rows.into_iter().map(row).collect();
    let head = Markup::element("thead role=\"rowgroup\"", Markup::element("tr role=\"row\"", head)).then(Markup::fixed("\n"));
    let inner = Markup::of("caption", caption).then(head).then(Markup::element("tbody role=\"rowgroup\"", body));
    Markup::element("table role=\"table\"", inner).then(Markup::fixed("\n"))
}

/// Words and what they mean; those without a meaning are left out.
pub(crate) fn facts(all: impl IntoIterator<Item = (&'static str, Markup)>) -> Markup {
    let row = |(what, is): (&'static str, Markup)| {
        Markup::element("div", Markup::of("dt", what).then(Markup::element("dd", is))).then(Markup::fixed("\n"))
    };
    Markup::element("dl class=\"facts\"", all.into_iter().filter(|(_, is)| !is.is_empty()).map(row).collect())
}

/// Commands to be copied, as they are. The script puts a button beside them.
pub(crate) fn commands(label: &str, text: &str) -> Markup {
    let pre =
        Markup::with("pre tabindex=\"0\" role=\"group\"", &[("aria-label", label)], Markup::element("code", Markup::lines(text)));
    Markup::element("div class=\"commands\"", pre).then(Markup::fixed("\n"))
}

/// A digest, or what else is long and has no spaces.
pub(crate) fn code(text: impl AsRef<str>) -> Markup {
    Markup::of("code", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_elsewhere_is_text_wherever_it_stands() {
        let evil = "\"><script>alert('1')</script>&\u{202e}";
        let harmless = "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;\\u{202e}";
        assert_eq!(Markup::of("td", evil).into_string(), format!("<td>{harmless}</td>"));
        assert_eq!(Markup::with("p", &[("title", evil)], Markup::default()).into_string(), format!("<p title=\"{harmless}\"></p>"));
        let all = table(evil, &["Name"], [vec![Markup::text(evil)]])
            .then(commands(evil, evil))
            .then(facts([("Name", Markup::text(evil)), ("Nothing", Markup::default())]))
            .into_string();
        assert!(all.matches(harmless).count() == 5 && !all.contains("<script") && !all.contains("Nothing"), "{all}");
        assert_eq!(Markup::lines("a\n<b>").into_string(), "a\n&lt;b&gt;");
    }
}
